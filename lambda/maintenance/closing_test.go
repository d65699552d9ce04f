package maintenance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// sunday is a fixture whose window, or whose calendar, closes in half a minute, and whose run was accepted.
func sunday(t *testing.T, calendar bool) *fixture {
	f := newFixture(t)
	f.clock = now.Add(36*time.Hour - 30*time.Second)
	if !calendar {
		f.policy.Window = maintenance.Window{Hours: closed{}}
	}
	f.policy.Deadline = 72 * time.Hour
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionPending) }
	f.alarm()
	f.backend.closed = maintenance.CalendarState{Closed: calendar}
	return f
}

// Whatever the looks show after a window or a calendar has closed, in whatever order: what is seen not to have begun is stopped, unless it
// was seen to go on before; what is not seen may have begun, and is let be.
func TestRunner_WhatClosesStopsNothingThatHasBegun(t *testing.T) {
	looks := []func(maintenance.Run) maintenance.Sighting{
		func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionPending) }, // which may be an old reading
		func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionRunning) },
		func(maintenance.Run) maintenance.Sighting {
			err := failing(maintenance.ReasonThrottled)
			return maintenance.Sighting{Server: healthy("i-1"), ExecutionsErr: err}
		},
		func(maintenance.Run) maintenance.Sighting {
			return maintenance.Sighting{Server: healthy("i-1"), ExecutionsErr: failing(maintenance.ReasonNotFound)}
		},
	}
	const length = 4
	for n := range 256 { // 4 looks of 4 kinds
		for _, calendar := range []bool{false, true} {
			f := sunday(t, calendar)
			begun, story := false, ""
			for i, rest := 0, n; i < length; i, rest = i+1, rest/len(looks) {
				kind := rest % len(looks)
				story += fmt.Sprint(kind)
				f.backend.follow, f.backend.stopped = looks[kind], nil
				f.sweeps(1)
				begun = begun || kind == 1
				if want := kind == 0 && !begun; want != (len(f.backend.stopped) > 0) {
					t.Fatalf("calendar %t, looks %s: stopped %q", calendar, story, f.backend.stopped)
				}
			}
		}
	}
}

// A cancelled execution was stopped by what closed only if that was asked in time.
func TestRunner_WhoseStopItWas(t *testing.T) {
	cancelled := func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionCancelled) }
	for _, calendar := range []bool{false, true} {
		closes := map[bool]string{false: "cancelled outside-window", true: "cancelled calendar-closed"}[calendar]
		f := sunday(t, calendar)
		f.sweeps(1)
		f.backend.follow = cancelled
		f.sweeps(1)
		f.expectMail("started", closes)

		f = sunday(t, calendar) // the stop is answered with an error, it begins, and hours later somebody else stops it
		f.backend.stop = failing(maintenance.ReasonThrottled)
		f.sweeps(1)
		f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
		f.sweeps(30)
		f.backend.follow = cancelled
		f.sweeps(2)
		f.expectMail("started", "cancelled stopped-elsewhere")

		f = sunday(t, calendar) // the stop meets one that has just begun, as old readings show for a while
		f.sweeps(1)
		f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
		f.sweeps(5)
		f.backend.follow = cancelled
		f.sweeps(2)
		f.expectMail("started", closes)

		f = sunday(t, calendar) // the stop meets one that has just begun, and takes long
		f.sweeps(1)
		f.backend.follow = func(maintenance.Run) maintenance.Sighting {
			s := execution(maintenance.ExecutionRunning)
			s.Executions[0].Stopping = true
			return s
		}
		f.sweeps(30)
		f.backend.follow = cancelled
		f.sweeps(2)
		f.expectMail("started", closes)
	}
}

// However many triggers a run has counted while a topic was away, how it ended is told.
func TestRunner_AnEndIsNoneOfManyTriggers(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicRecords: true}
	f.waits()
	for range 12 {
		f.sweeps(1)
		f.ask(f.trigger(maintenance.TriggerAlarm, "flapping"))
	}
	f.policy.Window = maintenance.Window{}
	f.backend.look = func() maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	f.clock = f.clock.Add(30 * time.Minute)
	f.sweeps(1)
	f.mailbox.broken = nil
	f.sweeps(60)
	f.expectMail("waiting outside-window", "joined", "in-progress in-progress")
	if records := f.mailbox.on(maintenance.TopicRecords); len(records) == 0 || records[len(records)-1] != "in-progress in-progress" {
		t.Errorf("machines got %q", records)
	}
}

// What readers were not told of, they are told when it is so again: that approval is needed, that it waits at all, that it is overdue.
// Others had it, and readers get it once.
func TestRunner_WhatNobodyWasToldIsToldAgain(t *testing.T) {
	broken := map[maintenance.Topic]bool{maintenance.TopicText: true}
	hold := func(f *fixture) {
		f.Hold(f.invocation(), maintenance.HoldRequest{ServerName: "puppet-01", Until: f.clock.Add(20 * time.Minute), By: "anna",
			Trigger: f.by("").Trigger})
	}
	last := func(f *fixture, want string) {
		t.Helper()
		f.mailbox.broken = nil
		f.sweeps(60)
		for _, topic := range topics {
			n := 0
			for _, got := range f.mailbox.on(topic) {
				if got == want {
					n++
				}
			}
			if n > 1 || n == 0 && topic == maintenance.TopicText {
				t.Errorf("on %s %d times: %q", topic, n, f.mailbox.on(topic))
			}
		}
	}
	f := newFixture(t)
	f.policy.Approval, f.mailbox.broken = maintenance.TriggerKinds(), broken
	f.alarm()
	hold(f)
	f.sweeps(40)
	last(f, "waiting approval-needed")

	f = newFixture(t)
	f.mailbox.broken = broken
	hold(f)
	f.alarm()
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.sweeps(40)
	last(f, "waiting outside-window")

	f = newFixture(t) // an operator's start takes the question away, and comes to nothing
	f.policy.Approval, f.mailbox.broken = maintenance.TriggerKinds(), broken
	f.alarm()
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonThrottled), Server: healthy("i-1")}
	}
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID = f.only().ID
	f.ask(q)
	last(f, "waiting approval-needed")

	f = newFixture(t) // text comes back between the two
	f.mailbox.broken, f.policy.Deadline = broken, 10*time.Minute
	f.alarm()
	f.sweeps(11)
	running := f.backend.follow
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		err := failing(maintenance.ReasonUnavailable)
		return maintenance.Sighting{ServerErr: err, ExecutionsErr: err}
	}
	f.sweeps(20)
	f.mailbox.broken = nil
	f.sweeps(70)
	f.backend.follow = running
	last(f, "overdue")

	f = newFixture(t) // it was told, and is not again
	f.policy.Deadline = 10 * time.Minute
	f.alarm()
	f.sweeps(12)
	f.mailbox.broken = broken
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		err := failing(maintenance.ReasonUnavailable)
		return maintenance.Sighting{ServerErr: err, ExecutionsErr: err}
	}
	f.sweeps(20)
	f.backend.follow = running
	last(f, "overdue")

	f = newFixture(t)
	f.mailbox.broken, f.policy.Deadline = broken, 10*time.Minute
	f.alarm()
	f.sweeps(11)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		err := failing(maintenance.ReasonUnavailable)
		return maintenance.Sighting{ServerErr: err, ExecutionsErr: err}
	}
	f.sweeps(20)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	f.sweeps(5)
	last(f, "overdue")
}

// A request that was sent twice is answered twice alike, whatever it asked for.
func TestRunner_ARefusedRequestSentTwice(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID, q.Trigger.Overrides = run.ID, []string{maintenance.OverrideBlocked}
	q.EngineAttributes = []maintenance.EngineAttribute{{Name: "PASSWORD", Value: "secret"}}
	first := f.ask(q)
	if again := f.ask(q); first.Reason != maintenance.ReasonOutsideWindow || again.Outcome != first.Outcome || !again.Redelivered {
		t.Errorf("%s %s, and then %s %s: %s", first.Outcome, first.Reason, again.Outcome, again.Reason, again.Detail)
	}
	q.Trigger.Overrides = nil
	if other := f.ask(q); other.Reason != maintenance.ReasonInvalidRequest {
		t.Errorf("another request with the key: %s %s", other.Outcome, other.Reason)
	}
}

func TestRunner_AnApprovalOfWhatIsBeingStarted(t *testing.T) {
	f, run := wantsApproval(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed), Server: healthy("i-1")}
	}
	f.Approve(f.invocation(), f.by(run.ID))
	r := f.Approve(f.invocation(), f.by(run.ID))
	if r.Reason != maintenance.ReasonNotAsked || !strings.Contains(r.Detail, "is being started since 2026-11-28T12:00:00Z") {
		t.Errorf("%s %s: %s", r.Outcome, r.Reason, r.Detail)
	}
}

// An attempt that was given up and shows itself after all is in progress: its node is free, and no service is at fault.
func TestRunner_PlanOfAnAttemptThatShowsItself(t *testing.T) {
	f := newFixture(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed), Server: healthy("i-1")}
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-1")} }
	f.alarm()
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.sweeps(30)
	if run := f.only(); run.State != maintenance.RunWaiting || run.Attempt.ID == "" {
		t.Fatalf("the run is %s", run.State)
	}
	f.backend.look = func() maintenance.Sighting {
		s := execution(maintenance.ExecutionRunning)
		s.Executions[0].Started = now
		return s
	}
	for _, a := range f.Plan(f.invocation(), f.server).Answers {
		if a.Trigger == maintenance.TriggerManual && a.Reason != maintenance.ReasonInProgress {
			t.Errorf("%s: %s %s: %s", a.Trigger, a.Outcome, a.Reason, a.Detail)
		}
	}
}

// What a run waited for is not told once it is over.
func TestRunner_AFaultThatWasOverIsNotTold(t *testing.T) {
	f := newFixture(t)
	alarming(failing(maintenance.ReasonDenied))(f)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true}
	f.alarm()
	f.policy.BlockedBy = maintenance.Blockers{}
	f.backend.look = func() maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	f.mailbox.broken = nil
	f.sweeps(30)
	f.expectMail("in-progress in-progress")
}
