package torture

import (
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// fault is what goes wrong with a call.
type fault int

// The two deaths end the function's process: the call waits for that.
const (
	served fault = iota
	killedBefore
	killedAfter
	throttled
	refused
	hung
	reset
	lostAnswer
	dripping
	garbled
	mistyped
)

var faults = [...]struct {
	name string
	kind simulator.Kind
}{
	served:       {"served", 0},
	killedBefore: {"killed before", simulator.Hang},
	killedAfter:  {"killed after", simulator.WorkThenHang},
	throttled:    {"throttled", simulator.Throttle},
	refused:      {"500", simulator.InternalFailure},
	hung:         {"hung", simulator.Hang},
	reset:        {"reset", simulator.Reset},
	lostAnswer:   {"lost answer", simulator.WorkThenDrop},
	dripping:     {"slow drip", simulator.Drip},
	garbled:      {"wrong JSON or XML", simulator.Garble},
	mistyped:     {"wrong Content-Type", simulator.Mistype},
}

func (f fault) String() string { return faults[f].name }

// inject decides what goes wrong with the function's calls from now on: for nil, nothing does.
func (h *harness) inject(decide func(call string) fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decide = decide
}

// made counts the function's calls.
func (h *harness) made() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.calls)
}

// hits counts those that met a fault.
func (h *harness) hits() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for met, times := range h.injected {
		if met != served {
			n += times
		}
	}
	return n
}

// meet says what goes wrong with a call, and notes what may come of it.
func (h *harness) meet(call string) simulator.Kind {
	h.mu.Lock()
	decide := h.decide
	h.calls = append(h.calls, call)
	h.mu.Unlock()

	met := served
	if decide != nil {
		met = decide(call)
	}
	kind := faults[met].kind

	h.mu.Lock()
	defer h.mu.Unlock()
	h.injected[met]++
	total.add(call, met)
	publishes := call == "SNS Publish" && kind.Works()
	if publishes {
		h.published++
		h.unsettled = true
	}
	dies := met == killedBefore || met == killedAfter
	if dies && h.unsettled || publishes && (h.dying || met != served) {
		h.repeatable++
	}
	h.dying = h.dying || dies
	switch met {
	case served:
		return kind
	case killedBefore:
		h.kill()
	case killedAfter:
		// The work is done between this answer and the wait for death, mostly in well under a millisecond. It is done in any case.
		time.AfterFunc(20*time.Millisecond, h.kill)
	}
	h.rest()
	return kind
}
