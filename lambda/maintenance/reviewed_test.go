package maintenance_test

// What a review broke. Each comment says what happened then; the test says what happens now.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// The server is terminated, or fails, in mid-maintenance; MaintenanceStatus is still last week's.
func TestRunner_TerminatedOrFailedIsNoSuccess(t *testing.T) {
	for _, status := range []maintenance.Status{maintenance.StatusTerminated, maintenance.StatusFailed} {
		f := newFixture(t).byServer(maintenance.StatusUnderMaintenance)
		f.alarm()
		f.shows(maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess)
		f.sweeps(10)
		f.shows(status, maintenance.MaintenanceSuccess)
		f.sweeps(12)
		if o := f.only().Outcome; o == maintenance.OutcomeSucceeded {
			t.Errorf("a server that is %s is said to have %s", status, o)
		}
	}
}

// A read that takes ten seconds, and lags 4:57: from before the maintenance began.
func TestRunner_ASlowReadIsAsOldAsItsBeginning(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusUnderMaintenance)
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		s := server(maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess)
		if f.clock.Sub(now) >= 4*time.Minute+55*time.Second {
			s = server(maintenance.StatusHealthy, maintenance.MaintenanceSuccess) // as of 3 s before StartMaintenance
			s.At = f.clock
			f.clock = f.clock.Add(10 * time.Second)
		} else {
			s = maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
		}
		return s
	}
	f.clock = now.Add(-5 * time.Second) // sweeps at 55 s of each minute
	f.sweeps(5)
	if run := f.only(); !run.Open() {
		t.Errorf("ended as %s by a reading begun %s after the claim", run.Outcome, 4*time.Minute+55*time.Second)
	}
}

// The answer of StartMaintenance itself shows the FAILED of an earlier maintenance.
func TestRunner_AFailureThatTheAnswerShowed(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusUnhealthy)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Server: server(maintenance.StatusUnhealthy, maintenance.MaintenanceFailed).Server}
	}
	f.alarm()
	f.shows(maintenance.StatusUnhealthy, maintenance.MaintenanceFailed)
	f.sweeps(7)
	if run := f.only(); !run.Open() {
		t.Errorf("ended as %s %s, by a status the accepting answer had already", run.Outcome, run.Reason)
	}
}

// An attempt of ten minutes ago was given up; somebody starts the runbook by hand hours later.
func TestRunner_AnotherPersonsExecutionIsNotTheRuns(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 24 * time.Hour
	lostStart(f)
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	f.backend.follow = executions()
	f.sweeps(180)
	if run := f.only(); run.State != maintenance.RunWaiting {
		t.Fatalf("the run is %s", run.State)
	}
	byHand := maintenance.Execution{ID: "by-hand", Node: "i-1", Started: f.clock, State: maintenance.ExecutionRunning, Began: true}
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{byHand}}
	}
	f.backend.follow = executions(byHand)
	f.sweeps(40)
	if run := f.only(); run.Reference == "by-hand" {
		t.Errorf("an execution begun %s after the attempt's deadline is followed as the run's; people got %q",
			byHand.Started.Sub(run.Attempt.Ends), f.mailbox.on(maintenance.TopicText))
	}
}

// The same while the run is still starting
func TestRunner_StartedAfterTheDeadline(t *testing.T) {
	f := newFixture(t)
	f.backend.follow = executions()
	lostStart(f)
	f.sweeps(7)
	byHand := maintenance.Execution{ID: "by-hand", Node: "i-1", Started: f.clock, State: maintenance.ExecutionRunning, Began: true}
	f.backend.follow = executions(byHand)
	f.sweeps(1)
	if run := f.only(); run.Reference == "by-hand" {
		t.Errorf("begun %s after the attempt's deadline", byHand.Started.Sub(run.Attempt.Ends))
	}
}

// An alarm with a long name is not taken back by its OK.
func TestRunner_AnOKOfALongName(t *testing.T) {
	f := newFixture(t)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	q := f.trigger(maintenance.TriggerAlarm, strings.Repeat("ä", 200)) // 200 characters; CloudWatch allows 255
	f.ask(q)
	r := f.Clear(f.invocation(), []string{"puppet-01"}, q.Trigger)[0]
	if f.only().Open() {
		t.Errorf("the OK comes to %s %s", r.Outcome, r.Reason)
	}
}

// Triggers beyond the twentieth let nothing start.
func TestRunner_ACountedTriggerMayStart(t *testing.T) {
	f := newFixture(t)
	f.waits()
	for i := range 25 {
		f.ask(f.trigger(maintenance.TriggerAlarm, fmt.Sprint("alarm-", i)))
	}
	for i := range 25 {
		if i < 20 {
			f.Clear(f.invocation(), []string{"puppet-01"}, maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: fmt.Sprint("alarm-", i),
				ID: fmt.Sprint("arn:alarm-", i), Time: f.clock})
		}
	}
	f.Clear(f.invocation(), []string{"puppet-01"}, maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "disk", ID: "arn:disk",
		Time: f.clock})
	f.sweeps(13 * 60) // the window opens at midnight
	if run := f.only(); len(f.backend.started) != 1 {
		t.Errorf("in its window the run is %s, holds %d and counts %d", run.State, len(run.Triggers), run.More)
	}
}

// What waits for a slot and owes something to a broken topic is overtaken by all.
func TestRunner_ABrokenTopicCostsTheTurnForASlot(t *testing.T) {
	f := newFixture(t)
	f.MaxConcurrent, f.ledger.fleet = 1, maintenance.FleetRecord{Limit: 1, Wanted: 1}
	f.ledger.slots[1] = "another"
	f.policy.ExpiresAfter = 20 * time.Hour
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicRecords: true}
	ask := func(name, alarm string) {
		q := f.trigger(maintenance.TriggerAlarm, alarm)
		q.ServerName = name
		f.ask(q)
	}
	f.backend.look = func() maintenance.Sighting { return maintenance.Sighting{Server: healthy("")} }
	ask("first", "disk")
	f.sweeps(2)
	ask("first", "memory") // joined: a record is owed
	f.sweeps(100)
	for i := range 5 {
		ask(fmt.Sprint("later-", i), "disk")
		f.sweeps(1)
	}
	f.backend.follow = func(run maintenance.Run) maintenance.Sighting {
		return server(maintenance.StatusHealthy, maintenance.MaintenanceSuccess, maintenance.Event{At: f.clock, Maintenance: true,
			Succeeded: true})
	}
	delete(f.ledger.slots, 1)
	f.sweeps(30)
	if len(f.backend.started) == 0 || !strings.HasPrefix(f.backend.started[0], "first") {
		t.Errorf("started in the order %v", f.backend.started)
	}
}

// No matter how many triggers meet a run in progress, its item stays under 16 KB.
func TestRunner_TheItemStaysSmall(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicRecords: true}
	f.alarm()
	for i := range 60 { // one a minute
		f.sweeps(1)
		q := f.trigger(maintenance.TriggerAlarm, "flapping")
		q.Trigger.Reason = strings.Repeat("x", 1000+i)
		f.ask(q)
	}
	if item, _ := json.Marshal(f.only()); len(item) > 16<<10 {
		t.Errorf("after an hour the item has %d bytes", len(item))
	}
}

// While the records are away, what they are owed longest is given up, and said to be.
func TestRunner_TheItemStaysSmallWhateverIsOwed(t *testing.T) {
	small := func(t *testing.T, f *fixture, what string) {
		t.Helper()
		for _, run := range f.ledger.runs {
			if item, _ := json.Marshal(run); len(item) > 16<<10 {
				t.Errorf("%s: the item of %s has %d bytes", what, run.ID, len(item))
			}
		}
	}
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicRecords: true}
	dropped := 0
	for range 40 {
		q := f.hold("puppet-01", time.Hour)
		q.Reason = strings.Repeat("x", 1000)
		dropped += f.Hold(f.invocation(), q).Publishing.Dropped
		f.clock = f.clock.Add(time.Second)
	}
	run := f.ledger.runs[f.ledger.servers["puppet-01"].Hold.RunID]
	if last := run.Owed[len(run.Owed)-1]; last.Reason != maintenance.ReasonHoldExpired || dropped == 0 {
		t.Errorf("%d are said to be dropped, and the last that is owed is %s %s", dropped, last.Outcome, last.Reason)
	}
	small(t, f, "held again and again")

	f = newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicRecords: true}
	for i := range 100 {
		f.Followers = map[string][]string{"puppet-01": append(f.Followers["puppet-01"], fmt.Sprintf("compiler-%031d", i))}
	}
	f.policy.Window = maintenance.Window{Hours: closed{}}
	for i := range 30 {
		q := f.trigger(maintenance.TriggerSchedule, strings.Repeat("n", 200))
		q.Trigger.ID, q.Trigger.Reason = fmt.Sprintf("%0300d", i), strings.Repeat("x", 1000)
		f.ask(q)
	}
	f.policy.Window = maintenance.Window{}
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Reference: "execution-1", Server: healthy("i-1"), Record: strings.Repeat("r", 6<<10)}
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		s := execution(maintenance.ExecutionSucceeded)
		s.Executions[0].Detail = strings.Repeat("d", 3000)
		return s
	}
	id := f.ledger.servers["puppet-01"].OpenRun
	for range 20 {
		f.sweeps(1)
		small(t, f, "followed by a hundred")
	}
	if run := f.ledger.runs[id]; run.Outcome != maintenance.OutcomeSucceeded || len(run.Triggers)+run.More != 30 {
		t.Errorf("it ended %s, with %d triggers and %d more", run.Outcome, len(run.Triggers), run.More)
	}
}

// Older rules leave alone what needs later ones.
func TestRunner_AnOKLeavesLaterRulesAlone(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	run.Edition = maintenance.Edition + 1
	f.ledger.runs[run.ID] = run
	f.Clear(f.invocation(), []string{"puppet-01"}, run.Triggers[0])
	if got := f.only(); got.Version != run.Version {
		t.Errorf("an OK made it %s, edition %d", got.State, got.Edition)
	}
}
func TestRunner_StopLeavesLaterRulesAlone(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	run.Edition = maintenance.Edition + 1
	f.ledger.runs[run.ID] = run
	f.Stop(f.invocation(), f.by(run.ID))
	if got := f.only(); got.Version != run.Version {
		t.Errorf("a stop made it %s, edition %d", got.State, got.Edition)
	}
}

// An operator's start with engine attributes that is refused for certain ends the run of others.
func TestRunner_ARefusedUpgradeLeavesTheRunWaiting(t *testing.T) {
	f := newFixture(t)
	run := f.waits()
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonThrottled)}
	}
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID, q.Trigger.Overrides = run.ID, []string{"window"}
	q.EngineAttributes = []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "true"}}
	f.ask(q)
	if run := f.only(); run.State != maintenance.RunWaiting {
		t.Errorf("the run that waited for an alarm is %s: %s %s", run.State, run.Outcome, run.Reason)
	}
}

// Stop during a start is obeyed by who settles the attempt, but a look later.
func TestRunner_StopIsObeyedByWhoSettles(t *testing.T) {
	f := newFixture(t)
	answer := f.backend.answer
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		f.backend.mu.Unlock()
		defer f.backend.mu.Lock()
		f.Stop(f.invocation(), f.by(run.ID))
		return answer(run)
	}
	f.alarm()
	if len(f.backend.stopped) == 0 {
		t.Error("the invocation that settled the attempt stopped nothing")
	}
}

// A backend that cannot stop says so of a start too.
func TestRunner_StopDuringAStartWhereTheBackendCannot(t *testing.T) {
	f := newFixture(t)
	f.backend.stops = false
	var r maintenance.Report
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		f.backend.mu.Unlock()
		defer f.backend.mu.Lock()
		r = f.Stop(f.invocation(), f.by(run.ID))
		return newBackend().answer(run)
	}
	f.alarm()
	f.sweeps(3)
	if r.Reason == maintenance.ReasonStopping && len(f.backend.stopped) > 0 {
		t.Errorf("answered %s %s: %s; then asked %d times for what it cannot", r.Outcome, r.Reason, r.Detail, len(f.backend.stopped))
	}
}

// ExpectEvery is skipped while a backend hangs.
func TestRunner_ExpectEveryBesideABackendThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.policy.Deadline = 100 * time.Hour
		f.fleet("puppet-02")
		f.Backends = map[string]maintenance.Backend{"fake": &hanging{backend: f.backend}}
		f.Expected = map[string]time.Duration{"puppet-01": 2 * time.Hour}
		f.sweeps(6 * 60)
		if got := f.mailbox.on(maintenance.TopicText); !slices.Contains(got, "missed no-success") {
			t.Errorf("in six hours people got %q", got)
		}
	})
}

// A late "waiting" says what is not so.
func TestRunner_ALateWaitingSaysWhatIsSo(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true}
	f.waits()
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	f.sweeps(12*60 + 30) // the window is open
	f.mailbox.broken = nil
	f.sweeps(61)
	for _, mail := range f.mailbox.got {
		if mail.topic == maintenance.TopicText && mail.report.Reason == maintenance.ReasonOutsideWindow {
			t.Errorf("at %s people are told that it waits for its window until %s; it waits for %s", f.clock.Format(time.DateTime),
				mail.report.Until.Format(time.DateTime), f.only().Wait.Reason)
		}
	}
}

// What is over is in nobody's way.
func TestRunner_AListThatLagsThrowsAScheduleAway(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	id := f.only().ID
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(1)
	f.backend.look = func() maintenance.Sighting { // the list lags
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{{ID: "execution-1", RunID: id, TakesRunID: true,
			Node: "i-1", State: maintenance.ExecutionRunning}}}
	}
	r := f.ask(f.trigger(maintenance.TriggerSchedule, "weekly"))
	if r.Outcome != maintenance.OutcomeWaiting && r.Outcome != maintenance.OutcomeStarted {
		t.Errorf("the schedule comes to %s %s, of the run %s which is %s", r.Outcome, r.Reason, r.RunID, f.ledger.runs[id].State)
	}
}

// In-progress names the run that is in the way.
func TestRunner_InProgressNamesTheRun(t *testing.T) {
	f := newFixture(t)
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{{ID: "x", RunID: "puppet-02-7", TakesRunID: true,
			Node: "i-1", State: maintenance.ExecutionRunning}}}
	}
	if r := f.alarm(); r.RunID != "puppet-02-7" {
		t.Errorf("%s of %q (%s)", r.Outcome, r.RunID, r.Detail)
	}
}
func TestRunner_NodeHolder(t *testing.T) {
	f := newFixture(t)
	f.ledger.nodes["i-1"] = "puppet-02-7"
	if r := f.alarm(); r.RunID != "puppet-02-7" {
		t.Errorf("%s of %q (%s)", r.Outcome, r.RunID, r.Detail)
	}
}

// A refusal for the state says which.
func TestRunner_WrongStateSaysWhich(t *testing.T) {
	f := newFixture(t)
	inState(maintenance.StatusTerminated)(f)
	f.alarm()
	for _, mail := range f.mailbox.got {
		if mail.topic == maintenance.TopicText && mail.report.Server.Status != maintenance.StatusTerminated {
			t.Errorf("told %s %s of a server in state %q", mail.report.Outcome, mail.report.Reason, mail.report.Server.Status)
		}
	}
}

// A server that a deploy took out of the settings while its start was in doubt.
func TestRunner_NotOverdueForCenturies(t *testing.T) {
	f := newFixture(t)
	f.backend.follow = executions()
	lostStart(f)
	f.Policy = func(string) (maintenance.Policy, bool) { return maintenance.Policy{}, false }
	for range 20 {
		f.clock = f.clock.Add(time.Minute)
		if s := f.Sweep(f.invocation()); s.Overdue > 15*time.Minute {
			t.Fatalf("at %s the oldest is overdue by %s", f.clock.Format(time.TimeOnly), s.Overdue)
		}
	}
}

// The same request again gets the same answer.
func TestRunner_AnOperatorsKeyIsKept(t *testing.T) {
	f := newFixture(t)
	f.policy.Cooldown = 0
	f.alarm()
	q := f.trigger(maintenance.TriggerManual, "")
	q.Trigger.ID = "key:ticket-7"
	first := f.ask(q)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	if again := f.ask(q); again.Outcome != first.Outcome {
		t.Errorf("first %s of %s, the second delivery %s of %s", first.Outcome, first.RunID, again.Outcome, again.RunID)
	}
}

// An unconfirmed start is counted once
func TestRunner_UnconfirmedIsCountedOnce(t *testing.T) {
	f := newFixture(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed)}
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), ExecutionsErr: failing(maintenance.ReasonUnavailable)}
	}
	n := 0
	for _, r := range append([]maintenance.Report{f.alarm()}, f.sweeps(60)...) {
		if r.Count && r.Outcome == maintenance.OutcomeError {
			n++
		}
	}
	if n != 1 {
		t.Errorf("one unconfirmed start is counted %d times", n)
	}
}

// Window stop: begun meanwhile
func TestRunner_WhatHasBegunIsNotStoppedByAWindow(t *testing.T) {
	f := newFixture(t)
	f.clock = now.Add(35*time.Hour + 50*time.Minute) // Sunday 23:50
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionPending) }
	f.alarm()
	f.sweeps(10)
	n := len(f.backend.stopped)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	f.sweeps(5)
	if len(f.backend.stopped) > n {
		t.Errorf("asked %d times to stop what waited, then %d times what has begun", n, len(f.backend.stopped)-n)
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionCancelled) }
	f.sweeps(2)
	t.Log(f.mailbox.on(maintenance.TopicText))
}

// Second outage
func TestRunner_ASecondOutageIsSaid(t *testing.T) {
	f := newFixture(t)
	f.policy.Deadline = 100 * time.Hour
	f.alarm()
	denied := func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{ExecutionsErr: failing(maintenance.ReasonDenied)}
	}
	f.backend.follow = denied
	f.sweeps(20)
	f.backend.follow = newBackend().follow
	f.sweeps(20)
	f.backend.follow = denied
	f.sweeps(60)
	f.expectMail("started", "error denied", "error denied")
}

// A second attempt lost
func TestRunner_ASecondLostAnswerIsSaid(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 24 * time.Hour
	lostStart(f)
	f.backend.follow = executions()
	f.sweeps(12)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), ExecutionsErr: failing(maintenance.ReasonUnavailable)}
	}
	f.sweeps(120)
	if len(f.backend.started) != 2 {
		t.Fatal(len(f.backend.started))
	}
	f.expectMail("error start-unconfirmed", "waiting unavailable", "error start-unconfirmed")
}

// Work over: a waiting run is recorded without a look -- the ledger honours its context
type ctxLedger struct{ *memory }

func (l ctxLedger) Read(ctx context.Context, name string) (maintenance.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return maintenance.Snapshot{}, &maintenance.Error{Op: "read", Reason: maintenance.ReasonLedgerUnavailable, Err: err}
	}
	return l.memory.Read(ctx, name)
}

func TestRunner_WithoutTimeToLookItIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Ledger = ctxLedger{f.ledger}
		look := f.backend.look
		f.backend.look = func() maintenance.Sighting { time.Sleep(25 * time.Second); return look() }
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if r := f.Ask(ctx, []maintenance.Request{f.trigger(maintenance.TriggerAlarm, "disk")})[0]; r.Outcome != maintenance.OutcomeWaiting {
			t.Errorf("%s %s: %s", r.Outcome, r.Reason, r.Detail)
		}
	})
}

// Resume under a hold
func TestRunner_AHoldDoesNotHideWhatGoesOn(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 24 * time.Hour
	lostStart(f)
	id := f.only().ID
	unavailable := func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	f.backend.look = unavailable
	f.backend.follow = executions()
	f.sweeps(20)
	f.ledger.servers["puppet-01"] = maintenance.ServerRecord{OpenRun: id, Hold: maintenance.Hold{Until: f.clock.Add(5 * time.Hour)}}
	mine := maintenance.Execution{ID: "a", RunID: id, TakesRunID: true, State: maintenance.ExecutionRunning}
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{mine}}
	}
	reports := f.sweeps(30)
	for _, r := range reports {
		if r.Err != nil {
			t.Fatal(r.Outcome, r.Reason, r.Detail)
		}
	}
}

func unavailable() maintenance.Sighting {
	return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
}

// Two names of one node, a runbook that takes no run id, a list that lags three minutes
func TestRunner_AnothersExecutionIsSaidToBeItsOwn(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 24 * time.Hour
	lostStart(f) // puppet-01
	f.backend.look, f.backend.follow = unavailable, executions()
	f.sweeps(20) // given up
	f.backend.look = newBackend().look
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Reference: "b", Server: healthy("i-1")}
	}
	q := f.trigger(maintenance.TriggerAlarm, "disk")
	q.ServerName = "puppet-02"
	if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted {
		t.Fatal(r.Outcome, r.Reason)
	}
	b := maintenance.Execution{ID: "b", Node: "i-1", Started: f.clock, State: maintenance.ExecutionRunning, Began: true}
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{b}}
	}
	f.backend.follow = executions(b)
	for _, r := range f.sweeps(16) {
		if r.Outcome == maintenance.OutcomeError {
			t.Errorf("%s: %s %s: %s", r.RunID, r.Outcome, r.Reason, r.Detail)
			break
		}
	}
	over := b
	over.State = maintenance.ExecutionSucceeded
	f.backend.follow = executions(over) // read at once, while the list of what goes on lags
	f.sweeps(16)
	for _, run := range f.ledger.runs {
		if run.ServerName == "puppet-01" && run.Reference == "b" {
			t.Errorf("%s of puppet-01 ended %s with the execution of puppet-02", run.ID, run.Outcome)
		}
	}
}

// Eight slots are lost to others in one moment
func TestRunner_ManyConflictsOnSlotsMakeItWait(t *testing.T) {
	f := newFixture(t)
	f.MaxConcurrent, f.ledger.fleet = 20, maintenance.FleetRecord{Limit: 20, Wanted: 20}
	f.ledger.fail = func(call string) error {
		if call == "Commit" {
			for i := range 20 {
				f.ledger.slots[i+1] = fmt.Sprint("faster-", i)
			}
		}
		return nil
	}
	if r := f.alarm(); r.Reason != maintenance.ReasonConcurrencyLimit {
		t.Errorf("%s %s: %s", r.Outcome, r.Reason, r.Detail)
	}
}

// An operator starts a run whose attempt shows itself after all
func TestRunner_AnOperatorIsAnswered(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 24 * time.Hour
	id := givenUp(f)
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{{ID: "a", RunID: id, TakesRunID: true,
			State: maintenance.ExecutionRunning}}}
	}
	q := f.trigger(maintenance.TriggerManual, "")
	q.RunID = id
	for _, a := range f.Plan(t.Context(), "puppet-01").Answers {
		t.Log("plan", a.Trigger, a.Outcome, a.Reason)
	}
	if r := f.ask(q); r.Outcome == "" {
		t.Errorf("the operator is answered with outcome %q, reason %q", r.Outcome, r.Reason)
	}
}

// A hold binds starts, not the record of what runs: an attempt that shows itself is taken over, by the sweep and by an operator.
func TestRunner_AnAttemptThatShowsItselfUnderAHold(t *testing.T) {
	for name, look := range map[string]func(*fixture) []maintenance.Report{
		"the sweep": func(f *fixture) []maintenance.Report { return f.sweeps(20) },
		"an operator": func(f *fixture) []maintenance.Report {
			return []maintenance.Report{f.operator(maintenance.OverrideHold)}
		},
		"an operator who is held": func(f *fixture) []maintenance.Report { return []maintenance.Report{f.operator()} },
	} {
		f := newFixture(t)
		f.policy.ExpiresAfter = 24 * time.Hour
		id := givenUp(f)
		f.Hold(f.invocation(), f.hold("puppet-01", 5*time.Hour))
		mine := maintenance.Execution{ID: "a", Node: "i-1", RunID: id, TakesRunID: true, State: maintenance.ExecutionRunning}
		f.backend.look = func() maintenance.Sighting {
			return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{mine}}
		}
		f.backend.follow = executions(mine)
		for _, r := range look(f) {
			if r.Outcome == maintenance.OutcomeError {
				t.Errorf("%s: %s %s: %s", name, r.Outcome, r.Reason, r.Detail)
			}
		}
		if run := f.ledger.runs[id]; !run.Holds() || len(f.backend.started) != 1 {
			t.Errorf("%s: the run is %s, and %d starts were sent", name, run.State, len(f.backend.started))
		}
	}
}

// So it is whatever else keeps the run from another start.
func TestRunner_AnAttemptThatShowsItselfWhateverTheRunWaitsFor(t *testing.T) {
	for name, begin := range map[string]func(*fixture){
		"blocked": func(f *fixture) { f.blockedBy("db-").in = []maintenance.Alarm{{Name: "db-1"}} }, // the maintenance raises it itself
		"approval-needed": func(f *fixture) {
			f.policy.Approval = []maintenance.TriggerKind{maintenance.TriggerAlarm}
		},
		"outside-window":  func(f *fixture) { f.policy.Window = maintenance.Window{Hours: closed{}} },
		"calendar-closed": func(f *fixture) { f.backend.closed = maintenance.CalendarState{Closed: true} },
	} {
		f := newFixture(t)
		f.policy.ExpiresAfter = 3 * time.Hour
		id := givenUp(f)
		begin(f)
		f.backend.look = func() maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-1")} }
		f.sweeps(20)
		if run := f.only(); run.State != maintenance.RunWaiting || string(run.Wait.Reason) != name {
			t.Fatalf("%s: the run is %s for %s", name, run.State, run.Wait.Reason)
		}
		mine := maintenance.Execution{ID: "a", Node: "i-1", RunID: id, TakesRunID: true, State: maintenance.ExecutionRunning, Began: true}
		f.backend.look, f.backend.follow = func() maintenance.Sighting { return executions(mine)(maintenance.Run{}) }, executions(mine)
		f.sweeps(200)
		if run := f.only(); run.State != maintenance.RunRunning || len(f.backend.started) != 1 {
			t.Errorf("%s: the run is %s %s, and %d starts were sent", name, run.State, run.Outcome, len(f.backend.started))
		}
	}
}

// hangs is a topic that does not answer.
type hangs struct{ *mailbox }

func (h hangs) Publish(ctx context.Context, topic maintenance.Topic, r maintenance.Report) error {
	if topic == maintenance.TopicChat {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.mailbox.Publish(ctx, topic, r)
}

// A topic that hangs stands in the way of the states of other runs
func TestRunner_AHangingTopicDelaysTheEndsOfOthers(t *testing.T) {
	for _, hanging := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			var names []string
			for i := range 60 {
				names = append(names, fmt.Sprintf("puppet-%02d", i))
			}
			f.fleet(names...)
			if hanging {
				f.Notifier = hangs{f.mailbox}
			}
			f.backend.follow = func(r maintenance.Run) maintenance.Sighting {
				s := execution(maintenance.ExecutionSucceeded)
				s.Executions[0].ID = r.Reference
				return s
			}
			var over []int
			for range 12 {
				f.sweeps(1)
				n := 0
				for _, r := range f.ledger.runs {
					if !r.Open() {
						n++
					}
				}
				over = append(over, n)
			}
			t.Log("hanging:", hanging, "ends recorded after each sweep:", over)
			if over[0] < 60 {
				t.Errorf("after one sweep %d of 60 ends are recorded", over[0])
			}
		})
	}
}

// Joined notifications uncut
func TestRunner_AWaitingItemStaysSmall(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicRecords: true}
	f.waits()
	for i := range 60 {
		f.sweeps(1)
		q := f.trigger(maintenance.TriggerAlarm, "flapping")
		q.Trigger.Reason = fmt.Sprintf("%01000d", i)
		f.ask(q)
	}
	if n := len(f.only().Owed); n > 20 {
		t.Errorf("one alarm name, and %d notifications with its reason are owed", n)
	}
}

// Stop by an operator after the window's
func TestRunner_AnOperatorsWishAfterTheWindows(t *testing.T) {
	f := newFixture(t)
	f.clock = now.Add(35*time.Hour + 50*time.Minute)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionPending) }
	f.alarm()
	f.sweeps(11)
	f.Stop(f.invocation(), f.by(f.only().ID))
	if by := f.only().Stop.By; by == "window" {
		t.Errorf("the wish is that of %q", by)
	}
}

func TestRunner_APanicInRenderingEndsNoProcess(t *testing.T) {
	f := newFixture(t)
	f.mailbox.onPublish = func(maintenance.Report) { panic("a mistake in rendering") }
	f.alarm()
}
