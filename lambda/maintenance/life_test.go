package maintenance_test

import (
	"runtime"
	"sync"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_FromAlarmToEnd(t *testing.T) {
	f := newFixture(t)
	if r := f.alarm(); r.Outcome != maintenance.OutcomeStarted || r.RunID == "" || r.Err != nil {
		t.Fatalf("an alarm comes to %s %s (%s), not to a start: %v", r.Outcome, r.Reason, r.Detail, r.Err)
	}
	if run := f.only(); run.State != maintenance.RunRunning || run.Reference != "execution-1" || len(run.Owed) > 0 ||
		!run.Lease.Until.IsZero() {
		t.Fatalf("after its start the run is %+v", run)
	}
	t.Log(f.ledger.calls)
	f.sweeps(5)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	run := f.only()
	if run.State != maintenance.RunOver || run.Outcome != maintenance.OutcomeSucceeded || !run.DueAt.IsZero() {
		t.Errorf("the run ends as %s %s, due %s", run.State, run.Outcome, run.DueAt)
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
	f.sweeps(10)
	f.expectMail("error start-unconfirmed")
	f.sweeps(1)
	if run := f.only(); run.State != maintenance.RunWaiting || f.ledger.nodes["i-1"] != "" {
		t.Fatalf("after eleven minutes without evidence the run is %s, and its node held by %q", run.State, f.ledger.nodes["i-1"])
	}
	f.expectMail("error start-unconfirmed", "waiting unavailable")
	f.backend.answer = newBackend().answer
	f.backend.follow = func(run maintenance.Run) maintenance.Sighting {
		if run.Reference != "" {
			return execution(maintenance.ExecutionRunning)
		}
		return maintenance.Sighting{Server: healthy("i-1")}
	}
	f.sweeps(3)
	run := f.only()
	if run.State != maintenance.RunRunning || run.Attempt.Number != 2 || len(f.backend.started) != 2 {
		t.Errorf("then the run is %s, attempt %d, %d starts", run.State, run.Attempt.Number, len(f.backend.started))
	}
	f.expectMail("error start-unconfirmed", "waiting unavailable", "started")
}

func TestRunner_ADeathBetweenClaimAndStart(t *testing.T) {
	f := newFixture(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer { runtime.Goexit(); panic("unreachable") }
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-1")} }
	var all sync.WaitGroup
	all.Go(func() { f.alarm() })
	all.Wait()
	if run := f.only(); run.State != maintenance.RunStarting {
		t.Fatalf("the run is %s", run.State)
	}
	f.backend.answer = newBackend().answer
	f.sweeps(10)
	if len(f.backend.started) != 1 {
		t.Fatalf("within ten minutes %d starts were sent", len(f.backend.started))
	}
	f.backend.follow = func(run maintenance.Run) maintenance.Sighting {
		s := execution(maintenance.ExecutionRunning)
		s.Executions[0].RunID = run.ID
		return s
	}
	f.sweeps(3)
	if run := f.only(); len(f.backend.started) != 1 || run.State != maintenance.RunRunning {
		t.Errorf("evidence came, and the run is %s, after %d starts", run.State, len(f.backend.started))
	}
	f.expectMail("error start-unconfirmed", "started")
}

func TestRunner_OneServersPanicIsItsOwn(t *testing.T) {
	f := newFixture(t)
	f.backend.look = func() maintenance.Sighting {
		if f.backend.asked == "puppet-02" {
			panic("a mistake")
		}
		return maintenance.Sighting{Server: healthy("")}
	}
	requests := []maintenance.Request{f.trigger(maintenance.TriggerSchedule, "weekly"), f.trigger(maintenance.TriggerSchedule, "weekly")}
	requests[1].ServerName = "puppet-02"
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Reference: run.ID, Server: healthy("i-1")}
	}
	reports := f.Ask(f.invocation(), requests)
	started, failed := 0, 0
	for _, r := range reports {
		switch {
		case r.Outcome == maintenance.OutcomeStarted:
			started++
		case r.Outcome == maintenance.OutcomeError && r.Reason == maintenance.ReasonUnexpected:
			failed++
		}
	}
	if started != 1 || failed != 1 {
		t.Errorf("of two servers, one of which meets a mistake, %d start and %d fail: %+v", started, failed, reports)
	}
}
