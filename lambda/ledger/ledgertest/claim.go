package ledgertest

import (
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var claims = []test{
	{"a claim of a new run takes server, slot and node, and counts", func(t *testing.T, l Fixture) {
		l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 2, "i-1")))
		l.holders(t, "i-1", "r1", "", "r1")
		if s := l.server(t, "automate-06"); s.OpenRun != "r1" || s.StartsOn(today) != 1 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a claim of a waiting run does too", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		l.commit(t, Claim(run, Claimed(run, 1, "i-1"), Limits))
		l.holders(t, "i-1", "r1", "r1")
		if s := l.server(t, "automate-06"); s.OpenRun != "r1" || s.StartsOn(today) != 1 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"without a limit nothing is counted, no slot is taken", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		l.commit(t, Claim(run, Claimed(run, 0, ""), maintenance.Claim{}))
		l.holders(t, "i-1", "", "", "")
		if s := l.server(t, "automate-06"); s.Starts != 0 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a run that runs takes a slot, whatever its server forbids", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "i-1")))
		other := l.commit(t, Start(Claimed(Waiting("r2", "puppet-01"), 0, "")))
		l.Hold(t, "automate-06", maintenance.Hold{Until: Now.Add(time.Hour)})
		with := run
		with.Slot = 1
		l.commit(t, Claim(run, with, maintenance.Claim{SlotOnly: true}))
		l.holders(t, "i-1", "r1", "r1")
		with = other
		with.Slot = 1
		l.refuses(t, Claim(other, with, maintenance.Claim{SlotOnly: true}), maintenance.ReasonSlotTaken)
		if s := l.server(t, "automate-06"); s.StartsOn(today) != 1 || s.OpenRun != "r1" {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a run says against which day its start counts, whenever that was decided", func(t *testing.T, l Fixture) {
		change := Start(Claimed(Waiting("r1", "automate-06"), 0, ""))
		change.Now = Now.Add(time.Hour)
		run := l.commit(t, change)
		if s := l.server(t, "automate-06"); run.Attempt.CountedOn != "2026-11-29" || s.StartsOn("2026-11-29") != 1 {
			t.Errorf("the run says %s, the server: %+v", run.Attempt.CountedOn, s)
		}
	}},
	{"open-run: the server has another", func(t *testing.T, l Fixture) {
		l.commit(t, Create(Waiting("r1", "automate-06")))
		if refusal := l.refuses(t, Start(Claimed(Waiting("r2", "automate-06"), 1, "i-1")), maintenance.ReasonOpenRun); refusal.Holder != "r1" {
			t.Errorf("got %+v", refusal)
		}
		l.holders(t, "i-1", "", "")
	}},
	{"held: until the hold ends", func(t *testing.T, l Fixture) {
		until := Now.Add(300 * time.Microsecond)
		l.Hold(t, "automate-06", maintenance.Hold{Until: until, Reason: "audit"})
		change := Start(Claimed(Waiting("r1", "automate-06"), 1, ""))
		if refusal := l.refuses(t, change, maintenance.ReasonHeld); !refusal.Until.Equal(until) {
			t.Errorf("got %+v", refusal)
		}
		change.Now = Now.Add(time.Millisecond)
		l.commit(t, change)
	}},
	{"a hold that an operator overrides forbids nothing", func(t *testing.T, l Fixture) {
		l.Hold(t, "automate-06", maintenance.Hold{Until: Now.Add(time.Hour)})
		change := Start(Claimed(Waiting("r1", "automate-06"), 1, ""))
		change.Claim = &maintenance.Claim{IgnoreHold: true}
		l.commit(t, change)
	}},
	{"a hold forbids a claim, not a run that waits", func(t *testing.T, l Fixture) {
		l.Hold(t, "automate-06", maintenance.Hold{Until: Now.Add(time.Hour)})
		l.commit(t, Create(Waiting("r1", "automate-06")))
	}},
	{"cooling-down: until so long after the last end", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "")))
		end := Over(run, maintenance.OutcomeFailed)
		end.Ended = end.Ended.Add(300 * time.Microsecond)
		ended := l.commit(t, Free(run, end)).Ended
		change := Start(Claimed(Waiting("r2", "automate-06"), 1, ""))
		change.Now = ended.Add(Limits.Cooldown - time.Nanosecond)
		if refusal := l.refuses(t, change, maintenance.ReasonCoolingDown); !refusal.Until.Equal(ended.Add(Limits.Cooldown)) {
			t.Errorf("got %+v", refusal)
		}
		change.Now = ended.Add(Limits.Cooldown + time.Millisecond)
		l.commit(t, change)
	}},
	{"daily-limit: until the day is over, in UTC", func(t *testing.T, l Fixture) {
		limits := maintenance.Claim{DailyLimit: 2}
		for i := range 2 {
			run := l.commit(t, Create(Waiting(fmt.Sprintf("r%d", i), "automate-06")))
			run = l.commit(t, Claim(run, Claimed(run, 0, ""), limits))
			l.commit(t, Free(run, Over(run, maintenance.OutcomeFailed)))
		}
		run := l.commit(t, Create(Waiting("r2", "automate-06")))
		change := Claim(run, Claimed(run, 0, ""), limits)
		midnight := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
		if refusal := l.refuses(t, change, maintenance.ReasonDailyLimit); !refusal.Until.Equal(midnight) {
			t.Errorf("got %+v", refusal)
		}
		change.Now = midnight
		l.commit(t, change)
		if s := l.server(t, "automate-06"); s.StartsOn("2026-11-29") != 1 || s.StartsOn(today) != 0 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"what no daily limit refuses is counted too", func(t *testing.T, l Fixture) {
		for i, limit := range []int{1, maintenance.CountOnly} {
			run := l.commit(t, Create(Waiting(fmt.Sprintf("r%d", i), "automate-06")))
			run = l.commit(t, Claim(run, Claimed(run, 0, ""), maintenance.Claim{DailyLimit: limit}))
			l.commit(t, Free(run, Over(run, maintenance.OutcomeFailed)))
		}
		if s := l.server(t, "automate-06"); s.StartsOn(today) != 2 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"held before cooling-down before daily-limit before slot-taken before node-taken", func(t *testing.T, l Fixture) {
		other := l.commit(t, Start(Claimed(Waiting("r0", "puppet-01"), 1, "i-1")))
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "")))
		l.commit(t, Free(run, Over(run, maintenance.OutcomeFailed)))
		limits := maintenance.Claim{Cooldown: 12 * time.Hour, DailyLimit: 1}
		run = l.commit(t, Create(Waiting("r2", "automate-06")))
		change := Claim(run, Claimed(run, 1, "i-1"), limits)
		l.Hold(t, "automate-06", maintenance.Hold{Until: Now.Add(time.Hour)})
		l.refuses(t, change, maintenance.ReasonHeld)
		l.Hold(t, "automate-06", maintenance.Hold{})
		l.refuses(t, change, maintenance.ReasonCoolingDown)
		limits.Cooldown = 0
		change.Claim = &limits
		l.refuses(t, change, maintenance.ReasonDailyLimit)
		change.Claim = &maintenance.Claim{}
		if refusal := l.refuses(t, change, maintenance.ReasonSlotTaken); refusal.Holder != other.ID {
			t.Errorf("got %+v", refusal)
		}
		change.To.Slot = 2
		if refusal := l.refuses(t, change, maintenance.ReasonNodeTaken); refusal.Holder != other.ID {
			t.Errorf("got %+v", refusal)
		}
		change.To.Node = "i-2"
		l.commit(t, change)
	}},
	{"moved: the server that goes before is not as it was read", func(t *testing.T, l Fixture) {
		after := Start(Claimed(Waiting("r2", "automate-06"), 1, ""))
		after.Claim = &maintenance.Claim{Before: "puppet-01"}
		before := l.commit(t, Create(Waiting("r1", "puppet-01")))
		l.refuses(t, after, maintenance.ReasonMoved)
		after.Claim.BeforeChanges = l.server(t, "puppet-01").Changes
		before = l.commit(t, Claim(before, Claimed(before, 0, ""), maintenance.Claim{}))
		l.refuses(t, after, maintenance.ReasonMoved)
		l.holders(t, "i-1", "", "")
		after.Claim.BeforeChanges = l.server(t, "puppet-01").Changes
		l.commit(t, Free(before, Over(before, maintenance.OutcomeSucceeded)))
		l.refuses(t, after, maintenance.ReasonMoved)
		after.Claim.BeforeChanges = l.server(t, "puppet-01").Changes
		l.Hold(t, "puppet-01", maintenance.Hold{Until: Now.Add(time.Hour)})
		l.commit(t, after)
	}},
	{"a server that was never touched may go before", func(t *testing.T, l Fixture) {
		after := Start(Claimed(Waiting("r2", "automate-06"), 1, ""))
		after.Claim = &maintenance.Claim{Before: "puppet-01"}
		l.commit(t, after)
	}},
	{"two names of one node never run at once", func(t *testing.T, l Fixture) {
		first := l.commit(t, Start(Claimed(Waiting("r1", "puppet-01"), 0, "i-1")))
		second := Start(Claimed(Waiting("r2", "puppet-alias"), 0, "i-1"))
		if refusal := l.refuses(t, second, maintenance.ReasonNodeTaken); refusal.Holder != "r1" {
			t.Errorf("got %+v", refusal)
		}
		l.commit(t, Free(first, Over(first, maintenance.OutcomeSucceeded)))
		l.commit(t, second)
	}},
}
