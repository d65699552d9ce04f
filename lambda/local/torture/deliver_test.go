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
)

// running bounds how many invocations of all tests compete for the processors, so that none runs out of its time by that.
var running = make(chan struct{}, 6)

// deliver gives the function an event, by the entrance that it is for. It returns false if the function's process was killed at it.
func (r *rig) deliver(payload []byte) (runtimeapi.Result, bool) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running <- struct{}{}
	rest := sync.OnceFunc(func() { <-running })
	defer rest()
	r.mu.Lock()
	r.kill, r.rest, r.unsettled, r.dying = cancel, rest, false, false
	r.mu.Unlock()
	result, err := r.Function.InvokeAlias(ctx, entrance(payload), payload)
	r.heard.add("answers", string(result.Payload), result.Error)
	switch {
	case err == nil:
		return result, true
	case ctx.Err() == nil:
		r.t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if !r.Quiet(waiting) { // what it had sent must not come after what is done next
		r.t.Fatal("the dead process is connected still")
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
func (r *rig) invoke(payload []byte) {
	r.t.Helper()
	if result, alive := r.deliver(payload); !alive || result.Error != nil {
		r.t.Fatalf("the function died or failed: %v", result.Error)
	}
}

// deliverAll gives the function many events at the same time, as many as it has processes. Those that it gives back are delivered
// again, as Lambda does: twice at most, and not before a minute, when the others are over.
func (r *rig) deliverAll(payloads [][]byte) (answers []response) {
	r.t.Helper()
	r.mu.Lock()
	r.rest = func() {}
	r.mu.Unlock()
	for try := 0; try < 3 && len(payloads) > 0; try++ {
		var given [][]byte
		given, payloads = payloads, nil
		var all sync.WaitGroup
		var mu sync.Mutex
		for _, payload := range given {
			all.Go(func() {
				result, err := r.Function.Invoke(context.Background(), payload)
				r.heard.add("answers", string(result.Payload), result.Error)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil || result.Error != nil && result.Error.Type != "RetryError":
					r.t.Errorf("the function failed: %v, %v", err, result.Error)
				case result.Error != nil:
					payloads = append(payloads, payload)
				default:
					answers = append(answers, responses(r.t, result.Payload)...)
				}
			})
		}
		all.Wait()
		if len(payloads) > 0 {
			r.t.Logf("%d of %d events were given back", len(payloads), len(given))
		}
	}
	if len(payloads) > 0 {
		r.t.Errorf("%d events were given back three times", len(payloads))
	}
	return answers
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
