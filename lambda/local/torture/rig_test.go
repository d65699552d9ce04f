package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/runtimeapi"
	"opsworks-maintenance/lambda/settings"
)

// name is the server of all tests that need but one. One slot for the whole fleet: a slot that is not given back is noticed.
const name = "automate-06"

const oneServer = `{"servers": [{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*"]}], "maxConcurrent": 1}`

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
		t.Run(b.name, func(t *testing.T) { test(t, b) })
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
	timeout  time.Duration
	function *runtimeapi.Function

	mu         sync.Mutex
	fate       func(n int, call string) machine.Fate // of the function's n-th call, from 0; nil serves all
	looking    bool                                  // the test itself asks the ledger
	calls      []string
	before     []int // so many calls were made before each step of a story
	injected   map[machine.Fate]int
	published  int
	completion []byte // the latest event that an execution has ended
	round      int    // the invocation that goes on, from 1
	kill       context.CancelFunc
	end        func() // looks at all that was said and kept, and takes the machine away

	messages []machine.Message
	heard    record
}

func start(t testing.TB, b backend, change func(*machine.Config)) *rig {
	t.Helper()
	r := &rig{t: t, backend: b, injected: map[machine.Fate]int{}}
	config := machine.Config{Function: built, Settings: []byte(oneServer), Log: r.heard.writer("log"), Intercept: r.intercept, Timeout: 30 * time.Second}
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
	r.Machine, r.function, r.timeout, r.end = m, m.Function, config.Timeout, sync.OnceFunc(r.finish)
	t.Cleanup(r.end)
	return r
}

// strike decides what becomes of the function's calls from now on.
func (r *rig) strike(fate func(n int, call string) machine.Fate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fate = fate
}

func (r *rig) intercept(call string) machine.Fate {
	r.mu.Lock()
	decide, n := r.fate, len(r.calls)
	if r.looking && strings.HasPrefix(call, "DynamoDB ") { // a message published meanwhile is the function's, and counts
		r.mu.Unlock()
		return machine.Served
	}
	r.calls = append(r.calls, call)
	r.mu.Unlock()

	fate := machine.Served
	if decide != nil {
		fate = decide(n, call)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	if call == "SNS Publish" && fate.Done() {
		r.published++
	}
	r.injected[fate]++
	total.injected(fate, call)
	switch fate {
	case machine.DeathBefore:
		r.kill()
	case machine.DeathAfter:
		// The work is done between this answer and the wait for death, mostly in well under a millisecond. It is done in any case.
		time.AfterFunc(20*time.Millisecond, r.kill)
	}
	return fate
}

// invoke gives the function an event. It returns false if the function's process was killed at it; a function error fails the test.
func (r *rig) invoke(payload []byte) ([]response, bool) {
	r.t.Helper()
	result, alive := r.deliver(payload)
	if !alive {
		return nil, false
	}
	if result.Error != nil {
		r.t.Fatalf("the function failed: %s", result.Error)
	}
	return responses(r.t, result.Payload), true
}

// deliver is invoke without a judgement.
func (r *rig) deliver(payload []byte) (runtimeapi.Result, bool) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.mu.Lock()
	r.round++
	r.kill = cancel
	r.mu.Unlock()
	result, err := r.function.Invoke(ctx, payload)
	r.heard.add("answers", string(result.Payload), result.Error)
	switch {
	case err == nil:
		return result, true
	case ctx.Err() != nil:
		waiting, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if !r.Quiet(waiting) { // what it had sent must not come after what is done next
			r.t.Fatal("the dead process is connected still")
		}
		return result, false
	default:
		r.t.Fatal(err)
		return result, false
	}
}

// deliverAll gives the function many events at the same time, as many as it has processes. None may fail.
func (r *rig) deliverAll(payloads [][]byte) []response {
	r.t.Helper()
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
		Binary: built, Env: environment, FunctionARN: machine.FunctionARN, Timeout: r.timeout, Output: r.heard.writer("log"),
	})
	r.t.Cleanup(func() { _ = r.function.Close() })
}

// settings starts the function anew with another settings document.
func (r *rig) settings(document string) {
	r.t.Helper()
	file := r.t.TempDir() + "/settings.json"
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.restart(map[string]string{settings.EnvSettingsFile: file})
}

// struck checks that so many calls had a fate.
func (r *rig) struck(fate machine.Fate, want int) {
	r.t.Helper()
	if r.injected[fate] != want {
		r.t.Fatalf("%d calls were %s, want %d: %q", r.injected[fate], fate, want, r.calls)
	}
}

// injections says what was done to how many of the function's calls.
func (r *rig) injections() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return describe(r.injected)
}

func describe(injected map[machine.Fate]int) string {
	var parts []string
	for _, fate := range slices.Sorted(maps.Keys(injected)) {
		parts = append(parts, fmt.Sprintf("%d %s", injected[fate], fate))
	}
	return strings.Join(parts, ", ")
}

// alarm is the sample of an alarm event, as if it had gone into the state at that time.
func alarm(t testing.TB, state string, at time.Time) []byte {
	t.Helper()
	sample, err := os.ReadFile("../../../testdata/events/alarm.json")
	if err != nil {
		t.Fatal(err)
	}
	var event struct {
		Version    string         `json:"version"`
		ID         string         `json:"id"`
		DetailType string         `json:"detail-type"`
		Source     string         `json:"source"`
		Account    string         `json:"account"`
		Time       string         `json:"time"`
		Region     string         `json:"region"`
		Resources  []string       `json:"resources"`
		Detail     map[string]any `json:"detail"`
	}
	if err := json.Unmarshal(sample, &event); err != nil {
		t.Fatal(err)
	}
	event.Time = at.UTC().Format(time.RFC3339)
	before := "OK"
	if state == "OK" {
		before = "ALARM"
	}
	event.Detail["state"].(map[string]any)["value"] = state
	event.Detail["state"].(map[string]any)["timestamp"] = at.UTC().Format("2006-01-02T15:04:05.000-0700")
	event.Detail["previousState"].(map[string]any)["value"] = before
	event.Detail["previousState"].(map[string]any)["timestamp"] = at.Add(-time.Minute).UTC().Format("2006-01-02T15:04:05.000-0700")
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
