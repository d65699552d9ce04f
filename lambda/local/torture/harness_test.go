// Package torture kills the real, built function with SIGKILL before and after its calls, freezes, breaks and starves its connections,
// and floods it, on both backends: what only a real process on real sockets can show. The deterministic simulation does the rest. After
// each scenario it asserts at both ends, at the simulated service and at the subscriber: one trigger starts at most one maintenance, every
// end is notified, nothing is held that has ended, and no secret can be read anywhere. It ends in a table of operations by faults.
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
const tick = 200 * time.Millisecond

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

// harness drives the function: it gives it events, lets its calls meet faults, and knows how many messages must have come of them.
type harness struct {
	*fixture

	mu         sync.Mutex
	decide     func(call string) fault // for each of the function's calls; nil serves all
	wanted     int                     // so many calls are to meet a fault
	calls      []string
	injected   map[fault]int
	published  int  // messages that reached their topic
	unsettled  bool // one did so in the invocation that goes on
	dying      bool // the process of that invocation is about to be killed
	repeatable int  // deaths and doubts after which a message may come again
	kill       context.CancelFunc
	rest       func() // lets others run while this invocation waits or is dead
	end        func() // looks at all that was said and kept, and takes the machine away

	messages []machine.Message
	heard    record
}

func start(t testing.TB, b backend, change func(*machine.Config)) *harness {
	t.Helper()
	h := &harness{fixture: &fixture{t: t, backend: b}, injected: map[fault]int{}}
	config := machine.Config{Function: built, Settings: []byte(oneServer), Log: h.heard.writer("log"), Decide: h.meet,
		Timeout: shortly, SweepEvery: tick}
	config.OnEvent = func([]byte) {} // lost, as best effort may: the sweep has to do without
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
	h.Machine, h.end = m, sync.OnceFunc(h.finish)
	t.Cleanup(h.end)
	return h
}
