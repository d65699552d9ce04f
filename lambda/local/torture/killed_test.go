package torture

import (
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

var deaths = []machine.Fate{machine.DeathBefore, machine.DeathAfter}

// The function killed at every call it makes, those of the sweep included, before the call and after it, then the event delivered
// again and the sweep run: never a second start, never a lost end, and nothing left that would keep the next from starting.
func TestTorture_KilledAtEveryCall(t *testing.T) { both(t, tortureKilledAtEveryCall) }

func tortureKilledAtEveryCall(t *testing.T, b backend) {
	t.Parallel()
	for _, s := range storiesOn(b) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			calls, first := s.calls(t, b)
			t.Logf("%d calls, struck from %d: %q", len(calls), first, calls)
			eachStruck(t, calls, first, deaths, func(t *testing.T, n int, fate machine.Fate) {
				r := s.start(t, b, nil)
				s.play(r, only(calls, n, fate), false)
				r.follow()
				r.struck(fate, 1)
				r.started(1)
				r.expect(s.told)
				r.free()
				r.next()
			})
		})
	}
}

// next proves that the next maintenance of the server can start: the lease and the slot are free. A person asks, whom no cooldown
// holds back.
func (r *rig) next() {
	r.t.Helper()
	before := r.startsOf(name)
	answers, _ := r.invoke([]byte(`{"start": {"serverName": "` + name + `"}}`))
	if len(answers) != 1 || answers[0].Outcome != "started" || r.startsOf(name) != before+1 {
		r.t.Errorf("the next maintenance does not start: %+v", answers)
	}
}

// Killed a second time, at every call it makes after the first death: whoever puts things right may die at it too. A death after a
// call leaves what a death before the next one does, so one of the two is enough here.
func TestTorture_KilledWhilePuttingRight(t *testing.T) { both(t, tortureKilledWhilePuttingRight) }

func tortureKilledWhilePuttingRight(t *testing.T, b backend) {
	t.Parallel()
	s, told := stories[0], map[string][2]int{"started": {1, 3}, "succeeded": {1, 3}}
	calls, _ := s.calls(t, b)
	for n, call := range calls {
		once := start(t, b, nil)
		s.play(once, only(calls, n, machine.DeathAfter), false)
		once.follow()
		once.end()
		for m := n + 1; m < len(once.calls); m++ {
			t.Run(fmt.Sprintf("%02d %s, %02d %s", n, call, m, once.calls[m]), func(t *testing.T) {
				t.Parallel()
				r := start(t, b, nil)
				s.play(r, func(i int, _ string) machine.Fate {
					if i == n || i == m {
						return machine.DeathAfter
					}
					return machine.Served
				}, false)
				r.follow()
				r.struck(machine.DeathAfter, 2)
				r.started(1)
				r.expect(told)
				r.free()
			})
		}
	}
}

// Killed at any call from the start on, and the maintenance is over before anybody looks: it is not started again, and its
// end is told.
func TestTorture_FinishedBeforeTheCrashedStartWasRecorded(t *testing.T) {
	both(t, tortureFinishedBeforeTheCrashedStartWasRecorded)
}

func tortureFinishedBeforeTheCrashedStartWasRecorded(t *testing.T, b backend) {
	s := stories[0]
	calls, _ := s.calls(t, b)
	kills, begun := 0, false
	for n, call := range calls {
		if call == "DynamoDB Query" {
			break // the first sweep: from here on it is recorded
		}
		for _, fate := range deaths {
			if call == b.start && fate == machine.DeathAfter {
				begun = true
			}
			if !begun {
				continue
			}
			t.Run(fmt.Sprintf("%s %s", fate, call), func(t *testing.T) {
				r := start(t, b, nil)
				event := alarm(t, "ALARM", time.Now())
				r.strike(only(calls, n, fate))
				if _, alive := r.invoke(event); alive {
					t.Fatal("it lives")
				}
				kills++
				r.started(1)
				r.complete()
				r.invoke(event)
				r.follow()
				r.started(1)
				r.expect(map[string][2]int{"started": {1, 2}, "succeeded": {1, 1}})
				r.free()
			})
		}
	}
	if kills == 0 {
		t.Error("nothing was killed")
	}
	t.Logf("%d kills between the start and its record", kills)
}
