package torture

import (
	"strings"
	"time"
)

// scenario is what happens to one server from its trigger to the end, one invocation after the other.
type scenario struct {
	name     string
	on       string // the only backend that has it; empty is both
	settings string // empty is oneServer
	steps    []step
	from     int      // the first step whose calls meet faults; those before are another scenario's too
	starts   int      // how many maintenances begin
	notified []string // what is notified, each once
	// instead is what may be notified in the place of an end if something goes wrong; then nothing has to begin either.
	instead []string
}

// step is one invocation and what happens before it.
type step struct {
	before func(*harness)
	event  event
}

// event is what wakes the function.
type event int

const (
	clock event = iota
	alarmed
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

func (h *harness) payload(e event, now time.Time) []byte {
	if e == alarmed {
		return alarm(h.t, now)
	}
	if text, ok := asked[e]; ok {
		return []byte(text)
	}
	return sweep
}

func nothing(*harness) {}

// scenarios have all the operations that the function calls, and every text that could give a secret away.
var scenarios = []scenario{
	{
		name:     "at once",
		settings: strings.Replace(oneServer, `"alarms"`, `"blockedBy": ["db-*"], "alarms"`, 1),
		steps:    []step{{nothing, alarmed}, {nothing, clock}, {(*harness).complete, clock}},
		starts:   1, notified: []string{"started", "succeeded"},
	},
	{
		name:     "fails, on every topic",
		settings: strings.Replace(oneServer, `"maxConcurrent"`, `"notify": [{"records": true}, {"chat": true}], "maxConcurrent"`, 1),
		steps:    []step{{(*harness).fail, alarmed}, {nothing, clock}, {(*harness).completeLongAgo, clock}},
		starts:   1, notified: []string{"started", "failed", "records: started", "records: failed", "chat: started", "chat: failed"},
	},
	{
		name:   "by an operator, who looks at it",
		steps:  []step{{nothing, operator}, {nothing, status}, {(*harness).complete, clock}, {nothing, plan}, {nothing, history}},
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
		steps:  []step{{nothing, alarmed}, {nothing, stop}, {nothing, clock}},
		from:   1,
		starts: 1, notified: []string{"started", "cancelled stopped"}, instead: []string{"succeeded"},
	},
}
