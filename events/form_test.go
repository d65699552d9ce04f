package events_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
)

func TestDecode_OwnForms(t *testing.T) {
	for _, tt := range []struct{ name, payload, problem string }{
		{"nothing at all", ``, "read JSON: the payload is empty"},
		{"blanks", " \n", "read JSON: the payload is empty"},
		{"half an object", `{"start": {"serverName": "a"`, "not valid JSON at byte 28"},
		{"arrays nested too deep", strings.Repeat("[", 1<<20), "not valid JSON"},
		{"a start that is null", `{"start": null}`, "start is not an object"},
		{"a start that is a name", `{"start": "automate-06"}`, "start is not an object"},
		{"a start without a name", `{"start": {}}`, "serverName and runId are missing; give one of them"},
		{"a start of a run that is none", `{"start": {"runId": "automate-06 20261123"}}`,
			`runId "automate-06 20261123" is not the id of a run`},
		{"a run's id of a hundred characters and one", `{"stop": {"runId": "` + strings.Repeat("a", 101) + `"}}`,
			"is not the id of a run"},
		{"an empty name beside a run", `{"start": {"serverName": "", "runId": "a"}}`, "serverName is missing or empty"},
		{"a name of another type", `{"start": {"serverName": ["a"]}}`, "serverName has a wrong type"},
		{"a name that is null", `{"serverName": null}`, "serverName is null"},
		{"something beside the start", `{"start": {"serverName": "a"}, "dryRun": true}`, `unknown field "dryRun"`},
		{"a field in other capitals", `{"start": {"ServerName": "a"}}`, `unknown field "ServerName"`},
		{"an override of no gate", `{"start": {"serverName": "a", "override": ["everything"]}}`,
			`override "everything" is not a gate that can be overridden; those that can: hold, order, blocked, window, calendar`},
		{"an override of a gate that holds alarms only", `{"start": {"serverName": "a", "override": ["cooldown"]}}`,
			`override "cooldown" is not a gate`},
		{"an override of another such gate", `{"start": {"serverName": "a", "override": ["daily-limit"]}}`,
			`override "daily-limit" is not a gate`},
		{"an override that is no list", `{"start": {"serverName": "a", "override": "window"}}`, "override has a wrong type"},
		{"a key that is empty", `{"start": {"serverName": "a", "key": ""}}`, "key is missing or empty"},
		{"attributes as an object", `{"start": {"serverName": "a", "engineAttributes": {"CHEF_MAJOR_UPGRADE": "s3cret"}}}`,
			"engineAttributes has a wrong type"},
		{"an attribute that is null", `{"start": {"serverName": "a", "engineAttributes": [null]}}`,
			"engineAttributes[0]: name is missing"},
		{"an attribute with a number", `{"start": {"serverName": "a", "engineAttributes": [{"name": "N", "value": 31337}]}}`,
			"engineAttributes[0]: value has a wrong type"},
		{"an attribute with more", `{"start": {"serverName": "a", "engineAttributes": [{"name": "N", "value": "s3cret", "x": 1}]}}`,
			`engineAttributes[0]: unknown field "x"`},
		{"a schedule without servers", `{"schedule": {"name": "w", "time": "2026-11-28T23:00:00Z"}}`, "serverNames is missing or empty"},
		{"a schedule without a time", `{"schedule": {"name": "w"}, "serverNames": ["a"]}`, "time is missing or empty"},
		{"a schedule whose time Scheduler did not fill in",
			`{"schedule": {"name": "w", "time": "<aws.scheduler.scheduled-time>"}, "serverNames": ["a"]}`, `is not a time`},
		{"a name given twice", `{"start": {"serverName": "a", "serverName": "b"}}`, `the field "serverName" is given twice`},
		{"a field given twice beside arrays",
			`{"start": {"serverName": "a", "override": ["window"], "engineAttributes": [{"name": "N", "name": "M", "value": "v"}]}}`,
			`the field "name" is given twice`},
		{"a thousand servers and one",
			`{"schedule": {"name": "w", "time": "2026-11-28T23:00:00Z"}, "serverNames": ["a"` + strings.Repeat(`, "a"`, 1000) + `]}`,
			"holds 1001 names"},
		{"eleven attributes", `{"start": {"serverName": "a", "engineAttributes": [{}` + strings.Repeat(`, {}`, 10) + `]}}`,
			"engineAttributes holds 11"},
		{"a sweep that is false", `{"sweep": false}`, "sweep is not true"},
		{"a plan with more", `{"plan": {"serverName": "a", "now": true}}`, `unknown field "now"`},
		{"a plan without a server", `{"plan": {}}`, "serverName is missing or empty"},
		{"a status with a server", `{"status": {"serverName": "a"}}`, `unknown field "serverName"`},
		{"a stop without a run", `{"stop": {}}`, "serverName and runId are missing"},
		{"a close without a run", `{"close": {}}`, "serverName and runId are missing"},
		{"an approval of nothing", `{"approve": {}}`, "serverName and runId are missing"},
		{"a hold until no time", `{"hold": {"until": "tomorrow"}}`, `until "tomorrow" is not a time like`},
		{"a hold until an empty time", `{"hold": {"until": ""}}`, "until is missing or empty"},
		{"a hold with another field", `{"hold": {"server": "a"}}`, `unknown field "server"`},
		{"a release of no hold's end", `{"release": {"until": "tomorrow"}}`, `until "tomorrow" is not a time like`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := events.Decode([]byte(tt.payload))
			mustBeInvalid(t, got, err, tt.problem, !strings.Contains(err.Error(), "read JSON"))
			for _, secret := range []string{"s3cret", "31337"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats a value: %s", err)
				}
			}
		})
	}
}

func TestDecode_ScheduleNamesAServerOnce(t *testing.T) {
	got, err := events.Decode([]byte(`{"schedule": {"name": "w", "time": "2026-11-28T23:00:00Z"}, "serverNames": ["b", "a", "b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if names := got.(events.Schedule).ServerNames; !reflect.DeepEqual(names, []string{"a", "b"}) {
		t.Errorf("got %v", names)
	}
}

// The forms that have no sample: what an operator leaves out is not there.
func TestDecode_Requests(t *testing.T) {
	for payload, want := range map[string]events.Event{
		`{"start": {"serverName": "a", "runId": "a-1"}}`: events.Start{ServerName: "a", RunID: "a-1"},
		`{"serverName": "a", "runId": "a-1"}`:            events.Start{ServerName: "a", RunID: "a-1"},
		`{"start": {"serverName": "a", "override": ["window", "hold", "window"]}}`: events.Start{ServerName: "a",
			Override: []string{"hold", "window"}},
		`{"start": {"serverName": "a", "override": ["calendar", "order", "blocked"]}}`: events.Start{ServerName: "a",
			Override: []string{"blocked", "calendar", "order"}},
		`{"close": {"serverName": "a"}}`:              events.Close{ServerName: "a"},
		`{"stop": {"serverName": "a", "runId": "b"}}`: events.Stop{ServerName: "a", RunID: "b"},
		`{"hold": {}}`:                  events.Hold{},
		`{"hold": {"serverName": "a"}}`: events.Hold{ServerName: "a"},
		`{"release": {}}`:               events.Release{},
		`{"release": {"until": "2026-11-29T06:00:00+01:00"}}`: events.Release{Until: time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)},
	} {
		t.Run(payload, func(t *testing.T) {
			got, err := events.Decode([]byte(payload))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %#v, %v", got, err)
			}
			if !events.FromOperator(got) {
				t.Error("it is not an operator's")
			}
		})
	}
}

// Who may ask by which entrance is decided by the kind of event alone.
func TestFromOperator_AWSAndSchedulesAreNot(t *testing.T) {
	for name, event := range want {
		if event, ok := event.(events.Event); ok {
			asked := !strings.Contains(name, "/") && slices.ContainsFunc([]string{"start", "stop", "close", "approve", "hold", "release",
				"plan", "history", "status"},
				func(form string) bool { return strings.HasPrefix(name, form) })
			if events.FromOperator(event) != asked {
				t.Errorf("%s: %#v", name, event)
			}
		}
	}
}
