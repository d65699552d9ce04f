package ledger_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

const many = 32

// race lets many do the same at once and counts what it came to; "" is success.
func race(do func(i int) error) map[maintenance.Reason]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	results := map[maintenance.Reason]int{}
	start := make(chan struct{})
	for i := range many {
		all.Go(func() {
			<-start
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				results[""]++
				return
			}
			results[maintenance.ReasonOf(err)]++
		})
	}
	close(start)
	all.Wait()
	return results
}

func TestLedger_Race(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits maintenance.Limits
		run    func(i int) maintenance.Run
		others maintenance.Reason
	}{
		{"one cause, one winner", limits(), func(i int) maintenance.Run {
			run := newRun(fmt.Sprintf("r%d", i), "automate-06")
			run.Key = "the key"
			return run
		}, maintenance.Duplicate},
		{"one server, one winner", limits(), func(i int) maintenance.Run { return newRun(fmt.Sprintf("r%d", i), "automate-06") }, maintenance.Leased},
		{"one slot, one winner", maintenance.Limits{MaxConcurrent: 1, Now: now}, func(i int) maintenance.Run {
			return newRun(fmt.Sprintf("r%d", i), fmt.Sprintf("s%d", i))
		}, maintenance.FleetBusy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, l := open(t)
			// Some answers are lost, some calls conflict: it is one winner all the same.
			s.fault = func(_ string, nth int) *fault {
				switch nth % 7 {
				case 1:
					return workThenDrop
				case 3:
					return canceled(busy)
				default:
					return nil
				}
			}
			got := race(func(i int) error { _, err := l.Claim(t.Context(), tt.run(i), tt.limits); return err })
			if got[""] != 1 || got[tt.others] != many-1 {
				t.Errorf("got %v, want one winner, the others %s", got, tt.others)
			}
			s.since()
			if runs, err := l.Open(t.Context()); err != nil || len(runs) != 1 {
				t.Errorf("%d runs are open, %v", len(runs), err)
			}
		})
	}
	t.Run("one waiting run, one winner among sweeps", func(t *testing.T) {
		_, l := open(t)
		run := must[maintenance.Run](t)(l.Record(t.Context(), waiting("r1", "automate-06")))
		got := race(func(i int) error {
			_, err := l.Claim(t.Context(), starting(run, fmt.Sprintf("a%d", i)), all)
			return err
		})
		if got[""] != 1 || got[maintenance.Leased] != many-1 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("one move, one winner", func(t *testing.T) {
		_, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
		got := race(func(i int) error {
			mine := in(run, maintenance.RunClosing)
			mine.Attempt = fmt.Sprintf("a%d", i)
			_, err := l.Save(t.Context(), mine)
			return err
		})
		if got[""] != 1 || got[maintenance.Moved] != many-1 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("one end, freed once", func(t *testing.T) {
		s, l := open(t)
		run := must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r1", "automate-06"), all))
		must[maintenance.Run](t)(l.Claim(t.Context(), newRun("r2", "automate-07"), all))
		got := race(func(i int) error {
			mine := closed(run, maintenance.Succeeded, now)
			mine.Detail = fmt.Sprint(i)
			_, err := l.Free(t.Context(), mine)
			return err
		})
		if got[""] != 1 || got[maintenance.Moved] != many-1 {
			t.Errorf("got %v", got)
		}
		wantItem(t, s, "fleet", "[running:1]")
	})
	t.Run("one telling, one teller", func(t *testing.T) {
		_, l := open(t)
		var mu sync.Mutex
		tellers := 0
		race(func(int) error {
			first, err := l.FirstTo(t.Context(), "x", now, now.Add(time.Minute))
			mu.Lock()
			defer mu.Unlock()
			if first {
				tellers++
			}
			return err
		})
		if tellers != 1 {
			t.Errorf("%d tellers", tellers)
		}
	})
	t.Run("slots never overflow while they come and go", func(t *testing.T) {
		s, l := open(t)
		got := race(func(i int) error {
			run, err := l.Claim(t.Context(), newRun(fmt.Sprintf("r%d", i), fmt.Sprintf("s%d", i)), maintenance.Limits{MaxConcurrent: 3, Now: now})
			if err == nil {
				_, err = l.Free(t.Context(), in(run, maintenance.RunClosed))
			}
			return err
		})
		if got[""]+got[maintenance.FleetBusy] != many || got[""] < 3 {
			t.Errorf("got %v", got)
		}
		wantItem(t, s, "fleet", "[running:0]")
	})
}
