package torture

import (
	"fmt"
	"testing"
)

// The function killed before and after every call it makes, those of the sweep included, then the event delivered again and the sweep
// run: never a second start, never a lost end, and nothing left that would keep the next from starting.
func TestTorture_KilledAtEveryCall(t *testing.T) { both(t, tortureKilledAtEveryCall) }

func tortureKilledAtEveryCall(t *testing.T, b backend) {
	s := scenarios[0]
	calls, first := s.calls(t, b)
	t.Logf("%d calls, faults from %d: %q", len(calls), first, calls)
	for n := first; n < len(calls); n++ {
		for _, death := range []fault{killedBefore, killedAfter} {
			s.meeting(t, b, calls, n, death)
		}
	}
}

// meeting plays the scenario with one of its calls meeting a fault.
func (s scenario) meeting(t *testing.T, b backend, calls []string, n int, f fault) {
	t.Run(fmt.Sprintf("%02d %s %s", n, f, calls[n]), func(t *testing.T) {
		t.Parallel()
		h := s.start(t, b)
		s.play(h, 1, only(calls, n, f))
		h.expect(s)
	})
}
