package torture

import (
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// faults are what goes wrong with a call while the function lives.
var faults = []machine.Fate{
	machine.Throttled, machine.Refused, machine.Hanging, machine.Reset, machine.Lost, machine.Dripping, machine.Garbled, machine.Mistyped,
}

// Every call once with every fault of its service: the same promises, without anybody's help. A message comes twice at most, and
// only if its publishing was done and not heard of.
func TestTorture_EveryFateAtEveryCall(t *testing.T) { both(t, tortureEveryFateAtEveryCall) }

func tortureEveryFateAtEveryCall(t *testing.T, b backend) {
	t.Parallel()
	for _, s := range storiesOn(b) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			calls, first := s.calls(t, b)
			eachStruck(t, calls, first, faults, func(t *testing.T, n int, fate machine.Fate) {
				r := s.start(t, b, shortly)
				s.play(r, only(calls, n, fate), true)
				r.follow()
				r.struck(fate, 1)
				r.started(1)
				r.expect(s.toldDespite(r, fate, calls[n]))
				r.free()
			})
		})
	}
}

// A person's start, which never waits and is never given back, killed and struck at every call; the person asks again with the same
// key. At most one maintenance begins, and what came of it is told.
func TestTorture_APersonsStart(t *testing.T) { both(t, tortureAPersonsStart) }

func tortureAPersonsStart(t *testing.T, b backend) {
	t.Parallel()
	payload := []byte(`{"start": {"serverName": "` + name + `", "key": "ticket-1"}}`)
	served := start(t, b, nil)
	served.invoke(payload)
	served.end()
	eachStruck(t, served.calls, 0, slices.Concat(deaths, faults), func(t *testing.T, n int, fate machine.Fate) {
		r := start(t, b, shortly)
		r.strike(only(served.calls, n, fate))
		r.invoke(payload)
		r.invoke(payload)
		r.follow()
		r.struck(fate, 1)
		began, told := r.startsOf(name), r.told()
		if began > 1 {
			r.doubled(began - 1)
			t.Errorf("%d maintenances began", began)
		}
		if (told["started"] > 0) != (began > 0) || (told["succeeded"] > 0) != (began > 0) || len(told) == 0 {
			r.lost(1)
			t.Errorf("%d maintenances began, told: %v", began, told)
		}
		r.free()
	})
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
	service, operation, _ := strings.Cut(call, " ")
	if service == "SNS" || fate != machine.Hanging && fate < machine.Dripping {
		return want
	}
	seldom := "waiting unavailable"
	switch {
	case service == "DynamoDB":
		seldom = "error ledger-unavailable"
	case operation == "GetCalendarState":
		seldom = "waiting calendar-closed"
	case operation == "StopAutomationExecution":
		seldom = "error unavailable"
	}
	told := r.told()
	for what := range s.told {
		audience, _, found := strings.Cut(what, ": ")
		if audience += ": "; !found {
			audience = ""
		}
		want[audience+seldom] = [2]int{0, 1}
	}
	if _, waits := want["waiting wrong-state"]; waits && service != "DynamoDB" { // people are told once that a run waits, for whichever reason comes first
		n := 1 - told[seldom]
		want["waiting wrong-state"] = [2]int{n, n}
	}
	return want
}
