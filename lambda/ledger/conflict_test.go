package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

// What a claim of a new run may be answered. Its transaction is key, run, server, slot, node; the reasons are in their order
// (API_TransactWriteItems). The answers here hold no items, so that what matters of them has to be read.
func TestLedger_CancellationReasons(t *testing.T) {
	const unavailable = maintenance.ReasonLedgerUnavailable
	for _, tt := range []struct {
		name   string
		faults []*fault
		reason maintenance.Reason
		calls  int // of TransactWriteItems
	}{
		{"OK after conflicts", times(5, canceled(none, none, busy, none, none)), "", 6},
		{"OK after a conflict before a condition that failed, which proves nothing", []*fault{canceled(none, busy, none, failed, none)}, "", 2},
		{"OK after a throttled slot", []*fault{canceled(none, none, none, "ThrottlingError", none)}, "", 2},
		{"OK after a throttled table", []*fault{canceled("ProvisionedThroughputExceeded", none, none, none, none)}, "", 2},
		{"OK after its own earlier attempt was still in progress", []*fault{inProgress}, "", 2},
		{"OK after a server's condition that holds by now", []*fault{canceled(none, none, failed, none, none)}, "", 2},

		{"ErrSlotTaken for a conflict on the slot, at once", []*fault{canceled(none, none, none, busy, none)}, maintenance.ReasonSlotTaken, 1},
		{"ErrSlotTaken", []*fault{canceled(none, none, none, failed, failed)}, maintenance.ReasonSlotTaken, 1},
		{"ErrNodeTaken", []*fault{canceled(none, none, none, none, failed)}, maintenance.ReasonNodeTaken, 1},
		{"OK after a conflict on the node", []*fault{canceled(none, none, none, none, busy)}, "", 2},
		{"ErrDuplicate when everything fails", []*fault{canceled(failed, failed, failed, failed, failed)}, maintenance.ReasonDuplicate, 1},
		{"ErrDuplicate though a later item conflicts", []*fault{canceled(failed, none, none, busy, none)}, maintenance.ReasonDuplicate, 1},
		{"ErrMoved though an item before has no code", []*fault{canceled("", failed, none, none, none)}, maintenance.ReasonMoved, 1},
		{"ErrMoved when all but the key fail", []*fault{canceled(none, failed, failed, failed, failed)}, maintenance.ReasonMoved, 1},

		{"ErrLedgerUnavailable when a server refuses without a reason", times(20, canceled(none, none, failed, none, none)), unavailable, 8},
		{"ErrLedgerUnavailable when the request is invalid", []*fault{canceled("ValidationError", none, none, none, none)}, unavailable, 1},
		{"ErrLedgerUnavailable for an unknown code", []*fault{canceled(none, none, "Teapot", none, failed)}, unavailable, 1},
		{"ErrLedgerUnavailable when no reason is given", []*fault{canceled()}, unavailable, 1},
		{"ErrLedgerUnavailable for more reasons than items", []*fault{canceled(none, none, none, none, none, failed)}, unavailable, 1},
		{"ErrLedgerUnavailable for a token known with another content", []*fault{mismatch}, unavailable, 1},
	} {
		virtually(t, tt.name, func(t *testing.T, s *store, l *ledger.Ledger) {
			s.inject("TransactWriteItems", tt.faults...)
			run, err := l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 1, "i-1")))
			wantReason(t, err, tt.reason)
			requests := s.since()
			if n := count(requests, "TransactWriteItems"); n != tt.calls {
				t.Errorf("%d transactions, want %d", n, tt.calls)
			}
			stored := must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06"))
			if made := tt.reason == ""; made != (stored.Open.ID == "r1") || made != (run.Version == 1) {
				t.Errorf("got version %d, stored %+v", run.Version, stored)
			}
		})
	}
}

// What is in the way is read where the answer does not hold it.
func TestLedger_HolderIsRead(t *testing.T) {
	virtually(t, "of a key, a server, a slot, a node", func(t *testing.T, s *store, l *ledger.Ledger) {
		first := start(claimed(waiting("r1", "automate-06"), 1, "i-1"))
		must[maintenance.Run](t)(l.Commit(t.Context(), first))
		second := start(claimed(waiting("r2", "automate-06"), 1, "i-1"))
		second.Key = first.Key
		for i, want := range []maintenance.Reason{
			maintenance.ReasonDuplicate, maintenance.ReasonMoved, maintenance.ReasonOpenRun,
			maintenance.ReasonSlotTaken, maintenance.ReasonNodeTaken,
		} {
			codes := []string{none, none, none, none, none}
			codes[i] = failed
			s.inject("TransactWriteItems", canceled(codes...))
			_, err := l.Commit(t.Context(), second)
			wantReason(t, err, want)
			if want != maintenance.ReasonMoved && holderOf(err) != "r1" {
				t.Errorf("%v does not name its holder", err)
			}
		}
	})
	virtually(t, "a server that changed meanwhile has its record computed again", func(t *testing.T, s *store, l *ledger.Ledger) {
		run := must[maintenance.Run](t)(l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 0, ""))))
		s.interfere("TransactWriteItems", 1, func() {
			s.write(t, "server#automate-06", map[string]types.AttributeValue{"changed": num(7), "starts": num(5)})
		})
		run = must[maintenance.Run](t)(l.Commit(t.Context(), free(run, waiting("r1", "automate-06"))))
		if got := s.item(t, "server#automate-06", "changed", "starts", "openRun"); got != "[changed:8 openRun:r1 starts:4]" || run.Version != 2 {
			t.Errorf("version %d, the server %s", run.Version, got)
		}
	})
	virtually(t, "a hold that ended within the millisecond holds", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.hold(t, "automate-06", maintenance.Hold{Until: now.Add(100 * time.Microsecond)})
		change := start(claimed(waiting("r1", "automate-06"), 0, ""))
		change.Now = now.Add(200 * time.Microsecond)
		_, err := l.Commit(t.Context(), change)
		wantReason(t, err, maintenance.ReasonHeld)
	})
	virtually(t, "the daily limit holds against a start that is counted meanwhile", func(t *testing.T, s *store, l *ledger.Ledger) {
		first := must[maintenance.Run](t)(l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 0, ""))))
		must[maintenance.Run](t)(l.Commit(t.Context(), free(first, over(first, maintenance.OutcomeFailed))))
		s.interfere("TransactWriteItems", 2, func() { // the first found out that it is not the first start of the day
			s.write(t, "server#automate-06", map[string]types.AttributeValue{"starts": num(2)})
		})
		second := start(claimed(waiting("r2", "automate-06"), 0, ""))
		second.Claim = &maintenance.Claim{DailyLimit: 2}
		_, err := l.Commit(t.Context(), second)
		wantReason(t, err, maintenance.ReasonDailyLimit)
	})
}

func holderOf(err error) string {
	var e *maintenance.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Holder
}

// interfere does something before the nth call of an operation from now on.
func (s *store) interfere(op string, nth int, do func()) {
	s.before = func(called string) {
		if called != op {
			return
		}
		if nth--; nth == 0 {
			do()
		}
	}
}
