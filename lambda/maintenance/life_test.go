package maintenance_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_FromAlarmToEnd(t *testing.T) {
	f := newFixture(t)
	if r := f.alarm(); r.Outcome != maintenance.OutcomeStarted || r.RunID == "" || r.Err != nil {
		t.Fatalf("an alarm comes to %s %s (%s), not to a start: %v", r.Outcome, r.Reason, r.Detail, r.Err)
	}
	if run := f.only(); run.State != maintenance.RunRunning || run.Reference != "execution-1" || len(run.Owed) > 0 || !run.Lease.Until.IsZero() {
		t.Fatalf("after its start the run is %+v", run)
	}
	t.Log(f.ledger.calls)
	f.sweeps(5)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	run := f.only()
	if run.State != maintenance.RunOver || run.Outcome != maintenance.OutcomeSucceeded || !run.Next.IsZero() {
		t.Errorf("the run ends as %s %s, due %s", run.State, run.Outcome, run.Next)
	}
	if f.ledger.servers["puppet-01"].OpenRun != "" || f.ledger.nodes["i-1"] != "" {
		t.Errorf("the server is held by %q, its node by %q", f.ledger.servers["puppet-01"].OpenRun, f.ledger.nodes["i-1"])
	}
	f.expectMail("started", "succeeded")
}

func TestRunner_LostAnswerThatStartedNothing(t *testing.T) {
	f := newFixture(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed)}
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-1")} }
	f.alarm()
	f.sweeps(20)
	if run := f.only(); run.State != maintenance.RunStarting {
		t.Fatalf("after twenty minutes the run is %s", run.State)
	}
	f.expectMail("error start-unconfirmed")
	f.backend.answer = newBackend().answer
	f.backend.follow = func(run maintenance.Run) maintenance.Sighting {
		if run.Reference != "" {
			return execution(maintenance.ExecutionRunning)
		}
		return maintenance.Sighting{Server: healthy("i-1")}
	}
	f.sweeps(15)
	run := f.only()
	if run.State != maintenance.RunRunning || run.Attempt.Number != 2 || len(f.backend.started) != 2 {
		t.Errorf("then the run is %s, attempt %d, %d starts", run.State, run.Attempt.Number, len(f.backend.started))
	}
	_ = time.Minute
}
