package function_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
)

// A hold says what it was asked for, and its answer who is still at work.
func TestHandler_Hold(t *testing.T) {
	f := newFixture(t)
	f.runner.atWork = []maintenance.Run{{ID: "run-1", ServerName: "automate-06", Attempt: maintenance.Attempt{Ends: now.Add(time.Minute)}}}
	body := f.answer(t, operatorsARN, []byte(`{"hold": {"serverName": "automate-06", "until": "2026-11-24T06:00:00Z",
		"reason": "audit", "by": "anna"}}`))
	until := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	want := maintenance.HoldRequest{ServerName: "automate-06", Until: until, Reason: "audit", By: "anna",
		Trigger: maintenance.Trigger{Kind: maintenance.TriggerManual, Time: now, ID: "request-1"}}
	if len(f.runner.holds) != 1 || !reflect.DeepEqual(f.runner.holds[0], want) {
		t.Errorf("asked %+v", f.runner.holds)
	}
	var got function.HoldResponse
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if got.Outcome != maintenance.OutcomeHeld || got.Until == nil || !got.Until.Equal(until) || !got.Quiet.Equal(now.Add(time.Minute)) {
		t.Errorf("got %s", body)
	}
	if len(got.AtWork) != 1 || got.AtWork[0] != (function.AtWork{RunID: "run-1", ServerName: "automate-06", Until: now.Add(time.Minute)}) {
		t.Errorf("at work are %+v", got.AtWork)
	}
}

// Without a name it is the fleet's; with one that is none it is refused.
func TestHandler_HoldWhom(t *testing.T) {
	f := newFixture(t)
	f.answer(t, operatorsARN, []byte(`{"release": {"by": "anna"}}`))
	if len(f.runner.holds) != 1 || f.runner.holds[0].ServerName != "" || f.runner.holds[0].By != "anna" {
		t.Errorf("asked %+v", f.runner.holds)
	}
	if got := f.invoke(t, operatorsARN, []byte(`{"hold": {"serverName": "a b"}}`)); got[0].Reason != maintenance.ReasonInvalidRequest {
		t.Errorf("got %+v", got)
	}
}
