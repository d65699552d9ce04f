package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/infra/runbooks"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// samples are all sample events of the repository, by path, and those made of them.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir("../testdata/events", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(all) < 40 {
		t.Fatalf("%d samples, %v", len(all), err)
	}
	for _, m := range derivedSamples {
		file := filepath.Join("../testdata/events", filepath.FromSlash(m.file))
		changed := strings.ReplaceAll(string(all[file]), m.old, m.new)
		if changed == string(all[file]) {
			t.Fatalf("%s has no %s", file, m.old)
		}
		all[file+" "+m.name] = []byte(changed)
	}
	return all
}

// derivedSamples are events of which there is no sample.
var derivedSamples = []struct{ name, file, old, new string }{
	{"of a server's contributor", "aws/eb-alarm-contributor-state.json", `"TableName": "`, `"ServerName": "`},
	{"of a server's contributor that is over", "aws/eb-alarm-contributor-state.json", `"value": "ALARM"`, `"value": "OK"`},
	{"of a contributor, about a server's metric", "alarm-by-dimension.json", "Alarm State Change", "Alarm Contributor State Change"},
	{"with another tag", "alarm-by-tag.json", maintenance.TagKey, "owner"},
	{"that is over", "alarm-by-tag.json", `"value": "ALARM"`, `"value": "OK"`},
	{"that is over", "alarm-by-dimension.json", `"value": "ALARM"`, `"value": "OK"`},
	{"of another source", "alarm.json", "aws.cloudwatch", "my.app"},
	{"of which nothing is known", "alarm-by-tag.json", `"value": "ALARM"`, `"value": "INSUFFICIENT_DATA"`},
	{"whose actions are switched off", "alarm-by-tag.json", `"configuration": {`, `"configuration": {"actionsEnabled": false, `},
	{"that goes on", "run-finished.json", `"Success"`, `"InProgress"`},
	{"that failed", "run-finished.json", `"Success"`, `"Failed"`},
	{"of another runbook", "run-finished.json", "runcommand1", "runcommand2"},
}

// wanted tells whether a sample must reach the function by a rule of the stack: the function would act on it, or must see it to
// say why it does not. It is read by the function's own decoder and the settings, not by the patterns.
func wanted(document settings.Settings, sample []byte) bool {
	var envelope struct {
		Source     string
		DetailType *string         `json:"detail-type"`
		Detail     json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(sample, &envelope) != nil || envelope.DetailType == nil || envelope.Detail == nil {
		return false // what is no event of EventBridge meets no rule
	}
	event, err := events.Decode(sample)
	if err != nil {
		panic(err) // EventBridge sends nothing that the function cannot read
	}
	switch event := event.(type) {
	case events.Alarm:
		return reaches(document, event)
	case events.Cleared:
		return reaches(document, events.Alarm(event))
	case events.Ignored:
		switch event.Reason {
		case events.StillInAlarm, events.Suppressed, events.Muted, events.ActionsDisabled:
			return reaches(document, heldBack(sample))
		}
	case events.RunFinished:
		for _, server := range document.Servers {
			if server.Backend == settings.BackendSSM && ended[event.Status] && executes(server, sample) {
				return true
			}
		}
	}
	return false
}

// executes tells whether a run of the server may be what the sample is about.
func executes(server settings.Server, sample []byte) bool {
	var event struct {
		Detail struct{ Definition string }
	}
	if err := json.Unmarshal(sample, &event); err != nil {
		panic(err)
	}
	return server.Runbook[strings.LastIndex(server.Runbook, "/")+1:] == event.Detail.Definition
}

func reaches(document settings.Settings, alarm events.Alarm) bool {
	return len(document.ForAlarm(alarm.Name)) > 0 ||
		alarm.Tagged != "" && hasTrigger(document, settings.TriggerTag) ||
		len(alarm.Dimensions)+len(alarm.Elsewhere) > 0 && hasTrigger(document, settings.TriggerDimension)
}

// heldBack is an alarm that is ignored because something holds it back, read as if nothing did.
func heldBack(sample []byte) events.Alarm {
	var event map[string]any
	if err := json.Unmarshal(sample, &event); err != nil {
		panic(err)
	}
	detail := event["detail"].(map[string]any)
	delete(detail, "muteDetail")
	if configuration, ok := detail["configuration"].(map[string]any); ok {
		delete(configuration, "actionsEnabled")
	}
	delete(detail["state"].(map[string]any), "actionsSuppressedBy")
	detail["previousState"] = map[string]any{"value": "OK"}
	b, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	decoded, err := events.Decode(b)
	if err != nil {
		panic(err)
	}
	return decoded.(events.Alarm)
}

// ended are the statuses after which an execution of Systems Manager does not go on.
var ended = map[string]bool{
	"Success": true, "CompletedWithSuccess": true,
	"Failed": true, "TimedOut": true, "Cancelled": true, "Rejected": true, "CompletedWithFailure": true, "Exited": true,
	"ChangeCalendarOverrideRejected": true,
}

// checkContract holds patterns to what is wanted, for every sample. It returns how many samples are delivered.
func checkContract(t *testing.T, document settings.Settings, patterns []map[string]any) int {
	t.Helper()
	delivered := 0
	for name, sample := range samples(t) {
		matched := false
		for _, p := range patterns {
			ok, err := matches(p, sample)
			if err != nil && json.Valid(sample) {
				t.Fatalf("%v: %v", p, err)
			}
			matched = matched || ok
		}
		if want := wanted(document, sample); matched != want {
			t.Errorf("%s: delivered %t, want %t", name, matched, want)
		}
		if matched {
			delivered++
		}
	}
	return delivered
}

func TestContract(t *testing.T) {
	example, err := os.ReadFile("../testdata/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		document string
		least    int // samples that must be delivered, so that the comparison is not one of nothing with nothing
	}{
		"the example":       {string(example), 5},
		"claims no sample":  {`{"servers": [{"name": "other", "backend": "opsworks-cm", "alarms": ["other-*"]}]}`, 0},
		"prefix and suffix": {`{"servers": [{"name": "a", "backend": "opsworks-cm", "alarms": ["Server*", "*Anomaly", "automate-06-disk"]}]}`, 2},
		"wildcards":         {`{"servers": [{"name": "a", "backend": "opsworks-cm", "alarms": ["*erver*", "au*-06-d*k"]}]}`, 2},
		"tags":              {`{"servers": [{"name": "a", "backend": "opsworks-cm"}], "alarmTriggers": ["tag"]}`, 1},
		"dimensions":        {`{"servers": [{"name": "a", "backend": "opsworks-cm"}], "alarmTriggers": ["dimension", "action"]}`, 1},
		"everything":        {everything, 6},
		"a runbook":         {`{"servers": [{"name": "a", "backend": "ssm", "runbook": "runcommand1"}]}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			document, err := check.Resolve([]byte(c.document), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			rules, faults := eventRules(stackName, document)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			var patterns []map[string]any
			for _, rule := range rules {
				var p map[string]any
				b, err := json.Marshal(rule.Pattern)
				if err == nil {
					err = json.Unmarshal(b, &p)
				}
				if err != nil {
					t.Fatal(err)
				}
				patterns = append(patterns, p)
			}
			delivered := checkContract(t, document, patterns)
			t.Logf("%d rules deliver %d samples", len(rules), delivered)
			if delivered < c.least || c.least == 0 && delivered > 0 {
				t.Errorf("%d samples are delivered, want %d or more, or none where none is claimed", delivered, c.least)
			}
		})
	}
}

// runbooksOf is a document of servers that have these runbooks.
func runbooksOf(runbooks ...string) string {
	var servers []string
	for i, runbook := range runbooks {
		servers = append(servers, fmt.Sprintf(`{"name": "a%d", "backend": "ssm", "runbook": %q}`, i, runbook))
	}
	return documentOf(servers...)
}

// The runbook of another is another's affair.
func TestEventRules_Runbooks(t *testing.T) {
	var many []string // more than one pattern holds
	for i := range 200 {
		many = append(many, fmt.Sprintf("Maintain-%d", i))
	}
	for document, want := range map[string]string{
		runbooksOf("arn:aws:ssm:eu-central-1:123456789012:document/Maintain", "Other:3",
			"arn:aws:ssm:eu-central-1:123456789012:document/Third:1"): `["Maintain","Other","Third"]`,
		runbooksOf(many...):                  `null`,
		runbooksOf("Maintain", "Maintain:2"): `["Maintain"]`,
		runbooksOf("chef-automate"):          `["` + documentName(stackName, "chef-automate") + `"]`,
	} {
		parsed, err := check.Resolve([]byte(document), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		rules, _ := eventRules(stackName, parsed)
		got, err := json.Marshal(rules[0].Pattern["detail"].(map[string]any)["Definition"])
		if err != nil || string(got) != want || !strings.HasPrefix(rules[0].Name, "runs-finished") {
			t.Errorf("%s: %s, want %s", document, got, want)
		}
	}
}

// What the settings take for no secret of a runbook of ours is what the runbook takes from them: all but what the function gives itself.
func TestSettings_PublicParameters(t *testing.T) {
	for _, runbook := range runbooks.All() {
		document, err := check.Resolve([]byte(`{"servers": [{"name": "a", "backend": "ssm", "runbook": "`+runbook.Name+`"}]}`), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(maps.Keys(runbook.Document("")["parameters"].(map[string]any)))
		want = slices.DeleteFunc(want, func(name string) bool { return name == "InstanceId" || name == maintenance.ParameterRunID })
		got := slices.Sorted(slices.Values(document.Servers[0].PublicParameters))
		if !slices.Equal(got, want) {
			t.Errorf("%s takes %q, public are %q", runbook.Name, want, got)
		}
	}
}
