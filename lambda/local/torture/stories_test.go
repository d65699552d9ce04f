package torture

import (
	"fmt"
	"strings"
	"time"
)

// story is what happens to one server from its trigger to the end, one invocation after the other.
type story struct {
	name     string
	on       string // the only backend that has it; empty is both
	settings string // empty is oneServer
	steps    []step
	from     int      // the first step whose calls are struck; those before are another story's too
	starts   int      // how many maintenances begin
	notified []string // what is notified, each once
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
		return fmt.Appendf(nil, `{"schedule": {"name": "weekly", "time": %q}, "serverNames": [%q, %q]}`,
			now.UTC().Format(time.RFC3339), name, unknown)
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

// unknown is a server that no settings have.
const unknown = "gone-99"

var stories = []story{
	{
		name:   "at once",
		steps:  []step{{nothing, firstAlarm}, {nothing, clock}, {(*rig).complete, clock}},
		starts: 1, notified: []string{"started", "succeeded"},
	},
	{
		name:   "over before anybody looks",
		steps:  []step{{nothing, firstAlarm}, {(*rig).complete, clock}},
		starts: 1, notified: []string{"started", "succeeded"},
	},
	{
		name: "after a wait for two alarms",
		steps: []step{
			{(*rig).unready, firstAlarm}, {nothing, secondAlarm}, {nothing, clock}, {(*rig).ready, clock}, {(*rig).complete, clock},
		},
		starts: 1, notified: []string{"waiting wrong-state", "joined", "started", "succeeded"},
	},
	{
		name:     "cleared while it waits",
		steps:    []step{{(*rig).unready, firstAlarm}, {nothing, cleared}, {(*rig).ready, clock}},
		from:     1,
		notified: []string{"waiting wrong-state", "cancelled alarm-cleared"},
	},
	{
		name:   "refused the next time",
		steps:  []step{{nothing, firstAlarm}, {(*rig).follow, secondAlarm}},
		from:   1,
		starts: 1, notified: []string{"started", "succeeded", "refused cooling-down"},
	},
	{
		name:     "fails, on every topic",
		settings: strings.Replace(oneServer, `"maxConcurrent"`, `"notify": [{"records": true}, {"chat": true}], "maxConcurrent"`, 1),
		steps:    []step{{(*rig).fail, firstAlarm}, {nothing, clock}, {(*rig).completeLongAgo, clock}},
		starts:   1, notified: []string{"started", "failed", "records: started", "records: failed", "chat: started", "chat: failed"},
	},
	{
		name:   "one of several, by a schedule",
		steps:  []step{{nothing, schedule}, {(*rig).complete, clock}},
		starts: 1, notified: []string{"started", "succeeded", "refused not-allowed"},
	},
	{
		name:   "by an operator, who looks at it",
		steps:  []step{{nothing, operator}, {nothing, status}, {(*rig).complete, clock}, {nothing, plan}, {nothing, history}},
		starts: 1, notified: []string{"started", "succeeded"},
		instead: []string{"failed never-began", "error unavailable", "refused calendar-closed"},
	},
	{
		name:     "by an operator, who gives a secret away",
		steps:    []step{{nothing, secret}},
		notified: []string{"refused invalid-request"},
		instead:  []string{"failed never-began", "error unavailable", "refused calendar-closed"},
	},
	{
		name: "stopped", on: "ssm",
		steps:  []step{{nothing, firstAlarm}, {nothing, stop}, {nothing, clock}},
		from:   1,
		starts: 1, notified: []string{"started", "cancelled stopped"}, instead: []string{"succeeded"},
	},
	{
		name: "ended by its event", on: "ssm",
		steps:  []step{{nothing, firstAlarm}, {(*rig).complete, finished}},
		from:   1,
		starts: 1, notified: []string{"started", "succeeded"},
	},
}
