package torture

import (
	"context"
	"strings"
	"time"
)

// told counts the messages the subscriber got, by outcome and reason, and by topic if it is not that of people, once all that were published have come.
func (r *rig) told() map[string]int {
	r.t.Helper()
	r.mu.Lock()
	published := r.published
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(r.messages) < published {
		message, ok := r.Receive(ctx)
		if !ok {
			r.lost(published - len(r.messages))
			r.t.Fatalf("%d messages were published, %d came", published, len(r.messages))
		}
		r.messages = append(r.messages, message)
	}
	counts := map[string]int{}
	for _, m := range r.messages {
		audience := ""
		for _, topic := range []string{"records", "chat"} {
			if strings.Contains(m.Topic, topic) {
				audience = topic + ": "
			}
		}
		counts[audience+strings.TrimSpace(m.Attributes["outcome"]+" "+m.Attributes["reason"])]++
	}
	return counts
}

// expect compares what has been told with what should have been, each with the least and the most; what is not named must not be.
func (r *rig) expect(want map[string][2]int) {
	r.t.Helper()
	told := r.told()
	for what, n := range told {
		if want[what][1] < n {
			r.doubled(n - want[what][1])
			r.t.Errorf("%q was told %d times, at most %d allowed", what, n, want[what][1])
		}
	}
	for what, bounds := range want {
		if told[what] < bounds[0] {
			r.lost(bounds[0] - told[what])
			r.t.Errorf("%q was told %d times, at least %d wanted", what, told[what], bounds[0])
		}
	}
}

func (r *rig) started(want int) { r.t.Helper(); r.startedOn(name, want) }

func (r *rig) startedOn(server string, want int) {
	r.t.Helper()
	if n := r.startsOf(server); n != want {
		r.doubled(max(0, n-want))
		r.lost(max(0, want-n))
		r.t.Errorf("%d maintenances of %s began, want %d", n, server, want)
	}
}

// free checks that nothing holds the servers any more.
func (r *rig) free() {
	r.t.Helper()
	if runs := r.open(); len(runs) > 0 {
		r.lost(len(runs))
		r.t.Errorf("still open: %+v", runs)
	}
	r.look(func(ctx context.Context) error {
		records, err := r.Ledger.Servers(ctx, r.Servers)
		for server, record := range records {
			if record.Lease != "" {
				r.t.Errorf("%s is still held by %s", server, record.Lease)
			}
		}
		return err
	})
}
