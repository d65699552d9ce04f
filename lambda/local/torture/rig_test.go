package torture

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/runtimeapi"
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
	{"ssm", `"backend": "ssm", "runbook": "Maintain", "calendars": ["Opening"], "parameters": ` + markedParameters, "SSM StartAutomationExecution"},
}

// both runs a test on both backends.
func both(t *testing.T, test func(*testing.T, backend)) {
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
	t        testing.TB
	backend  backend
	function *runtimeapi.Function

	mu         sync.Mutex
	fate       func(call string) machine.Fate // of each of the function's calls; nil serves all
	calls      []string
	injected   map[machine.Fate]int
	published  int    // messages that reached their topic
	unsettled  bool   // one did so in the invocation that goes on
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
	r.Machine, r.function, r.end = m, m.Function, sync.OnceFunc(r.finish)
	t.Cleanup(r.end)
	return r
}

// strike decides what becomes of the function's calls from now on.
func (r *rig) strike(fate func(call string) machine.Fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fate = fate
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
	if call == "SNS Publish" && fate.Done() {
		r.published++
		r.unsettled = true
	}
	r.injected[fate]++
	total.injected(fate, call)
	dies := fate == machine.DeathBefore || fate == machine.DeathAfter
	if dies && r.unsettled || fate != machine.Served && fate.Done() && call == "SNS Publish" {
		r.repeatable++
	}
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

// running bounds how many invocations of all tests compete for the processors, so that none runs out of its time by that.
var running = make(chan struct{}, 6)

// deliver gives the function an event, by the entrance that it is for. It returns false if the function's process was killed at it.
func (r *rig) deliver(payload []byte) (runtimeapi.Result, bool) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	running <- struct{}{}
	rest := sync.OnceFunc(func() { <-running })
	defer rest()
	r.mu.Lock()
	r.kill, r.rest, r.unsettled = cancel, rest, false
	r.mu.Unlock()
	result, err := r.function.InvokeAlias(ctx, entrance(payload), payload)
	r.heard.add("answers", string(result.Payload), result.Error)
	switch {
	case err == nil:
		return result, true
	case ctx.Err() == nil:
		r.t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if !r.Quiet(waiting) { // what it had sent must not come after what is done next
		r.t.Fatal("the dead process is connected still")
	}
	return result, false
}

// entrance is the alias that an event comes by.
func entrance(payload []byte) string {
	if event, err := events.Decode(payload); err == nil && events.FromOperator(event) {
		return function.AliasOperators
	}
	return ""
}

// invoke is deliver where the function must neither die nor fail.
func (r *rig) invoke(payload []byte) []response {
	r.t.Helper()
	result, alive := r.deliver(payload)
	if !alive || result.Error != nil {
		r.t.Fatalf("the function died or failed: %v", result.Error)
	}
	return responses(r.t, result.Payload)
}

// deliverAll gives the function many events at the same time, as many as it has processes. None may fail.
func (r *rig) deliverAll(payloads [][]byte) []response {
	r.t.Helper()
	r.mu.Lock()
	r.rest = func() {}
	r.mu.Unlock()
	answers := make([][]response, len(payloads))
	var all sync.WaitGroup
	for i, payload := range payloads {
		all.Go(func() {
			result, err := r.function.Invoke(context.Background(), payload)
			r.heard.add("answers", string(result.Payload), result.Error)
			if err != nil || result.Error != nil {
				r.t.Errorf("event %d: %v, %v", i, err, result.Error)
				return
			}
			answers[i] = responses(r.t, result.Payload)
		})
	}
	all.Wait()
	return slices.Concat(answers...)
}

// response is what the function answers for one run.
type response struct{ Outcome, Reason, ServerName, RunID, Message string }

func responses(t testing.TB, payload []byte) []response {
	t.Helper()
	var several []response
	if json.Unmarshal(payload, &several) == nil {
		return several
	}
	var one response
	if err := json.Unmarshal(payload, &one); err != nil {
		t.Errorf("the function answered %s: %v", payload, err)
	}
	return []response{one}
}

// restart starts the function anew, with some of its environment changed.
func (r *rig) restart(change map[string]string) {
	r.t.Helper()
	_ = r.function.Close()
	var environment []string
	for _, variable := range r.Environment {
		if variableName, _, _ := strings.Cut(variable, "="); change[variableName] == "" {
			environment = append(environment, variable)
		}
	}
	for variableName, value := range change {
		environment = append(environment, variableName+"="+value)
	}
	r.function = runtimeapi.New(runtimeapi.Config{
		Binary: built, Env: environment, FunctionARN: machine.FunctionARN, Timeout: shortly, Output: r.heard.writer("log"),
	})
	r.t.Cleanup(func() { _ = r.function.Close() })
}
