package torture

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// Many events at once by many processes, which have all seen the server healthy when the first claims it. No cooldown and no daily
// limit keeps their starts apart, only the ledger does, also while a maintenance is over and its run is not.
func TestTorture_Flood(t *testing.T) {
	const many, processes = 96, 16
	begin := time.Now()
	for _, tt := range []struct {
		name    string
		servers int
		apart   time.Duration // between the alarms of a server; 0 is copies of one
		answers []string      // that there may be
	}{
		{"of one alarm", 1, 0, []string{"started", "duplicate"}},
		{"of an alarm that flaps", 1, time.Millisecond, []string{"started", "joined", "in-progress"}},
		{"of a fleet with few slots", 24, 0, []string{"started", "waiting concurrency-limit", "duplicate"}},
	} {
		for _, b := range backends { // one after the other: each needs all processors
			t.Run(tt.name+" "+b.name, func(t *testing.T) {
				r := start(t, b, func(c *machine.Config) {
					c.Settings, c.Concurrency, c.MaintenanceTime = fleet(tt.servers), processes, 10*time.Millisecond
				})
				var payloads [][]byte
				for i := range many {
					sample := alarm(t, "ALARM", begin.Add(time.Duration(i)*tt.apart))
					payloads = append(payloads, []byte(strings.ReplaceAll(string(sample), name, r.Servers[i%tt.servers])))
				}
				r.strike(gather("DynamoDB TransactWriteItems", processes))
				count := map[string]int{}
				for _, answer := range r.deliverAll(payloads) {
					if answer.Reason == "duplicate" {
						answer.Outcome = ""
					}
					count[strings.TrimSpace(answer.Outcome+" "+answer.Reason)]++
				}
				r.strike(nil)
				for answer := range count {
					if !slices.Contains(tt.answers, answer) {
						t.Errorf("answered %v", count)
					}
				}
				for end := time.Now().Add(time.Minute); len(r.due()) > 0 && time.Now().Before(end); { // sweeps that overlap
					r.deliverAll([][]byte{sweep, sweep, sweep})
					r.await()
				}
				if n := r.startCalls(); n != tt.servers {
					t.Errorf("%d calls of %s for %d servers", n, b.start, tt.servers)
				}
				r.expectStarts(1)
			})
		}
	}
}

// fleet is the settings of so many servers, of which the first is that of all tests. Several have few slots.
func fleet(servers int) []byte {
	var all []string
	for i := range servers {
		server := name
		if i > 0 {
			server = fmt.Sprintf("node-%02d", i)
		}
		all = append(all, fmt.Sprintf(`{"name": "%[1]s", "backend": "opsworks-cm", "alarms": ["%[1]s-*"], "cooldown": "0s", "dailyLimit": 100}`, server))
	}
	return fmt.Appendf(nil, `{"servers": [%s], "maxConcurrent": 4}`, strings.Join(all, ","))
}

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
