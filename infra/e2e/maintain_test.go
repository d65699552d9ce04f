package e2e_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/runtimeapi"
	cmsim "opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// function is the deployed function, running here.
type function struct {
	*runtimeapi.Function
	t          *testing.T
	opsworksCM *cmsim.Service
	nodes      *nodes
	servers    *opsworkscm.Client // to look at the same
	calls      *recorder
	log        *bytes.Buffer
}

// sweepEvery is the only thing that the function has otherwise than deployed: a minute there.
const sweepEvery = time.Second

// answer is what it answers for one run.
type answer struct{ Outcome, Reason, ServerName, RunID, Message string }

// maintain plays the main job: an alarm, and what comes of it.
func (d *deployment) maintain(t *testing.T) {
	servers := d.servers()
	if len(servers) == 0 {
		t.Fatal("cdk.json has no server of OpsWorks CM that an alarm can ask for")
	}
	name, alarm := servers[0].Name, alarmOf(servers[0])
	f := d.start(t, name)
	mailbox := d.subscribe(t)
	runs := ledger.New(d.config, d.stack.Outputs["RunsTable"], rand.Text)

	event := d.alarm(t, alarm)
	t.Logf("the rules delivered the alarm %s, %d bytes", alarm, len(event))

	started := f.invoke(event)[0]
	if started.Outcome != "started" || started.ServerName != name {
		t.Fatalf("it answered %+v", started)
	}
	t.Logf("the function answered: %s", started.Message)
	f.expect(name, 1, "UNDER_MAINTENANCE")
	run, err := runs.Run(t.Context(), started.RunID)
	if err != nil || run.State != maintenance.RunRunning || run.ServerName != name || run.Trigger().Name != alarm {
		t.Errorf("the run in the table is %+v, %v", run, err)
	}
	t.Logf("the run %s is in the table %s: %s", run.ID, d.stack.Outputs["RunsTable"], run.State)
	d.notified(t, mailbox, started.RunID, name, "alarm", "started")

	again := f.invoke(event)[0]
	if again.Reason != "duplicate" || again.RunID != started.RunID {
		t.Errorf("to the same event again it answered %+v", again)
	}
	t.Logf("the same event again: %s, %s. %s", again.Outcome, again.Reason, again.Message)
	f.expect(name, 1, "UNDER_MAINTENANCE")

	if err := f.opsworksCM.Complete(name); err != nil {
		t.Fatal(err)
	}
	f.sweepUntil(started.RunID, "succeeded")
	d.notified(t, mailbox, started.RunID, name, "alarm", "succeeded")
	none(t, runs)
	late := f.invoke(event)[0]
	if late.Reason != "duplicate" || late.RunID != started.RunID {
		t.Errorf("to the same event afterwards it answered %+v", late)
	}
	t.Logf("the same event after all of it: %s, %s", late.Outcome, late.Reason)
	f.expect(name, 1, "HEALTHY")
	d.cancel(t, f, mailbox, name, alarm)
	d.operate(t, f, mailbox, name)
	none(t, runs)
	d.maintainNode(t, f, mailbox, runs)
	d.permitted(t, f)
	d.look(t, f, name)
}

// none checks that no run is open.
func none(t *testing.T, runs *ledger.Ledger) {
	t.Helper()
	for _, queue := range []maintenance.Queue{maintenance.QueueDue, maintenance.QueueSlot} {
		if open, err := runs.Due(t.Context(), queue, time.Now().AddDate(1, 0, 0), 0); err != nil || len(open) > 0 {
			t.Errorf("still open: %+v, %v", open, err)
		}
	}
}

// start lays out the deployed code as Lambda does, with the binary for this machine in place of the one for Lambda's, and gives it
// the environment that was deployed. What Lambda adds by itself is added here, and where the services are.
func (d *deployment) start(t *testing.T, serverName string) *function {
	t.Helper()
	task := t.TempDir()
	binary, err := os.ReadFile(filepath.Join(root, "dist/local/bootstrap"))
	if err != nil {
		t.Fatalf("%v: make local builds it", err)
	}
	settingsFile := d.unzip(t, d.stack.one(t, "AWS::Lambda::Function"))["settings.json"].content
	for file, content := range map[string][]byte{"bootstrap": binary, "settings.json": settingsFile} {
		if err := os.WriteFile(filepath.Join(task, file), content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f := &function{t: t, log: &bytes.Buffer{}, calls: d.record(t), opsworksCM: cmsim.New(cmsim.Config{Region: region, Account: account})}
	if err := f.opsworksCM.AddServer(cmsim.Server{Name: serverName}); err != nil {
		t.Fatal(err)
	}
	if d.nodes == nil {
		d.nodes = d.newNodes(t)
	}
	f.nodes = d.nodes
	api := httptest.NewServer(f.opsworksCM)
	config := d.config.Copy()
	config.BaseEndpoint = aws.String(api.URL)
	f.servers = opsworkscm.New(config, time.Now)
	deployed, err := d.lambda.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{
		FunctionName: aws.String(d.stack.Outputs["FunctionName"]),
	})
	if err != nil {
		t.Fatal(err)
	}
	environment := []string{
		"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=emulator", "AWS_SECRET_ACCESS_KEY=emulator", "AWS_SESSION_TOKEN=emulator",
		"AWS_LAMBDA_FUNCTION_NAME=" + *deployed.FunctionName, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"LAMBDA_TASK_ROOT=" + task, "_HANDLER=" + *deployed.Handler, "TZ=:UTC",
		"AWS_ENDPOINT_URL=" + f.calls.URL, "AWS_ENDPOINT_URL_OPSWORKSCM=" + api.URL,
		"AWS_ENDPOINT_URL_SSM=" + f.nodes.url,
	}
	environment = append(environment, settings.EnvSweepEvery+"="+sweepEvery.String())
	for name, value := range deployed.Environment.Variables {
		environment = append(environment, name+"="+value)
	}
	f.Function = runtimeapi.New(runtimeapi.Config{
		Binary: filepath.Join(task, "bootstrap"), Env: environment, FunctionARN: *deployed.FunctionArn,
		Aliases: []string{settings.OperatorsAlias},
		Timeout: time.Duration(*deployed.Timeout) * time.Second, Output: f.log,
	})
	t.Cleanup(func() {
		f.opsworksCM.Close()
		_ = f.Close()
		api.Close()
		if t.Failed() {
			t.Logf("what the function wrote:\n%s", f.log)
		}
	})
	return f
}

// invoke gives the function an event. It must not fail.
func (f *function) invoke(event []byte) []answer {
	f.t.Helper()
	return f.read(f.Invoke(f.t.Context(), event))
}

// ask gives the function an operator's request, through their alias.
func (f *function) ask(request string) answer {
	f.t.Helper()
	answered := f.read(f.InvokeAlias(f.t.Context(), settings.OperatorsAlias, []byte(request)))[0]
	f.t.Logf("an operator asks %s: %s, %s. %s", request, answered.Outcome, answered.Reason, answered.Message)
	return answered
}

func (f *function) read(result runtimeapi.Result, err error) []answer {
	f.t.Helper()
	if err != nil || result.Error != nil {
		f.t.Fatalf("the function failed: %v, %v", err, result.Error)
	}
	if result.Cold {
		f.t.Logf("a cold start: %s", result.Init.Round(time.Millisecond))
	}
	var several []answer
	if json.Unmarshal(result.Payload, &several) != nil {
		several = make([]answer, 1)
		if err := json.Unmarshal(result.Payload, &several[0]); err != nil {
			f.t.Fatalf("it answered %s: %v", result.Payload, err)
		}
	}
	return several
}

// sweepUntil sweeps as often as Scheduler would, until a run ends, which is within few ticks.
func (f *function) sweepUntil(runID, outcome string) {
	f.t.Helper()
	for end := time.Now().Add(20 * sweepEvery); time.Now().Before(end); time.Sleep(sweepEvery / 2) {
		for _, a := range f.invoke([]byte(`{"sweep":true}`)) {
			switch {
			case a.RunID == runID && a.Outcome == outcome:
				f.t.Logf("a sweep: %s", a.Message)
				return
			case a.Outcome != "in-progress":
				f.t.Fatalf("a sweep came to %+v, want %s of %s", a, outcome, runID)
			}
		}
	}
	f.t.Fatalf("no sweep saw %s of %s", outcome, runID)
}

// expect looks at the server itself.
func (f *function) expect(serverName string, starts int, status string) {
	f.t.Helper()
	calls := 0
	for _, call := range f.opsworksCM.Calls() {
		if call.Operation == "StartMaintenance" {
			calls++
		}
	}
	if calls != starts || f.opsworksCM.Started(serverName) != starts {
		f.t.Errorf("%d calls of StartMaintenance began %d maintenances, want %d", calls, f.opsworksCM.Started(serverName), starts)
	}
	seen := f.servers.Look(f.t.Context(), serverName)
	if seen.ServerErr != nil || string(seen.Server.Status) != status {
		f.t.Errorf("the server is %+v, %v, want %s", seen.Server, seen.ServerErr, status)
	}
	f.t.Logf("OpsWorks CM says that %s is %s; calls of StartMaintenance so far: %d", serverName, seen.Server.Status, calls)
}
