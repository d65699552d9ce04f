package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var all = maintenance.Limits{Cooldown: 12 * time.Hour, DailyLimit: 2, MaxConcurrent: 2, Now: now}

func times(n int, f *fault) []*fault {
	var faults []*fault
	for range n {
		faults = append(faults, f)
	}
	return faults
}

const none, failed, busy = "None", "ConditionalCheckFailed", "TransactionConflict"

// What a claim of a new run with every limit may meet. Its transaction is cause, lease, cooldown, day, fleet, run.
func TestLedger_ClaimFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults []*fault
		reason maintenance.Reason
		calls  int // of TransactWriteItems
		reads  int
		made   bool
	}{
		{"OK after conflicts", times(3, canceled(none, none, none, none, busy, none)), "", 4, 0, true},
		{"OK after a conflict before a condition that failed, which proves nothing", []*fault{canceled(none, busy, none, none, failed, none)}, "", 2, 0, true},
		{"OK after a throttled item", []*fault{canceled("ThrottlingError", none, none, none, none, none)}, "", 2, 0, true},
		{"OK after a throttled table", []*fault{canceled("ProvisionedThroughputExceeded", none, none, none, none, none)}, "", 2, 0, true},
		{"OK after throttles of the call", []*fault{throttle}, "", 2, 0, true},
		{"OK after a request limit", []*fault{limitExceeded}, "", 2, 0, true},
		{"OK after its own earlier attempt was still in progress", []*fault{inProgress}, "", 2, 0, true},
		{"OK after an internal error", []*fault{internal}, "", 2, 0, true},
		{"OK after a connection that broke", []*fault{drop}, "", 2, 0, true},
		{"OK after no answer", []*fault{hang}, "", 2, 0, true},
		{"OK when the answer was lost: it is its own", []*fault{workThenDrop}, "", 2, 1, true},
		{"OK when no answer came in time: it is its own", []*fault{workThenHang}, "", 2, 1, true},
		{"OK when an internal error hid the success", []*fault{workThen500}, "", 2, 1, true},
		{"OK when every answer was lost", append([]*fault{workThenDrop}, times(9, drop)...), "", 6, 1, true},
		{"OK when the table says that the token is known with another content, and it was made", []*fault{workThenDrop, mismatch}, "", 2, 1, true},

		{"ErrDuplicate though a later item conflicts", []*fault{canceled(failed, none, none, none, busy, none)}, maintenance.Duplicate, 1, 1, false},
		{"ErrDuplicate when everything fails", []*fault{canceled(failed, failed, failed, failed, failed, failed)}, maintenance.Duplicate, 1, 1, false},
		{"ErrLeased when all but the cause fail", []*fault{canceled(none, failed, failed, failed, failed, failed)}, maintenance.Leased, 1, 1, false},
		{"ErrCoolingDown when all after it fail", []*fault{canceled(none, none, failed, failed, failed, failed)}, maintenance.CoolingDown, 1, 1, false},
		{"ErrDailyLimit when all after it fail", []*fault{canceled(none, none, none, failed, failed, failed)}, maintenance.DailyLimit, 1, 0, false},
		{"ErrFleetBusy before the run itself", []*fault{canceled(none, none, none, none, failed, failed)}, maintenance.FleetBusy, 1, 0, false},
		{"ErrMoved", []*fault{canceled(none, none, none, none, none, failed)}, maintenance.Moved, 1, 1, false},

		{"ErrLedgerUnavailable when conflicts do not end", times(9, canceled(none, busy, none, none, none, none)), maintenance.LedgerUnavailable, 6, 1, false},
		{"ErrLedgerUnavailable when throttles do not end", times(9, throttle), maintenance.LedgerUnavailable, 6, 1, false},
		{"ErrLedgerUnavailable when nothing works", times(9, internal), maintenance.LedgerUnavailable, 6, 1, false},
		{"ErrLedgerUnavailable when it is denied", []*fault{denied}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable when there is no table", []*fault{noTable}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable for a token known with another content", []*fault{mismatch}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable when the request is invalid", []*fault{canceled("ValidationError", none, none, none, none, none)}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable for a code nobody knows", []*fault{canceled(none, none, "Teapot", none, failed, none)}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable when no reason is given", []*fault{canceled()}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable for more reasons than items", []*fault{canceled(none, none, none, none, none, none, failed)}, maintenance.LedgerUnavailable, 1, 1, false},
		{"ErrLedgerUnavailable for half an answer", []*fault{{status: 400, body: `{"__type": "TransactionCan`}}, maintenance.LedgerUnavailable, 1, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, l := open(t)
			s.inject("TransactWriteItems", tt.faults...)
			run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), all)
			wantReason(t, err, tt.reason)
			if tt.made != (run.Version == 1 && run.Slot && run.Counted == "2026-11-28") {
				t.Errorf("got %+v", run)
			}
			calls := s.since()
			if n, reads := strings.Count(calls, "TransactWriteItems"), strings.Count(calls, "GetItem"); n != tt.calls || reads != tt.reads {
				t.Errorf("%d transactions and %d reads, want %d and %d", n, reads, tt.calls, tt.reads)
			}
			for _, token := range s.tokens {
				if token != s.tokens[0] {
					t.Errorf("one claim under several tokens: %q", s.tokens)
				}
			}
			stored := s.item(t, "run#r1") != ""
			if stored != tt.made {
				t.Errorf("stored: %v", stored)
			}
			if tt.made { // counted once, whatever happened
				wantItem(t, s, "fleet", "[running:1]")
				wantItem(t, s, "day#automate-06#2026-11-28", "[expires:1796166001 starts:1]")
			}
		})
	}
}

func TestLedger_ClaimUnknown(t *testing.T) {
	t.Run("ErrLedgerUnavailable when the answer was lost and the run cannot be read", func(t *testing.T) {
		s, l := open(t)
		lost := true
		s.fault = func(op string, _ int) *fault {
			if op == "GetItem" {
				return denied
			}
			if lost {
				lost = false
				return workThenDrop
			}
			return nil
		}
		run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), all)
		wantReason(t, err, maintenance.LedgerUnavailable)
		if run.Version != 0 {
			t.Errorf("got %+v", run)
		}
		// Whoever claims it again by the same attempt finds it made; another attempt does not.
		s.since()
		if run, err = l.Claim(t.Context(), newRun("r1", "automate-06"), all); err != nil || run.Version != 1 || !run.Slot {
			t.Errorf("the same attempt: %+v, %v", run, err)
		}
		another := newRun("r1", "automate-06")
		another.Attempt = "another"
		_, err = l.Claim(t.Context(), another, all)
		wantReason(t, err, maintenance.Duplicate)
	})
	t.Run("OK when a stored run's answer was lost", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		s.inject("TransactWriteItems", workThenDrop)
		run, err := l.Claim(t.Context(), starting(run, "a2"), all)
		if err != nil || run.Version != 2 || !run.Slot {
			t.Errorf("got %+v, %v", run, err)
		}
		wantItem(t, s, "fleet", "[running:1]")
	})
	t.Run("OK when the first half of the time goes to a service that hangs after the work", func(t *testing.T) {
		s, l := open(t)
		s.always(workThenHang, "TransactWriteItems")
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		defer cancel()
		run, err := l.Claim(ctx, newRun("r1", "automate-06"), all)
		if err != nil || run.Version != 1 {
			t.Errorf("got %+v, %v", run, err)
		}
	})
	t.Run("ErrLedgerUnavailable in time when everything hangs", func(t *testing.T) {
		s, l := open(t)
		s.always(hang, "TransactWriteItems", "GetItem")
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err := l.Claim(ctx, newRun("r1", "automate-06"), all)
		wantReason(t, err, maintenance.LedgerUnavailable)
		if took := time.Since(begun); took > time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %s: %v", took, err)
		}
	})
	t.Run("ErrLedgerUnavailable when there is no time at all", func(t *testing.T) {
		s, l := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := l.Claim(ctx, newRun("r1", "automate-06"), all)
		wantReason(t, err, maintenance.LedgerUnavailable)
		if calls := s.since(); calls != "" {
			t.Errorf("calls: %s", calls)
		}
	})
	t.Run("ErrCoolingDown without its end when that cannot be read", func(t *testing.T) {
		s, l := open(t)
		s.fault = func(op string, _ int) *fault {
			if op == "GetItem" {
				return denied
			}
			return canceled(none, none, failed, none, none, none)
		}
		run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), all)
		wantReason(t, err, maintenance.CoolingDown)
		if !run.Until.IsZero() {
			t.Errorf("until %s", run.Until)
		}
	})
	t.Run("ErrCoolingDown with its end though the answer did not hold it", func(t *testing.T) {
		s, l := open(t)
		put(t, s, map[string]string{"pk": "server#automate-06"}, map[string]string{"lastEnd": "1795906801250"})
		s.inject("TransactWriteItems", canceled(none, none, failed, none, none, none))
		run, err := l.Claim(t.Context(), newRun("r1", "automate-06"), all)
		wantReason(t, err, maintenance.CoolingDown)
		if !run.Until.Equal(now.Add(12 * time.Hour)) {
			t.Errorf("until %s", run.Until)
		}
	})
}
