package automation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

// Every operation under every fault, with a runbook that fails by printing the secret it was given.
func TestClient_NoValueOfAParameterAnywhere(t *testing.T) {
	t.Parallel()
	kinds := []simulator.Kind{0, simulator.Throttle, simulator.InternalFailure, simulator.Unavailable, simulator.Denied, simulator.Hang, simulator.Drop,
		simulator.WorkThenInternalFailure, simulator.WorkThenHang, simulator.WorkThenDrop}
	for _, kind := range kinds {
		t.Run(fmt.Sprint("fault ", kind), func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			sim.FailStep(chefNode, "patch", "login with "+secret+" failed; so did (x"+secret+"x)")
			var said []string
			say := func(things ...any) {
				for _, thing := range things {
					said = append(said, fmt.Sprintf("%v %+v %#v", thing, thing, thing))
				}
			}
			run := running(t, c)
			if kind != 0 {
				sim.Inject(simulator.Fault{Kind: kind})
			}
			again := claimed()
			again.ID = "automate-06-2"
			server, id, err := c.Start(t.Context(), again, chef, nil)
			say(server, id, err)
			server, err = c.Describe(t.Context(), "automate-06")
			say(server, err)
			evidence, err := c.Find(t.Context(), run)
			say(evidence, err)
			progress, err := c.Follow(t.Context(), run, noLook)
			say(progress, err, c.Stop(t.Context(), run))
			open, next, err := c.Open(t.Context(), "open")
			say(open, next, err)
			if kind == 0 { // a run that was not stopped
				run = again
				run.Reference = running(t, c).Reference
			}
			if err := sim.Complete(chefNode); err != nil {
				t.Fatal(err)
			}
			if kind == 0 {
				_ = sim.SetStatus(run.Reference, "Failed")
			}
			progress, err = c.Follow(t.Context(), run, noLook)
			say(progress, err)
			if all := strings.Join(said, "\n"); strings.Contains(all, secret) {
				t.Errorf("the value is in\n%s", all)
			}
		})
	}
}

// A service that repeats the request in its errors.
func TestClient_NoValueOfAParameterInAnEcho(t *testing.T) {
	for _, status := range []int{400, 500} {
		for _, code := range []string{"ValidationException", "InvalidAutomationExecutionParametersException", "IdempotentParameterMismatch", "AccessDeniedException"} {
			echoed := false
			c := scripted(t, func(operation string, request map[string]any) (int, string) {
				if operation != startCall {
					return 200, `{}`
				}
				all, _ := json.Marshal(request)
				echoed = strings.Contains(string(all), secret)
				body, _ := json.Marshal(map[string]string{"__type": code, "Message": "Invalid: " + string(all)})
				return status, string(body)
			})
			_, _, err := c.Start(t.Context(), claimed(), chef, nil)
			if err == nil || !echoed || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%d %s: %+v", status, code, err)
			}
			if !strings.Contains(err.Error(), "(Token)") || !strings.Contains(err.Error(), chefNode) {
				t.Errorf("%d %s: the error says too little: %v", status, code, err)
			}
		}
	}
}

// What the texts of a failed execution look like without the values of its parameters.
func TestClient_FollowWithoutValues(t *testing.T) {
	for _, tt := range []struct {
		name       string
		parameters map[string][]string
		message    string
		want       string
	}{
		{"a value, wherever it is", map[string][]string{"Token": {secret}}, "with " + secret + " and x" + secret + "x", "with (Token) and x(Token)x"},
		{"all values of a list", map[string][]string{"Tokens": {"first-one", "second-one"}}, "first-one, second-one", "(Tokens), (Tokens)"},
		{"one that contains another", map[string][]string{"Host": {"db-host"}, "Password": {"db-host-s3cret"}}, "at db-host with db-host-s3cret", "at (Host) with (Password)"},
		{"one with blanks and line breaks", map[string][]string{"Key": {"BEGIN  KEY\ns3cret"}}, "cannot read BEGIN  KEY\ns3cret", "cannot read (Key)"},
		{"the node's id is none", map[string][]string{"InstanceId": {chefNode}}, chefNode + " is gone", chefNode + " is gone"},
		{"under another name neither", map[string][]string{"Nodes": {chefNode}}, chefNode + " is gone", chefNode + " is gone"},
		{"nor is what is too short to be a secret", map[string][]string{"Reboot": {"no"}}, "no disk", "no disk"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := json.Marshal(map[string]any{"AutomationExecution": map[string]any{
				"AutomationExecutionStatus": "Failed", "Parameters": tt.parameters, "FailureMessage": tt.message}})
			if err != nil {
				t.Fatal(err)
			}
			c := scripted(t, func(string, map[string]any) (int, string) { return 200, string(answer) })
			p, err := c.Follow(t.Context(), maintenance.Run{Reference: "x", Node: chefNode}, noLook)
			if err != nil || p.Detail != "Failed: "+tt.want {
				t.Errorf("got %q, %v, want %q", p.Detail, err, "Failed: "+tt.want)
			}
		})
	}
}
