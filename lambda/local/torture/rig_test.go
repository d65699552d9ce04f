// Package torture kills the real, built function with SIGKILL before and after its calls, freezes, breaks and starves its connections,
// and floods it, on both backends: what only a real process on real sockets can show. The deterministic simulation does the rest. After
// each story it asserts at both ends, at the simulated service and at the subscriber: one trigger starts at most one maintenance, every
// end is notified, nothing is held that has ended, and no secret can be read anywhere. It ends in a table of operations by ways struck.
package torture

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// name is the server of all tests that need but one. One slot for the whole fleet: a slot that is not given back is noticed.
const name = "automate-06"

const oneServer = `{"servers": [{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*"]}], "maxConcurrent": 1}`

// tick is the period of the sweep here, in place of a minute. What counts as missing, or as too late, is counted in it.
const tick = 100 * time.Millisecond

// shortly is how long an invocation may take here, and so the first part of a dead one's lease.
const shortly = 6 * time.Second

// backend is one of those that every test runs on.
type backend struct {
	name     string
	settings string // of a server
	start    string // the call that starts maintenance
}

var backends = []backend{
	{"opsworks-cm", `"backend": "opsworks-cm"`, "OpsWorksCM StartMaintenance"},
	{
		"ssm", `"backend": "ssm", "runbook": "Maintain", "calendars": ["Opening"], "parameters": ` + markedParameters,
		"SSM StartAutomationExecution",
	},
}

// both runs a test on both backends, beside all others.
func both(t *testing.T, test func(*testing.T, backend)) {
	t.Parallel()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

// on is a settings document with its servers on a backend.
func (b backend) on(document string) string {
	return strings.ReplaceAll(document, backends[0].settings, b.settings)
}

var sweep = []byte(`{"sweep": true}`)

// rig is a machine whose calls can be given a fate, and which knows how many messages must have come of them.
type rig struct {
	*machine.Machine
	t       testing.TB
	backend backend

	mu         sync.Mutex
	fate       func(call string) machine.Fate // of each of the function's calls; nil serves all
	wanted     int                            // so many calls are to be struck
	calls      []string
	injected   map[machine.Fate]int
	published  int    // messages that reached their topic
	unsettled  bool   // one did so in the invocation that goes on
	dying      bool   // the process of that invocation is about to be killed
	repeatable int    // deaths and doubts after which a message may come again
	completion []byte // the latest event that an execution has ended
	kill       context.CancelFunc
	rest       func() // lets others run while this invocation waits or is dead
	end        func() // looks at all that was said and kept, and takes the machine away

	messages []machine.Message
	heard    record
}

func start(t testing.TB, b backend, change func(*machine.Config)) *rig {
	t.Helper()
	r := &rig{t: t, backend: b, injected: map[machine.Fate]int{}}
	config := machine.Config{Function: built, Settings: []byte(oneServer), Log: r.heard.writer("log"), Intercept: r.intercept,
		Timeout: shortly, SweepEvery: tick}
	config.OnEvent = func(event []byte) { // lost, as best effort may: the sweep has to do without
		r.mu.Lock()
		defer r.mu.Unlock()
		r.completion = event
	}
	if change != nil {
		change(&config)
	}
	config.Settings = []byte(b.on(string(config.Settings)))
	m, err := machine.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	m.SSM.SetCalendar("Opening", true, time.Time{})
	m.SSM.IgnoreTokens(true) // what the service does with a token is not documented: the ledger has to be enough
	r.Machine, r.end = m, sync.OnceFunc(r.finish)
	t.Cleanup(r.end)
	return r
}

// strike decides what becomes of the function's calls from now on. All are served for nil.
func (r *rig) strike(fate func(call string) machine.Fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fate = fate
}

// made counts the function's calls.
func (r *rig) made() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

// hits counts those that were not served.
func (r *rig) hits() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for fate, times := range r.injected {
		if fate != machine.Served {
			n += times
		}
	}
	return n
}

func (r *rig) intercept(call string) machine.Fate {
	r.mu.Lock()
	decide := r.fate
	r.calls = append(r.calls, call)
	r.mu.Unlock()

	fate := machine.Served
	if decide != nil {
		fate = decide(call)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.injected[fate]++
	total.add(call, fate)
	publishes := call == "SNS Publish" && fate.Done()
	if publishes {
		r.published++
		r.unsettled = true
	}
	dies := fate == machine.DeathBefore || fate == machine.DeathAfter
	if dies && r.unsettled || publishes && (r.dying || fate != machine.Served) {
		r.repeatable++
	}
	r.dying = r.dying || dies
	switch fate {
	case machine.Served:
		return fate
	case machine.DeathBefore:
		r.kill()
	case machine.DeathAfter:
		// The work is done between this answer and the wait for death, mostly in well under a millisecond. It is done in any case.
		time.AfterFunc(20*time.Millisecond, r.kill)
	}
	r.rest()
	return fate
}
