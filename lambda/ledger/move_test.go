package ledger_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestLedger_Record(t *testing.T) {
	t.Run("OK: waiting", func(t *testing.T) {
		s, l := open(t)
		run, err := l.Record(t.Context(), waiting("r1", "automate-06"))
		if err != nil || run.Version != 1 {
			t.Fatalf("got %+v, %v", run, err)
		}
		if calls := s.since(); calls != "TransactWriteItems" {
			t.Errorf("calls: %s", calls)
		}
		wantItem(t, s, "run#r1", "[created:1795906801250 open:1 server:automate-06 state:waiting version:1]")
		wantItem(t, s, "cause#key-of-r1", "[expires:1798498801 run:r1]")
		wantItem(t, s, "lease#automate-06", "")
	})
	t.Run("OK: closed already, so it expires", func(t *testing.T) {
		s, l := open(t)
		must[maintenance.Run](t)(l.Record(t.Context(), in(waiting("r1", "automate-06"), maintenance.RunClosed)))
		wantItem(t, s, "run#r1", "[created:1795906801250 expires:1803682801 server:automate-06 state:closed version:1]")
	})
	t.Run("OK: without a key", func(t *testing.T) {
		s, l := open(t)
		run := waiting("r1", "automate-06")
		run.Key = ""
		must[maintenance.Run](t)(l.Record(t.Context(), run))
		wantItem(t, s, "cause#", "")
	})
	t.Run("ErrDuplicate", func(t *testing.T) {
		s, l := open(t)
		must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		again := waiting("r2", "automate-06")
		again.Key = "key-of-r1"
		_, err := l.Record(t.Context(), again)
		wantReason(t, err, maintenance.Duplicate)
		wantItem(t, s, "run#r2", "")
	})
	t.Run("ErrMoved when there is such a run", func(t *testing.T) {
		_, l := open(t)
		must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		again := waiting("r1", "automate-06")
		again.Key = "another"
		_, err := l.Record(t.Context(), again)
		wantReason(t, err, maintenance.Moved)
	})
}

func TestLedger_Save(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), limits()))
		s.since()
		run, err := l.Save(t.Context(), in(run, maintenance.RunRunning))
		if err != nil || run.Version != 2 {
			t.Fatalf("got %+v, %v", run, err)
		}
		if calls := s.since(); calls != "PutItem" {
			t.Errorf("calls: %s", calls)
		}
		wantItem(t, s, "run#r1", "[created:1795906801250 open:1 server:automate-06 state:running version:2]")
		wantItem(t, s, "lease#automate-06", "[run:r1]")
	})
	t.Run("OK: closed, for a run that only waited", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		must[maintenance.Run](t)(l.Save(t.Context(), in(run, maintenance.RunClosed)))
		wantItem(t, s, "run#r1", "[created:1795906801250 expires:1803682801 server:automate-06 state:closed version:2]")
	})
	t.Run("ErrMoved on an old version", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		must[maintenance.Run](t)(l.Save(t.Context(), run))
		run.Detail = "too late"
		got, err := l.Save(t.Context(), run)
		wantReason(t, err, maintenance.Moved)
		if got.Version != 1 {
			t.Errorf("version %d", got.Version)
		}
		wantItem(t, s, "run#r1", "[created:1795906801250 open:1 server:automate-06 state:waiting version:2]")
	})
	t.Run("ErrMoved when the run is gone", func(t *testing.T) {
		_, l := open(t)
		run := waiting("r1", "automate-06")
		run.Version = 3
		_, err := l.Save(t.Context(), run)
		wantReason(t, err, maintenance.Moved)
	})
	t.Run("ErrMoved for another content by the same attempt", func(t *testing.T) {
		_, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), limits()))
		accepted := run
		accepted.Accepted = true
		must[maintenance.Run](t)(l.Save(t.Context(), accepted))
		_, err := l.Save(t.Context(), run)
		wantReason(t, err, maintenance.Moved)
	})
}

func TestLedger_Free(t *testing.T) {
	all := maintenance.Limits{Cooldown: time.Hour, DailyLimit: 2, MaxConcurrent: 2, Now: now}
	const day = "day#automate-06#2026-11-28"
	t.Run("OK: back to waiting gives everything back", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
		s.since()
		run, err := l.Free(t.Context(), in(run, maintenance.RunWaiting))
		if err != nil || run.Version != 2 || run.Slot || run.Counted != "" || run.Attempt != "" || !run.AttemptEnds.IsZero() {
			t.Fatalf("got %+v, %v", run, err)
		}
		if calls := s.since(); calls != "TransactWriteItems" {
			t.Errorf("calls: %s", calls)
		}
		wantItem(t, s, "lease#automate-06", "")
		wantItem(t, s, "fleet", "[running:0]")
		wantItem(t, s, day, "[expires:1796166001 starts:0]")
		wantItem(t, s, "server#automate-06", "")
		wantItem(t, s, "run#r1", "[created:1795906801250 open:1 server:automate-06 state:waiting version:2]")
		again, err := l.Claim(t.Context(), starting(run, "a2"), all)
		if err != nil || again.Counted != "2026-11-28" || !again.Slot {
			t.Errorf("claimed again: %+v, %v", again, err)
		}
	})
	for _, tt := range []struct {
		name    string
		outcome maintenance.Outcome
		server  string
	}{
		{"succeeded", maintenance.Succeeded, "[lastEnd:1795910401250 lastSuccess:1795910401250]"},
		{"failed", maintenance.Ended, "[lastEnd:1795910401250]"},
	} {
		t.Run("OK: closed after maintenance that "+tt.name, func(t *testing.T) {
			s, l := open(t)
			run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
			run, err := l.Free(t.Context(), closed(run, tt.outcome, now.Add(time.Hour)))
			if err != nil || run.Slot || run.Counted != "2026-11-28" || run.Attempt != "attempt-r1" {
				t.Fatalf("got %+v, %v", run, err)
			}
			wantItem(t, s, "run#r1", "[created:1795906801250 expires:1803682801 server:automate-06 state:closed version:2]")
			wantItem(t, s, "server#automate-06", tt.server)
			wantItem(t, s, "lease#automate-06", "")
			wantItem(t, s, "fleet", "[running:0]")
			wantItem(t, s, day, "[expires:1796166001 starts:1]")
		})
	}
	t.Run("OK: a success is remembered through a later failure", func(t *testing.T) {
		s, l := open(t)
		first := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), limits()))
		must[maintenance.Run](t)(l.Free(t.Context(), closed(first, maintenance.Succeeded, now)))
		second := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "automate-06"), limits()))
		must[maintenance.Run](t)(l.Free(t.Context(), closed(second, maintenance.Ended, now.Add(time.Hour))))
		wantItem(t, s, "server#automate-06", "[lastEnd:1795910401250 lastSuccess:1795906801250]")
	})
	t.Run("OK: closed without a start gives the day back, and no cooldown begins", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
		run.Ended = now
		run = must[maintenance.Run](t)(l.Free(t.Context(), in(run, maintenance.RunClosed)))
		if run.Counted != "" {
			t.Errorf("counted %q", run.Counted)
		}
		wantItem(t, s, day, "[expires:1796166001 starts:0]")
		wantItem(t, s, "server#automate-06", "")
	})
	t.Run("OK: nothing counts below zero, and what is not there is not missed", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		run.Slot, run.Counted = true, "2026-11-28"
		run, err := l.Free(t.Context(), in(run, maintenance.RunClosed))
		if err != nil || run.Version != 2 {
			t.Fatalf("got %+v, %v", run, err)
		}
		wantItem(t, s, "fleet", "")
		wantItem(t, s, day, "")
		if calls := s.since(); calls != "TransactWriteItems,TransactWriteItems,TransactWriteItems,TransactWriteItems" {
			t.Errorf("calls: %s", calls)
		}
	})
	t.Run("OK: another run's lease stays", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "automate-06"), limits()))
		run, err := l.Free(t.Context(), in(run, maintenance.RunClosed))
		if err != nil || run.Version != 2 {
			t.Fatalf("got %+v, %v", run, err)
		}
		wantItem(t, s, "lease#automate-06", "[run:r2]")
	})
	t.Run("ErrMoved frees nothing", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
		must[maintenance.Run](t)(l.Save(t.Context(), in(run, maintenance.RunRunning)))
		_, err := l.Free(t.Context(), in(run, maintenance.RunClosed))
		wantReason(t, err, maintenance.Moved)
		wantItem(t, s, "lease#automate-06", "[run:r1]")
		wantItem(t, s, "fleet", "[running:1]")
	})
	t.Run("ErrMoved the second time, so that a slot is given back once", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "automate-07"), all))
		must[maintenance.Run](t)(l.Free(t.Context(), in(run, maintenance.RunClosed)))
		run.Detail = "somebody else's close"
		_, err := l.Free(t.Context(), in(run, maintenance.RunClosed))
		wantReason(t, err, maintenance.Moved)
		wantItem(t, s, "fleet", "[running:1]")
	})
}
