package torture

import (
	"testing"
)

// What only a real socket does, and what a service answers in its own protocol: the simulation does that at every call, in memory.
var (
	onSockets = []fault{hung, reset, lostAnswer, dripping}
	answered  = []fault{throttled, refused, garbled, mistyped}
)

// Every call of a scenario whose connection freezes, breaks or drips, and every operation once with every answer that is no answer: the
// same promises, without anybody's help.
func TestTorture_CutOff(t *testing.T) { both(t, tortureCutOff) }

func tortureCutOff(t *testing.T, b backend) {
	met := map[string]bool{}
	for i, s := range scenariosOn(b) {
		calls, first := s.calls(t, b)
		for n := first; n < len(calls); n++ {
			if i > 0 && met[calls[n]] {
				continue
			}
			for _, fault := range onSockets {
				s.meeting(t, b, calls, n, fault)
			}
			if met[calls[n]] {
				continue
			}
			met[calls[n]] = true
			for _, fault := range append([]fault{killedBefore, killedAfter}, answered...) {
				s.meeting(t, b, calls, n, fault)
			}
		}
	}
}
