package ledger_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

// The first half of the time there is goes to a write, the other to finding out what became of it.
func TestLedger_Time(t *testing.T) {
	claim := start(claimed(waiting("r1", "automate-06"), 1, "i-1"))
	virtually(t, "OK when a service that hangs did the work", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("TransactWriteItems", times(20, workThenHang)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		run, err := l.Commit(ctx, claim)
		if took := time.Since(begun); err != nil || run.Version != 1 || took != 500*time.Millisecond {
			t.Errorf("after %s: %+v, %v", took, run, err)
		}
	})
	virtually(t, "ErrLedgerUnavailable in time when everything hangs", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.always(hang, "TransactWriteItems", "GetItem")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err := l.Commit(ctx, claim)
		wantReason(t, err, maintenance.ReasonLedgerUnavailable)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("after %s", took)
		}
	})
	virtually(t, "conflicts are waited for while there is time, ever longer", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("TransactWriteItems", times(20, canceled(none, busy, none, none, none))...)
		begun := time.Now()
		_, err := l.Commit(t.Context(), claim)
		wantReason(t, err, maintenance.ReasonLedgerUnavailable)
		took := time.Since(begun)
		if n := count(s.since(), "TransactWriteItems"); n < 6 || took < time.Second || took > 5*time.Second {
			t.Errorf("%d attempts in %s", n, took)
		}
	})
	virtually(t, "ErrLedgerUnavailable without any call when there is no time", func(t *testing.T, s *store, l *ledger.Ledger) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := l.Commit(ctx, claim)
		wantReason(t, err, maintenance.ReasonLedgerUnavailable)
		if requests := s.since(); len(requests) != 0 {
			t.Errorf("calls: %s", ops(requests))
		}
	})
}

// A service that is throttled for long is asked again anyway: no quota is used up.
func TestLedger_ManyThrottles(t *testing.T) {
	virtually(t, "OK", func(t *testing.T, s *store, l *ledger.Ledger) {
		for range 60 {
			s.inject("GetItem", times(5, throttle)...)
			_, err := l.Node(t.Context(), "i-1")
			wantReason(t, err, "")
		}
	})
}

// What is only read is read again, and says what it was when it cannot be.
func TestLedger_Reading(t *testing.T) {
	for _, call := range []struct {
		name, op, says string
		do             func(context.Context, *ledger.Ledger) error
	}{
		{"Read", "BatchGetItem", "read automate-06", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Read(ctx, "automate-06")
			return err
		}},
		{"Read, the open run", "GetItem", "read run r1", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Read(ctx, "automate-06")
			return err
		}},
		{"Run", "GetItem", "read run r1", func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Run(ctx, "r1"); return err }},
		{"Node", "GetItem", "read node i-1", func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Node(ctx, "i-1"); return err }},
		{"Slots", "BatchGetItem", "read slots", func(ctx context.Context, l *ledger.Ledger) error { _, err := l.Slots(ctx, 2); return err }},
		{"Servers", "BatchGetItem", "read servers", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Servers(ctx, []string{"automate-06"})
			return err
		}},
		{"Due", "Query", "due", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Due(ctx, maintenance.QueueDue, now, 0)
			return err
		}},
		{"ByReference", "Query", "the run of e-1", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.ByReference(ctx, "e-1")
			return err
		}},
		{"History", "Query", "runs of automate-06", func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.History(ctx, "automate-06", 5)
			return err
		}},
		{"Watch", "UpdateItem", "watch automate-06", func(ctx context.Context, l *ledger.Ledger) error {
			return l.Watch(ctx, "automate-06", now)
		}},
	} {
		for _, tt := range []struct {
			name   string
			faults []*fault
			reason maintenance.Reason
		}{
			{"OK after an internal error", []*fault{internal}, ""},
			{"OK after a connection that broke", []*fault{drop}, ""},
			{"OK after a throttle", []*fault{throttle}, ""},
			{"ErrLedgerUnavailable when throttles do not end", times(20, throttle), maintenance.ReasonLedgerUnavailable},
			{"ErrLedgerUnavailable when it is denied", []*fault{denied}, maintenance.ReasonLedgerUnavailable},
			{"ErrLedgerUnavailable when nothing answers", times(20, hang), maintenance.ReasonLedgerUnavailable},
		} {
			virtually(t, call.name+": "+tt.name, func(t *testing.T, s *store, l *ledger.Ledger) {
				must[maintenance.Run](t)(l.Commit(t.Context(), create(waiting("r1", "automate-06"))))
				s.inject(call.op, tt.faults...)
				err := call.do(t.Context(), l)
				wantReason(t, err, tt.reason)
				if err != nil && !strings.Contains(err.Error(), call.says) {
					t.Errorf("%v does not say %q", err, call.says)
				}
			})
		}
	}
}
