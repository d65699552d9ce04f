package ledger_test

import (
	"errors"
	"testing"
	"time"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

func TestLedger_Claim(t *testing.T) {
	t.Run("OK: a new run without limits", func(t *testing.T) {
		s, l := open(t)
		run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), limits())
		if err != nil || run.Version != 1 || run.State != maintenance.RunStarting || run.Slot || run.Counted != "" {
			t.Fatalf("got %+v, %v", run, err)
		}
		if calls := s.since(); calls != "TransactWriteItems" {
			t.Errorf("calls: %s", calls)
		}
		wantItem(t, s, "run#r1", "[created:1795906801250 open:1 server:automate-06 state:starting version:1]")
		wantItem(t, s, "cause#key-of-r1", "[expires:1798498801 run:r1]")
		wantItem(t, s, "lease#automate-06", "[run:r1]")
		wantItem(t, s, "server#automate-06", "")
		wantItem(t, s, "day#automate-06#2026-11-28", "")
		wantItem(t, s, "fleet", "")
	})
	t.Run("OK: a new run with every limit", func(t *testing.T) {
		s, l := open(t)
		run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), maintenance.Limits{Cooldown: 12 * time.Hour, DailyLimit: 2, MaxConcurrent: 3, Now: now})
		if err != nil || !run.Slot || run.Counted != "2026-11-28" {
			t.Fatalf("got %+v, %v", run, err)
		}
		if calls := s.since(); calls != "TransactWriteItems" {
			t.Errorf("calls: %s", calls)
		}
		wantItem(t, s, "day#automate-06#2026-11-28", "[expires:1796166001 starts:1]")
		wantItem(t, s, "fleet", "[running:1]")
		if found, err := l.Find(t.Context(), "r1"); err != nil || !found.Slot || found.Version != 1 {
			t.Errorf("stored %+v, %v", found, err)
		}
	})
	t.Run("OK: a stored run, whose cause is known as its own", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		run, err := l.Claim(t.Context(), starting(run, "a2"), maintenance.Limits{MaxConcurrent: 1, Now: now})
		if err != nil || run.Version != 2 || !run.Slot {
			t.Fatalf("got %+v, %v", run, err)
		}
		wantItem(t, s, "run#r1", "[created:1795906801250 open:1 server:automate-06 state:starting version:2]")
		wantItem(t, s, "lease#automate-06", "[run:r1]")
	})
	t.Run("OK: a run without a key has no cause item", func(t *testing.T) {
		s, l := open(t)
		run := newRun("r1", "automate-06")
		run.Key = ""
		if _, err := l.Claim(t.Context(), run, limits()); err != nil {
			t.Fatal(err)
		}
		wantItem(t, s, "cause#", "")
	})
	t.Run("OK: the token is short, and another for another claim", func(t *testing.T) {
		s, l := open(t)
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), limits()))
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "automate-07"), limits()))
		if len(s.tokens) != 2 || s.tokens[0] == s.tokens[1] || len(s.tokens[0]) > 36 {
			t.Errorf("tokens: %q", s.tokens)
		}
	})
}

// Every condition that can fail, alone and with all after it: the first in the order of design.md §6 is the reason.
func TestLedger_ClaimReasons(t *testing.T) {
	type prepare func(*testing.T, *ledger.Ledger)
	claim := func(t *testing.T, l *ledger.Ledger, id, serverName string, limits maintenance.Limits) maintenance.Run {
		t.Helper()
		return must[maintenance.Run](t)(l.Claim(t.Context(), newRun(id, serverName), limits))
	}
	cause := func(t *testing.T, l *ledger.Ledger) {
		other := waiting("other", "automate-07")
		other.Key = "key-of-r1"
		must[maintenance.Run](t)(l.Record(t.Context(), other))
	}
	lease := func(t *testing.T, l *ledger.Ledger) { claim(t, l, "holder", "automate-06", limits()) }
	cooldown := func(t *testing.T, l *ledger.Ledger) {
		run := claim(t, l, "last", "automate-06", limits())
		must[maintenance.Run](t)(l.Free(t.Context(), closed(run, maintenance.Succeeded, now.Add(-time.Hour))))
	}
	day := func(t *testing.T, l *ledger.Ledger) {
		run := claim(t, l, "earlier", "automate-06", maintenance.Limits{DailyLimit: 1, Now: now})
		run.Accepted = true
		must[maintenance.Run](t)(l.Free(t.Context(), in(run, maintenance.RunClosed)))
	}
	fleet := func(t *testing.T, l *ledger.Ledger) {
		claim(t, l, "elsewhere", "automate-08", maintenance.Limits{MaxConcurrent: 1, Now: now})
	}
	all := maintenance.Limits{Cooldown: 12 * time.Hour, DailyLimit: 1, MaxConcurrent: 1, Now: now}
	for _, tt := range []struct {
		name    string
		prepare []prepare
		reason  maintenance.Reason
		until   time.Time
	}{
		{"ErrDuplicate", []prepare{cause}, maintenance.Duplicate, time.Time{}},
		{"ErrLeased", []prepare{lease}, maintenance.Leased, time.Time{}},
		{"ErrCoolingDown", []prepare{cooldown}, maintenance.CoolingDown, now.Add(11 * time.Hour).Truncate(time.Millisecond)},
		{"ErrDailyLimit", []prepare{day}, maintenance.DailyLimit, time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)},
		{"ErrFleetBusy", []prepare{fleet}, maintenance.FleetBusy, time.Time{}},
		{"ErrDuplicate before all others", []prepare{day, cooldown, lease, cause, fleet}, maintenance.Duplicate, time.Time{}},
		{"ErrLeased before those after it", []prepare{day, cooldown, lease, fleet}, maintenance.Leased, time.Time{}},
		{"ErrCoolingDown before those after it", []prepare{day, cooldown, fleet}, maintenance.CoolingDown, now.Add(11 * time.Hour).Truncate(time.Millisecond)},
		{"ErrDailyLimit before a busy fleet", []prepare{day, fleet}, maintenance.DailyLimit, time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, l := open(t)
			for _, p := range tt.prepare {
				p(t, l)
			}
			before := s.item(t, "fleet") + s.item(t, "lease#automate-06") + s.item(t, "day#automate-06#2026-11-28") + s.item(t, "cause#key-of-r1")
			s.since()
			run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), all)
			wantReason(t, err, tt.reason)
			var e *maintenance.Error
			if !errors.As(err, &e) || !e.Until.Equal(tt.until) || !run.Until.Equal(tt.until) || run.Version != 0 || run.Slot {
				t.Errorf("until %s, %+v; want %s", run.Until, e, tt.until)
			}
			if calls := s.since(); calls != "TransactWriteItems" {
				t.Errorf("calls: %s", calls)
			}
			if after := s.item(t, "fleet") + s.item(t, "lease#automate-06") + s.item(t, "day#automate-06#2026-11-28") + s.item(t, "cause#key-of-r1"); after != before {
				t.Errorf("something was written: %s, before: %s", after, before)
			}
			wantItem(t, s, "run#r1", "")
		})
	}
	t.Run("ErrMoved when the run has been moved and nothing else is in the way", func(t *testing.T) {
		_, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		must[maintenance.Run](t)(l.Save(t.Context(), run))
		_, err := l.Claim(t.Context(), starting(run, "a2"), all)
		wantReason(t, err, maintenance.Moved)
	})
	t.Run("ErrMoved when there is such a run already", func(t *testing.T) {
		_, l := open(t)
		must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		run := newRun("r1", "automate-06")
		run.Key = "another"
		_, err := l.Claim(t.Context(), run, all)
		wantReason(t, err, maintenance.Moved)
	})
}

func TestLedger_ClaimBoundaries(t *testing.T) {
	t.Run("a cause counts until its second comes, whatever TTL does", func(t *testing.T) {
		for after, reason := range map[time.Duration]maintenance.Reason{
			30*24*time.Hour - 500*time.Millisecond: maintenance.Duplicate, 30 * 24 * time.Hour: "",
		} {
			s, l := open(t)
			run := waiting("old", "automate-07")
			run.Key = "key-of-r1"
			must[maintenance.Run](t)(l.Record(t.Context(), run))
			_, err := l.Claim(t.Context(), newRun("r1", "automate-06"), maintenance.Limits{Now: now.Add(after)})
			wantReason(t, err, reason)
			if reason == "" {
				wantItem(t, s, "cause#key-of-r1", "[expires:1801090801 run:r1]")
			}
		}
	})
	t.Run("the cooldown is over when it is", func(t *testing.T) {
		for after, reason := range map[time.Duration]maintenance.Reason{12*time.Hour - time.Millisecond: maintenance.CoolingDown, 12 * time.Hour: ""} {
			_, l := open(t)
			run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("last", "automate-06"), limits()))
			must[maintenance.Run](t)(l.Free(t.Context(), closed(run, maintenance.Ended, now)))
			_, err := l.Claim(t.Context(), newRun("r1", "automate-06"), maintenance.Limits{Cooldown: 12 * time.Hour, Now: now.Add(after)})
			wantReason(t, err, reason)
		}
	})
	t.Run("the day is UTC's", func(t *testing.T) {
		_, l := open(t)
		berlin := time.FixedZone("Berlin", 3600)
		for i, tt := range []struct {
			at     time.Time
			reason maintenance.Reason
			day    string
		}{
			{time.Date(2026, 11, 29, 0, 30, 0, 0, berlin), "", "2026-11-28"},
			{time.Date(2026, 11, 29, 0, 59, 59, 0, berlin), maintenance.DailyLimit, ""},
			{time.Date(2026, 11, 29, 1, 0, 0, 0, berlin), "", "2026-11-29"},
		} {
			run, err := l.Claim(t.Context(), newRun(string(rune('a'+i)), "automate-06"), maintenance.Limits{DailyLimit: 1, Now: tt.at})
			wantReason(t, err, tt.reason)
			if run.Counted != tt.day {
				t.Errorf("%s: counted %q, want %q", tt.at, run.Counted, tt.day)
			}
			if err == nil {
				run.Accepted = true
				must[maintenance.Run](t)(l.Free(t.Context(), in(run, maintenance.RunClosed)))
			}
		}
	})
	t.Run("a fleet has as many slots as it has", func(t *testing.T) {
		_, l := open(t)
		two := maintenance.Limits{MaxConcurrent: 2, Now: now}
		first := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "s1"), two))
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "s2"), two))
		_, err := l.Claim(t.Context(), newRun("r3", "s3"), two)
		wantReason(t, err, maintenance.FleetBusy)
		must[maintenance.Run](t)(l.Free(t.Context(), in(first, maintenance.RunClosed)))
		_, err = l.Claim(t.Context(), newRun("r3", "s3"), two)
		wantReason(t, err, "")
	})
}
