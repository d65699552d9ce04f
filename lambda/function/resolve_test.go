package function_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var alarmAt = time.Date(2026, 11, 23, 22, 59, 30, 989e6, time.UTC)

const alarmARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health"

func TestHandler_AlarmTrigger(t *testing.T) {
	f := newFixture(t)
	f.invoke(t, functionARN, sample(t, "alarm.json"))
	got := f.runner.requests[0]
	if !strings.HasPrefix(got.Trigger.Reason, "Threshold Crossed") {
		t.Errorf("reason %q", got.Trigger.Reason)
	}
	got.Trigger.Reason = ""
	want := maintenance.Request{ServerName: "automate-06",
		Trigger: maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "automate-06-health", Time: alarmAt, ID: alarmARN}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// A new alarm's first evaluation says so; INSUFFICIENT_DATA before it means an outage in an old alarm.
func TestHandler_NewAlarm(t *testing.T) {
	for name, want := range map[string]bool{
		string(sample(t, "field/initial-creation.json")):                                  true,
		string(changed(t, "alarm.json", `"value": "OK"`, `"value": "INSUFFICIENT_DATA"`)): false,
	} {
		f := newFixture(t)
		f.invoke(t, functionARN, []byte(name))
		if len(f.runner.requests) != 1 || f.runner.requests[0].Trigger.NewAlarm != want {
			t.Errorf("got %+v", f.runner.requests)
		}
	}
}

// Each time series of an alarm that watches several is a trigger of its own.
func TestHandler_ContributorsAreTriggersOfTheirOwn(t *testing.T) {
	f := newFixture(t)
	text := strings.NewReplacer(`"muteDetail"`, `"was"`, `"TableName": "example-dynamodb-table-name"`, `"ServerName": "automate-06"`).
		Replace(string(sample(t, "aws/eb-alarm-contributor-state.json")))
	f.invoke(t, functionARN, []byte(text))
	const series, want = "6d442278dba546f6", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:DynamoDBInsightsAlarm#6d442278dba546f6"
	if len(f.runner.requests) != 1 || f.runner.requests[0].Trigger.ID != want || f.runner.requests[0].Trigger.Series != series {
		t.Errorf("got %+v", f.runner.requests)
	}
}

// A dimension of another account's metric, or of another Region's, names no server here (row 24): not by itself, and not against the
// settings.
func TestHandler_MetricOfAnotherAccountNamesNoServer(t *testing.T) {
	for _, tt := range []struct{ name, payload, server, detail string }{
		{"alone", string(sample(t, "field/cross-account-metric.json")), "",
			`does not count, because its metric is of account "999988887777"`},
		{"of another Region", string(changed(t, "field/cross-account-metric.json", `"accountId": "999988887777"`,
			`"region": "eu-west-1"`)), "",
			`its metric is of Region "eu-west-1"`},
		{"beside the settings", string(changed(t, "alarm-disagreement.json", `"id": "m1"`, `"id": "m1", "accountId": "999988887777"`)),
			"automate-06", ""},
		{"of this account, named", string(changed(t, "field/cross-account-metric.json", "999988887777", "123456789012")), "automate-06",
			""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.invoke(t, functionARN, []byte(tt.payload))
			switch {
			case tt.server != "":
				if len(f.runner.requests) != 1 || f.runner.requests[0].ServerName != tt.server || len(f.runner.refusals) > 0 {
					t.Errorf("got %+v, %+v", f.runner.requests, f.runner.refusals)
				}
			case len(f.runner.requests) > 0:
				t.Errorf("it asks for %+v", f.runner.requests)
			case f.runner.refusals[0].Reason != maintenance.ReasonNoServer || !strings.Contains(f.runner.refusals[0].Detail, tt.detail):
				t.Errorf("got %+v", f.runner.refusals)
			}
		})
	}
}

// An alarm's return to OK takes it back from the servers that it is about, however it came and whatever holds its actions back.
func TestHandler_Cleared(t *testing.T) {
	for _, tt := range []struct {
		name, payload string
		servers       []string
		reason        maintenance.Reason
	}{
		{"by EventBridge", string(sample(t, "alarm-ok.json")), []string{"automate-06"}, "nothing-new"},
		{"by the alarm's action", string(changed(t, "alarm-action.json", `"value": "ALARM"`, `"value": "OK"`)), []string{"automate-06"},
			"nothing-new"},
		{"by dimension", string(changed(t, "alarm-by-dimension.json", `"value": "ALARM"`, `"value": "OK"`)), []string{"puppet-01"},
			"nothing-new"},
		{"while its actions are disabled", string(changed(t, "alarm-ok.json", `"configuration": {`,
			`"configuration": {"actionsEnabled": false,`)), []string{"automate-06"}, "nothing-new"},
		{"where its names disagree", string(changed(t, "alarm-disagreement.json", `"value": "ALARM"`, `"value": "OK"`)),
			[]string{"automate-06", "puppet-01"}, "nothing-new"},
		{"of no server", string(changed(t, "alarm-unknown-server.json", `"value": "ALARM"`, `"value": "OK"`)), nil, "no-server"},
		{"of another account", string(changed(t, "alarm-other-account.json", `"value": "ALARM"`, `"value": "OK"`)), nil, "foreign-event"},
		{"about this function", string(changed(t, "alarm-own.json", `"value": "ALARM"`, `"value": "OK"`)), nil, "own-alarm"},
		{"not OK, but without data", string(changed(t, "alarm-ok.json", `"value": "OK"`, `"value": "INSUFFICIENT_DATA"`)), nil,
			"not-in-alarm"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			got := f.invoke(t, functionARN, []byte(tt.payload))
			if !slices.Equal(f.runner.cleared, tt.servers) {
				t.Errorf("cleared %q", f.runner.cleared)
			}
			if len(got) != 1 || got[0].Outcome != maintenance.OutcomeIgnored || got[0].Reason != tt.reason ||
				len(f.runner.refusals)+len(f.runner.requests) > 0 {
				t.Errorf("got %+v, %+v", got, f.runner)
			}
		})
	}
	f := newFixture(t)
	f.runner.clear = []maintenance.Report{{Outcome: maintenance.OutcomeCancelled, Reason: maintenance.ReasonAlarmCleared,
		ServerName: "automate-06"}}
	if got := f.invoke(t, functionARN, sample(t, "alarm-ok.json")); got[0].Outcome != maintenance.OutcomeCancelled {
		t.Errorf("got %+v", got)
	}
	if a := f.runner.alarm; a.Kind != maintenance.TriggerAlarm || a.Name != "automate-06-health" ||
		a.ID != alarmARN || !a.Time.Equal(alarmAt) {
		t.Errorf("took back %+v", a)
	}
}

// A schedule names its servers by the settings, each once, and a rule is not taken for a schedule of the same name.
func TestHandler_Schedules(t *testing.T) {
	const document = `{"servers": [
		{"name": "a", "backend": "opsworks-cm", "rules": ["week*"], "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]},
		{"name": "b", "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]}]}`
	for _, tt := range []struct {
		name, payload string
		servers, not  []string
	}{
		{"a schedule without input", string(sample(t, "scheduler-no-input.json")), []string{"a", "b"}, nil},
		{"a rule of that name", string(changed(t, "rule.json", "nightly-chef", "weekly")), []string{"a"}, nil},
		{"our own, with names that the settings have",
			`{"schedule": {"name": "weekly", "time": "2026-11-23T22:59:30Z"}, "serverNames": ["b"]}`, []string{"b"}, nil},
		{"our own, with one that they do not have",
			`{"schedule": {"name": "weekly", "time": "2026-11-23T22:59:30Z"}, "serverNames": ["b", "c"]}`, []string{"b"},
			[]string{"c ambiguous"}},
		{"our own, which the settings do not know",
			`{"schedule": {"name": "other", "time": "2026-11-23T22:59:30Z"}, "serverNames": ["c"]}`, []string{"c"}, nil},
		{"our own, with what is no name", `{"schedule": {"name": "other", "time": "2026-11-23T22:59:30Z"}, "serverNames": ["a b", "c"]}`,
			[]string{"c"}, []string{" invalid-request"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, document)
			f.invoke(t, functionARN, []byte(tt.payload))
			var servers, not []string
			for _, r := range f.runner.requests {
				servers = append(servers, r.ServerName)
			}
			for _, r := range f.runner.refusals {
				not = append(not, r.ServerName+" "+string(r.Reason))
			}
			if !slices.Equal(servers, tt.servers) || !slices.Equal(not, tt.not) {
				t.Errorf("got %q, refused %q", servers, not)
			}
		})
	}
}
