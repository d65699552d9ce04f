package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/table"
	"opsworks-maintenance/lambda/maintenance"
)

// What a claim of a new run may be answered. Its transaction is key, run, server, slot, node; the reasons are in their order
// (API_TransactWriteItems). The answers here hold no items, so that what matters of them has to be read.
func TestLedger_CancellationReasons(t *testing.T) {
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
		{"ErrMoved when all but the key fail", []*fault{canceled(none, failed, failed, failed, failed)}, maintenance.ReasonMoved, 1},

		{"ErrLedgerUnavailable when the request is invalid", []*fault{canceled("ValidationError", none, none, none, none)}, maintenance.ReasonLedgerUnavailable, 1},
		{"ErrLedgerUnavailable for a code nobody knows", []*fault{canceled(none, none, "Teapot", none, failed)}, maintenance.ReasonLedgerUnavailable, 1},
		{"ErrLedgerUnavailable when no reason is given", []*fault{canceled()}, maintenance.ReasonLedgerUnavailable, 1},
		{"ErrLedgerUnavailable for more reasons than items", []*fault{canceled(none, none, none, none, none, failed)}, maintenance.ReasonLedgerUnavailable, 1},
		{"ErrLedgerUnavailable for a token known with another content", []*fault{refuse("IdempotentParameterMismatchException")}, maintenance.ReasonLedgerUnavailable, 1},
	} {
		virtually(t, tt.name, func(t *testing.T, s *store, l *ledger.Ledger) {
			s.inject("TransactWriteItems", tt.faults...)
			run, err := l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 1, "i-1")))
			wantReason(t, err, tt.reason)
			requests := s.since()
			if n := count(requests, "TransactWriteItems"); n != tt.calls {
				t.Errorf("%d transactions, want %d", n, tt.calls)
			}
			stored := must[maintenance.Kept](t)(l.Read(t.Context(), "automate-06"))
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
			maintenance.ReasonDuplicate, maintenance.ReasonMoved, maintenance.ReasonOpenRun, maintenance.ReasonSlotTaken, maintenance.ReasonNodeTaken,
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
	virtually(t, "a server that changed meanwhile is read again, and its record computed again", func(t *testing.T, s *store, l *ledger.Ledger) {
		run := must[maintenance.Run](t)(l.Commit(t.Context(), start(claimed(waiting("r1", "automate-06"), 0, ""))))
		s.interfere("TransactWriteItems", func() {
			s.write(t, "server#automate-06", map[string]types.AttributeValue{"changed": num(7), "starts": num(5)})
		})
		run = must[maintenance.Run](t)(l.Commit(t.Context(), free(run, waiting("r1", "automate-06"))))
		if got := s.item(t, "server#automate-06", "changed", "starts", "openRun"); got != "[changed:8 openRun:r1 starts:4]" || run.Version != 2 {
			t.Errorf("version %d, the server %s", run.Version, got)
		}
	})
}

func holderOf(err error) string {
	var e *maintenance.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Holder
}

// interfere does something before the next call of an operation.
func (s *store) interfere(op string, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var once sync.Once
	s.before = func(called string) {
		if called == op {
			once.Do(do)
		}
	}
}

// crowd is a wire on which calls take time, so that they overlap: a transaction that finds another at work on one of its items is
// canceled with TransactionConflict for those items, and a write of a single one refused ("Transaction conflict handling in DynamoDB",
// Developer Guide).
type crowd struct {
	*table.Service
	mu        sync.Mutex
	working   map[string]int
	conflicts int
}

var partitionKey = regexp.MustCompile(`"pk":\{"S":"([^"]*)"\}`)

func (c *crowd) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	if !strings.Contains(r.Header.Get("X-Amz-Target"), "Write") {
		time.Sleep(time.Millisecond)
		c.ServeHTTP(answer, r)
		return answer.Result(), nil
	}
	var keys []string
	for _, match := range partitionKey.FindAllStringSubmatch(string(body), -1) {
		keys = append(keys, match[1])
	}
	if reasons, ok := c.enter(keys); !ok {
		answer.Header().Set("Content-Type", "application/x-amz-json-1.0")
		answer.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(answer, canceled(reasons...).then)
		return answer.Result(), nil
	}
	time.Sleep(5 * time.Millisecond)
	c.ServeHTTP(answer, r)
	c.leave(keys)
	return answer.Result(), nil
}

func (c *crowd) enter(keys []string) (reasons []string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok = true
	for _, key := range keys {
		code := none
		if c.working[key] > 0 {
			code, ok = busy, false
		}
		reasons = append(reasons, code)
	}
	if !ok {
		c.conflicts++
		return reasons, false
	}
	for _, key := range keys {
		c.working[key]++
	}
	return nil, true
}

func (c *crowd) leave(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		c.working[key]--
	}
}

// race lets many do the same at once, on a wire where they meet, and counts what it came to; "" is success.
func race(t *testing.T, many int, do func(ctx context.Context, l *ledger.Ledger, i int) error) (map[maintenance.Reason]int, *crowd, *ledger.Ledger) {
	c := &crowd{Service: table.New(), working: map[string]int{}}
	if err := ledger.CreateTable(t.Context(), config(direct{c.Service}), tableName); err != nil {
		t.Fatal(err)
	}
	l := ledger.New(config(c), tableName, tokens())
	var mu sync.Mutex
	var all sync.WaitGroup
	results := map[maintenance.Reason]int{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for i := range many {
		all.Go(func() {
			reason := maintenance.ReasonOf(do(ctx, l, i))
			mu.Lock()
			defer mu.Unlock()
			results[reason]++
		})
	}
	all.Wait()
	return results, c, l
}

func TestLedger_Storm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const servers, slots = 200, 2
		got, c, l := race(t, servers, func(ctx context.Context, l *ledger.Ledger, i int) error {
			run := waiting(fmt.Sprintf("r%d", i), fmt.Sprintf("s%d", i))
			first, err := l.Commit(ctx, create(run))
			for slot := 1; err == nil && slot <= slots; slot++ {
				_, err = l.Commit(ctx, maintenance.Change{From: first, To: claimed(first, slot, ""), Claim: &maintenance.Claim{}, Now: now})
				if maintenance.ReasonOf(err) != maintenance.ReasonSlotTaken || slot == slots {
					return err
				}
				err = nil
			}
			return err
		})
		if got[""]+got[maintenance.ReasonSlotTaken] != servers || got[""] > slots || got[""] < 1 || c.conflicts == 0 {
			t.Errorf("got %v, after %d conflicts", got, c.conflicts)
		}
		due := must[[]maintenance.Due](t)(l.Due(t.Context(), maintenance.QueueDue, now.Add(time.Hour), 0))
		if len(due) != servers {
			t.Errorf("%d runs are there, want all", len(due))
		}
		holders := must[[]string](t)(l.Slots(t.Context(), slots))
		taken := 0
		for _, holder := range holders {
			if holder == "" {
				continue
			}
			taken++
			if run := must[maintenance.Run](t)(l.Run(t.Context(), holder)); run.State != maintenance.RunStarting {
				t.Errorf("a slot is that of %+v", run)
			}
		}
		if taken != got[""] {
			t.Errorf("%d slots are taken, by %d claims", taken, got[""])
		}
	})
}

func TestLedger_Race(t *testing.T) {
	const many = 32
	for _, tt := range []struct {
		name   string
		change func(i int) maintenance.Change
		others maintenance.Reason
	}{
		{"one key, one winner", func(i int) maintenance.Change {
			change := create(waiting(fmt.Sprintf("r%d", i), fmt.Sprintf("s%d", i)))
			change.Key = "the key"
			return change
		}, maintenance.ReasonDuplicate},
		{"one server, one winner", func(i int) maintenance.Change {
			return start(claimed(waiting(fmt.Sprintf("r%d", i), "automate-06"), 0, ""))
		}, maintenance.ReasonOpenRun},
		{"one node, one winner", func(i int) maintenance.Change {
			return start(claimed(waiting(fmt.Sprintf("r%d", i), fmt.Sprintf("s%d", i)), 0, "i-1"))
		}, maintenance.ReasonNodeTaken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, _, _ := race(t, many, func(ctx context.Context, l *ledger.Ledger, i int) error {
					_, err := l.Commit(ctx, tt.change(i))
					return err
				})
				if got[""] != 1 || got[tt.others]+got[""] != many {
					t.Errorf("got %v", got)
				}
			})
		})
	}
	t.Run("one version, one winner", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			run := waiting("r1", "automate-06")
			got, _, l := race(t, many, func(ctx context.Context, l *ledger.Ledger, i int) error {
				_, err := l.Commit(ctx, maintenance.Change{To: run, Now: now})
				if err != nil && maintenance.ReasonOf(err) != maintenance.ReasonMoved {
					return err
				}
				_, err = l.Take(ctx, maintenance.Due{RunID: "r1", Version: 1}, now.Add(time.Hour))
				return err
			})
			stored := must[maintenance.Run](t)(l.Run(t.Context(), "r1"))
			if got[""] != 1 || got[maintenance.ReasonMoved] != many-1 || stored.Version != 2 {
				t.Errorf("got %v, version %d", got, stored.Version)
			}
		})
	})
}
