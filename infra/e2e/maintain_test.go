package e2e_test

import (
	"bytes"
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
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

// function is the deployed function, running here.
type function struct {
	*runtimeapi.Function
	t          *testing.T
	opsworksCM *simulator.OpsWorksCM
	nodes      *nodes
	servers    *opsworkscm.Client // to look at the same
	calls      *recorder
	log        *bytes.Buffer
}

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
	runs := ledger.New(d.config, d.stack.Outputs["RunsTable"])

	event := d.alarm(t, alarm)
	t.Logf("the rules delivered the alarm %s, %d bytes", alarm, len(event))

	started := f.invoke(event)[0]
	if started.Outcome != "started" || started.ServerName != name {
		t.Fatalf("it answered %+v", started)
	}
	t.Logf("the function answered: %s", started.Message)
	f.expect(name, 1, "UNDER_MAINTENANCE")
	run, err := runs.Find(t.Context(), started.RunID)
	if err != nil || run.State != maintenance.RunRunning || run.ServerName != name || run.Cause.Name != alarm {
		t.Errorf("the run in the table is %+v, %v", run, err)
	}
	t.Logf("the run %s is in the table %s: %s", run.ID, d.stack.Outputs["RunsTable"], run.State)
	d.told(t, mailbox, started.RunID, name, "started")

	again := f.invoke(event)[0]
	if again.Outcome != "in-progress" {
		t.Errorf("to the same event again it answered %+v", again)
	}
	t.Logf("the same event again: %s. %s", again.Outcome, again.Message)
	f.expect(name, 1, "UNDER_MAINTENANCE")
	f.sweep()
	d.told(t, mailbox, again.RunID, name)

	if err := f.opsworksCM.Complete(name); err != nil {
		t.Fatal(err)
	}
	f.sweep()
	d.told(t, mailbox, started.RunID, name, "succeeded")
	if open, err := runs.Open(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("still open: %+v, %v", open, err)
	}
	late := f.invoke(event)[0]
	if late.Reason != "duplicate" {
		t.Errorf("to the same event afterwards it answered %+v", late)
	}
	t.Logf("the same event after all of it: %s, %s", late.Outcome, late.Reason)
	f.expect(name, 1, "HEALTHY")
	d.maintainNode(t, f, mailbox, runs)
	d.permitted(t, f)
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
	for file, content := range map[string][]byte{"bootstrap": binary, "settings.json": d.unzip(t)["settings.json"].content} {
		if err := os.WriteFile(filepath.Join(task, file), content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f := &function{t: t, log: &bytes.Buffer{}, calls: d.record(t), opsworksCM: simulator.NewOpsWorksCM(simulator.Config{Region: region, Account: account})}
	if err := f.opsworksCM.AddServer(simulator.Server{Name: serverName}); err != nil {
		t.Fatal(err)
	}
	f.nodes = d.newNodes(t)
	api := httptest.NewServer(f.opsworksCM)
	config := d.config.Copy()
	config.BaseEndpoint = aws.String(api.URL)
	f.servers = opsworkscm.New(config)
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
	for name, value := range deployed.Environment.Variables {
		environment = append(environment, name+"="+value)
	}
	f.Function = runtimeapi.New(runtimeapi.Config{
		Binary: filepath.Join(task, "bootstrap"), Env: environment, FunctionARN: *deployed.FunctionArn,
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
	result, err := f.Invoke(f.t.Context(), event)
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

func (f *function) sweep() {
	f.t.Helper()
	answers := f.invoke([]byte(`{"sweep":true}`))
	f.t.Logf("a sweep: %+v", answers)
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
	server, err := f.servers.Describe(f.t.Context(), serverName)
	if err != nil || string(server.Status) != status {
		f.t.Errorf("the server is %+v, %v, want %s", server, err, status)
	}
	f.t.Logf("OpsWorks CM says that %s is %s; calls of StartMaintenance so far: %d", serverName, server.Status, calls)
}
