package torture

import (
	"testing"

	"opsworks-maintenance/lambda/local/machine"
)

// What only a real socket does, and what a service answers in its own protocol: the simulation does that at every call, in memory.
var (
	onSockets = []machine.Fate{machine.Hanging, machine.Reset, machine.Lost, machine.Dripping}
	answered  = []machine.Fate{machine.Throttled, machine.Refused, machine.Garbled, machine.Mistyped}
)

// Every call of a story whose connection freezes, breaks or drips, and every operation once with every answer that is no answer: the
// same promises, without anybody's help.
func TestTorture_CutOff(t *testing.T) { both(t, tortureCutOff) }

func tortureCutOff(t *testing.T, b backend) {
	met := map[string]bool{}
	for i, s := range storiesOn(b) {
		calls, first := s.calls(t, b)
		for n := first; n < len(calls); n++ {
			if i > 0 && met[calls[n]] {
				continue
			}
			for _, fate := range onSockets {
				s.struck(t, b, calls, n, fate)
			}
			if met[calls[n]] {
				continue
			}
			met[calls[n]] = true
			for _, fate := range append([]machine.Fate{machine.DeathBefore}, answered...) {
				s.struck(t, b, calls, n, fate)
			}
		}
	}
}
