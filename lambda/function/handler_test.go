package function_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
)

// byFunction is what every sample comes to on the function itself, with testdata/settings.json: outcome, reason, server, trigger.
var byFunction = map[string][]string{
	"alarm.json":                      {"started  automate-06 alarm"},
	"alarm-action.json":               {"started  automate-06 alarm"},
	"alarm-suppression-over.json":     {"started  automate-06 alarm"},
	"alarm-by-dimension.json":         {"started  puppet-01 alarm"},
	"alarm-by-tag.json":               {"started  automate-06 alarm"},
	"alarm-ok.json":                   {"ignored nothing-new  "},
	"alarm-still-in-alarm.json":       {"ignored still-in-alarm  "},
	"alarm-own.json":                  {"ignored own-alarm  "},
	"alarm-disagreement.json":         {"refused ambiguous  alarm"},
	"alarm-unknown-server.json":       {"refused no-server  alarm"},
	"alarm-other-account.json":        {"refused foreign-event  alarm"},
	"field/initial-creation.json":     {"started  automate-06 alarm"}, // by this double; the domain knows a new alarm
	"field/cross-account-metric.json": {"refused no-server  alarm"},
	"field/actions-disabled.json":     {"ignored actions-disabled  "},
	"field/sns-raw-alarm-body.json":   {"ignored unknown-event  "},
	"sns-alarm.json":                  {"started  automate-06 alarm"},
	"sns-ok.json":                     {"ignored nothing-new  "},
	"sns-alertmanager.json":           {"started  puppet-01 alarm", "ignored nothing-new  "},
	"sns-alarm-form.json":             {"started  puppet-01 alarm"},
	"sns-text.json":                   {"ignored unknown-event  "},
	"alarm-form.json":                 {"started  puppet-01 alarm"},
	"alarm-form-ok.json":              {"ignored nothing-new  "},
	"rule.json":                       {"started  automate-06 schedule"},
	"scheduler-no-input.json":         {"started  automate-06 schedule", "started  puppet-01 schedule"},
	"schedule.json":                   {"started  automate-06 schedule", "started  puppet-01 schedule"},
	"sweep.json":                      nil,
	"run-finished.json":               {"ignored unknown-execution  "},
	"run-step-finished.json":          {"ignored unknown-event  "},
	"start-unknown-field.json":        {"refused invalid-request  "},

	"aws/eb-alarm-config-create-composite.json":           {"ignored configuration-change  "},
	"aws/eb-alarm-config-delete-metric-math.json":         {"ignored configuration-change  "},
	"aws/eb-alarm-config-update-metric.json":              {"ignored configuration-change  "},
	"aws/eb-alarm-contributor-state.json":                 {"ignored muted  "},
	"aws/eb-alarm-state-composite-suppressed.json":        {"ignored suppressed  "},
	"aws/eb-alarm-state-metric-muted.json":                {"ignored muted  "},
	"aws/eb-alarm-state-metric.json":                      {"refused no-server  alarm"},
	"aws/eb-alarm-state-multi-time-series.json":           {"refused no-server  alarm"},
	"aws/eb-scheduled-event-rule.json":                    {"refused no-server  schedule"},
	"aws/lambda-alarm-metric.json":                        {"refused foreign-event  alarm"},
	"aws/scheduler-default-notification.json":             {"refused foreign-event  schedule"},
	"aws/scheduler-custom-input-template.json":            {"refused invalid-request  "},
	"aws/lambda-async-failure-record.json":                {"ignored unknown-event  "},
	"aws/sns-envelope-non-raw.json":                       {"ignored unknown-event  "},
	"aws/sns-lambda-alarm-single-metric.json":             {"ignored foreign-event  "},
	"aws/sns-lambda-generic.json":                         {"ignored unknown-event  "},
	"aws/sns-message-log-alarm-contributor.json":          {"ignored unknown-event  "},
	"aws/sns-message-log-alarm-single.json":               {"ignored unknown-event  "},
	"aws/sqs-batch-response.json":                         {"ignored unknown-event  "},
	"aws/sqs-lambda-generic.json":                         {"ignored unknown-event  "},
	"aws/sqs-lambda-standard.json":                        {"ignored unknown-event  "},
	"aws/sqs-lambda-wrapped-eventbridge.CONSTRUCTED.json": {"ignored unknown-event  "},
}

// byOperators is what every operator's request comes to through the alias.
var byOperators = map[string][]string{
	"start.json":               {"started  automate-06 manual"},
	"start-short.json":         {"started  automate-06 manual"},
	"start-run.json":           {"started   manual"},
	"start-override.json":      {"started  automate-06 manual"},
	"start-major-upgrade.json": {"started  automate-06 manual"},
	"stop.json":                {"in-progress stopping automate-06 manual"},
	"stop-run.json":            {"in-progress stopping  manual"},
	"close.json":               {"failed closed-by-hand  manual"},
	"approve.json":             {"waiting   manual"},
	"hold.json":                {"held  automate-06 manual"},
	"release.json":             {"released  automate-06 manual"},
	"plan.json":                nil, // these three have answers of their own
	"history.json":             nil,
	"status.json":              nil,
}

// Every sample has its entrance, and what it comes to there is stated.
func TestHandler_Samples(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/events/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"aws", "field"} {
		more, err := filepath.Glob(filepath.Join("../../testdata/events", folder, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, more...)
	}
	if len(paths) != len(byFunction)+len(byOperators) {
		t.Errorf("%d samples, %d stated", len(paths), len(byFunction)+len(byOperators))
	}
	for _, path := range paths {
		name, err := filepath.Rel("../../testdata/events", path)
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.ToSlash(name)
		t.Run(name, func(t *testing.T) {
			want, ok := byFunction[name]
			arn := functionARN
			if !ok {
				if want, ok = byOperators[name]; !ok {
					t.Fatal("what this sample comes to is not stated")
				}
				arn = operatorsARN
			}
			f := newFixture(t)
			body := f.answer(t, arn, sample(t, name))
			if got := outcomes(t, body); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if lines := f.lines(t); len(lines) != 1 || lines[0]["requestId"] != "request-1" {
				t.Errorf("log %s", f.log)
			}
		})
	}
}

// outcomes are those of a response, in short; nil for one of another form. Each that is ignored names no run, each other has a message.
func outcomes(t *testing.T, body []byte) (out []string) {
	t.Helper()
	var all []function.Response
	if body[0] == '{' {
		body = []byte("[" + string(body) + "]")
	}
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for _, r := range all {
		if r.Outcome == "" {
			continue
		}
		if r.Message == "" || r.Outcome == maintenance.OutcomeIgnored && r.RunID != "" {
			t.Errorf("message %q, run id %q", r.Message, r.RunID)
		}
		out = append(out, strings.Join([]string{string(r.Outcome), string(r.Reason), r.ServerName, string(r.Trigger)}, " "))
	}
	return out
}

// Both ways on which CloudWatch sends a change of an alarm's state are one trigger.
func TestHandler_AnAlarmIsOneTriggerByEitherWay(t *testing.T) {
	f := newFixture(t)
	f.invoke(t, functionARN, sample(t, "alarm.json"))
	f.invoke(t, functionARN, sample(t, "alarm-action.json"))
	if len(f.runner.requests) != 2 || !reflect.DeepEqual(f.runner.requests[0], f.runner.requests[1]) {
		t.Errorf("got %+v", f.runner.requests)
	}
}

func TestHandler_Start(t *testing.T) {
	for _, tt := range []struct {
		name, payload string
		want          maintenance.Request
	}{
		{"by the server's name", `{"start": {"serverName": "automate-06"}}`,
			maintenance.Request{ServerName: "automate-06", Trigger: manual("request-1")}},
		{"by the run's id, and no other run", `{"start": {"runId": "automate-06-20261123T225931-K7M2QX4RTA"}}`,
			maintenance.Request{RunID: "automate-06-20261123T225931-K7M2QX4RTA", Trigger: manual("request-1")}},
		{"by both", `{"start": {"serverName": "automate-06", "runId": "automate-06-1"}}`,
			maintenance.Request{ServerName: "automate-06", RunID: "automate-06-1", Trigger: manual("request-1")}},
		{"with a key, which is the trigger's id", `{"start": {"serverName": "automate-06", "key": "upgrade"}}`,
			maintenance.Request{ServerName: "automate-06", Trigger: manual("key:upgrade")}},
		{"with gates left out",
			`{"start": {"serverName": "automate-06", "override": ["window", "hold", "order", "blocked", "calendar"]}}`,
			maintenance.Request{ServerName: "automate-06", Trigger: manual("request-1", "blocked", "calendar", "hold", "order",
				"window")}},
		{"with an engine attribute", `{"start": {"serverName": "automate-06", "engineAttributes": [{"name": "N", "value": "v"}]}}`,
			maintenance.Request{ServerName: "automate-06", Trigger: manual("request-1"),
				EngineAttributes: []maintenance.EngineAttribute{{Name: "N", Value: "v"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.invoke(t, operatorsARN, []byte(tt.payload))
			if !reflect.DeepEqual(f.runner.requests, []maintenance.Request{tt.want}) {
				t.Errorf("got  %+v\nwant %+v", f.runner.requests, tt.want)
			}
		})
	}
}

func manual(id string, overrides ...string) maintenance.Trigger {
	return maintenance.Trigger{Kind: maintenance.TriggerManual, Time: now, ID: id, Overrides: overrides}
}

// The same key names the same trigger in every invocation, so that the domain can tell a repetition from a different request (row 28).
func TestHandler_AKeyNamesOneTrigger(t *testing.T) {
	f := newFixture(t)
	f.invoke(t, operatorsARN, []byte(`{"start": {"serverName": "automate-06", "key": "k"}}`))
	f.invoke(t, operatorsARN, []byte(`{"start": {"serverName": "automate-06", "key": "k", "override": ["window"]}}`))
	f.invoke(t, operatorsARN, []byte(`{"start": {"serverName": "automate-06", "key": "l"}}`))
	var keys []string
	for _, r := range f.runner.requests {
		keys = append(keys, r.Trigger.Key(r.ServerName))
	}
	if len(keys) != 3 || keys[0] != keys[1] || keys[0] == keys[2] {
		t.Errorf("keys %q", keys)
	}
	if reflect.DeepEqual(f.runner.requests[0].Trigger.Overrides, f.runner.requests[1].Trigger.Overrides) {
		t.Error("the requests do not differ")
	}
}

// The answer about a key that was used with a different request is the domain's answer, word for word: which run it belongs to (row 28).
func TestHandler_AKeyThatIsUsedAgain(t *testing.T) {
	f := newFixture(t)
	f.runner.report = func(r maintenance.Report) maintenance.Report {
		r.Outcome, r.Reason, r.RunID = maintenance.OutcomeRefused, maintenance.ReasonInvalidRequest, "automate-06-earlier"
		r.Detail = "the key belongs to the run automate-06-earlier, which was asked for with other overrides"
		return r
	}
	got := f.invoke(t, operatorsARN, []byte(`{"start": {"serverName": "automate-06", "key": "k"}}`))[0]
	if got.RunID != "automate-06-earlier" || !strings.Contains(got.Message, "belongs to the run automate-06-earlier") {
		t.Errorf("got %+v", got)
	}
}

func TestHandler_StopAndClose(t *testing.T) {
	for payload, want := range map[string]maintenance.Operator{
		`{"stop": {"runId": "a-1"}}`:                             {RunID: "a-1", Trigger: manual("request-1")},
		`{"stop": {"serverName": "automate-06"}}`:                {ServerName: "automate-06", Trigger: manual("request-1")},
		`{"close": {"runId": "a-1"}}`:                            {RunID: "a-1", Trigger: manual("request-1")},
		`{"close": {"serverName": "automate-06", "runId": "a"}}`: {ServerName: "automate-06", RunID: "a", Trigger: manual("request-1")},
	} {
		f := newFixture(t)
		f.invoke(t, operatorsARN, []byte(payload))
		if !reflect.DeepEqual(f.runner.operators, []maintenance.Operator{want}) {
			t.Errorf("%s: got %+v", payload, f.runner.operators)
		}
	}
}

// The event that an execution has a new status makes its run be followed at once, and any other nothing at all.
func TestHandler_RunFinished(t *testing.T) {
	const id = "333ba70b-2333-48db-b17e-a5e69c6f4d1c"
	for _, tt := range []struct {
		name     string
		finished func(string) (maintenance.Report, bool, error)
		want     string
	}{
		{"it is over", func(string) (maintenance.Report, bool, error) {
			return maintenance.Report{Outcome: maintenance.OutcomeSucceeded, ServerName: "automate-06"}, true, nil
		}, "succeeded  automate-06 "},
		{"it goes on", func(string) (maintenance.Report, bool, error) { return maintenance.Report{}, true, nil },
			"ignored nothing-new  "},
		{"it is another's", func(string) (maintenance.Report, bool, error) { return maintenance.Report{}, false, nil },
			"ignored unknown-execution  "},
		{"the ledger is away", func(string) (maintenance.Report, bool, error) {
			return maintenance.Report{}, false, &maintenance.Error{Op: "find the run", Reason: maintenance.ReasonLedgerUnavailable}
		}, "error ledger-unavailable  "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.runner.finished = tt.finished
			if got := outcomes(t, f.answer(t, functionARN, sample(t, "run-finished.json"))); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("got %q", got)
			}
			if !slices.Equal(f.runner.looked, []string{"finished " + id}) {
				t.Errorf("looked for %q", f.runner.looked)
			}
		})
	}
	f := newFixture(t)
	if got := f.invoke(t, functionARN, changed(t, "run-finished.json", `"us-east-1"`,
		`"eu-central-1"`)); got[0].Reason != maintenance.ReasonForeignEvent || f.runner.touched() {
		t.Errorf("of another Region: got %+v", got)
	}
}

// A sweep answers with an array always; one that could not see what is due says so, and Lambda is not asked to repeat it.
func TestHandler_Sweep(t *testing.T) {
	f := newFixture(t)
	if body := f.answer(t, functionARN, sample(t, "sweep.json")); string(body) != "[]" {
		t.Errorf("got %s", body)
	}
	f.runner.swept.Reports = []maintenance.Report{{Outcome: maintenance.OutcomeSucceeded, ServerName: "automate-06", Retry: true}}
	f.runner.swept.Err = &maintenance.Error{Op: "list what is due", Reason: maintenance.ReasonLedgerUnavailable,
		Err: errors.New("no answer")}
	body := f.answer(t, functionARN, sample(t, "sweep.json"))
	if got, want := outcomes(t, body), []string{"succeeded  automate-06 ", "error ledger-unavailable  "}; !slices.Equal(got,
		want) || body[0] != '[' {
		t.Errorf("got %q", got)
	}
}

// Every case of the switch has a sample, but that of the requests which are not carried out yet.
func TestHandler_EveryEventHasASample(t *testing.T) {
	seen := map[string]bool{}
	for name := range byFunction {
		seen[eventOf(t, name)] = true
	}
	for name := range byOperators {
		seen[eventOf(t, name)] = true
	}
	source, err := os.ReadFile("handler.go")
	if err != nil {
		t.Fatal(err)
	}
	handled := regexp.MustCompile(`case (events\.\w+):\n`).FindAllSubmatch(source, -1)
	if len(handled) == 0 {
		t.Error("no case was found")
	}
	for _, match := range handled {
		if !seen[string(match[1])] {
			t.Errorf("no sample is of the case %s", match[1])
		}
	}
}

func eventOf(t *testing.T, name string) string {
	t.Helper()
	event, err := events.Decode(sample(t, name))
	if err != nil {
		return "unreadable"
	}
	return fmt.Sprintf("%T", event)
}
