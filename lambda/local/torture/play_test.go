package torture

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// scenariosOn are those a backend has.
func scenariosOn(b backend) []scenario {
	return slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return s.on != "" && s.on != b.name })
}

// start is a harness for the scenario.
func (s scenario) start(t testing.TB, b backend) *harness {
	t.Helper()
	return start(t, b, func(c *machine.Config) {
		if s.settings != "" {
			c.Settings = []byte(s.settings)
		}
	})
}

// play plays a scenario with so many faults, as decided, and sweeps to its end. An event whose function dies or gives it
// back is delivered again: by Lambda, twice at most, or by the operator who got no answer. It gives the number of calls before each step.
func (s scenario) play(h *harness, faults int, decide func(call string) fault) (before []int) {
	h.t.Helper()
	now := time.Now()
	h.wanted = faults
	h.inject(decide)
	for _, step := range s.steps {
		before = append(before, h.made())
		step.before(h)
		if step.event == clock {
			h.await()
		}
		payload, answered := h.payload(step.event, now), false
		for try := 0; try < 3 && !answered; try++ {
			result, alive := h.deliver(payload)
			answered = alive && result.Error == nil
			if alive && result.Error != nil && (asked[step.event] != "" || result.Error.Type != "RetryError") {
				h.t.Fatalf("the function failed: %s", result.Error)
			}
		}
		if !answered {
			h.t.Errorf("never answered: %s", payload)
		}
		h.keep()
	}
	if h.follow(); h.hits() != faults {
		h.t.Fatalf("%d faults were met, want %d: %q", h.hits(), faults, h.calls)
	}
	return before
}

// calls plays a scenario without a fault and gives the calls it takes, and which is the first that is to meet a fault.
func (s scenario) calls(t *testing.T, b backend) (calls []string, first int) {
	t.Helper()
	h := s.start(t, b)
	before := s.play(h, 0, nil)
	h.expect(s)
	if t.Failed() {
		t.FailNow()
	}
	h.end()
	return h.calls, before[s.from]
}

// only is a fault of one of the calls; all others are served. It is told from others by its name and by how many of that name came
// before it, because calls that are made at the same time come in any order.
func only(calls []string, at int, f fault) func(string) fault {
	before := 0
	for _, call := range calls[:at] {
		if call == calls[at] {
			before++
		}
	}
	var seen atomic.Int32
	return func(call string) fault {
		if call == calls[at] && int(seen.Add(1)) == before+1 {
			return f
		}
		return served
	}
}
