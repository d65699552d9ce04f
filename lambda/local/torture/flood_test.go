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

// Many events at once by many processes, which have all seen the servers healthy when the first claims one: four copies of an alarm for
// each. No cooldown and no daily limit keeps their starts apart, only the ledger does, also while a maintenance is over and its run is not.
func TestTorture_Flood(t *testing.T) {
	const copies, servers, processes = 4, 24, 16
	possible := []string{"started", "waiting concurrency-limit", "duplicate"}
	now := time.Now()
	for _, b := range backends { // one after the other: each needs all processors
		t.Run(b.name, func(t *testing.T) {
			h := start(t, b, func(c *machine.Config) {
				c.Settings, c.Concurrency, c.MaintenanceTime = fleet(servers), processes, 10*time.Millisecond
			})
			var payloads [][]byte
			for range copies {
				for _, server := range h.Servers {
					payloads = append(payloads, []byte(strings.ReplaceAll(string(alarm(t, now)), name, server)))
				}
			}
			h.inject(gather("DynamoDB TransactWriteItems", processes))
			count := map[string]int{}
			for _, answer := range h.deliverAll(payloads) {
				if answer.Reason == "duplicate" {
					answer.Outcome = ""
				}
				count[strings.TrimSpace(answer.Outcome+" "+answer.Reason)]++
			}
			h.inject(nil)
			for answer := range count {
				if !slices.Contains(possible, answer) {
					t.Errorf("answered %v", count)
				}
			}
			for end := time.Now().Add(time.Minute); len(h.due()) > 0 && time.Now().Before(end); { // sweeps that overlap
				h.deliverAll([][]byte{sweep, sweep, sweep})
				h.await()
			}
			if n := h.startCalls(); n != servers {
				t.Errorf("%d calls of %s for %d servers", n, b.start, servers)
			}
			h.expectStarts(1)
		})
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
		all = append(all, fmt.Sprintf(`{"name": "%[1]s", "backend": "opsworks-cm", "alarms": ["%[1]s-*"], "cooldown": "0s", "dailyLimit": 100}`,
			server))
	}
	return fmt.Appendf(nil, `{"servers": [%s], "maxConcurrent": 4}`, strings.Join(all, ","))
}

// gather lets the first n calls of a name through together.
func gather(name string, n int) func(string) fault {
	var here atomic.Int32
	all := make(chan struct{})
	return func(call string) fault {
		if call != name {
			return served
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
		return served
	}
}
