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

// due are the runs that something is left to do of, in both queues, whenever it is.
func (r *rig) due() (all []maintenance.Due) {
	r.t.Helper()
	for _, queue := range []maintenance.Queue{maintenance.QueueDue, maintenance.QueueSlot} {
		due, err := r.Ledger.Due(context.Background(), queue, time.Now().AddDate(1, 0, 0), 0)
		r.must(err)
		all = append(all, due...)
	}
	return all
}

// await sleeps until something is due, as the function does between two sweeps: until the lease of a dead process is over, at the
// longest. The function's clock is real, so this sleep is too.
func (r *rig) await() {
	r.t.Helper()
	due := r.due()
	if len(due) == 0 {
		return
	}
	next := due[0].DueAt
	if due[0].State == maintenance.RunWaiting && !next.After(time.Now()) {
		next = time.Now().Add(tick) // it stands in the queue for a slot
	}
	time.Sleep(time.Until(next))
}

// follow sweeps until nothing is due any more, with maintenance ending between two sweeps, and until what was to be struck was.
func (r *rig) follow() {
	r.t.Helper()
	for end, idle := time.Now().Add(2*(shortly+15*time.Second)+30*time.Second), 0; ; {
		switch due := r.due(); {
		case len(due) == 0 && (r.hits() >= r.wanted || idle > 10):
			return
		case len(due) == 0:
			idle++
		case time.Now().After(end):
			r.t.Fatalf("after all sweeps still due: %+v", due)
		}
		r.await()
		if result, alive := r.deliver(sweep); alive && result.Error != nil {
			r.t.Fatalf("the sweep failed: %s", result.Error)
		}
		for _, server := range r.Servers {
			r.completeOf(server)
		}
	}
}

// items are all that the table holds.
func (r *rig) items() []map[string]types.AttributeValue {
	r.t.Helper()
	all, err := dynamodb.NewFromConfig(r.Config()).Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String(machine.TableName)})
	r.must(err)
	return all.Items
}

// complete ends the maintenance of the server, if one goes on.
func (r *rig) complete() { r.completeOf(name) }

// completeLongAgo lets so much time pass after the end that no answer can be from before it: then the next look ends the run.
func (r *rig) completeLongAgo() {
	r.complete()
	time.Sleep(6*tick + skew)
}

func (r *rig) completeOf(server string) {
	if node, ok := r.Nodes[server]; ok {
		_ = r.SSM.Complete(node) // which has an execution, or not yet
		return
	}
	time.Sleep(skew) // what is recorded sooner after a claim may be from before it
	r.must(r.OpsWorksCM.Complete(server))
}

// skew is more than the two seconds by which the function takes a service's clock to be behind its own.
const skew = 2100 * time.Millisecond

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
		if strings.HasSuffix(r.backend.start, " "+call.Operation) {
			n++
		}
	}
	return n
}

// unready makes the server one that maintenance has to wait for.
func (r *rig) unready() { r.setState("ConnectionLost", "BACKING_UP") }

// ready makes it one that maintenance may start on.
func (r *rig) ready() { r.setState("Online", "HEALTHY") }

func (r *rig) setState(ping, status string) {
	if node, ok := r.Nodes[name]; ok {
		r.must(r.SSM.SetPing(node, ping))
		return
	}
	r.must(r.OpsWorksCM.SetStatus(name, status))
}

// fail lets maintenance fail from now on. A careless runbook prints what it was given.
func (r *rig) fail() {
	if node, ok := r.Nodes[name]; ok {
		r.SSM.FailStep(node, "Maintain", "cannot log in with "+markedToken+" or "+strings.Join(markedKeys, ","))
		return
	}
	r.must(r.OpsWorksCM.FailMaintenance(name, true))
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// alarm is the sample of an alarm event, as if it had gone into the state at that time.
func alarm(t testing.TB, state string, at time.Time) []byte {
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
	before := "OK"
	if state == "OK" {
		before = "ALARM"
	}
	set := func(of, value string, at time.Time) {
		state := event["detail"].(map[string]any)[of].(map[string]any)
		state["value"], state["timestamp"] = value, at.UTC().Format("2006-01-02T15:04:05.000-0700")
	}
	set("state", state, at)
	set("previousState", before, at.Add(-time.Minute))
	payload, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
