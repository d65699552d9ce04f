package torture

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

// fixture is the machine that a test stands on, with its servers on one backend.
type fixture struct {
	*machine.Machine
	t       testing.TB
	backend backend
}

// due are the runs that something is left to do of, in both queues, whenever it is.
func (f *fixture) due() (all []maintenance.Due) {
	f.t.Helper()
	for _, queue := range []maintenance.Queue{maintenance.QueueDue, maintenance.QueueSlot} {
		due, err := f.Ledger.Due(context.Background(), queue, time.Now().AddDate(1, 0, 0), 0)
		f.must(err)
		all = append(all, due...)
	}
	return all
}

// items are all that the table holds.
func (f *fixture) items() []map[string]types.AttributeValue {
	f.t.Helper()
	all, err := dynamodb.NewFromConfig(f.Config()).Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String(machine.TableName)})
	f.must(err)
	return all.Items
}

// complete ends the maintenance of the server, if one goes on.
func (f *fixture) complete() { f.completeOf(name) }

// completeLongAgo lets so much time pass after the end that no answer can be from before it: then the next look ends the run.
func (f *fixture) completeLongAgo() {
	f.complete()
	time.Sleep(6*tick + skew)
}

func (f *fixture) completeOf(server string) {
	if node, ok := f.Nodes[server]; ok {
		_ = f.SSM.Complete(node) // which has an execution, or not yet
		return
	}
	time.Sleep(skew) // what is recorded sooner after a claim may be from before it
	f.must(f.OpsWorksCM.Complete(server))
}

// skew is more than the two seconds by which the function takes a service's clock to be behind its own.
const skew = 2100 * time.Millisecond

// startsOf counts what really began.
func (f *fixture) startsOf(server string) int {
	if node, ok := f.Nodes[server]; ok {
		return f.SSM.Started(node)
	}
	return f.OpsWorksCM.Started(server)
}

// startCalls counts the calls that would start maintenance.
func (f *fixture) startCalls() int {
	n := 0
	for _, call := range append(f.OpsWorksCM.Calls(), f.SSM.Calls()...) {
		if strings.HasSuffix(f.backend.start, " "+call.Operation) {
			n++
		}
	}
	return n
}

// fail lets maintenance fail from now on. A careless runbook prints what it was given.
func (f *fixture) fail() {
	if node, ok := f.Nodes[name]; ok {
		f.SSM.FailStep(node, "Maintain", "cannot log in with "+markedToken+" or "+strings.Join(markedKeys, ","))
		return
	}
	f.must(f.OpsWorksCM.FailMaintenance(name, true))
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// alarm is the sample of an alarm event, as if it had gone into ALARM at that time.
func alarm(t testing.TB, at time.Time) []byte {
	t.Helper()
	sample, err := os.ReadFile("../../../testdata/events/alarm.json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(sample, &event); err != nil {
		t.Fatal(err)
	}
	event["time"] = at.UTC().Format(time.RFC3339)
	since := func(state string, at time.Time) {
		event["detail"].(map[string]any)[state].(map[string]any)["timestamp"] = at.UTC().Format("2006-01-02T15:04:05.000-0700")
	}
	since("state", at)
	since("previousState", at.Add(-time.Minute))
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
