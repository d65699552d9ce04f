package maintenance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_ASecondTriggerJoinsTheRunThatWaits(t *testing.T) {
	f := newFixture(t)
	first := f.waits()
	f.clock = f.clock.Add(time.Hour)
	r := f.ask(f.trigger(maintenance.TriggerAlarm, "memory"))
	if r.Outcome != maintenance.OutcomeJoined || r.RunID != first.ID {
		t.Fatalf("it comes to %s of run %s", r.Outcome, r.RunID)
	}
	again := f.trigger(maintenance.TriggerAlarm, "memory")
	if r := f.ask(again); !r.Redelivered || r.Outcome != maintenance.OutcomeJoined || r.RunID != first.ID {
		t.Errorf("a second delivery of it comes to %s %s", r.Outcome, r.Reason)
	}
	if run := f.only(); len(run.Triggers) != 2 {
		t.Errorf("the run holds %d triggers", len(run.Triggers))
	}
	f.clock = f.clock.Add(time.Hour)
	if f.ask(f.trigger(maintenance.TriggerAlarm, "memory")); len(f.only().Triggers) != 2 || !f.only().Triggers[1].Time.Equal(f.clock) {
		t.Error("a later trigger of one alarm does not take the place of the earlier one")
	}
}

func TestRunner_OfTriggersRefusedForDifferentReasonsTheFirstReasonIsNotified(t *testing.T) {
	f := newFixture(t)
	f.waits()
	f.ask(f.trigger(maintenance.TriggerSchedule, "weekly"))
	f.policy.Window = maintenance.Window{}
	record := f.ledger.servers["puppet-01"]
	record.Ends = []maintenance.End{{At: now.Add(-time.Hour)}} // refuses the alarm
	f.ledger.servers["puppet-01"], f.ledger.nodes["i-1"] = record, "another"
	f.sweeps(20)
	f.expectMail("waiting outside-window", "joined", "refused cooling-down")
}

func TestRunner_ATriggerThatMeetsARunInProgress(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	id := f.only().ID
	f.clock = f.clock.Add(time.Minute)
	q := f.trigger(maintenance.TriggerAlarm, "memory")
	for i := range 2 {
		if r := f.ask(q); r.Outcome != maintenance.OutcomeInProgress || r.RunID != id || r.Redelivered != (i == 1) {
			t.Errorf("delivery %d comes to %s of run %s, decided before: %t", i+1, r.Outcome, r.RunID, r.Redelivered)
		}
	}
	if got := f.mailbox.on(maintenance.TopicRecords); !slices.Equal(got, []string{"started", "in-progress"}) {
		t.Errorf("machines got %q", got)
	}
}

// What comes again is answered with what the first came to, however that came about; in progress only while it is, or nobody can say.
func TestRunner_WhatComesAgainIsAnsweredWithWhatItCameTo(t *testing.T) {
	for answered, outcome := range map[maintenance.Reason]maintenance.Outcome{"": maintenance.OutcomeSucceeded,
		maintenance.ReasonInvalidRequest: maintenance.OutcomeRefused, maintenance.ReasonDenied: maintenance.OutcomeError} {
		for _, kind := range []maintenance.TriggerKind{maintenance.TriggerAlarm, maintenance.TriggerManual} {
			f := newFixture(t)
			f.policy.Cooldown = 0
			if answered != "" {
				f.backend.answer = func(maintenance.Run) maintenance.Answer { return maintenance.Answer{Err: failing(answered)} }
			}
			f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
			q := f.trigger(kind, "disk")
			f.ask(q)
			again := []maintenance.Outcome{f.ask(q).Outcome}
			f.sweeps(2)
			again = append(again, f.ask(q).Outcome)
			f.ledger.fail = func(call string) error { return map[string]error{"Run": errors.New("no answer")}[call] }
			again = append(again, f.ask(q).Outcome)
			want := []maintenance.Outcome{outcome, outcome, maintenance.OutcomeInProgress}
			if answered == "" {
				want[0] = maintenance.OutcomeInProgress
			}
			if !slices.Equal(again, want) {
				t.Errorf("%s, answered %q: again it comes to %q, want %q", kind, answered, again, want)
			}
		}
	}
}

func TestRunner_AWaitingRunThatEndsAsInProgressIsSaidToHave(t *testing.T) {
	f := newFixture(t)
	f.waits()
	f.backend.look = func() maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	f.sweeps(12*60 + 3)
	f.expectMail("waiting outside-window", "in-progress in-progress")
}

func TestRunner_ManyTriggersAreCounted(t *testing.T) {
	f := newFixture(t)
	f.waits()
	for i := range 40 {
		q := f.trigger(maintenance.TriggerAlarm, fmt.Sprint("alarm-", i))
		q.Trigger.Reason = strings.Repeat("ä", 3000)
		f.ask(q)
	}
	run := f.only()
	if len(run.Triggers) != 20 || run.More != 21 {
		t.Errorf("of 41 triggers the run holds %d and counts %d", len(run.Triggers), run.More)
	}
	for i, trigger := range run.Triggers {
		most := 100
		if i == 0 || i == len(run.Triggers)-1 {
			most = 1024
		}
		if len(trigger.Reason) > most || strings.ContainsRune(trigger.Reason, '\uFFFD') {
			t.Errorf("trigger %d keeps %d bytes of reason", i, len(trigger.Reason))
		}
	}
	for i := range 40 {
		f.Clear(f.invocation(), []string{"puppet-01"}, maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: fmt.Sprint("alarm-", i),
			ID: fmt.Sprint("arn:alarm-", i), Time: f.clock})
	}
	if run := f.only(); !run.Open() {
		t.Error("a run that counts more triggers than it holds was cancelled by an OK")
	}
}

// What is counted only asks as an alarm does, so of another kind nothing is: behind however many alarms, and however long.
func TestRunner_BehindManyAlarmsAScheduleIsKept(t *testing.T) {
	for _, length := range []int{10, 900} {
		for alarms := range 25 {
			f := newFixture(t)
			f.policy.Window = maintenance.Window{Hours: closed{}}
			for i := range alarms {
				f.clock = f.clock.Add(time.Second)
				q := f.trigger(maintenance.TriggerAlarm, fmt.Sprint("alarm-", i))
				q.Trigger.ID += strings.Repeat("x", length)
				f.ask(q)
			}
			f.clock = now.Add(time.Hour)
			f.ask(f.trigger(maintenance.TriggerSchedule, "weekly"))
			f.ask(f.trigger(maintenance.TriggerAfter, "database"))
			run, kinds := f.only(), map[maintenance.TriggerKind]int{}
			for _, trigger := range run.Triggers {
				kinds[trigger.Kind]++
			}
			if kinds[maintenance.TriggerSchedule] != 1 || kinds[maintenance.TriggerAfter] != 1 || len(run.Triggers) > 20 ||
				kinds[maintenance.TriggerAlarm]+run.More != alarms || run.MoreTime.After(now.Add(time.Minute)) {
				t.Errorf("after %d alarms it holds %v, and counts %d of %s", alarms, kinds, run.More, run.MoreTime)
			}
		}
	}
}

func TestRunner_AnAlarmThatReturnsToOKIsTakenBack(t *testing.T) {
	alarm := func(f *fixture, at time.Time) []maintenance.Report {
		return f.Clear(f.invocation(), []string{"puppet-01"}, maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "disk", ID: "arn:disk",
			Time: at})
	}
	t.Run("the last one cancels the run", func(t *testing.T) {
		f := newFixture(t)
		f.waits()
		if r := alarm(f, f.clock.Add(time.Minute))[0]; r.Outcome != maintenance.OutcomeCancelled || r.Reason != maintenance.ReasonAlarmCleared {
			t.Errorf("it comes to %s %s", r.Outcome, r.Reason)
		}
		f.expectMail("waiting outside-window", "cancelled alarm-cleared")
	})
	t.Run("an OK from before the alarm changes nothing", func(t *testing.T) {
		f := newFixture(t)
		f.waits()
		if alarm(f, f.clock.Add(-time.Second)); !f.only().Open() {
			t.Error("the run was cancelled")
		}
	})
	t.Run("another trigger keeps it", func(t *testing.T) {
		f := newFixture(t)
		f.waits()
		f.ask(f.trigger(maintenance.TriggerSchedule, "weekly"))
		alarm(f, f.clock)
		if run := f.only(); !run.Open() || len(run.Triggers) != 1 || run.Triggers[0].Kind != maintenance.TriggerSchedule {
			t.Errorf("the run holds %v", run.Triggers)
		}
	})
	t.Run("one that runs goes on", func(t *testing.T) {
		f := newFixture(t)
		f.alarm()
		if r := alarm(f, f.clock)[0]; r.Outcome != maintenance.OutcomeIgnored || f.only().State != maintenance.RunRunning {
			t.Errorf("it comes to %s, the run is %s", r.Outcome, f.only().State)
		}
	})
	t.Run("unless the settings say to keep it", func(t *testing.T) {
		f := newFixture(t)
		f.waits()
		f.policy.KeepWhenCleared = true
		if alarm(f, f.clock); !f.only().Open() {
			t.Error("the run was cancelled")
		}
	})
}

func TestPolicy_Expires(t *testing.T) {
	sunday := maintenance.Window{Hours: closed{}}
	end := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) // of this Sunday
	cases := []struct {
		name   string
		policy maintenance.Policy
		at     time.Time
		want   time.Time
	}{
		{"without a window after six hours", maintenance.Policy{}, now, now.Add(6 * time.Hour)},
		{"an alarm on Wednesday waits for the end of Sunday's window", maintenance.Policy{Window: sunday}, now.AddDate(0, 0, -3), end},
		{"in the window to its end", maintenance.Policy{Window: sunday}, now.Add(20 * time.Hour), end},
		{"as the settings say", maintenance.Policy{Window: sunday, ExpiresAfter: time.Hour}, now, now.Add(time.Hour)},
	}
	for _, c := range cases {
		if got := c.policy.Expires(maintenance.Trigger{Kind: maintenance.TriggerAlarm, Time: c.at}); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestRunner_ARunThatHasExpiredIsMissed(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = time.Hour
	f.waits()
	f.sweeps(59)
	f.expectMail("waiting outside-window")
	f.sweeps(3)
	f.expectMail("waiting outside-window", "missed outside-window")
}

// It is no error that something is over before it is looked at; and that it has no reason, fixture.expectReasons lets no test come to.
func TestRunner_WhatIsOverBeforeItIsLookedAtIsStale(t *testing.T) {
	minute := maintenance.Window{Hours: hours{map[time.Weekday]bool{time.Saturday: true}, 12 * 60, 12*60 + 1}}
	slow := func(f *fixture) {
		f.ledger.fail = func(call string) error {
			if call == "Read" {
				f.clock = f.clock.Add(time.Hour)
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		expires time.Duration
		window  maintenance.Window
		age     time.Duration
		prepare func(*fixture)
	}{
		"it comes when its window has closed":        {0, minute, 61 * time.Second, nil},
		"it waits for less than it may be old":       {time.Minute, maintenance.Window{}, 2 * time.Minute, nil},
		"its window closes while the ledger is read": {0, minute, 0, slow},
		"it expires while the ledger is read":        {time.Minute, maintenance.Window{}, 0, slow},
	} {
		for _, kind := range []maintenance.TriggerKind{maintenance.TriggerAlarm, maintenance.TriggerSchedule, maintenance.TriggerAfter} {
			f := newFixture(t)
			f.policy.ExpiresAfter, f.policy.Window = c.expires, c.window
			q := f.trigger(kind, "disk")
			f.clock = f.clock.Add(c.age)
			if c.prepare != nil {
				c.prepare(f)
			}
			if r := f.ask(q); r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonStale || r.Figures.Limit == 0 {
				t.Errorf("%s: %s comes to %s %q: %s", name, kind, r.Outcome, r.Reason, r.Detail)
			}
		}
	}
}

// Without time for a look it was recorded, and the next sweep comes when it has expired.
func TestRunner_WhatExpiresBeforeItIsLookedAtIsMissed(t *testing.T) {
	f := newFixture(t)
	both := []maintenance.Request{f.trigger(maintenance.TriggerSchedule, "weekly"), f.trigger(maintenance.TriggerSchedule, "weekly")}
	both[1].ServerName = "puppet-02"
	ctx, cancel := context.WithCancel(f.invocation())
	f.ledger.before = func(maintenance.Change) { cancel() }
	f.Ask(ctx, both)
	f.clock = f.clock.Add(7 * time.Hour)
	f.sweeps(1)
	f.expectMail("missed stale", "missed stale")
}

func TestRunner_WhatAnIndexShowsIsTakenAsItIsNow(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 13 * time.Hour
	run := f.waits()
	f.policy.Window = maintenance.Window{}
	stale := f.ledger.runs[run.ID]
	f.operator("window")
	f.clock = f.clock.Add(14 * time.Hour)
	f.ledger.stale = []maintenance.Due{{RunID: stale.ID, Version: stale.Version, DueAt: stale.DueAt, State: stale.State,
		Backend: stale.Backend}}
	f.Sweep(f.invocation())
	f.expectMail("waiting outside-window", "started", "overdue")
}

func TestRunner_AStormWaitsForSlotsAndLosesNothing(t *testing.T) {
	f := newFixture(t)
	f.MaxConcurrent, f.ledger.fleet = 2, maintenance.FleetRecord{Limit: 2, Wanted: 2}
	f.backend.look = func() maintenance.Sighting { s := healthy(""); return maintenance.Sighting{Server: s} }
	f.backend.follow = func(run maintenance.Run) maintenance.Sighting {
		return server(maintenance.StatusHealthy, maintenance.MaintenanceSuccess, maintenance.Event{At: f.clock, Maintenance: true,
			Succeeded: true})
	}
	const servers = 200
	var all sync.WaitGroup
	for i := range servers {
		all.Go(func() {
			q := f.trigger(maintenance.TriggerAlarm, "disk")
			q.ServerName = fmt.Sprintf("server-%03d", i)
			if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted && r.Reason != maintenance.ReasonConcurrencyLimit {
				t.Errorf("%s comes to %s %s: %s", q.ServerName, r.Outcome, r.Reason, r.Detail)
			}
		})
	}
	all.Wait()
	f.policy.ExpiresAfter = 24 * time.Hour
	for range 5 * 60 {
		f.sweeps(1)
		if held := len(f.ledger.slots); held > 2 {
			t.Fatalf("%d slots are held", held)
		}
	}
	if len(f.backend.started) != servers || len(f.ledger.slots) != 0 {
		t.Errorf("of %d servers %d were started; %d slots are held at the end", servers, len(f.backend.started), len(f.ledger.slots))
	}
}

func TestRunner_WhoWaitsLongestForASlotIsNext(t *testing.T) {
	f := newFixture(t)
	f.MaxConcurrent, f.ledger.fleet = 1, maintenance.FleetRecord{Limit: 1, Wanted: 1}
	f.ledger.slots[1] = "another"
	f.backend.look = func() maintenance.Sighting { return maintenance.Sighting{Server: healthy("")} }
	for i := range 3 {
		f.clock = f.clock.Add(time.Second)
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		q.ServerName = fmt.Sprint("server-", i)
		f.ask(q)
	}
	f.sweeps(10)
	delete(f.ledger.slots, 1)
	q := f.trigger(maintenance.TriggerAlarm, "disk")
	q.ServerName = "late"
	if r := f.ask(q); r.Reason != maintenance.ReasonConcurrencyLimit {
		t.Errorf("a new trigger goes before those that wait: %s %s", r.Outcome, r.Reason)
	}
	f.sweeps(1)
	if len(f.backend.started) != 1 || !strings.HasPrefix(f.backend.started[0], "server-0") {
		t.Errorf("started is %v", f.backend.started)
	}
	f.expectMail("started")
}

func TestRunner_ALimitThatAppearsCountsWhatRuns(t *testing.T) {
	f := newFixture(t)
	f.backend.look = func() maintenance.Sighting { return maintenance.Sighting{Server: healthy("")} }
	for i := range 2 {
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		q.ServerName = fmt.Sprint("server-", i)
		f.ask(q)
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return server(maintenance.StatusUnderMaintenance, "") }
	f.MaxConcurrent = 2
	q := f.trigger(maintenance.TriggerAlarm, "disk")
	q.ServerName = "third"
	f.ask(q)
	f.sweeps(60)
	if len(f.backend.started) != 2 || len(f.ledger.slots) != 2 {
		t.Errorf("with two running and a limit of two, %d were started, %d slots are held", len(f.backend.started), len(f.ledger.slots))
	}
}

func TestRunner_RefusalsAreRecordedAndNotifiedOnceADay(t *testing.T) {
	f := newFixture(t)
	f.policy.Enabled = false
	for i := range 3 {
		f.clock = now.Add(time.Duration(i) * time.Minute)
		f.alarm()
	}
	f.expectMail("refused disabled")
	f.clock = now.Add(24 * time.Hour)
	f.alarm()
	f.expectMail("refused disabled", "refused disabled")
	if runs, err := f.History(f.invocation(), "puppet-01", 10); err != nil || len(runs) != 2 {
		t.Errorf("the history shows %d refusals, error %v", len(runs), err)
	}
}

func TestRunner_EveryKindOfUnreadableEventIsNotified(t *testing.T) {
	f := newFixture(t)
	for i := range 60 {
		r := f.Refuse(f.invocation(), maintenance.Refusal{Reason: maintenance.ReasonInvalidEvent, Source: fmt.Sprint("source ", i),
			Detail: "not JSON"})
		if r.Outcome != maintenance.OutcomeRefused || r.Err != nil {
			t.Fatalf("it comes to %s %s: %v", r.Outcome, r.Reason, r.Err)
		}
	}
	got := f.mailbox.on(maintenance.TopicText)
	if len(got) != 51 || got[50] != "refused many-refusals" {
		t.Errorf("of sixty kinds people got %d messages, the last of which is %q", len(got), got[len(got)-1])
	}
}

func TestRunner_ARefusalThatCannotBeRecordedLeavesAsAnError(t *testing.T) {
	f := newFixture(t)
	f.policy.Enabled = false
	f.ledger.fail = func(string) error { return errors.New("the table is gone") }
	if r := f.alarm(); !r.Retry || r.Outcome != maintenance.OutcomeError {
		t.Errorf("it comes to %s, tried again: %t", r.Outcome, r.Retry)
	}
	f.expectMail()
	f.ledger.fail = nil
	if r := f.alarm(); r.Outcome != maintenance.OutcomeRefused {
		t.Errorf("delivered again it comes to %s", r.Outcome)
	}
	f.expectMail("refused disabled")
}

func TestRunner_SeveralServersAreRecordedBeforeTheFirstIsLookedAt(t *testing.T) {
	f := newFixture(t)
	var requests []maintenance.Request
	for i := range 12 {
		q := f.trigger(maintenance.TriggerSchedule, "weekly")
		q.ServerName = fmt.Sprint("server-", i)
		requests = append(requests, q)
	}
	f.backend.look = func() maintenance.Sighting {
		if f.backend.looks == 1 && len(f.ledger.runs) != 12 {
			t.Errorf("at the first look %d runs are recorded", len(f.ledger.runs))
		}
		return maintenance.Sighting{Server: healthy("")}
	}
	for _, r := range f.Ask(f.invocation(), requests) {
		if r.Outcome != maintenance.OutcomeStarted {
			t.Errorf("%s comes to %s %s", r.ServerName, r.Outcome, r.Reason)
		}
	}
}

func TestRunner_WhatTimeDoesNotAllowTheSweepStarts(t *testing.T) {
	f := newFixture(t)
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	if r := f.alarm(); r.Outcome != maintenance.OutcomeWaiting {
		t.Fatalf("it comes to %s", r.Outcome)
	}
	f.backend.look = newBackend().look
	f.sweeps(2)
	f.expectMail("waiting unavailable", "started")
}

func TestRunner_AnOutcomeIsCountedWhenItHappens(t *testing.T) {
	f := newFixture(t)
	if run := f.alarm(); !run.Count {
		t.Error("a start is not counted")
	}
	f = newFixture(t)
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	counted := 0
	if f.alarm().Count {
		counted++
	}
	for _, r := range f.sweeps(60) {
		if r.Count {
			counted++
		}
	}
	if counted != 1 {
		t.Errorf("a run that waits for an hour is counted %d times", counted)
	}
}

func TestRunner_OneTimeSeriesOfAnAlarmDoesNotTakeBackAnother(t *testing.T) {
	f := newFixture(t)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	for _, series := range []string{"a", "b"} {
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		q.Trigger.Series, q.Trigger.ID = series, q.Trigger.ID+"#"+series
		f.ask(q)
	}
	back := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "disk", ID: "arn:disk#a", Time: f.clock}
	f.Clear(f.invocation(), []string{"puppet-01"}, back)
	if run := f.only(); len(run.Triggers) != 1 || run.Triggers[0].ID != "arn:disk#b" {
		t.Fatalf("after one series returned to OK the run holds %v", run.Triggers)
	}
	q := f.trigger(maintenance.TriggerAlarm, "disk#2") // another alarm
	f.ask(q)
	back.ID = "arn:disk"
	f.Clear(f.invocation(), []string{"puppet-01"}, back)
	if run := f.only(); len(run.Triggers) != 1 || run.Triggers[0].ID != "arn:disk#2" {
		t.Fatalf("after the alarm as a whole returned to OK the run holds %v", run.Triggers)
	}
	back.ID = q.Trigger.ID
	if r := f.Clear(f.invocation(), []string{"puppet-01"}, back)[0]; r.Outcome != maintenance.OutcomeCancelled {
		t.Errorf("the other alarm returns to OK, and the run is %s", r.Outcome)
	}
}

func TestEngineAttribute_DoesNotPrintItsValue(t *testing.T) {
	secret := []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "s3cret"}}
	request := maintenance.Request{ServerName: "a", EngineAttributes: secret}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, request); strings.Contains(text, "s3cret") || !strings.Contains(text, "CHEF_MAJOR_UPGRADE") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

// While every topic is away, alarms change state again and again: the item stays small, and what readers wait for is told in the end.
func TestRunner_ManyTriggersCrowdOutNoMessage(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 20 * time.Hour
	f.policy.Approval = []maintenance.TriggerKind{maintenance.TriggerAlarm}
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true, maintenance.TopicRecords: true, maintenance.TopicChat: true}
	for range 3 {
		for i := range 20 {
			f.clock = f.clock.Add(10 * time.Second)
			q := f.trigger(maintenance.TriggerAlarm, fmt.Sprintf("alarm-%d", i))
			q.Trigger.Reason = strings.Repeat("x", 1000)
			f.ask(q)
			if item, _ := json.Marshal(f.only()); len(item) > 16<<10 {
				t.Fatalf("the item has %d bytes", len(item))
			}
		}
	}
	if run := f.only(); len(run.Triggers) != 20 || run.More != 0 || len(run.Triggers[0].Reason) != 1000 ||
		len(run.Triggers[19].Reason) != 1000 {
		t.Errorf("it holds %d triggers and %d more, the first with %d bytes of reason, the last with %d", len(run.Triggers), run.More,
			len(run.Triggers[0].Reason), len(run.Triggers[len(run.Triggers)-1].Reason))
	}
	f.mailbox.broken = nil
	f.sweeps(130)
	f.expectMail("waiting approval-needed", "joined")
}

// Nor do alarms with long names, of which a run keeps fewer.
func TestRunner_LongNamesCrowdOutNoMessage(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 20 * time.Hour
	f.policy.Approval = []maintenance.TriggerKind{maintenance.TriggerAlarm}
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true, maintenance.TopicRecords: true, maintenance.TopicChat: true}
	dropped := 0
	for i := range 40 {
		f.clock = f.clock.Add(10 * time.Second)
		q := f.trigger(maintenance.TriggerAlarm, fmt.Sprintf("%0200d", i))
		q.Trigger.ID += "#" + strings.Repeat("c", 600)
		dropped += f.ask(q).Publishing.Dropped
		if item, _ := json.Marshal(f.only()); len(item) > 16<<10 {
			t.Fatalf("the item has %d bytes", len(item))
		}
	}
	f.mailbox.broken = nil
	f.sweeps(130)
	if got := f.mailbox.on(maintenance.TopicText); !slices.Contains(got, "waiting approval-needed") || dropped == 0 {
		t.Errorf("people got %q; %d notifications were dropped", got, dropped)
	}
}
