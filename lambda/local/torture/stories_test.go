package torture

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// story is what happens to one server from the alarm to the end, one invocation after the other.
type story struct {
	name     string
	on       string // the only backend that has it; empty is both
	settings string // empty is oneServer
	steps    []step
	from     int // the first step whose calls are struck; those before are another story's too
	// told is what people must be told, at least and at most, whatever goes wrong once.
	told map[string][2]int
}

// step is one invocation and what the world does before it.
type step struct {
	world func(*rig)
	event int
}

// The events of a step. Of those up to ofSeveral the latest is what Lambda delivers again; people ask again by themselves.
const (
	onClock = iota
	firstAlarm
	secondAlarm
	ofSeveral // a schedule's, for this server and for one that nobody knows
	finished  // the execution has
	plan
	history
	stop
	closed
)

// answers are by what people know that they need not ask again.
var answers = map[int]string{plan: `"cause":"alarm"`, history: `"runId"`, stop: `"reason":"stopping"`, closed: `"reason":"closed-by-hand"`}

func (r *rig) payload(event int, now time.Time) []byte {
	r.t.Helper()
	switch event {
	case firstAlarm:
		return alarm(r.t, "ALARM", now)
	case secondAlarm:
		return alarm(r.t, "ALARM", now.Add(time.Second))
	case ofSeveral:
		return fmt.Appendf(nil, `{"schedule": {"name": "weekly", "time": %q}, "serverNames": [%q, "gone-99"]}`, now.UTC().Format(time.RFC3339), name)
	case plan, history, stop:
		return fmt.Appendf(nil, `{%q: {"serverName": %q}}`, map[int]string{plan: "plan", history: "history", stop: "stop"}[event], name)
	case closed:
		runs := r.open()
		if len(runs) != 1 {
			r.t.Fatalf("open: %+v", runs)
		}
		return fmt.Appendf(nil, `{"close": {"runId": %q}}`, runs[0].ID)
	case finished:
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.completion != nil { // otherwise there is nothing yet that has ended
			return r.completion
		}
	}
	return sweep
}

func nothing(*rig) {}

var stories = []story{
	{
		name:  "at once",
		steps: []step{{nothing, firstAlarm}, {nothing, onClock}, {(*rig).complete, onClock}, {nothing, onClock}},
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}},
	},
	{
		name: "after a wait",
		steps: []step{
			{func(r *rig) { r.unready(true) }, firstAlarm},
			{nothing, onClock},
			{func(r *rig) { r.unready(false) }, onClock},
			{(*rig).complete, onClock},
		},
		told: map[string][2]int{"waiting wrong-state": {1, 2}, "started": {1, 2}, "succeeded": {1, 2}},
	},
	{
		name:  "and refused the next time",
		steps: []step{{nothing, firstAlarm}, {(*rig).complete, onClock}, {(*rig).follow, secondAlarm}, {nothing, onClock}},
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}, "refused cooling-down": {1, 2}},
	},
	{
		name:     "and fails, told to everybody",
		settings: strings.Replace(oneServer, `"maxConcurrent"`, `"notify": [{"records": true}, {"chat": true}], "maxConcurrent"`, 1),
		steps:    []step{{(*rig).fail, firstAlarm}, {nothing, onClock}, {(*rig).complete, onClock}},
		told: map[string][2]int{
			"started": {1, 2}, "failed": {1, 2}, "records: started": {1, 2}, "records: failed": {1, 2}, "chat: started": {1, 2}, "chat: failed": {1, 2},
		},
	},
	{
		name:  "among several, by a schedule",
		steps: []step{{nothing, ofSeveral}, {(*rig).complete, onClock}},
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}, "refused not-allowed": {1, 2}},
	},
	{
		name:     "and then not for too long",
		settings: strings.Replace(oneServer, `"alarms"`, `"expectEvery": "8d", "alarms"`, 1),
		steps:    []step{{nothing, firstAlarm}, {(*rig).complete, onClock}, {(*rig).neglect, onClock}, {nothing, onClock}},
		from:     2,
		told:     map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}, "missed no-success": {1, 2}},
	},
	{
		name:  "looked at",
		steps: []step{{nothing, firstAlarm}, {nothing, plan}, {nothing, history}, {(*rig).complete, onClock}},
		from:  1,
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}},
	},
	{
		name:  "closed by hand",
		steps: []step{{nothing, firstAlarm}, {nothing, closed}, {(*rig).complete, onClock}},
		from:  1,
		told:  map[string][2]int{"started": {1, 2}, "failed closed-by-hand": {1, 2}},
	},
	{
		name:  "stopped",
		on:    "ssm",
		steps: []step{{nothing, firstAlarm}, {nothing, stop}, {(*rig).complete, onClock}},
		from:  1,
		told:  map[string][2]int{"started": {1, 2}, "failed": {1, 2}},
	},
	{
		name:  "ended by its event",
		on:    "ssm",
		steps: []step{{nothing, firstAlarm}, {(*rig).complete, finished}, {nothing, onClock}},
		from:  1,
		told:  map[string][2]int{"started": {1, 2}, "succeeded": {1, 2}},
	},
}

// storiesOn are those a backend has.
func storiesOn(b backend) []story {
	return slices.DeleteFunc(slices.Clone(stories), func(s story) bool { return s.on != "" && s.on != b.name })
}

// start is a rig for the story.
func (s story) start(t testing.TB, b backend, change func(*machine.Config)) *rig {
	t.Helper()
	return start(t, b, func(c *machine.Config) {
		if s.settings != "" {
			c.Settings = []byte(s.settings)
		}
		if change != nil {
			change(c)
		}
	})
}

// play plays a story with the fate given. An event whose function dies is delivered again, to a fresh process, and the story goes
// on. So is one that the function gives back, where that is expected.
func (s story) play(r *rig, fate func(n int, call string) machine.Fate, givenBack bool) {
	r.t.Helper()
	now := time.Now()
	r.strike(fate)
	last := firstAlarm
	for _, step := range s.steps {
		r.before = append(r.before, len(r.calls))
		step.world(r)
		payload, answered := r.payload(step.event, now), false
		if step.event <= ofSeveral {
			last = max(last, step.event)
		}
		for range 3 { // as often as Lambda tries
			result, alive := r.deliver(payload)
			if answered = alive && result.Error == nil && strings.Contains(string(result.Payload), answers[step.event]); answered {
				break
			}
			if alive && result.Error != nil && (!givenBack || step.event > ofSeveral || result.Error.Type != "RetryError") {
				r.t.Fatalf("the function failed: %s", result.Error)
			}
			if step.event <= ofSeveral {
				payload = r.payload(last, now)
			}
			r.passTellings()
		}
		if !answered {
			r.t.Errorf("never answered: %s", payload)
		}
		r.passTime()
	}
}

// calls plays a story without a fault and returns the calls it takes, and which is the first to be struck.
func (s story) calls(t *testing.T, b backend) (calls []string, first int) {
	t.Helper()
	r := s.start(t, b, nil)
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
	return r.calls, r.before[s.from]
}

// only is a fate for one of the calls; all others are served. It is told from others by its name and by how many of that name came
// before it, because calls that are made at the same time come in any order.
func only(calls []string, at int, fate machine.Fate) func(int, string) machine.Fate {
	before := 0
	for _, call := range calls[:at] {
		if call == calls[at] {
			before++
		}
	}
	var seen atomic.Int32
	return func(_ int, call string) machine.Fate {
		if call == calls[at] && int(seen.Add(1)) == before+1 {
			return fate
		}
		return machine.Served
	}
}

// eachStruck runs a test for each of the calls, from the first on, and each fate that it can have.
func eachStruck(t *testing.T, calls []string, first int, fates []machine.Fate, test func(t *testing.T, n int, fate machine.Fate)) {
	for n := first; n < len(calls); n++ {
		for _, fate := range fates {
			t.Run(fmt.Sprintf("%02d %s %s", n, fate, calls[n]), func(t *testing.T) {
				t.Parallel()
				test(t, n, fate)
			})
		}
	}
}
