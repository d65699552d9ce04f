package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/settings"
)

// nodes are Systems Manager as the function meets it: a simulator with a managed node for each server, and the runbooks that were deployed,
// of which it takes the parameters and steps.
type nodes struct {
	*ssm.Service
	url   string
	of    map[string]string // server
	ended [][]byte          // events that executions have ended
	since int               // calls before the deployment that the function has now
}

func (d *deployment) newNodes(t *testing.T) *nodes {
	t.Helper()
	n := &nodes{of: map[string]string{}}
	n.Service = ssm.New(ssm.Config{Region: region, Account: account, OnEvent: func(event []byte) { n.ended = append(n.ended, event) }})
	for i, server := range d.settings.Servers {
		if server.Backend != settings.BackendSSM {
			continue
		}
		n.of[server.Name] = fmt.Sprintf("i-%017x", i)
		if err := n.AddNode(ssm.Node{ID: n.of[server.Name], Tags: map[string]string{server.TagKey: server.Name}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, document := range d.stack.of("AWS::SSM::Document") {
		var parameters []ssm.RunbookParameter
		declared, _ := dig(document.Properties, "Content", "parameters").(map[string]any)
		for name, schema := range declared {
			_, byDefault := dig(schema, "default").(string)
			parameters = append(parameters, ssm.RunbookParameter{Name: name, Required: !byDefault})
		}
		var steps []string
		main, _ := dig(document.Properties, "Content", "mainSteps").([]any)
		for _, step := range main {
			steps = append(steps, fmt.Sprint(dig(step, "name")))
		}
		if err := n.AddRunbook(document.Name, 1, parameters, steps); err != nil {
			t.Fatal(err)
		}
	}
	service := httptest.NewServer(n)
	t.Cleanup(service.Close)
	t.Cleanup(n.Close)
	n.url = service.URL
	return n
}

// maintainNode plays the main job on Systems Manager: an alarm, an execution of the deployed runbook, and the event of its end.
func (d *deployment) maintainNode(t *testing.T, f *function, mailbox string, runs *ledger.Ledger) {
	for _, server := range d.settings.Servers {
		if server.Backend != settings.BackendSSM || len(server.Alarms) == 0 {
			continue
		}
		node := f.nodes.of[server.Name]
		f.planned(server.Name, "alarm", "started")
		started := f.invoke(d.alarm(t, alarmOf(server)))[0]
		executions := f.nodes.Executions(node)
		if started.Outcome != "started" || len(executions) != 1 {
			t.Fatalf("it answered %+v, and there are %d executions", started, len(executions))
		}
		t.Logf("the function started %s, version %s, on %s with %v", executions[0].Runbook, executions[0].Version, node, executions[0].Parameters)
		d.notified(t, mailbox, started.RunID, server.Name, "alarm", "started")
		if again := f.invoke(d.alarm(t, alarmOf(server)))[0]; again.Outcome != "in-progress" || f.nodes.Started(node) != 1 {
			t.Errorf("to the alarm again it answered %+v", again)
		}
		d.notified(t, mailbox, started.RunID, server.Name, "alarm", "in-progress") // who was promised news of the run hears of it
		if err := f.nodes.Complete(node); err != nil || len(f.nodes.ended) == 0 {
			t.Fatalf("no event of the end: %v", err)
		}
		var event sample
		if err := json.Unmarshal(f.nodes.ended[len(f.nodes.ended)-1], &event); err != nil {
			t.Fatal(err)
		}
		delivered := d.delivered(t, event)
		t.Logf("the rules delivered %s of %v: %d bytes", event.DetailType, event.Detail["Definition"], len(delivered))
		if ended := f.invoke(delivered)[0]; ended.Outcome != "succeeded" || ended.RunID != started.RunID {
			t.Errorf("to its end it answered %+v", ended)
		}
		d.notified(t, mailbox, started.RunID, server.Name, "alarm", "succeeded")
		none(t, runs)
		return
	}
	t.Fatal("cdk.json has no server of Systems Manager that an alarm can ask for")
}

// needs are what AWS would have asked the function's policy for: lists against anything, a start against the runbook and by the newer
// examples the execution too, a description against the runbook alone, the others against the execution.
func (n *nodes) needs() []string {
	var needs []string
	prefix := fmt.Sprintf("arn:aws:ssm:%s:%s:", region, account)
	for _, call := range n.Calls()[n.since:] {
		need := "ssm:" + call.Operation + " "
		switch call.Operation {
		case "DescribeInstanceInformation", "DescribeAutomationExecutions":
			needs = append(needs, need+"*")
		case "DescribeDocument":
			for _, e := range n.Executions("") {
				needs = append(needs, need+prefix+"document/"+e.Runbook)
			}
		case "StartAutomationExecution":
			for _, e := range n.Executions("") {
				needs = append(needs, need+prefix+"document/"+e.Runbook,
					need+prefix+"automation-definition/"+e.Runbook+":"+e.Version,
					need+prefix+"automation-execution/"+e.ID)
			}
		default:
			needs = append(needs, need+prefix+"automation-execution/some-id")
		}
	}
	return needs
}
