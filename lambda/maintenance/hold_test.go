package maintenance_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// hold is an operator's request about a hold.
func (f *fixture) hold(server string, until time.Duration) maintenance.HoldRequest {
	q := maintenance.HoldRequest{ServerName: server, Reason: "audit", By: "anna",
		Trigger: maintenance.Trigger{Kind: maintenance.TriggerManual, ID: "request", Time: f.clock}}
	if until > 0 {
		q.Until = f.clock.Add(until)
	}
	return q
}

func TestRunner_AHoldBindsAndRunsOut(t *testing.T) {
	for _, server := range []string{"puppet-01", ""} {
		f := newFixture(t)
		a := f.Hold(f.invocation(), f.hold(server, time.Hour))
		if a.Outcome != maintenance.OutcomeHeld || !a.Until.Equal(now.Add(time.Hour)) || len(a.AtWork) != 0 || a.Quiet.Before(now) ||
			!strings.Contains(a.Detail, "runs that wait keep waiting") || !strings.Contains(a.Detail, "anna: audit") {
			t.Errorf("a hold of %q comes to %+v", server, a)
		}
		if r := f.alarm(); r.Outcome != maintenance.OutcomeWaiting || r.Reason != maintenance.ReasonHeld {
			t.Errorf("then an alarm comes to %s %s", r.Outcome, r.Reason)
		}
		if r := f.operator(); r.Outcome != maintenance.OutcomeRefused || r.Reason != maintenance.ReasonHeld {
			t.Errorf("then a start comes to %s %s", r.Outcome, r.Reason)
		}
		f.sweeps(59)
		if len(f.backend.started) != 0 {
			t.Fatal("something is started under a hold")
		}
		count := 0
		for _, r := range f.sweeps(17) {
			if r.Outcome == maintenance.OutcomeReleased && r.Reason == maintenance.ReasonHoldExpired && r.Count {
				count++
			}
		}
		if count != 1 {
			t.Errorf("that it ran out is counted %d times", count)
		}
		if len(f.backend.started) != 1 {
			t.Errorf("%d are started after the hold", len(f.backend.started))
		}
		got := f.mailbox.on(maintenance.TopicText)
		want := []string{"held held", "refused held", "released hold-expired", "started", "waiting held"}
		if slices.Sort(got); !slices.Equal(got, want) { // one sweep lets it run out and starts what waited, in any order
			t.Errorf("people got %q, want %q", got, want)
		}
	}
}

func TestRunner_AReleaseEndsAHold(t *testing.T) {
	f := newFixture(t)
	f.Hold(f.invocation(), f.hold("puppet-01", 0))
	if until := f.ledger.servers["puppet-01"].Hold.Until; !until.Equal(now.Add(24 * time.Hour)) {
		t.Errorf("without a time it lasts until %s", until)
	}
	f.alarm()
	f.sweeps(30)
	if a := f.Release(f.invocation(), f.hold("puppet-01", 8*time.Hour)); a.Reason != maintenance.ReasonHoldUnchanged { // of another hold
		t.Errorf("a release of the hold that was there before comes to %+v", a)
	}
	a := f.Release(f.invocation(), f.hold("puppet-01", 0))
	if a.Outcome != maintenance.OutcomeReleased || f.ledger.servers["puppet-01"].Hold != (maintenance.Hold{}) {
		t.Errorf("a release comes to %+v", a)
	}
	f.sweeps(15)
	if len(f.backend.started) != 1 {
		t.Errorf("a quarter of an hour after the release %d are started", len(f.backend.started))
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(25 * 60)
	f.expectMail("held held", "waiting held", "released", "started", "succeeded")
}

func TestRunner_AHoldTakesThePlaceOfTheOneBefore(t *testing.T) {
	f := newFixture(t)
	f.Hold(f.invocation(), f.hold("", time.Hour))
	a := f.Hold(f.invocation(), f.hold("", 2*time.Hour))
	if a.Outcome != maintenance.OutcomeHeld || !strings.Contains(a.Detail, "takes the place of the hold until 2026-11-28T13:00:00Z") {
		t.Errorf("it comes to %s: %s", a.Outcome, a.Detail)
	}
	f.sweeps(3 * 60)
	f.expectMail("held held", "held held", "released hold-expired")
	f.only()
}

// A hold without a time, as a button in chat sends it, ends no longer one sooner; one with a time does.
func TestRunner_AHoldWithoutATimeShortensNone(t *testing.T) {
	f := newFixture(t)
	f.Hold(f.invocation(), f.hold("puppet-01", 48*time.Hour))
	if a := f.Hold(f.invocation(), f.hold("puppet-01", 0)); a.Reason != maintenance.ReasonHoldUnchanged ||
		!strings.Contains(a.Detail, "it is held until 2026-11-30T12:00:00Z as it is; anna: audit") {
		t.Errorf("it comes to %s %s: %s", a.Outcome, a.Reason, a.Detail)
	}
	if a := f.Hold(f.invocation(), f.hold("puppet-01", time.Hour)); a.Outcome != maintenance.OutcomeHeld {
		t.Errorf("one of an hour comes to %s", a.Outcome)
	}
	q := f.hold("puppet-01", 0)
	q.Reason, q.By = " \t", " "
	a := f.Hold(f.invocation(), q)
	if hold := f.ledger.servers["puppet-01"].Hold; a.Outcome != maintenance.OutcomeHeld || !hold.Until.Equal(now.Add(24*time.Hour)) ||
		hold.Reason+hold.By != "" {
		t.Errorf("one without a time comes to %s, and %+v", a.Outcome, hold)
	}
}

func TestRunner_AHoldThatCannotBe(t *testing.T) {
	f := newFixture(t)
	late, past := f.hold("puppet-01", 91*24*time.Hour), f.hold("puppet-01", 0)
	past.Until = now.Add(-time.Minute)
	for want, q := range map[string]maintenance.HoldRequest{"at most 90 days": late, "is over": past} {
		if a := f.Hold(f.invocation(), q); a.Reason != maintenance.ReasonHoldUnchanged || !strings.Contains(a.Detail, want) {
			t.Errorf("until %s it comes to %s: %s", q.Until, a.Reason, a.Detail)
		}
	}
	if a := f.Hold(f.invocation(), f.hold("stranger", 0)); a.Reason != maintenance.ReasonHoldUnchanged {
		t.Errorf("a hold of a stranger comes to %s", a.Reason)
	}
	a := f.Release(f.invocation(), f.hold("puppet-01", 0))
	if a.Outcome != maintenance.OutcomeRefused || a.Reason != maintenance.ReasonHoldUnchanged {
		t.Errorf("a release of nothing comes to %s %s", a.Outcome, a.Reason)
	}
}

// What claimed before goes on, and the answer says until when it may start something.
func TestRunner_AHoldNamesWhoIsAtWork(t *testing.T) {
	f := newFixture(t)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		for _, server := range []string{"puppet-01", ""} {
			a := f.Hold(f.invocation(), f.hold(server, time.Hour))
			if len(a.AtWork) != 1 || a.Quiet.Before(a.AtWork[0].Attempt.Ends) || !strings.Contains(a.Detail, a.AtWork[0].ID) {
				t.Errorf("a hold of %q while an attempt is at work: %+v", server, a)
			}
		}
		return maintenance.Answer{Reference: "execution-1", Server: healthy("i-1")}
	}
	if r := f.alarm(); r.Outcome != maintenance.OutcomeStarted {
		t.Errorf("the attempt comes to %s %s", r.Outcome, r.Reason)
	}
}

// Who is faster changes the hold; the other sees it, and decides again.
func TestRunner_TwoHoldsAtOnce(t *testing.T) {
	f := newFixture(t)
	f.ledger.before = func(maintenance.Change) { f.Hold(f.invocation(), f.hold("puppet-01", time.Hour)) }
	a := f.Hold(f.invocation(), f.hold("puppet-01", 2*time.Hour))
	if hold := f.ledger.servers["puppet-01"].Hold; a.Outcome != maintenance.OutcomeHeld || !hold.Until.Equal(now.Add(2*time.Hour)) {
		t.Errorf("it comes to %s; the hold lasts until %s", a.Outcome, hold.Until)
	}
	f.sweeps(3 * 60)
	if got := f.mailbox.on(maintenance.TopicText); !slices.Equal(got, []string{"held held", "held held", "released hold-expired"}) {
		t.Errorf("people got %q", got)
	}
}
