package maintenance_test

import (
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// wantsApproval is a fixture whose run waits for one.
func wantsApproval(t *testing.T) (*fixture, maintenance.Run) {
	f := newFixture(t)
	f.policy.Approval = []maintenance.TriggerKind{maintenance.TriggerAlarm}
	f.policy.Work = maintenance.Work{Runbook: "patch", Version: "3", Parameters: "one"}
	if r := f.alarm(); r.Outcome != maintenance.OutcomeWaiting || r.Reason != maintenance.ReasonApprovalNeeded {
		t.Fatalf("the alarm comes to %s %s", r.Outcome, r.Reason)
	}
	return f, f.only()
}

func TestRunner_AnApprovedRunStarts(t *testing.T) {
	f, run := wantsApproval(t)
	f.sweeps(60)
	o := f.by(run.ID)
	o.By = "anna"
	if r := f.Approve(f.invocation(), o); r.Outcome != maintenance.OutcomeStarted || r.RunID != run.ID {
		t.Errorf("an approval comes to %s %s", r.Outcome, r.Reason)
	}
	if a := f.only().Approval; a.By != "anna" || !a.At.Equal(f.clock) {
		t.Errorf("the run keeps %+v", a)
	}
	f.expectMail("waiting approval-needed", "started")
}

func TestRunner_ApprovedAtOnceItRunsInItsWindow(t *testing.T) {
	f, run := wantsApproval(t)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	for range 2 { // a second click finds it approved
		if r := f.Approve(f.invocation(), f.by(run.ID)); r.Outcome != maintenance.OutcomeWaiting || r.Reason != maintenance.ReasonOutsideWindow {
			t.Fatalf("an approval comes to %s %s", r.Outcome, r.Reason)
		}
	}
	f.sweeps(12*60 + 1)
	if len(f.backend.started) != 1 {
		t.Errorf("%d are started when the window opens", len(f.backend.started))
	}
}

func TestRunner_ApprovalIsForTheWorkThatItWasAskedFor(t *testing.T) {
	f, run := wantsApproval(t)
	f.policy.Work = maintenance.Work{Runbook: "patch", Version: "4", Parameters: "two"}
	r := f.Approve(f.invocation(), f.by(run.ID))
	if r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonWorkChanged ||
		!strings.Contains(r.Detail, "the version was 3 and is 4, the parameters have changed") {
		t.Errorf("an approval of other work comes to %s %s: %s", r.Outcome, r.Reason, r.Detail)
	}
	f.expectMail("waiting approval-needed", "waiting approval-needed")
	if r := f.Approve(f.invocation(), f.by(run.ID)); r.Outcome != maintenance.OutcomeStarted {
		t.Errorf("then one comes to %s %s", r.Outcome, r.Reason)
	}
}

// What was approved and has changed since needs another approval.
func TestRunner_AnApprovalDoesNotOutliveItsWork(t *testing.T) {
	f, run := wantsApproval(t)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.Approve(f.invocation(), f.by(run.ID))
	f.policy.Window, f.policy.Work.Version = maintenance.Window{}, "4"
	f.sweeps(24 * 60)
	if len(f.backend.started) != 0 {
		t.Error("it starts what nobody approved")
	}
}

func TestRunner_AnApprovalThatComesLate(t *testing.T) {
	f, run := wantsApproval(t)
	answer := func(when, outcome, reason, detail string) {
		t.Helper()
		r := f.Approve(f.invocation(), f.by(run.ID))
		if string(r.Outcome) != outcome || string(r.Reason) != reason || !strings.Contains(r.Detail, detail) || r.Stop {
			t.Errorf("%s an approval comes to %s %s: %s", when, r.Outcome, r.Reason, r.Detail)
		}
	}
	f.policy.Approval = nil
	answer("where none is wanted", "refused", "not-asked", "the settings want no approval")
	f.policy.Approval = []maintenance.TriggerKind{maintenance.TriggerAlarm}
	f.clock = f.clock.Add(6*time.Hour + time.Second)
	answer("once it has expired", "missed", "approval-needed", "")
	answer("once it is over", "refused", "not-running", "is over: missed, approval-needed")
	f.clock = f.clock.Add(time.Hour)
	f.alarm()
	answer("with another in its place", "refused", "not-running", "is over: missed")

	f, run = wantsApproval(t)
	f.Approve(f.invocation(), f.by(run.ID))
	answer("once it runs", "refused", "not-asked", "was started 2026-11-28T12:00:00Z")
	run.ID = "puppet-01-99"
	answer("of nothing", "refused", "unknown-run", "")
}

// An operator who starts a run approves it; one who is refused approves nothing.
func TestRunner_AStartApproves(t *testing.T) {
	f, run := wantsApproval(t)
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID = run.ID
	if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted || r.RunID != run.ID {
		t.Errorf("a start comes to %s %s", r.Outcome, r.Reason)
	}
}
