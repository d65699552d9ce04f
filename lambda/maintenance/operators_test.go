package maintenance_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// waits makes the fixture's run wait for its window.
func (f *fixture) waits() maintenance.Run {
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.alarm()
	return f.only()
}

// by is an operator's request about a run.
func (f *fixture) by(runID string) maintenance.Operator {
	return maintenance.Operator{RunID: runID, Trigger: maintenance.Trigger{Kind: maintenance.TriggerManual, ID: "request", Time: f.clock}}
}

// Whatever the service answers an operator, the run waits for what it waited for, nobody else hears of it, and it is looked at now.
func TestRunner_WhatAnOperatorIsRefusedTheRunDoesNotWaitFor(t *testing.T) {
	for _, answer := range []maintenance.Reason{"invalid-request", "throttled", "wrong-state", "not-found", "denied", "unexpected"} {
		for name, begin := range map[maintenance.Reason]func(*fixture){
			"outside-window":  func(f *fixture) { f.policy.Window = maintenance.Window{Hours: closed{}} },
			"approval-needed": func(f *fixture) { f.policy.Approval = maintenance.TriggerKinds() },
			"concurrency-limit": func(f *fixture) {
				f.MaxConcurrent, f.ledger.fleet, f.ledger.slots[1] = 1, maintenance.FleetRecord{Limit: 1, Wanted: 1}, "another"
			},
		} {
			f := newFixture(t)
			begin(f)
			f.alarm()
			before, mail := f.only(), len(f.mailbox.got)
			f.clock = f.clock.Add(30 * time.Second)
			delete(f.ledger.slots, 1)
			f.backend.answer = func(maintenance.Run) maintenance.Answer { return maintenance.Answer{Err: failing(answer)} }
			r := f.operator("window")
			run := f.only()
			if r.Reason != answer || len(f.backend.started) != 1 || before.Wait.Reason != name || !reflect.DeepEqual(run.Wait, before.Wait) ||
				!slices.Equal(run.Notified, before.Notified) || len(run.Owed) > 0 || len(f.mailbox.got) != mail || !run.LookAt.Equal(f.clock) {
				t.Errorf("%s, %s: the operator gets %s %s, and the run, looked at %s, waits for %+v; before %+v", name, answer, r.Outcome,
					r.Reason, run.LookAt, run.Wait, before.Wait)
			}
		}
	}
}

func TestRunner_AnOperatorStartsTheRunThatWaits(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	q := f.trigger(maintenance.TriggerManual, "")
	q.ServerName, q.RunID, q.Trigger.Overrides = "", run.ID, []string{"window"} // as the command in a message has it
	if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted || r.RunID != run.ID {
		t.Fatalf("start it now comes to %s %s of run %s, not to a start of %s", r.Outcome, r.Reason, r.RunID, run.ID)
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(24 * 60)
	if len(f.backend.started) != 1 {
		t.Errorf("the server was maintained %d times", len(f.backend.started))
	}
	f.expectMail("waiting outside-window", "started", "succeeded")
}

func TestRunner_ARefusedOperatorApprovesNothingAndTheRunWaitsOn(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID = run.ID
	if r := f.ask(q); r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonOutsideWindow {
		t.Fatalf("without override an operator gets %s %s", r.Outcome, r.Reason)
	}
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonDenied)}
	}
	f.clock = f.clock.Add(time.Second)
	q = f.trigger(maintenance.TriggerManual, "")
	q.RunID, q.Trigger.Overrides = run.ID, []string{"window"}
	if r := f.ask(q); r.Outcome != maintenance.OutcomeError || r.Reason != maintenance.ReasonDenied {
		t.Errorf("a start that is refused for certain is answered %s %s", r.Outcome, r.Reason)
	}
	if run := f.ledger.runs[run.ID]; run.State != maintenance.RunWaiting || f.ledger.nodes["i-1"] != "" {
		t.Errorf("then the run is %s, and its node held by %q", run.State, f.ledger.nodes["i-1"])
	}
}

func TestRunner_AnOldCommandIsAnsweredInASentence(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	id := f.only().ID
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID = id
	start, stop, closing := f.ask(q), f.Stop(f.invocation(), f.by(id)), f.Close(f.invocation(), f.by(id))
	for name, r := range map[string]maintenance.Report{"start": start, "stop": stop, "close": closing} {
		if r.Outcome != maintenance.OutcomeRefused || !strings.Contains(r.Detail, "is over: succeeded") {
			t.Errorf("%s of a run that is over is answered %s %s: %s", name, r.Outcome, r.Reason, r.Detail)
		}
	}
	for name, r := range map[string]maintenance.Report{
		"start": f.ask(maintenance.Request{ServerName: "puppet-02", RunID: id, Trigger: q.Trigger}),
		"stop":  f.Stop(f.invocation(), maintenance.Operator{ServerName: "puppet-02", RunID: id}),
	} {
		if r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonInvalidRequest {
			t.Errorf("%s of a run of another server is answered %s %s", name, r.Outcome, r.Reason)
		}
	}
	q.RunID = "puppet-01-never"
	if r := f.ask(q); r.Reason != maintenance.ReasonUnknownRun {
		t.Errorf("start of a run that never was is answered %s %s", r.Outcome, r.Reason)
	}
	if len(f.backend.started) != 1 {
		t.Errorf("%d starts were sent", len(f.backend.started))
	}
}

func TestRunner_StopOfARunThatWaitsCancelsIt(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	if r := f.Stop(f.invocation(), f.by(run.ID)); r.Outcome != maintenance.OutcomeCancelled || r.Reason != maintenance.ReasonStopped {
		t.Fatalf("it is answered %s %s", r.Outcome, r.Reason)
	}
	f.sweeps(14 * 60)
	if len(f.backend.started) != 0 {
		t.Error("it started anyway")
	}
	f.expectMail("waiting outside-window", "cancelled stopped")
}

func TestRunner_StopOfARunThatRunsIsAskedForUntilItEnds(t *testing.T) {
	for state, want := range map[maintenance.ExecutionState]string{maintenance.ExecutionCancelled: "cancelled stopped",
		maintenance.ExecutionSucceeded: "succeeded"} {
		f := newFixture(t)
		f.alarm()
		if r := f.Stop(f.invocation(), maintenance.Operator{ServerName: "puppet-01"}); r.Outcome != maintenance.OutcomeInProgress ||
			r.Reason != maintenance.ReasonStopping {
			t.Fatalf("it is answered %s %s", r.Outcome, r.Reason)
		}
		f.sweeps(3)
		if len(f.backend.stopped) != 4 {
			t.Errorf("in three looks the backend was asked %d times", len(f.backend.stopped))
		}
		f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(state) }
		f.sweeps(2)
		f.expectMail("started", want)
	}
}

func TestRunner_AnExecutionThatSomebodyElseStopped(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionCancelled) }
	f.sweeps(2)
	f.expectMail("started", "cancelled stopped-elsewhere")
}

func TestRunner_StopWhereTheBackendCannot(t *testing.T) {
	f := newFixture(t)
	f.backend.stops = false
	f.alarm()
	if r := f.Stop(f.invocation(), f.by(f.only().ID)); r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonUnsupported {
		t.Errorf("it is answered %s %s", r.Outcome, r.Reason)
	}
}

func TestRunner_AStopThatDoesNotReachTheBackendIsAnsweredWithItsError(t *testing.T) {
	for reason, told := range map[maintenance.Reason]bool{maintenance.ReasonThrottled: true, maintenance.ReasonNotRunning: false} {
		f := newFixture(t)
		f.alarm()
		f.backend.stop = failing(reason)
		if r := f.Stop(f.invocation(), f.by(f.only().ID)); r.Reason != maintenance.ReasonStopping || (r.Err != nil) != told {
			t.Errorf("%s: it is answered %s %v", reason, r.Reason, r.Err)
		}
	}
}

func TestRunner_StopDuringAStartIsObeyedWhenItIsSettled(t *testing.T) {
	f := newFixture(t)
	answer := f.backend.answer
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		f.backend.mu.Unlock()
		defer f.backend.mu.Lock()
		if r := f.Stop(f.invocation(), f.by(run.ID)); r.Reason != maintenance.ReasonStopping {
			t.Errorf("a stop during the start is answered %s %s", r.Outcome, r.Reason)
		}
		return answer(run)
	}
	f.alarm()
	f.sweeps(1)
	if len(f.backend.stopped) == 0 {
		t.Error("nothing was stopped")
	}

	f = newFixture(t)
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		f.backend.mu.Unlock()
		defer f.backend.mu.Lock()
		f.Stop(f.invocation(), f.by(run.ID))
		return maintenance.Answer{Err: failing(maintenance.ReasonThrottled)}
	}
	f.alarm()
	f.expectMail("cancelled stopped")
}

func TestRunner_CloseIsForWhatCannotEndByItself(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	if r := f.Close(f.invocation(), f.by(run.ID)); r.Outcome != maintenance.OutcomeRefused {
		t.Errorf("close of a run that waits is answered %s", r.Outcome)
	}

	f = newFixture(t)
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		f.backend.mu.Unlock()
		defer f.backend.mu.Lock()
		if r := f.Close(f.invocation(), f.by(run.ID)); r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonAttemptAlive {
			t.Errorf("close in the middle of a start is answered %s %s", r.Outcome, r.Reason)
		}
		return newBackend().answer(run)
	}
	f.alarm()
	if r := f.Close(f.invocation(), f.by(f.only().ID)); r.Outcome != maintenance.OutcomeRefused {
		t.Errorf("close of a run that is followed is answered %s", r.Outcome)
	}
	f.sweeps(4*60 + 1)
	if r := f.Close(f.invocation(), f.by(f.only().ID)); r.Outcome != maintenance.OutcomeFailed || r.Reason != maintenance.ReasonClosedByHand {
		t.Errorf("close past the deadline is answered %s %s", r.Outcome, r.Reason)
	}
	f.expectMail("started", "overdue", "failed closed-by-hand")
	if f.ledger.servers["puppet-01"].OpenRun != "" || f.ledger.nodes["i-1"] != "" {
		t.Error("the server is held by a run that was closed")
	}
}

func TestRunner_AKeyIsForOneWishAlone(t *testing.T) {
	f := newFixture(t)
	q := f.trigger(maintenance.TriggerManual, "")
	q.Trigger.ID = "key:ticket-7"
	first := f.ask(q)
	if again := f.ask(q); !again.Redelivered && again.Outcome != maintenance.OutcomeInProgress || again.RunID != first.RunID {
		t.Errorf("the same request again is answered %s %s with run %q, not %q", again.Outcome, again.Reason, again.RunID, first.RunID)
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	if again := f.ask(q); !again.Redelivered || again.RunID != first.RunID || again.Reason != maintenance.ReasonDuplicate {
		t.Errorf("the same request after its end is answered %s %s with run %q", again.Outcome, again.Reason, again.RunID)
	}
	q.EngineAttributes = []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "true"}}
	if other := f.ask(q); other.Reason != maintenance.ReasonInvalidRequest || !strings.Contains(other.Detail, first.RunID) {
		t.Errorf("another wish under its key is answered %s %s: %s", other.Outcome, other.Reason, other.Detail)
	}
	if len(f.backend.started) != 1 {
		t.Errorf("%d starts were sent", len(f.backend.started))
	}
}

func TestRunner_EngineAttributesAreKeptNowhere(t *testing.T) {
	f := newFixture(t)
	q := f.trigger(maintenance.TriggerManual, "")
	q.EngineAttributes = []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "true"}}
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed)}
	}
	f.backend.follow = executions()
	f.ask(q)
	if len(f.backend.attributes) != 1 {
		t.Fatalf("the backend got %d attributes", len(f.backend.attributes))
	}
	f.sweeps(14)
	if run := f.only(); run.Outcome != maintenance.OutcomeFailed || run.Reason != maintenance.ReasonNeverBegan || len(f.backend.started) != 1 {
		t.Errorf("without an answer it ends %s %s, after %d starts", run.Outcome, run.Reason, len(f.backend.started))
	}
}
