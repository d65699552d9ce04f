package ledger_test

import (
	"bytes"
	"context"
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

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/table"
	"opsworks-maintenance/lambda/maintenance"
)

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
func race(
	t *testing.T, many int, do func(ctx context.Context, l *ledger.Ledger, i int) error,
) (map[maintenance.Reason]int, *crowd, *ledger.Ledger) {
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
