package ledger_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

// writing is one kind of write, and how to see whether it was made, once.
type writing struct {
	name, op string
	prepare  func(*testing.T, *ledger.Ledger) maintenance.Run
	do       doing
	// version is the run's after it, made what its other items are then, undone what they were before.
	version      int
	made, undone string
}

type doing func(context.Context, *ledger.Ledger, maintenance.Run) (maintenance.Run, error)

func commits(change func(maintenance.Run) maintenance.Change) doing {
	return func(ctx context.Context, l *ledger.Ledger, run maintenance.Run) (maintenance.Run, error) {
		return l.Commit(ctx, change(run))
	}
}

func stored(change maintenance.Change) func(*testing.T, *ledger.Ledger) maintenance.Run {
	return func(t *testing.T, l *ledger.Ledger) maintenance.Run {
		return must[maintenance.Run](t)(l.Commit(t.Context(), change))
	}
}

func nothing(*testing.T, *ledger.Ledger) maintenance.Run { return maintenance.Run{} }

var writings = []writing{
	{"a new run", "TransactWriteItems", nothing,
		commits(func(maintenance.Run) maintenance.Change { return create(waiting("r1", "automate-06")) }),
		1, "[changed:1 openRun:r1] [] []", "[] [] []"},
	{"a claim of a new run", "TransactWriteItems", nothing,
		commits(func(maintenance.Run) maintenance.Change {
			return start(claimed(waiting("r1", "automate-06"), 1, "i-1"))
		}),
		1, "[changed:1 openRun:r1 starts:1] [run:r1] [run:r1]", "[] [] []"},
	{"a claim of a run that waits", "TransactWriteItems", stored(create(waiting("r1", "automate-06"))),
		commits(func(run maintenance.Run) maintenance.Change {
			return maintenance.Change{From: run, To: claimed(run, 1, "i-1"), Claim: &maintenance.Claim{DailyLimit: 1}, Now: now}
		}),
		2, "[changed:2 openRun:r1 starts:1] [run:r1] [run:r1]", "[changed:1 openRun:r1] [] []"},
	{"a trigger that joins", "TransactWriteItems", stored(create(waiting("r1", "automate-06"))),
		commits(func(run maintenance.Run) maintenance.Change {
			return maintenance.Change{Key: "another", From: run, To: run, Now: now}
		}),
		2, "[changed:1 openRun:r1] [] []", "[changed:1 openRun:r1] [] []"},
	{"a move", "UpdateItem", stored(start(claimed(waiting("r1", "automate-06"), 1, "i-1"))),
		commits(func(run maintenance.Run) maintenance.Change { return move(run, run) }),
		2, "[changed:1 openRun:r1 starts:1] [run:r1] [run:r1]", "[changed:1 openRun:r1 starts:1] [run:r1] [run:r1]"},
	{"an end", "TransactWriteItems", stored(start(claimed(waiting("r1", "automate-06"), 1, "i-1"))),
		commits(func(run maintenance.Run) maintenance.Change {
			return free(run, over(run, maintenance.OutcomeSucceeded))
		}),
		2, "[changed:2 starts:1] [] []", "[changed:1 openRun:r1 starts:1] [run:r1] [run:r1]"},
	{"an attempt that is given up", "TransactWriteItems", stored(start(claimed(waiting("r1", "automate-06"), 1, "i-1"))),
		commits(func(run maintenance.Run) maintenance.Change { return free(run, waiting("r1", "automate-06")) }),
		2, "[changed:2 openRun:r1 starts:0] [] []", "[changed:1 openRun:r1 starts:1] [run:r1] [run:r1]"},
	{"a take", "UpdateItem", stored(create(waiting("r1", "automate-06"))),
		func(ctx context.Context, l *ledger.Ledger, run maintenance.Run) (maintenance.Run, error) {
			return l.Take(ctx, maintenance.Due{RunID: "r1", Version: 1}, now)
		},
		2, "[changed:1 openRun:r1] [] []", "[changed:1 openRun:r1] [] []"},
}

// check checks that the write was made, once, or not at all.
func (w writing) check(t *testing.T, s *store, l *ledger.Ledger, made bool) {
	t.Helper()
	version, items := w.version, w.made
	if !made {
		version, items = version-1, w.undone
	}
	run, err := l.Run(t.Context(), "r1")
	if run.Version != version || (version == 0) != (maintenance.ReasonOf(err) == maintenance.ReasonUnknownRun) {
		t.Errorf("the run is at version %d (%v), want %d", run.Version, err, version)
	}
	got := strings.Join([]string{s.item(t, "server#automate-06", "openRun", "starts", "changed"), s.item(t, "slot#1", "run"),
		s.item(t, "node#i-1", "run")}, " ")
	if got != items {
		t.Errorf("server, slot and node: %s, want %s", got, items)
	}
}

// Whatever happens to the answers of a write, it is made once or not at all, and who asked is told which, or that it is not known.
func TestLedger_LostAnswers(t *testing.T) {
	conflict := map[string]*fault{"UpdateItem": refuse("TransactionConflictException"), "TransactWriteItems": canceled(busy, none)}
	for _, w := range writings {
		for _, tt := range []struct {
			name   string
			faults []*fault
			deaf   bool // the run cannot be read
			reason maintenance.Reason
			made   bool // whatever is said
		}{
			{"OK after a conflict", []*fault{conflict[w.op]}, false, "", true},
			{"OK after a throttle", []*fault{throttle}, false, "", true},
			{"OK after an internal error", []*fault{internal}, false, "", true},
			{"OK after a connection that broke", []*fault{drop}, false, "", true},
			{"OK after no answer", []*fault{hang}, false, "", true},
			{"OK when the answer was lost", []*fault{workThenDrop}, false, "", true},
			{"OK when no answer came in time", []*fault{workThenHang}, false, "", true},
			{"OK when an internal error hid the success", []*fault{workThen500}, false, "", true},
			{"OK when half an answer hid the success", []*fault{workThenHalf}, false, "", true},
			{"OK when every answer was lost", append([]*fault{workThenDrop}, times(20, drop)...), false, "", true},
			{"OK when the answer was lost and then it is denied", []*fault{workThenDrop, denied}, false, "", true},
			{"ErrLedgerUnavailable when nothing works", times(20, internal), false, maintenance.ReasonLedgerUnavailable, false},
			{"ErrLedgerUnavailable when conflicts do not end", times(20, conflict[w.op]), false, maintenance.ReasonLedgerUnavailable, false},
			{"ErrLedgerUnavailable when throttles do not end", times(20, throttle), false, maintenance.ReasonLedgerUnavailable, false},
			{"ErrLedgerUnavailable when it is denied", []*fault{denied}, false, maintenance.ReasonLedgerUnavailable, false},
			{"ErrLedgerUnavailable for half an answer", times(20, half), false, maintenance.ReasonLedgerUnavailable, false},
			{"ErrLedgerUnavailable when every answer was lost and the run cannot be read",
				append([]*fault{workThenDrop}, times(20, drop)...), true, maintenance.ReasonLedgerUnavailable, true},
		} {
			test := func(t *testing.T, s *store, l *ledger.Ledger) {
				run := w.prepare(t, l)
				s.inject(w.op, tt.faults...)
				if tt.deaf {
					s.deafAfter(w.op)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				got, err := w.do(ctx, l, run)
				wantReason(t, err, tt.reason)
				if err == nil && got.Version != w.version {
					t.Errorf("got version %d, want %d", got.Version, w.version)
				}
				s.since()
				w.check(t, s, l, tt.made)
			}
			virtually(t, w.name+": "+tt.name, test)
			virtually(t, w.name+", without idempotency: "+tt.name, func(t *testing.T, s *store, l *ledger.Ledger) {
				s.forgetful = true
				test(t, s, l)
			})
		}
	}
}

// A condition that fails after an answer was lost may have been made to fail by the very write.
func TestLedger_Doubt(t *testing.T) {
	claim := start(claimed(waiting("r1", "automate-06"), 1, "i-1"))
	virtually(t, "ErrSlotTaken only after the run was read", func(t *testing.T, s *store, l *ledger.Ledger) {
		slotBusy := canceled(none, none, none, busy, none)
		s.inject("TransactWriteItems", workThenDrop, slotBusy)
		run, err := l.Commit(t.Context(), claim)
		wantReason(t, err, "")
		if run.Version != 1 || run.Slot != 1 {
			t.Errorf("got %+v", run)
		}
		s.since()
		another := start(claimed(waiting("r2", "puppet-01"), 2, ""))
		s.inject("TransactWriteItems", drop, slotBusy)
		_, err = l.Commit(t.Context(), another)
		wantReason(t, err, maintenance.ReasonSlotTaken)
		if n := count(s.since(), "GetItem"); n != 1 {
			t.Errorf("%d reads, want one", n)
		}
	})
	virtually(t, "OK when the condition that fails does not show its item", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("TransactWriteItems", workThenDrop, canceled(none, failed, none, none, none))
		run, err := l.Commit(t.Context(), claim)
		wantReason(t, err, "")
		if run.Version != 1 {
			t.Errorf("got %+v", run)
		}
	})
	virtually(t, "ErrLedgerUnavailable when it cannot be read whose doing that is", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("TransactWriteItems", workThenDrop, canceled(none, failed, none, none, none))
		s.deafAfter("TransactWriteItems")
		_, err := l.Commit(t.Context(), claim)
		wantReason(t, err, maintenance.ReasonLedgerUnavailable)
	})
	virtually(t, "OK when another has moved the run on: the key says that it was made", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.forgetful = true
		s.inject("TransactWriteItems", workThenDrop)
		s.interfere("TransactWriteItems", 2, func() {
			s.write(t, "run#r1", map[string]types.AttributeValue{"version": num(2), "writer": str("another")})
		})
		run, err := l.Commit(t.Context(), claim)
		wantReason(t, err, "")
		if run.Version != 2 {
			t.Errorf("got %+v", run)
		}
	})
	virtually(t, "ErrMoved when another has moved the run", func(t *testing.T, s *store, l *ledger.Ledger) {
		run := must[maintenance.Run](t)(l.Commit(t.Context(), claim))
		must[maintenance.Run](t)(l.Commit(t.Context(), move(run, run)))
		s.inject("UpdateItem", drop)
		_, err := l.Commit(t.Context(), move(run, run))
		wantReason(t, err, maintenance.ReasonMoved)
	})
	virtually(t, "ErrDuplicate when another has decided the key", func(t *testing.T, s *store, l *ledger.Ledger) {
		must[maintenance.Run](t)(l.Commit(t.Context(), claim))
		second := create(waiting("r2", "puppet-01"))
		second.Key = claim.Key
		s.inject("TransactWriteItems", drop)
		_, err := l.Commit(t.Context(), second)
		wantReason(t, err, maintenance.ReasonDuplicate)
	})
	virtually(t, "OK for a key that stands alone", func(t *testing.T, s *store, l *ledger.Ledger) {
		alone := maintenance.Change{Key: "k", Decided: maintenance.Decided{Outcome: maintenance.OutcomeIgnored}, Now: now}
		s.inject("UpdateItem", workThenDrop)
		_, err := l.Commit(t.Context(), alone)
		wantReason(t, err, "")
		_, err = l.Commit(t.Context(), alone)
		wantReason(t, err, maintenance.ReasonDuplicate)
	})
	virtually(t, "OK for a count, which counts once", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("UpdateItem", workThenDrop)
		if n := must[int](t)(l.Count(t.Context(), "refusals", now)); n != 1 {
			t.Errorf("got %d", n)
		}
		s.inject("UpdateItem", append([]*fault{workThenDrop}, times(20, drop)...)...)
		if n := must[int](t)(l.Count(t.Context(), "refusals", now)); n != 2 {
			t.Errorf("got %d", n)
		}
	})
	virtually(t, "OK for a limit", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("UpdateItem", workThenDrop)
		wantReason(t, l.Limit(t.Context(), maintenance.FleetRecord{}, maintenance.FleetRecord{Wanted: 2, WantedSince: now}), "")
	})
}
