package torture

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// storiesOn are those a backend has.
func storiesOn(b backend) []story {
	return slices.DeleteFunc(slices.Clone(stories), func(s story) bool { return s.on != "" && s.on != b.name })
}

// start is a rig for the story.
func (s story) start(t testing.TB, b backend) *rig {
	t.Helper()
	return start(t, b, func(c *machine.Config) {
		if s.settings != "" {
			c.Settings = []byte(s.settings)
		}
	})
}

// play plays a story with the fate given, which strikes so many calls, and sweeps to its end. An event whose function dies or gives it
// back is delivered again: by Lambda, twice at most, or by the operator who got no answer. It gives the number of calls before each step.
func (s story) play(r *rig, strikes int, fate func(call string) machine.Fate) (before []int) {
	r.t.Helper()
	now := time.Now()
	r.wanted = strikes
	r.strike(fate)
	for _, step := range s.steps {
		before = append(before, r.made())
		step.world(r)
		if step.event == clock {
			r.await()
		}
		payload, answered := r.payload(step.event, now), false
		for try := 0; try < 3 && !answered; try++ {
			result, alive := r.deliver(payload)
			answered = alive && result.Error == nil
			if alive && result.Error != nil && (asked[step.event] != "" || result.Error.Type != "RetryError") {
				r.t.Fatalf("the function failed: %s", result.Error)
			}
		}
		if !answered {
			r.t.Errorf("never answered: %s", payload)
		}
		r.keep()
	}
	if r.follow(); r.hits() != strikes {
		r.t.Fatalf("struck %d times, want %d: %q", r.hits(), strikes, r.calls)
	}
	return before
}

// calls plays a story without a fault and gives the calls it takes, and which is the first to be struck.
func (s story) calls(t *testing.T, b backend) (calls []string, first int) {
	t.Helper()
	r := s.start(t, b)
	before := s.play(r, 0, nil)
	r.expect(s)
	if t.Failed() {
		t.FailNow()
	}
	r.end()
	return r.calls, before[s.from]
}

// only is a fate for one of the calls; all others are served. It is told from others by its name and by how many of that name came
// before it, because calls that are made at the same time come in any order.
func only(calls []string, at int, fate machine.Fate) func(string) machine.Fate {
	before := 0
	for _, call := range calls[:at] {
		if call == calls[at] {
			before++
		}
	}
	var seen atomic.Int32
	return func(call string) machine.Fate {
		if call == calls[at] && int(seen.Add(1)) == before+1 {
			return fate
		}
		return machine.Served
	}
}
