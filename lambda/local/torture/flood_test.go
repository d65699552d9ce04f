package torture

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator"
)

// gather lets the first n calls of a name through together.
func gather(name string, n int) func(string) machine.Fate {
	var here atomic.Int32
	all := make(chan struct{})
	return func(call string) machine.Fate {
		if call != name {
			return machine.Served
		}
		switch i := here.Add(1); {
		case i == int32(n):
			close(all)
		case i < int32(n):
			select {
			case <-all:
			case <-time.After(3 * time.Second):
			}
		}
		return machine.Served
	}
}

// Many events about one server, by many processes that have all seen it healthy when the first claims it. No cooldown and no limit
// keeps their starts apart, only the ledger does, also while the maintenance is over and its run is not.
func TestTorture_Flood(t *testing.T) { both(t, tortureFlood) }

func tortureFlood(t *testing.T, b backend) {
	const free = `{"servers": [{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*"], "cooldown": "0s", "dailyLimit": 100}]}`
	begin := time.Now()
	for _, tt := range []struct {
		name   string
		apart  time.Duration // between the alarms; 0 is copies of one
		others []string      // what all but one are answered
	}{
		{"of one alarm", 0, []string{"duplicate"}},
		{"of alarms that flap", time.Millisecond, []string{"joined", "in-progress"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, b, func(c *machine.Config) { c.Settings, c.Concurrency, c.MaintenanceTime = []byte(free), 16, 10*time.Millisecond })
			var payloads [][]byte
			for i := range 96 {
				payloads = append(payloads, alarm(t, "ALARM", begin.Add(time.Duration(i)*tt.apart)))
			}
			r.strike(gather("DynamoDB TransactWriteItems", 16))
			count := map[string]int{}
			for _, answer := range r.deliverAll(payloads) {
				if answer.Reason == "duplicate" {
					answer.Outcome = ""
				}
				count[strings.TrimSpace(answer.Outcome+" "+answer.Reason)]++
			}
			r.strike(nil)
			sum := count["started"]
			for _, other := range tt.others {
				sum += count[other]
			}
			if count["started"] != 1 || sum != len(payloads) || r.startCalls() != 1 {
				t.Errorf("%d calls of %s, answered %v", r.startCalls(), b.start, count)
			}
			r.follow()
			r.expectStarts(1)
			r.check()
		})
	}
}

// busy counts the servers under maintenance.
type busy struct {
	mu        sync.Mutex
	now, most int
}

func (b *busy) add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now += n
	b.most = max(b.most, b.now)
}

func (b *busy) see(t simulator.Transition) {
	switch {
	case t.To == "UNDER_MAINTENANCE":
		b.add(1)
	case t.From == "UNDER_MAINTENANCE":
		b.add(-1)
	}
}

func (b *busy) hear(e simulator.ExecutionChange) {
	if e.From == "" {
		b.add(1)
	} else if e.To == "Success" {
		b.add(-1)
	}
}

// A storm: an alarm of each of many servers at once, by many processes, with few slots, and sweeps that overlap. Nothing is lost, and
// the limit holds.
func TestTorture_Storm(t *testing.T) { both(t, tortureStorm) }

func tortureStorm(t *testing.T, b backend) {
	const many, atOnce, sweepers = 24, 4, 3
	var servers []string
	var payloads [][]byte
	for i := range many {
		server := fmt.Sprintf("node-%02d", i)
		servers = append(servers, fmt.Sprintf(`{"name": %q, "backend": "opsworks-cm", "alarms": ["%s-*"]}`, server, server))
		payloads = append(payloads, []byte(strings.ReplaceAll(string(alarm(t, "ALARM", time.Now())), name, server)))
	}
	var seen busy
	r := start(t, b, func(c *machine.Config) {
		c.Settings = fmt.Appendf(nil, `{"servers": [%s], "maxConcurrent": %d}`, strings.Join(servers, ","), atOnce)
		c.MaintenanceTime, c.OnTransition, c.OnExecution, c.Concurrency = 60*time.Millisecond, seen.see, seen.hear, 16
	})
	r.strike(gather("DynamoDB TransactWriteItems", 16))
	if answers := r.deliverAll(payloads); len(answers) != many {
		t.Errorf("answered %+v", answers)
	}
	r.strike(nil)
	begin, sweeps := time.Now(), 0
	for ; len(r.due()) > 0; sweeps += sweepers {
		if time.Since(begin) > 60*time.Second {
			t.Fatalf("after %d sweeps still due: %+v", sweeps, r.due())
		}
		r.deliverAll(slices.Repeat([][]byte{sweep}, sweepers))
		r.await()
	}
	if seen.most > atOnce {
		t.Errorf("%d under maintenance at once", seen.most)
	}
	r.expectStarts(1)
	r.check()
	t.Logf("%d servers, %d at once, %d sweeps, %s, notified: %v", many, seen.most, sweeps, time.Since(begin).Round(time.Millisecond), r.told())
}
