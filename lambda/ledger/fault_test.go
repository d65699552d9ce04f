package ledger_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

// The other moves of a run: each finds its own lost answer, and says so where nobody knows.
func TestLedger_MoveFaults(t *testing.T) {
	for _, move := range []struct {
		name, op string
		prepare  func(*testing.T, *ledger.Ledger) maintenance.Run
		do       func(context.Context, *ledger.Ledger, maintenance.Run) (maintenance.Run, error)
		version  int
	}{
		{"Record", "TransactWriteItems",
			func(*testing.T, *ledger.Ledger) maintenance.Run { return waiting("r1", "automate-06") },
			func(ctx context.Context, l *ledger.Ledger, r maintenance.Run) (maintenance.Run, error) {
				return l.Record(ctx, r)
			}, 1},
		{"Save", "PutItem",
			func(t *testing.T, l *ledger.Ledger) maintenance.Run {
				return in(must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all)), maintenance.RunRunning)
			},
			func(ctx context.Context, l *ledger.Ledger, r maintenance.Run) (maintenance.Run, error) {
				return l.Save(ctx, r)
			}, 2},
		{"Free", "TransactWriteItems",
			func(t *testing.T, l *ledger.Ledger) maintenance.Run {
				return closed(must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all)), maintenance.Succeeded, now)
			},
			func(ctx context.Context, l *ledger.Ledger, r maintenance.Run) (maintenance.Run, error) {
				return l.Free(ctx, r)
			}, 2},
	} {
		for _, tt := range []struct {
			name   string
			faults []*fault
			reads  bool // the run cannot be read
			reason maintenance.Reason
			made   bool // whatever is said
		}{
			{"OK after a transaction's conflict", []*fault{canceled(busy, none)}, false, "", true},
			{"OK after a conflict of a single item", []*fault{refuse("TransactionConflictException")}, false, "", true},
			{"OK after an internal error", []*fault{internal}, false, "", true},
			{"OK after no answer", []*fault{hang}, false, "", true},
			{"OK when the answer was lost", []*fault{workThenDrop}, false, "", true},
			{"OK when an internal error hid the success", []*fault{workThen500}, false, "", true},
			{"OK when every answer was lost", append([]*fault{workThenDrop}, times(9, drop)...), false, "", true},
			{"ErrLedgerUnavailable when nothing works", times(9, internal), false, maintenance.LedgerUnavailable, false},
			{"ErrLedgerUnavailable when it is denied", []*fault{denied}, false, maintenance.LedgerUnavailable, false},
			{"ErrLedgerUnavailable when the answer was lost and the run cannot be read", []*fault{workThenDrop}, true, maintenance.LedgerUnavailable, true},
		} {
			if move.op == "PutItem" && tt.name == "OK after a transaction's conflict" {
				continue // it has no such error: the conflict of a single item is its own
			}
			t.Run(move.name+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				s, l := open(t)
				run := move.prepare(t, l)
				s.inject(move.op, tt.faults...)
				if faults := s.fault; tt.reads {
					s.fault = func(op string, nth int) *fault {
						if op == "GetItem" {
							return denied
						}
						return faults(op, nth)
					}
				}
				got, err := move.do(t.Context(), l, run)
				wantReason(t, err, tt.reason)
				want := move.version
				if tt.reason != "" {
					want--
				}
				if got.Version != want {
					t.Errorf("version %d, want %d", got.Version, want)
				}
				s.since()
				if stored, err := l.Find(t.Context(), "r1"); tt.made != (err == nil && stored.Version == move.version) {
					t.Errorf("stored: %+v, %v", stored, err)
				}
				if move.name == "Free" && tt.made {
					wantItem(t, s, "fleet", "[running:0]")
					wantItem(t, s, "lease#automate-06", "")
				}
			})
		}
	}
}

// Everything else: an answer that does not come is LedgerUnavailable, with the operation; one that comes late is not.
func TestLedger_CallFaults(t *testing.T) {
	for _, call := range []struct {
		name, op, says string
		do             func(context.Context, *ledger.Ledger) error
	}{
		{"Open", "Query", "list open runs", func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Open(ctx); return err }},
		{"Find", "GetItem", "find run r1", func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Find(ctx, "r1"); return err }},
		{"History", "Query", "list runs of automate-06", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.History(ctx, "automate-06", 5)
			return err
		}},
		{"Servers", "BatchGetItem", "read servers", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Servers(ctx, []string{"automate-06"})
			return err
		}},
		{"Notice", "UpdateItem", "watched", func(ctx context.Context, l *ledger.Ledger) error { return l.Notice(ctx, "automate-06", now) }},
		{"MissedTold", "UpdateItem", "misses", func(ctx context.Context, l *ledger.Ledger) error { return l.MissedTold(ctx, "automate-06", now) }},
		{"FirstTo", "UpdateItem", "has been told", func(ctx context.Context, l *ledger.Ledger) error { _, err := l.FirstTo(ctx, "x", now, now); return err }},
		{"Told", "UpdateItem", "has been told", func(ctx context.Context, l *ledger.Ledger) error { return l.Told(ctx, "x", now) }},
	} {
		for _, tt := range []struct {
			name   string
			faults []*fault
			bad    bool
		}{
			{"OK after an internal error", []*fault{internal}, false},
			{"OK after a connection that broke", []*fault{drop}, false},
			{"ErrLedgerUnavailable when throttles do not end", times(9, throttle), true},
			{"ErrLedgerUnavailable when it is denied", []*fault{denied}, true},
			{"ErrLedgerUnavailable when nothing answers", times(9, hang), true},
		} {
			t.Run(call.name+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				s, l := open(t)
				must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
				s.inject(call.op, tt.faults...)
				if !tt.bad {
					wantReason(t, call.do(t.Context(), l), "")
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
				defer cancel()
				err := call.do(ctx, l)
				wantReason(t, err, maintenance.LedgerUnavailable)
				if err == nil || !strings.Contains(err.Error(), call.says) {
					t.Errorf("%v does not say %q", err, call.says)
				}
			})
		}
	}
	t.Run("FirstTo OK when the answer was lost: it was the first", func(t *testing.T) {
		for _, f := range []*fault{workThenDrop, workThen500} {
			s, l := open(t)
			s.inject("UpdateItem", f)
			if first, err := l.FirstTo(t.Context(), "x", now, now.Add(time.Minute)); err != nil || !first {
				t.Errorf("got %v, %v", first, err)
			}
			if first, err := l.FirstTo(t.Context(), "x", now, now.Add(time.Minute)); err != nil || first {
				t.Errorf("the next: %v, %v", first, err)
			}
		}
	})
}
