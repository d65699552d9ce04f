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

// story is what happens to one server from its trigger to the end, one invocation after the other.
type story struct {
	name     string
	on       string // the only backend that has it; empty is both
	settings string // empty is oneServer
	steps    []step
	from     int // the first step whose calls are struck; those before are another story's too
	starts   int // how many maintenances begin
	// told is what is notified, each once.
	told []string
	// instead is what may be notified in the place of an end if something goes wrong; then nothing has to begin either.
	instead []string
}

// step is one invocation and what the world does before it.
type step struct {
	world func(*rig)
	event event
}

// event is what wakes the function.
type event int

const (
	clock event = iota
	firstAlarm
	secondAlarm
	cleared
	schedule // for this server and for one that nobody knows
	finished // the execution has
	operator // asks for a start
	secret   // the same, with a value that is nobody's business
	stop
	plan
	history
	status
)

// asked are the requests of operators.
var asked = map[event]string{
	operator: `{"start": {"serverName": "automate-06", "key": "ticket-1"}}`,
	secret: `{"start": {"serverName": "automate-06", "key": "ticket-2", "engineAttributes":` +
		` [{"name": "CHEF_MAJOR_UPGRADE", "value": "` + markedAttribute + `"}]}}`,
	stop:    `{"stop": {"serverName": "automate-06"}}`,
	plan:    `{"plan": {"serverName": "automate-06"}}`,
	history: `{"history": {"serverName": "automate-06"}}`,
	status:  `{"status": {}}`,
}

func (r *rig) payload(e event, now time.Time) []byte {
	switch e {
	case firstAlarm:
		return alarm(r.t, "ALARM", now)
	case secondAlarm:
		return alarm(r.t, "ALARM", now.Add(time.Second))
	case cleared:
		return alarm(r.t, "OK", now.Add(2*time.Second))
	case schedule:
		return fmt.Appendf(nil, `{"schedule": {"name": "weekly", "time": %q}, "serverNames": [%q, "gone-99"]}`, now.UTC().Format(time.RFC3339), name)
	case finished:
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.completion != nil { // otherwise there is nothing yet that has ended
			return r.completion
		}
	}
	if text, ok := asked[e]; ok {
		return []byte(text)
	}
	return sweep
}

func nothing(*rig) {}

const (
	withTopics   = `"notify": [{"records": true}, {"chat": true}], "maxConcurrent"`
	unrecognised = "refused not-allowed" // of gone-99
)

var stories = []story{
	{
		name:   "at once",
		steps:  []step{{nothing, firstAlarm}, {nothing, clock}, {(*rig).complete, clock}},
		starts: 1, told: []string{"started", "succeeded"},
	},
	{
		name:   "over before anybody looks",
		steps:  []step{{nothing, firstAlarm}, {(*rig).complete, clock}},
		starts: 1, told: []string{"started", "succeeded"},
	},
	{
		name: "after a wait for two alarms",
		steps: []step{
			{(*rig).unready, firstAlarm}, {nothing, secondAlarm}, {nothing, clock}, {(*rig).ready, clock}, {(*rig).complete, clock},
		},
		starts: 1, told: []string{"waiting wrong-state", "joined", "started", "succeeded"},
	},
	{
		name:  "cleared while it waits",
		steps: []step{{(*rig).unready, firstAlarm}, {nothing, cleared}, {(*rig).ready, clock}},
		from:  1,
		told:  []string{"waiting wrong-state", "cancelled alarm-cleared"},
	},
	{
		name:   "refused the next time",
		steps:  []step{{nothing, firstAlarm}, {(*rig).follow, secondAlarm}},
		from:   1,
		starts: 1, told: []string{"started", "succeeded", "refused cooling-down"},
	},
	{
		name:     "fails, on every topic",
		settings: strings.Replace(oneServer, `"maxConcurrent"`, withTopics, 1),
		steps:    []step{{(*rig).fail, firstAlarm}, {(*rig).complete, clock}},
		starts:   1, told: []string{"started", "failed", "records: started", "records: failed", "chat: started", "chat: failed"},
	},
	{
		name:   "one of several, by a schedule",
		steps:  []step{{nothing, schedule}, {(*rig).complete, clock}},
		starts: 1, told: []string{"started", "succeeded", unrecognised},
	},
	{
		name:   "by an operator, who looks at it",
		steps:  []step{{nothing, operator}, {nothing, plan}, {nothing, history}, {nothing, status}, {(*rig).complete, clock}},
		starts: 1, told: []string{"started", "succeeded"},
		instead: []string{"failed never-began", "error unavailable", "refused calendar-closed"},
	},
	{
		name:    "by an operator, who gives a secret away",
		steps:   []step{{nothing, secret}},
		told:    []string{"refused invalid-request"},
		instead: []string{"failed never-began", "error unavailable", "refused calendar-closed"},
	},
	{
		name: "stopped", on: "ssm",
		steps:  []step{{nothing, firstAlarm}, {nothing, stop}, {nothing, clock}},
		from:   1,
		starts: 1, told: []string{"started", "cancelled stopped"}, instead: []string{"succeeded"},
	},
	{
		name: "ended by its event", on: "ssm",
		steps:  []step{{nothing, firstAlarm}, {(*rig).complete, finished}},
		from:   1,
		starts: 1, told: []string{"started", "succeeded"},
	},
}

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

// play plays a story with the fate given, and sweeps to its end. An event whose function dies or gives it back is delivered again: by
// Lambda, twice at most, or by the operator who got no answer. It gives the number of calls before each step.
func (s story) play(r *rig, fate func(call string) machine.Fate) (before []int) {
	r.t.Helper()
	now := time.Now()
	r.strike(fate)
	for _, step := range s.steps {
		before = append(before, len(r.calls))
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
	r.follow()
	return before
}

// calls plays a story without a fault and gives the calls it takes, and which is the first to be struck.
func (s story) calls(t *testing.T, b backend) (calls []string, first int) {
	t.Helper()
	r := s.start(t, b)
	before := s.play(r, nil)
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
