package torture

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/local/runtimeapi"
	"opsworks-maintenance/lambda/maintenance"
)

// running bounds how many invocations of all tests compete for the processors, so that none runs out of its time by that.
var running = make(chan struct{}, 6)

// deliver gives the function an event, by the entrance that it is for. It returns false if the function's process was killed at it.
func (h *harness) deliver(payload []byte) (runtimeapi.Result, bool) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running <- struct{}{}
	rest := sync.OnceFunc(func() { <-running })
	defer rest()
	h.mu.Lock()
	h.kill, h.rest, h.unsettled, h.dying = cancel, rest, false, false
	h.mu.Unlock()
	result, err := h.Function.InvokeAlias(ctx, entrance(payload), payload)
	h.heard.add("answers", string(result.Payload), result.Error)
	switch {
	case err == nil:
		return result, true
	case ctx.Err() == nil:
		h.t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if !h.Quiet(waiting) { // what it had sent must not come after what is done next
		h.t.Fatal("the dead process is connected still")
	}
	return result, false
}

// entrance is the alias that an event comes by.
func entrance(payload []byte) string {
	if event, err := events.Decode(payload); err == nil && events.FromOperator(event) {
		return function.AliasOperators
	}
	return ""
}

// invoke is deliver where the function must neither die nor fail.
func (h *harness) invoke(payload []byte) {
	h.t.Helper()
	if result, alive := h.deliver(payload); !alive || result.Error != nil {
		h.t.Fatalf("the function died or failed: %v", result.Error)
	}
}

// deliverAll gives the function many events at the same time, as many as it has processes. Those that it gives back are delivered
// again, as Lambda does: twice at most, and not before a minute, when the others are over.
func (h *harness) deliverAll(payloads [][]byte) (answers []response) {
	h.t.Helper()
	h.mu.Lock()
	h.rest = func() {}
	h.mu.Unlock()
	for try := 0; try < 3 && len(payloads) > 0; try++ {
		var given [][]byte
		given, payloads = payloads, nil
		var all sync.WaitGroup
		var mu sync.Mutex
		for _, payload := range given {
			all.Go(func() {
				result, err := h.Function.Invoke(context.Background(), payload)
				h.heard.add("answers", string(result.Payload), result.Error)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil || result.Error != nil && result.Error.Type != "RetryError":
					h.t.Errorf("the function failed: %v, %v", err, result.Error)
				case result.Error != nil:
					payloads = append(payloads, payload)
				default:
					answers = append(answers, responses(h.t, result.Payload)...)
				}
			})
		}
		all.Wait()
		if len(payloads) > 0 {
			h.t.Logf("%d of %d events were given back", len(payloads), len(given))
		}
	}
	if len(payloads) > 0 {
		h.t.Errorf("%d events were given back three times", len(payloads))
	}
	return answers
}

// await sleeps until something is due, as the function does between two sweeps: until the lease of a dead process is over, at the
// longest. The function's clock is real, so this sleep is too.
func (h *harness) await() {
	h.t.Helper()
	due := h.due()
	if len(due) == 0 {
		return
	}
	next := due[0].DueAt
	if due[0].State == maintenance.RunWaiting && !next.After(time.Now()) {
		next = time.Now().Add(tick) // it stands in the queue for a slot
	}
	time.Sleep(time.Until(next))
}

// follow sweeps until nothing is due any more, with maintenance ending between two sweeps, and until every fault was met.
func (h *harness) follow() {
	h.t.Helper()
	for end, idle := time.Now().Add(2*(shortly+15*time.Second)+30*time.Second), 0; ; {
		switch due := h.due(); {
		case len(due) == 0 && (h.hits() >= h.wanted || idle > 10):
			return
		case len(due) == 0:
			idle++
		case time.Now().After(end):
			h.t.Fatalf("after all sweeps still due: %+v", due)
		}
		h.await()
		if result, alive := h.deliver(sweep); alive && result.Error != nil {
			h.t.Fatalf("the sweep failed: %s", result.Error)
		}
		for _, server := range h.Servers {
			h.completeOf(server)
		}
	}
}

// response is what the function answers for one server.
type response struct{ Outcome, Reason string }

func responses(t testing.TB, payload []byte) []response {
	t.Helper()
	var several []response
	if json.Unmarshal(payload, &several) == nil {
		return several
	}
	var one response
	if err := json.Unmarshal(payload, &one); err != nil {
		t.Errorf("the function answered %s: %v", payload, err)
	}
	return []response{one}
}
