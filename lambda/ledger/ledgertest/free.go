package ledgertest

import (
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var frees = []test{
	{"an end frees server, slot and node, and is kept", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 1, "i-1")))
		run = l.commit(t, Free(run, Over(run, maintenance.OutcomeSucceeded)))
		l.holders(t, "i-1", "", "")
		s := l.server(t, "automate-06")
		end := maintenance.End{RunID: "r1", Outcome: maintenance.OutcomeSucceeded, At: run.Ended}
		if s.OpenRun != "" || len(s.Ends) != 1 || s.Ends[0] != end || !s.LastSuccess.Equal(run.Ended) || s.StartsOn(today) != 1 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a failure is no success", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 1, "i-1")))
		l.commit(t, Free(run, Over(run, maintenance.OutcomeFailed)))
		if s := l.server(t, "automate-06"); !s.LastSuccess.IsZero() || s.LastEnd().IsZero() {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"what never began leaves no end", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		l.commit(t, Free(run, NeverBegan(run, maintenance.OutcomeCancelled)))
		if s := l.server(t, "automate-06"); s.OpenRun != "" || len(s.Ends) != 0 {
			t.Errorf("the server: %+v", s)
		}
		l.commit(t, Create(Waiting("r2", "automate-06")))
	}},
	{"the last ends are kept, newest first", func(t *testing.T, l Fixture) {
		for i := range maintenance.MaxEnds + 2 {
			run := l.commit(t, Create(Waiting(fmt.Sprintf("r%d", i), "automate-06")))
			ended := Over(run, maintenance.OutcomeFailed)
			ended.Ended = Now.Add(time.Duration(i) * time.Hour)
			l.commit(t, Free(run, ended))
		}
		s := l.server(t, "automate-06")
		if len(s.Ends) != maintenance.MaxEnds || s.Ends[0].RunID != "r11" || s.Ends[9].RunID != "r2" {
			t.Errorf("the ends: %+v", s.Ends)
		}
	}},
	{"an end by a clock that is behind is not the latest", func(t *testing.T, l Fixture) {
		for i := range 2 {
			run := l.commit(t, Create(Waiting(fmt.Sprintf("r%d", i), "automate-06")))
			ended := Over(run, maintenance.OutcomeSucceeded)
			ended.Ended = Now.Add(-time.Duration(i) * time.Second)
			l.commit(t, Free(run, ended))
		}
		if s := l.server(t, "automate-06"); !s.LastEnd().Equal(Now) || !s.LastSuccess.Equal(Now) || len(s.Ends) != 2 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a start that did not happen is given back, and the run waits on", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 1, "i-1")))
		back := Waiting("r1", "automate-06")
		l.commit(t, Free(run, back))
		l.holders(t, "i-1", "", "")
		if s := l.server(t, "automate-06"); s.OpenRun != "r1" || s.Starts != 0 || len(s.Ends) != 0 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a start is given back to its own day only", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "")))
		run.Attempt.CountedOn = "2026-11-27"
		l.commit(t, Free(run, Waiting("r1", "automate-06")))
		if s := l.server(t, "automate-06"); s.StartsOn(today) != 1 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a start is given back once", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "")))
		again := l.commit(t, Free(run, Waiting("r1", "automate-06")))
		again.Attempt.CountedOn = today
		l.commit(t, Free(again, Waiting("r1", "automate-06")))
		if s := l.server(t, "automate-06"); s.StartsOn(today) != 0 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a start that was accepted is not given back", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "")))
		accepted := run
		accepted.Accepted = Now
		run = l.commit(t, Move(run, accepted))
		l.commit(t, Free(run, Waiting("r1", "automate-06")))
		if s := l.server(t, "automate-06"); s.StartsOn(today) != 1 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"a start that happened counts, however it ended", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 0, "")))
		l.commit(t, Free(run, Over(run, maintenance.OutcomeFailed)))
		if s := l.server(t, "automate-06"); s.StartsOn(today) != 1 {
			t.Errorf("the server: %+v", s)
		}
	}},
	{"what another run has is not freed, nor in the way", func(t *testing.T, l Fixture) {
		other := l.commit(t, Start(Claimed(Waiting("r2", "puppet-01"), 1, "i-1")))
		for _, counted := range []string{"", today} {
			run := Claimed(Waiting("r1"+counted, "puppet-01"), 0, "")
			run.Attempt.CountedOn = counted
			run = l.commit(t, maintenance.Change{To: run, Now: Now}) // which is not puppet-01's open run
			claims := run
			claims.Slot, claims.Node = 1, "i-1"
			l.commit(t, Free(claims, NeverBegan(claims, maintenance.OutcomeFailed)))
			l.holders(t, "i-1", other.ID, other.ID)
			if open := l.server(t, "puppet-01").OpenRun; open != other.ID {
				t.Errorf("puppet-01's open run is %q", open)
			}
		}
	}},
	{"what nobody has any more is not in the way", func(t *testing.T, l Fixture) {
		run := l.commit(t, Create(Waiting("r1", "automate-06")))
		run.Slot, run.Node = 3, "i-9"
		if got := l.commit(t, Free(run, Over(run, maintenance.OutcomeFailed))); got.Version != 2 {
			t.Errorf("got %+v", got)
		}
		l.holders(t, "i-9", "", "", "", "")
	}},
	{"moved: nothing is freed", func(t *testing.T, l Fixture) {
		run := l.commit(t, Start(Claimed(Waiting("r1", "automate-06"), 1, "i-1")))
		l.commit(t, Move(run, run))
		l.refuses(t, Free(run, Over(run, maintenance.OutcomeFailed)), maintenance.ReasonMoved)
		l.holders(t, "i-1", "r1", "r1")
		if s := l.server(t, "automate-06"); s.OpenRun != "r1" || len(s.Ends) != 0 {
			t.Errorf("the server: %+v", s)
		}
	}},
}
