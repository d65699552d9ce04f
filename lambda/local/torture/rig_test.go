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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/runtimeapi"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// built is the function's binary, built once for all tests as the Makefile builds it.
var built string

func TestMain(m *testing.M) { os.Exit(machine.WithFunction(&built, m.Run)) }

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
	{"ssm", `"backend": "ssm", "runbook": "Maintain"`, "SSM StartAutomationExecution"},
}

// under is the backend that is tested now: the tests of this package run one after the other.
var under backend

// both runs a test on both backends.
func both(t *testing.T, test func(*testing.T)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			under = b
			test(t)
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
	timeout  time.Duration
	function *runtimeapi.Function

	mu        sync.Mutex
	fate      func(n int, call string) machine.Fate // of the function's n-th call, from 0; nil serves all
	looking   bool                                  // the test itself asks the ledger
	calls     []string
	injected  map[machine.Fate]int
	published int
	round     int // the invocation that goes on, from 1
	kill      context.CancelFunc

	messages []machine.Message
}

func start(t testing.TB, change func(*machine.Config)) *rig {
	t.Helper()
	r := &rig{t: t, injected: map[machine.Fate]int{}}
	config := machine.Config{Function: built, Settings: []byte(oneServer), Log: t.Output(), Intercept: r.intercept, Timeout: 30 * time.Second}
	config.OnEvent = func([]byte) {} // lost, as best effort may: the sweep has to do without
	if change != nil {
		change(&config)
	}
	config.Settings = []byte(under.on(string(config.Settings)))
	m, err := machine.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	m.SSM.IgnoreTokens(true) // what the service does with a token is not documented: the ledger has to be enough
	r.Machine, r.function, r.timeout = m, m.Function, config.Timeout
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
	if call == "SNS Publish" && (fate == machine.Served || fate == machine.DeathAfter || fate == machine.Lost) {
		r.published++
	}
	r.injected[fate]++
	switch fate {
	case machine.DeathBefore:
		r.kill()
	case machine.DeathAfter:
		// The work is done between this answer and the wait for death, in well under a millisecond.
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
	switch {
	case err == nil:
		return result, true
	case ctx.Err() != nil:
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
		Binary: built, Env: environment, FunctionARN: machine.FunctionARN, Timeout: r.timeout, Output: r.t.Output(),
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

// look is the test's own look at the ledger, which no fate strikes and which is none of the function's calls.
func (r *rig) look(do func(ctx context.Context) error) {
	r.t.Helper()
	set := func(looking bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.looking = looking
	}
	set(true)
	defer set(false)
	if err := do(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) open() (runs []maintenance.Run) {
	r.t.Helper()
	r.look(func(ctx context.Context) (err error) {
		runs, err = r.Ledger.Open(ctx)
		return err
	})
	return runs
}

// passTime lets the time pass in which an attempt holds a run, which is the invocation's deadline and 15 s. It does so in the ledger,
// because in the binary that time is real. No invocation is under way meanwhile, so nobody holds what is taken away here.
func (r *rig) passTime() {
	r.t.Helper()
	r.look(func(ctx context.Context) error {
		runs, err := r.Ledger.Open(ctx)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if now := time.Now(); run.AttemptEnds.After(now) {
				run.AttemptEnds = now.Add(-time.Second)
				if _, err := r.Ledger.Save(ctx, run); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// passTellings is passTime for what is told once: Lambda delivers an event again after a minute, when a dead teller's time is over.
// The ledger has no way to look at these items, so this looks at the table.
func (r *rig) passTellings() {
	r.t.Helper()
	r.look(func(ctx context.Context) error {
		api := dynamodb.New(dynamodb.Options{Region: machine.Region, BaseEndpoint: aws.String(r.URL), Credentials: aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
			})})
		all, err := api.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(machine.TableName)})
		if err != nil {
			return err
		}
		for _, item := range all.Items {
			if pk, ok := item["pk"].(*types.AttributeValueMemberS); !ok || !strings.HasPrefix(pk.Value, "tell#") {
				continue
			}
			item["until"] = &types.AttributeValueMemberN{Value: "0"}
			if _, err := api.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(machine.TableName), Item: item}); err != nil {
				return err
			}
		}
		return nil
	})
}

// complete ends the maintenance of the server, if one goes on.
func (r *rig) complete() { r.completeOf(name) }

func (r *rig) completeOf(server string) {
	if node, ok := r.Nodes[server]; ok {
		_ = r.SSM.Complete(node) // which has an execution, or not yet
		return
	}
	r.must(r.OpsWorksCM.Complete(server))
}

// startsOf counts what really began.
func (r *rig) startsOf(server string) int {
	if node, ok := r.Nodes[server]; ok {
		return r.SSM.Started(node)
	}
	return r.OpsWorksCM.Started(server)
}

// startCalls counts the calls that would start maintenance.
func (r *rig) startCalls() int {
	n := 0
	for _, call := range append(r.OpsWorksCM.Calls(), r.SSM.Calls()...) {
		if strings.HasSuffix(under.start, " "+call.Operation) {
			n++
		}
	}
	return n
}

// unready makes the server one that maintenance has to wait for, or not any more.
func (r *rig) unready(is bool) {
	ping, status := "Online", "HEALTHY"
	if is {
		ping, status = "ConnectionLost", "BACKING_UP"
	}
	if node, ok := r.Nodes[name]; ok {
		r.must(r.SSM.SetPing(node, ping))
		return
	}
	r.must(r.OpsWorksCM.SetStatus(name, status))
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// follow sweeps until no run is open, with the time of dead attempts passing and maintenance ending between two sweeps.
func (r *rig) follow() {
	r.t.Helper()
	for range 10 {
		r.passTime()
		r.invoke(sweep)
		for _, server := range r.Servers {
			r.completeOf(server)
		}
		if len(r.open()) == 0 {
			return
		}
	}
	r.t.Fatalf("after all sweeps still open: %+v", r.open())
}

// told counts the messages the subscriber got, by outcome and reason, once all that were published have come.
func (r *rig) told() map[string]int {
	r.t.Helper()
	r.mu.Lock()
	published := r.published
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(r.messages) < published {
		message, ok := r.Receive(ctx)
		if !ok {
			r.t.Fatalf("%d messages were published, %d came", published, len(r.messages))
		}
		r.messages = append(r.messages, message)
	}
	counts := map[string]int{}
	for _, m := range r.messages {
		counts[strings.TrimSpace(m.Attributes["outcome"]+" "+m.Attributes["reason"])]++
	}
	return counts
}

// expect compares what has been told with what should have been, each with the least and the most; what is not named must not be.
func (r *rig) expect(want map[string][2]int) {
	r.t.Helper()
	told := r.told()
	for what, n := range told {
		if want[what][1] < n {
			r.t.Errorf("%q was told %d times, at most %d allowed", what, n, want[what][1])
		}
	}
	for what, bounds := range want {
		if told[what] < bounds[0] {
			r.t.Errorf("%q was told %d times, at least %d wanted", what, told[what], bounds[0])
		}
	}
}

func (r *rig) started(want int) {
	r.t.Helper()
	if n := r.startsOf(name); n != want {
		r.t.Errorf("%d maintenances began, want %d", n, want)
	}
}

// free checks that nothing holds the servers any more.
func (r *rig) free() {
	r.t.Helper()
	if runs := r.open(); len(runs) > 0 {
		r.t.Errorf("still open: %+v", runs)
	}
	r.look(func(ctx context.Context) error {
		records, err := r.Ledger.Servers(ctx, r.Servers)
		for server, record := range records {
			if record.Lease != "" {
				r.t.Errorf("%s is still held by %s", server, record.Lease)
			}
		}
		return err
	})
}

// injections says what was done to how many of the function's calls.
func (r *rig) injections() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return describe(r.injected)
}

func describe(injected map[machine.Fate]int) string {
	names := map[machine.Fate]string{
		machine.Served: "served", machine.DeathBefore: "killed before", machine.DeathAfter: "killed after", machine.Refused: "refused", machine.Lost: "lost",
	}
	var parts []string
	for _, fate := range slices.Sorted(maps.Keys(injected)) {
		parts = append(parts, fmt.Sprintf("%d %s", injected[fate], names[fate]))
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
