package torture

import (
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// story is what happens to one server from the alarm to the end, one invocation after the other.
type story struct {
	name  string
	steps []step
	// told is what people must be told, at least and at most, whatever goes wrong once.
	told map[string][2]int
}

// step is one invocation and what the world does before it.
type step struct {
	world func(*rig)
	event int // 0 is a sweep, else which alarm
}

func nothing(*rig) {}

var stories = []story{
	{
		name:  "at once",
		steps: []step{{nothing, 1}, {nothing, 0}, {(*rig).complete, 0}, {nothing, 0}},
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}},
	},
	{
		name: "after a wait",
		steps: []step{
			{func(r *rig) { r.unready(true) }, 1},
			{nothing, 0},
			{func(r *rig) { r.unready(false) }, 0},
			{(*rig).complete, 0},
		},
		told: map[string][2]int{"waiting wrong-state": {1, 2}, "started": {1, 2}, "succeeded": {1, 2}},
	},
	{
		name:  "and refused the next time",
		steps: []step{{nothing, 1}, {(*rig).complete, 0}, {(*rig).follow, 2}, {nothing, 0}},
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}, "refused cooling-down": {1, 2}},
	},
	{
		name:  "and fails",
		steps: []step{{(*rig).fail, 1}, {nothing, 0}, {(*rig).complete, 0}},
		told:  map[string][2]int{"started": {1, 2}, "failed": {1, 2}},
	},
}

// play plays a story with the fate given. An event whose function dies is delivered again, to a fresh process, and the story goes
// on. So is one that the function gives back, where that is expected.
func (s story) play(r *rig, fate func(n int, call string) machine.Fate, givenBack bool) {
	r.t.Helper()
	now := time.Now()
	events := [][]byte{sweep, alarm(r.t, "ALARM", now), alarm(r.t, "ALARM", now.Add(time.Second))}
	r.strike(fate)
	last := 1
	for _, step := range s.steps {
		step.world(r)
		payload := events[step.event]
		last = max(last, step.event)
		for range 3 { // as often as Lambda tries
			result, alive := r.deliver(payload)
			if alive && result.Error == nil {
				break
			}
			if alive && (!givenBack || result.Error.Type != "RetryError") {
				r.t.Fatalf("the function failed: %s", result.Error)
			}
			payload = events[last]
			r.passTellings()
		}
		r.passTime()
	}
}

// calls plays a story without a fault and returns the calls it takes.
func (s story) calls(t *testing.T, b backend) []string {
	t.Helper()
	r := start(t, b, nil)
	s.play(r, nil, false)
	r.started(1)
	once := map[string][2]int{}
	for what := range s.told {
		once[what] = [2]int{1, 1}
	}
	r.expect(once)
	r.free()
	if t.Failed() {
		t.FailNow()
	}
	r.end()
	return r.calls
}

// only is a fate for one call; all others are served.
func only(at int, fate machine.Fate) func(int, string) machine.Fate {
	return func(n int, _ string) machine.Fate {
		if n == at {
			return fate
		}
		return machine.Served
	}
}

var deaths = []machine.Fate{machine.DeathBefore, machine.DeathAfter}

// The function killed at every call it makes, those of the sweep included, before the call and after it, then the event delivered
// again and the sweep run: never a second start, never a lost end, and nothing left that would keep the next from starting.
func TestTorture_KilledAtEveryCall(t *testing.T) { both(t, tortureKilledAtEveryCall) }

func tortureKilledAtEveryCall(t *testing.T, b backend) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			calls := s.calls(t, b)
			t.Logf("%d calls: %q", len(calls), calls)
			for n, call := range calls {
				for _, fate := range deaths {
					t.Run(fmt.Sprintf("%02d %s %s", n, fate, call), func(t *testing.T) {
						t.Parallel()
						r := start(t, b, nil)
						s.play(r, only(n, fate), false)
						r.follow()
						r.struck(fate, 1)
						r.started(1)
						r.expect(s.told)
						r.free()
						r.next()
					})
				}
			}
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
	for n, call := range s.calls(t, b) {
		once := start(t, b, nil)
		s.play(once, only(n, machine.DeathAfter), false)
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
	calls, kills, begun := s.calls(t, b), 0, false
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
				r.strike(only(n, fate))
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
