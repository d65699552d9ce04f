package maintenance_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_WhatSomebodyElseMovedIsDecidedAgain(t *testing.T) {
	t.Run("a run that is started in the moment it expires is not missed", func(t *testing.T) {
		f := newFixture(t)
		f.policy.ExpiresAfter = time.Hour
		run := f.waits()
		f.clock = f.clock.Add(61 * time.Minute)
		f.ledger.before = func(c maintenance.Change) {
			if c.To.State != maintenance.RunOver {
				t.Fatalf("the sweep makes it %s", c.To.State)
			}
			q := f.trigger(maintenance.TriggerManual, "")
			q.RunID, q.Trigger.Overrides = run.ID, []string{"window"}
			if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted {
				t.Fatalf("the operator gets %s %s", r.Outcome, r.Reason)
			}
		}
		f.Sweep(f.invocation())
		f.expectMail("waiting outside-window", "started")
		if run := f.only(); run.State != maintenance.RunRunning {
			t.Errorf("the run is %s", run.State)
		}
	})
	t.Run("two triggers at once begin one run", func(t *testing.T) {
		f := newFixture(t)
		other := f.trigger(maintenance.TriggerAlarm, "memory")
		var second maintenance.Report
		f.ledger.before = func(maintenance.Change) { second = f.ask(other) }
		first := f.alarm()
		if second.Outcome != maintenance.OutcomeStarted || first.Outcome != maintenance.OutcomeInProgress || first.RunID != second.RunID {
			t.Errorf("they come to %s of %s and %s of %s", second.Outcome, second.RunID, first.Outcome, first.RunID)
		}
		if len(f.backend.started) != 1 {
			t.Errorf("%d starts were sent", len(f.backend.started))
		}
	})
	t.Run("a trigger that joins while another invocation decides is kept", func(t *testing.T) {
		f := newFixture(t)
		f.waits()
		f.clock = now.Add(12 * time.Hour) // its window is open
		f.ledger.before = func(c maintenance.Change) { f.ask(f.trigger(maintenance.TriggerSchedule, "weekly")) }
		f.Sweep(f.invocation())
		if run := f.only(); run.State != maintenance.RunRunning || len(run.Triggers) != 2 {
			t.Errorf("the run is %s and holds %d triggers", run.State, len(run.Triggers))
		}
	})
	t.Run("what an attempt learned is written though a trigger joined meanwhile", func(t *testing.T) {
		f := newFixture(t)
		answer := f.backend.answer
		f.backend.answer = func(run maintenance.Run) maintenance.Answer {
			f.backend.mu.Unlock()
			defer f.backend.mu.Lock()
			if r := f.ask(f.trigger(maintenance.TriggerAlarm, "memory")); r.Outcome != maintenance.OutcomeJoined || r.RunID != run.ID {
				t.Errorf("a trigger during the start comes to %s of %s", r.Outcome, r.RunID)
			}
			return answer(run)
		}
		f.alarm()
		if run := f.only(); run.State != maintenance.RunRunning || run.Reference == "" || len(run.Triggers) != 2 {
			t.Errorf("the run is %s, follows %q and holds %d triggers", run.State, run.Reference, len(run.Triggers))
		}
		f.sweeps(2)
		if got := f.mailbox.on(maintenance.TopicRecords); !slices.Equal(got, []string{"joined", "started"}) {
			t.Errorf("machines got %q", got)
		}
	})
}

func TestRunner_AnAdoptedRunCountsFromItsClaim(t *testing.T) {
	f := newFixture(t)
	lostStart(f)
	claimed := f.only().Attempt.Claimed
	f.backend.follow = executions(maintenance.Execution{ID: "a", RunID: f.only().ID, TakesRunID: true, State: maintenance.ExecutionRunning})
	f.sweeps(5)
	if run := f.only(); !run.Accepted.Equal(claimed) || !run.Deadline.Equal(claimed.Add(f.policy.Deadline)) {
		t.Errorf("claimed at %s, the run was accepted at %s, and its deadline is %s", claimed, run.Accepted, run.Deadline)
	}
}

func TestRunner_AChangedWaitIsSaved(t *testing.T) {
	f := newFixture(t)
	f.backend.closed = maintenance.CalendarState{Closed: true, Next: now.Add(3 * time.Minute)}
	f.alarm()
	later := now.Add(5 * time.Hour)
	f.backend.closed.Next = later
	f.sweeps(4)
	if run := f.only(); !run.Wait.Until.Equal(later) {
		t.Errorf("the calendar opens at %s now, the run waits until %s", later, run.Wait.Until)
	}
}

// Until when something is in the way may change: a deploy moves a window, somebody opens a calendar, an operator releases a hold.
func TestRunner_WhatIsOutOfTheWayEarlierIsNoticed(t *testing.T) {
	for name, c := range map[string]struct{ shut, open func(*fixture) }{
		"outside-window": {func(f *fixture) { f.policy.Window = maintenance.Window{Hours: closed{}} },
			func(f *fixture) { f.policy.Window = maintenance.Window{} }},
		"calendar-closed": {func(f *fixture) {
			f.backend.closed = maintenance.CalendarState{Closed: true, Next: now.Add(20 * time.Hour)}
		},
			func(f *fixture) { f.backend.closed = maintenance.CalendarState{} }},
		"held": {func(f *fixture) { f.Hold(f.invocation(), f.hold("puppet-01", 20*time.Hour)) },
			func(f *fixture) {
				f.Release(f.invocation(), maintenance.HoldRequest{ServerName: "puppet-01", Trigger: f.by("").Trigger})
			}},
	} {
		f := newFixture(t)
		f.policy.ExpiresAfter = 24 * time.Hour
		c.shut(f)
		f.alarm()
		run := f.ledger.runs[f.ledger.servers["puppet-01"].OpenRun]
		f.sweeps(5 * 60)
		c.open(f)
		if f.sweeps(15); string(run.Wait.Reason) != name || len(f.backend.started) != 1 {
			t.Errorf("%s: it waited for %s, and %d starts were sent in a quarter of an hour", name, run.Wait.Reason, len(f.backend.started))
		}
	}
}

func TestRunner_LaterRulesAreLeftAlone(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	run.Edition = maintenance.Edition + 1
	f.ledger.runs[run.ID] = run
	f.policy.Window = maintenance.Window{}
	reports := f.sweeps(12*60 + 12)
	if got := f.ledger.runs[run.ID]; got.Version != run.Version || len(f.backend.started) > 0 {
		t.Errorf("a run that needs later rules was moved to version %d", got.Version)
	}
	if len(reports) == 0 || reports[0].Reason != maintenance.ReasonUnsupported {
		t.Errorf("overdue for ten minutes it is reported as %v", reports)
	}
	if r := f.ask(f.trigger(maintenance.TriggerAlarm, "memory")); r.Outcome != maintenance.OutcomeError || !r.Retry {
		t.Errorf("a trigger for it comes to %s, tried again: %t", r.Outcome, r.Retry)
	}
}

// So is one that later rules move while this version has it in hand.
func TestRunner_WhatLaterRulesMoveMeanwhileIsLeftAlone(t *testing.T) {
	for name, during := range map[string]func(f *fixture, later func(maintenance.Run)){
		"while it is published of": func(f *fixture, later func(maintenance.Run)) {
			once := sync.OnceFunc(func() { later(f.only()) })
			f.mailbox.onPublish = func(maintenance.Report) { once() }
			f.alarm()
		},
		"where an index shows it as it was, and it gets a slot": func(f *fixture, later func(maintenance.Run)) {
			f.alarm()
			f.MaxConcurrent = 1
			f.sweeps(2)
			run := f.only()
			f.ledger.stale = []maintenance.Due{{RunID: run.ID, Version: run.Version, Edition: run.Edition, State: run.State}}
			later(run)
			f.sweeps(10)
		},
	} {
		f, version := newFixture(t), 0
		during(f, func(run maintenance.Run) {
			run.Edition, run.Version = maintenance.Edition+1, run.Version+1
			f.ledger.runs[run.ID], version = run, run.Version
		})
		if run := f.only(); run.Version != version || run.Edition != maintenance.Edition+1 {
			t.Errorf("%s: it was at version %d, and is at %d, of edition %d", name, version, run.Version, run.Edition)
		}
	}
}

func TestRunner_ASecondAttemptIsSaidToBeOne(t *testing.T) {
	f := newFixture(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonThrottled)}
	}
	f.alarm()
	f.backend.answer = newBackend().answer
	f.sweeps(3)
	f.expectMail("waiting throttled", "started")
	for _, mail := range f.mailbox.got {
		if mail.report.Outcome == maintenance.OutcomeStarted && mail.report.Attempt != 2 {
			t.Errorf("the start is said to be attempt %d", mail.report.Attempt)
		}
	}
}
