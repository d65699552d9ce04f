package function_test

import (
	"strings"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// An operator's request through any other entrance than the alias for operators, a service's among them, does nothing, and says which
// entrance is meant. That is also why a dead letter that is an operator's request does nothing if it is sent again (row 15).
func TestHandler_OperatorsOnlyThroughTheirAlias(t *testing.T) {
	for name := range byOperators {
		for entrance, arn := range map[string]string{
			"the function itself": functionARN, "$LATEST": functionARN + ":$LATEST", "another alias": functionARN + ":live",
			"a version":                   functionARN + ":7",
			"an alias that ends the same": functionARN + ":no-operators", "no ARN": "",
		} {
			t.Run(name+" through "+entrance, func(t *testing.T) {
				f := newFixture(t)
				got := f.invoke(t, arn, sample(t, name))
				if len(got) != 1 || got[0].Outcome != maintenance.OutcomeRefused || got[0].Reason != maintenance.ReasonInvalidRequest {
					t.Fatalf("got %+v", got)
				}
				if !strings.Contains(got[0].Message,
					"accepted only through the alias operators: --function-name opsworks-maintenance:operators") {
					t.Errorf("message %q", got[0].Message)
				}
				if f.runner.touched() {
					t.Errorf("it did something: %+v", f.runner)
				}
				if len(f.runner.refusals) != 1 || f.runner.refusals[0].Trigger.Kind != "" || f.runner.refusals[0].Source == "" {
					t.Errorf("refusals %+v", f.runner.refusals)
				}
			})
		}
	}
}

// A refusal at the wrong entrance is the server's, where the request names one.
func TestHandler_AWrongEntranceNamesTheServer(t *testing.T) {
	for payload, want := range map[string]string{
		`{"start": {"serverName": "automate-06"}}`: "automate-06", `{"stop": {"runId": "a-1"}}`: "",
		`{"history": {"serverName": "a b"}}`:    "",
		`{"hold": {"serverName": "puppet-01"}}`: "puppet-01",
	} {
		f := newFixture(t)
		f.invoke(t, functionARN, []byte(payload))
		if got := f.runner.refusals[0].ServerName; got != want {
			t.Errorf("%s: got %q", payload, got)
		}
	}
}

// What AWS and schedules send is accepted by the function itself alone: through the alias an operator could act as an alarm.
func TestHandler_EventsOnlyByTheFunctionItself(t *testing.T) {
	for _, name := range []string{"alarm.json", "alarm-action.json", "alarm-ok.json", "rule.json", "scheduler-no-input.json",
		"schedule.json", "sweep.json", "run-finished.json"} {
		for _, arn := range []string{operatorsARN, functionARN + ":live"} {
			t.Run(name+" through "+arn, func(t *testing.T) {
				f := newFixture(t)
				got := f.invoke(t, arn, sample(t, name))
				if len(got) != 1 || got[0].Outcome != maintenance.OutcomeRefused || got[0].Reason != maintenance.ReasonInvalidRequest ||
					!strings.Contains(got[0].Message, "accepted only by the function itself") {
					t.Errorf("got %+v", got)
				}
				if f.runner.touched() {
					t.Errorf("it did something: %+v", f.runner)
				}
			})
		}
		f := newFixture(t)
		if f.invoke(t, functionARN+":$LATEST", sample(t, name)); len(f.runner.refusals) > 0 {
			t.Errorf("%s is refused through $LATEST, which is the function itself: %+v", name, f.runner.refusals)
		}
	}
}

// What asks for nothing is ignored by either entrance.
func TestHandler_AnUnknownEventIsIgnoredByEitherEntrance(t *testing.T) {
	for _, arn := range []string{functionARN, operatorsARN} {
		f := newFixture(t)
		if got := f.invoke(t, arn, []byte(`{"strat": {"serverName": "automate-06"}}`)); got[0].Outcome != maintenance.OutcomeIgnored {
			t.Errorf("got %+v", got)
		}
	}
}

func TestHandler_WithoutAnARNNothingForeignIsLetIn(t *testing.T) {
	f := newFixture(t)
	body, err := f.Invoke(t.Context(), sample(t, "alarm.json"))
	if err != nil || !strings.Contains(string(body), `"foreign-event"`) || f.runner.touched() {
		t.Errorf("got %s, %v", body, err)
	}
}
