package torture

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// Every call once with every fault of its service: the same promises, without anybody's help. A message comes twice at most, and
// only if its publishing was done and not heard of.
func TestTorture_EveryFateAtEveryCall(t *testing.T) { both(t, tortureEveryFateAtEveryCall) }

func tortureEveryFateAtEveryCall(t *testing.T, b backend) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for n, call := range s.calls(t, b) {
				for fate := machine.Throttled; fate <= machine.Mistyped; fate++ {
					t.Run(fmt.Sprintf("%02d %s %s", n, fate, call), func(t *testing.T) {
						t.Parallel()
						r := start(t, b, shortly)
						s.play(r, only(n, fate), true)
						r.follow()
						r.struck(fate, 1)
						r.started(1)
						r.expect(s.toldDespite(r, fate, call))
						r.free()
					})
				}
			}
		})
	}
}

// shortly gives an invocation less time than it has deployed: a call that is not answered takes a good part of it.
func shortly(c *machine.Config) { c.Timeout = 10 * time.Second }

// toldDespite is what must be told, and may be, if a call of a story has a fate.
func (s story) toldDespite(r *rig, fate machine.Fate, call string) map[string][2]int {
	want := map[string][2]int{}
	for what, bounds := range s.told {
		if call != "SNS Publish" || !fate.Done() {
			bounds[1] = 1
		}
		want[what] = bounds
	}
	// What the SDK does not try again shows.
	service, _, _ := strings.Cut(call, " ")
	if service == "SNS" || fate != machine.Hanging && fate < machine.Dripping {
		return want
	}
	if service == "DynamoDB" {
		want["error ledger-unavailable"] = [2]int{0, 1}
		return want
	}
	want["waiting unavailable"] = [2]int{0, 1}
	if _, waits := want["waiting wrong-state"]; waits { // people are told once that a run waits, for whichever reason comes first
		n := 1 - r.told()["waiting unavailable"]
		want["waiting wrong-state"] = [2]int{n, n}
	}
	return want
}
