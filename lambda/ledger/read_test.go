package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/ledger/ledgertest"
	"opsworks-maintenance/lambda/maintenance"
)

// inconsistent are the reads among requests that may show what was minutes ago. A Query of an index cannot but.
func inconsistent(t *testing.T, requests []request) (all []string, reads int) {
	t.Helper()
	for _, r := range requests {
		var in struct {
			ConsistentRead bool
			RequestItems   map[string]struct{ ConsistentRead bool }
		}
		if err := json.Unmarshal([]byte(r.body), &in); err != nil {
			t.Fatal(err)
		}
		switch r.op {
		case "GetItem", "BatchGetItem":
			reads++
		default:
			continue
		}
		if !in.ConsistentRead && !in.RequestItems[tableName].ConsistentRead {
			all = append(all, r.op)
		}
	}
	return all, reads
}

// Whatever a decision rests on is read consistently, and so is what finds out about a lost answer, or who is in the way.
func TestLedger_Consistent(t *testing.T) {
	claim := start(claimed(waiting("r1", "automate-06"), 1, "i-1"))
	for _, tt := range []struct {
		name  string
		reads int
		do    func(ctx context.Context, s *store, l *ledger.Ledger, run maintenance.Run) error
	}{
		{"Read", 2, func(ctx context.Context, _ *store, l *ledger.Ledger, _ maintenance.Run) error {
			_, err := l.Read(ctx, "automate-06")
			return err
		}},
		{"Run", 1, func(ctx context.Context, _ *store, l *ledger.Ledger, _ maintenance.Run) error {
			_, err := l.Run(ctx, "r1")
			return err
		}},
		{"Slots", 2, func(ctx context.Context, _ *store, l *ledger.Ledger, _ maintenance.Run) error {
			_, err := l.Slots(ctx, 101)
			return err
		}},
		{"Node", 1, func(ctx context.Context, _ *store, l *ledger.Ledger, _ maintenance.Run) error {
			_, err := l.Node(ctx, "i-1")
			return err
		}},
		{"Servers", 2, func(ctx context.Context, _ *store, l *ledger.Ledger, _ maintenance.Run) error {
			var names []string
			for i := range 150 {
				names = append(names, fmt.Sprintf("s%d", i))
			}
			_, err := l.Servers(ctx, names)
			return err
		}},
		{"an end, which reads the server's record", 1, func(ctx context.Context, _ *store, l *ledger.Ledger, run maintenance.Run) error {
			_, err := l.Commit(ctx, free(run, over(run, maintenance.OutcomeSucceeded)))
			return err
		}},
		{"a lost answer", 1, func(ctx context.Context, s *store, l *ledger.Ledger, run maintenance.Run) error {
			s.inject("UpdateItem", append([]*fault{workThenDrop}, times(20, drop)...)...)
			_, err := l.Commit(ctx, move(run, run))
			return err
		}},
		{"a key that is known", 1, func(ctx context.Context, s *store, l *ledger.Ledger, _ maintenance.Run) error {
			s.inject("TransactWriteItems", canceled(failed, none, none, none, none))
			_, err := l.Commit(ctx, claim)
			if maintenance.ReasonOf(err) != maintenance.ReasonDuplicate {
				return err
			}
			return nil
		}},
		{"a server that refuses", 1, func(ctx context.Context, s *store, l *ledger.Ledger, run maintenance.Run) error {
			another := start(claimed(waiting("r2", "automate-06"), 2, ""))
			s.inject("TransactWriteItems", canceled(none, none, failed, none))
			_, err := l.Commit(ctx, another)
			if maintenance.ReasonOf(err) != maintenance.ReasonOpenRun {
				return err
			}
			return nil
		}},
	} {
		virtually(t, tt.name, func(t *testing.T, s *store, l *ledger.Ledger) {
			run := must[maintenance.Run](t)(l.Commit(t.Context(), claim))
			s.since()
			if err := tt.do(t.Context(), s, l, run); err != nil {
				t.Fatal(err)
			}
			if wrong, reads := inconsistent(t, s.since()); len(wrong) > 0 || reads != tt.reads {
				t.Errorf("%d reads, want %d, of which %v are not consistent", reads, tt.reads, wrong)
			}
		})
	}
}

// Each call costs what it has to.
func TestLedger_Calls(t *testing.T) {
	s, l := open(t)
	want := func(calls string) {
		t.Helper()
		if got := ops(s.since()); got != calls {
			t.Errorf("calls: %s, want %s", got, calls)
		}
	}
	must[maintenance.Snapshot](t)(l.Read(t.Context(), "automate-06"))
	want("BatchGetItem")
	run := must[maintenance.Run](t)(l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 1, "i-1"))))
	want("TransactWriteItems")
	run = must[maintenance.Run](t)(l.Commit(t.Context(), move(run, run)))
	want("UpdateItem")
	run = must[maintenance.Run](t)(l.Commit(t.Context(), free(run, over(run, maintenance.OutcomeFailed))))
	want("GetItem,TransactWriteItems")
	run = must[maintenance.Run](t)(l.Commit(t.Context(), move(run, run)))
	want("UpdateItem")
	second := must[maintenance.Run](t)(l.Commit(t.Context(), create(waiting("r2", "automate-06"))))
	s.since()
	must[maintenance.Run](t)(l.Commit(t.Context(), ledgertest.Claim(second, claimed(second, 0, ""), maintenance.Claim{DailyLimit: 2})))
	requests := s.since()
	if got := ops(requests); got != "TransactWriteItems,TransactWriteItems" { // it is not the first start of the day
		t.Errorf("calls: %s", got)
	}
	if first, second := requestToken.FindString(requests[0].body), requestToken.FindString(requests[1].body); first == second || first == "" {
		t.Errorf("two contents under the tokens %s and %s", first, second)
	}
	for i := range 3 {
		must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: waiting(fmt.Sprintf("w%d", i), "puppet-01"), Now: now}))
	}
	s.since()
	must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, now.Add(time.Hour), 1))
	want("Query")
	if run.Version != 4 {
		t.Errorf("got %+v", run)
	}
}

// What DynamoDB leaves undone it is asked for again, after a while (API_BatchGetItem, UnprocessedKeys).
func TestLedger_UnprocessedKeys(t *testing.T) {
	const later = `{"Responses":{},"UnprocessedKeys":{"runs":{"Keys":[{"pk":{"S":"slot#1"}}],"ConsistentRead":true}}}`
	virtually(t, "OK", func(t *testing.T, s *store, l *ledger.Ledger) {
		must[maintenance.Run](t)(l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 1, ""))))
		s.inject("BatchGetItem", &fault{then: later, code: 200})
		if got := must[[]string](t)(l.Slots(t.Context(), 2)); !slices.Equal(got, []string{"r1", ""}) {
			t.Errorf("got %q", got)
		}
		requests := s.since()
		if body := requests[len(requests)-1].body; strings.Contains(body, "slot#2") || !strings.Contains(body, `"ConsistentRead":true`) {
			t.Errorf("asked again: %s", body)
		}
	})
	virtually(t, "ErrLedgerUnavailable when some are never read", func(t *testing.T, s *store, l *ledger.Ledger) {
		s.inject("BatchGetItem", times(20, &fault{then: later, code: 200})...)
		_, err := l.Slots(t.Context(), 2)
		wantReason(t, err, maintenance.ReasonLedgerUnavailable)
	})
}

// An item that cannot be read is an error, not something else; in a list it is one beside the others.
func TestLedger_Unreadable(t *testing.T) {
	s, l := open(t)
	for i := range 2 {
		must[maintenance.Run](t)(l.Commit(t.Context(), maintenance.Change{To: waiting(fmt.Sprintf("r%d", i), "automate-06"), Now: now}))
	}
	s.write(t, "run#r1", map[string]types.AttributeValue{"triggers": str("[{")})
	_, err := l.Run(t.Context(), "r1")
	wantReason(t, err, maintenance.ReasonLedgerUnavailable)
	runs, err := l.History(t.Context(), "automate-06", 5)
	wantReason(t, err, maintenance.ReasonLedgerUnavailable)
	if len(runs) != 1 || runs[0].ID != "r0" || err == nil || !strings.Contains(err.Error(), "run#r1") {
		t.Errorf("got %+v, %v", runs, err)
	}
	s.write(t, "server#automate-06", map[string]types.AttributeValue{"hold": str("{")})
	_, err = l.Read(t.Context(), "automate-06")
	wantReason(t, err, maintenance.ReasonLedgerUnavailable)
	_, err = l.Servers(t.Context(), []string{"automate-06"})
	wantReason(t, err, maintenance.ReasonLedgerUnavailable)
	s.write(t, "server#puppet-01", map[string]types.AttributeValue{"openRun": str("gone")})
	if snapshot := must[maintenance.Snapshot](t)(l.Read(t.Context(), "puppet-01")); snapshot.Server.OpenRun != "gone" ||
		snapshot.Open.ID != "" {
		t.Errorf("kept: %+v", snapshot)
	}
	must[int](t)(l.Count(t.Context(), "refusals", now))
	if got := s.item(t, "count#refusals#2026-11-28", "count", "expires"); got != "[count:1 expires:1796166001]" {
		t.Errorf("the count: %s", got)
	}
	s.write(t, "fleet", map[string]types.AttributeValue{"hold": str(`{"until":"2026-11-29T00:00:00Z","reason":"audit"}`)})
	if snapshot := must[maintenance.Snapshot](t)(l.Read(t.Context(), "")); snapshot.Fleet.Hold.Reason != "audit" ||
		!snapshot.Fleet.Hold.Live(now) {
		t.Errorf("kept: %+v", snapshot)
	}
}
