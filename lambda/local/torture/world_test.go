package torture

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

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
	r.keep()
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
	for _, item := range r.items() {
		if pk, ok := item["pk"].(*types.AttributeValueMemberS); !ok || !strings.HasPrefix(pk.Value, "tell#") {
			continue
		}
		item["until"] = &types.AttributeValueMemberN{Value: "0"}
		r.put(item)
	}
}

func (r *rig) put(item map[string]types.AttributeValue) {
	r.t.Helper()
	r.look(func(ctx context.Context) error {
		_, err := r.table().PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(machine.TableName), Item: item})
		return err
	})
}

// neglect lets the last success be longer ago than the settings expect.
func (r *rig) neglect() {
	r.t.Helper()
	r.follow()
	for _, item := range r.items() {
		if _, ok := item["lastSuccess"]; ok {
			item["lastSuccess"] = &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().AddDate(0, 0, -9).UnixMilli())}
			r.put(item)
		}
	}
}

// items are all that the table holds.
func (r *rig) items() (items []map[string]types.AttributeValue) {
	r.t.Helper()
	r.look(func(ctx context.Context) error {
		all, err := r.table().Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(machine.TableName)})
		if err == nil {
			items = all.Items
		}
		return err
	})
	return items
}

func (r *rig) table() *dynamodb.Client { return dynamodb.NewFromConfig(r.Config()) }

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
		if strings.HasSuffix(r.backend.start, " "+call.Operation) {
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
	r.lost(len(r.open()))
	r.t.Fatalf("after all sweeps still open: %+v", r.open())
}
