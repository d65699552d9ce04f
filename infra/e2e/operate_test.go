package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

// cancel has an alarm wait for a server in a passing state, and return to OK: the run is cancelled.
func (d *deployment) cancel(t *testing.T, f *function, mailbox, name, alarm string) {
	if err := f.opsworksCM.SetStatus(name, "BACKING_UP"); err != nil {
		t.Fatal(err)
	}
	waiting := f.invoke(d.alarm(t, alarm))[0]
	if waiting.Outcome != "waiting" || waiting.Reason != "wrong-state" {
		t.Fatalf("it answered %+v", waiting)
	}
	d.notified(t, mailbox, waiting.RunID, name, "alarm", "waiting")
	cleared := f.invoke(d.delivered(t, changed(t, "alarm-ok.json", alarm)))[0]
	if cleared.Outcome != "cancelled" || cleared.Reason != "alarm-cleared" || cleared.RunID != waiting.RunID {
		t.Errorf("to the return to OK it answered %+v", cleared)
	}
	t.Logf("the alarm returned to OK: %s", cleared.Message)
	d.notified(t, mailbox, waiting.RunID, name, "alarm", "cancelled")
	if err := f.opsworksCM.SetStatus(name, "HEALTHY"); err != nil {
		t.Fatal(err)
	}
}

// planned has an operator ask what would happen for a kind of trigger.
func (f *function) planned(name, trigger, want string) {
	f.t.Helper()
	result, err := f.InvokeAlias(f.t.Context(), settings.OperatorsAlias, fmt.Appendf(nil, `{"plan":{"serverName":%q}}`, name))
	if err != nil || result.Error != nil {
		f.t.Fatalf("the function failed: %v, %v", err, result.Error)
	}
	var plan struct {
		Answers []struct{ Trigger, Outcome, Message string }
	}
	if err := json.Unmarshal(result.Payload, &plan); err != nil {
		f.t.Fatalf("it answered %s: %v", result.Payload, err)
	}
	for _, a := range plan.Answers {
		if a.Trigger == trigger {
			f.t.Logf("the plan of %s for an %s: %s, %s", name, trigger, a.Outcome, a.Message)
			if a.Outcome != want {
				f.t.Errorf("the plan says %s, want %s", result.Payload, want)
			}
			return
		}
	}
	f.t.Errorf("the plan %s has nothing for %s", result.Payload, trigger)
}

// operate plays what operators ask, which is taken from their alias alone.
func (d *deployment) operate(t *testing.T, f *function, mailbox, name string) {
	start := fmt.Sprintf(`{"start":{"serverName":%q}}`, name)
	alias := d.stack.Outputs["OperatorsFunction"]
	if refused := f.invoke([]byte(start))[0]; refused.Reason != "invalid-request" || !strings.Contains(refused.Message, alias) {
		t.Errorf("to an operator's request beside their alias it answered %+v", refused)
	}
	f.expect(name, 1, "HEALTHY")
	f.planned(name, "alarm", "refused") // it cools down
	d.receiveAll(t, mailbox)

	started := f.ask(start)
	if started.Outcome != "started" {
		t.Fatalf("it answered %+v", started)
	}
	d.notified(t, mailbox, started.RunID, name, "manual", "started")
	if stopped := f.ask(fmt.Sprintf(`{"stop":{"runId":%q}}`, started.RunID)); stopped.Reason != "unsupported" { // OpsWorks CM cannot
		t.Errorf("to stop it answered %+v", stopped)
	}
	f.expect(name, 2, "UNDER_MAINTENANCE")
	if err := f.opsworksCM.Complete(name); err != nil {
		t.Fatal(err)
	}
	f.sweepUntil(started.RunID, "succeeded")
	d.notified(t, mailbox, started.RunID, name, "manual", "succeeded")
	if over := f.ask(fmt.Sprintf(`{"stop":{"runId":%q}}`, started.RunID)); over.Reason != "not-running" {
		t.Errorf("to stop afterwards it answered %+v", over)
	}
}
