package automation_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_StartSends(t *testing.T) {
	t.Run("the settings' parameters and the node, the version, the run's token", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		got := sim.Executions("")
		if len(got) != 1 {
			t.Fatalf("%d executions", len(got))
		}
		want := map[string][]string{"InstanceId": {chefNode}, "Token": {secret}, "Packages": {"first-package", "second-package"}}
		if e := got[0]; e.ID != run.Reference || e.Runbook != "maintain-chef" || e.Version != "2" || e.ClientToken != automation.Token(run.ID) || !reflect.DeepEqual(e.Parameters, want) {
			t.Errorf("got %+v", e)
		}
		if got := strings.Join(calls(sim), ","); got != startCall {
			t.Errorf("calls %s", got)
		}
	})
	t.Run("the node where the settings have a place for it, and no version", func(t *testing.T) {
		sim, c := service(t)
		puppet := maintenance.Server{Name: "puppet-01", Node: puppetNode, Runbook: "maintain-puppet"}
		if _, _, err := c.Start(t.Context(), maintenance.Run{ID: "puppet-01-1"}, puppet, nil); err != nil {
			t.Fatal(err)
		}
		if e := sim.Executions("")[0]; e.Version != "1" || !reflect.DeepEqual(e.Parameters, map[string][]string{"Nodes": {puppetNode}}) {
			t.Errorf("got %+v", e)
		}
		if got := servers["puppet-01"].Parameters["Nodes"][0]; got != "{node}" {
			t.Errorf("the settings have changed: %s", got)
		}
	})
	t.Run("a runbook by its ARN", func(t *testing.T) {
		sim, c := service(t)
		server := maintenance.Server{Name: "by-arn", Node: strayNode, Runbook: servers["by-arn"].Runbook}
		if _, _, err := c.Start(t.Context(), maintenance.Run{ID: "by-arn-1"}, server, nil); err != nil || sim.Started(strayNode) != 1 {
			t.Errorf("got %v", err)
		}
	})
}

func TestClient_StartAttributes(t *testing.T) {
	attribute := func(name, value string) []maintenance.EngineAttribute {
		return []maintenance.EngineAttribute{{Name: name, Value: value}}
	}
	t.Run("OK", func(t *testing.T) {
		sim, c := service(t)
		if _, _, err := c.Start(t.Context(), claimed(), chef, attribute("CHEF_MAJOR_UPGRADE", "true")); err != nil {
			t.Fatal(err)
		}
		if got := sim.Executions("")[0].Parameters["MajorUpgrade"]; !slices.Equal(got, []string{"yes"}) {
			t.Errorf("sent %v", got)
		}
	})
	puppet := maintenance.Server{Name: "puppet-01", Node: puppetNode, Runbook: "maintain-puppet"}
	for _, tt := range []struct {
		name       string
		server     maintenance.Server
		attributes []maintenance.EngineAttribute
		want       string
	}{
		{"another value", chef, attribute("CHEF_MAJOR_UPGRADE", secret), "the value of CHEF_MAJOR_UPGRADE must be true"},
		{"another attribute", chef, attribute("CHEF_AUTOMATE_ADMIN_PASSWORD", secret), `"CHEF_AUTOMATE_ADMIN_PASSWORD" is not known`},
		{"one known and another", chef, append(attribute("CHEF_MAJOR_UPGRADE", "true"), attribute("OTHER", secret)...), `"OTHER" is not known`},
		{"a runbook without major upgrades", puppet, attribute("CHEF_MAJOR_UPGRADE", "true"), "cannot be asked for a major upgrade"},
		{"a server that the settings have no more", maintenance.Server{Name: "mail-01", Node: chefNode}, nil, "the settings have no such server"},
		{"another runbook than the settings'", maintenance.Server{Name: "automate-06", Node: chefNode, Runbook: "maintain-puppet"}, nil, "the settings have no such server"},
	} {
		t.Run("ErrInvalidRequest "+tt.name, func(t *testing.T) {
			sim, c := service(t)
			_, _, err := c.Start(t.Context(), claimed(), tt.server, tt.attributes)
			mustFail(t, err, maintenance.InvalidRequest, tt.want)
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats a value: %v", err)
			}
			if n := len(sim.Calls()); n != 0 {
				t.Errorf("%d calls were made", n)
			}
		})
	}
}

// The errors of StartAutomationExecution in its API reference, and the common ones.
func TestClient_StartErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]maintenance.Reason{
		"AutomationDefinitionNotApprovedException":      maintenance.RunbookUnusable,
		"AutomationDefinitionNotFoundException":         maintenance.RunbookUnusable,
		"AutomationDefinitionVersionNotFoundException":  maintenance.RunbookUnusable,
		"AutomationExecutionLimitExceededException":     maintenance.Throttled,
		"IdempotentParameterMismatch":                   maintenance.StartUnconfirmed,
		"InternalServerError":                           maintenance.StartUnconfirmed, // with status 500
		"InvalidAutomationExecutionParametersException": maintenance.RunbookUnusable,
		"InvalidTarget":                                 maintenance.RunbookUnusable,
		"AccessDeniedException":                         maintenance.Denied,
		"UnrecognizedClientException":                   maintenance.Denied,
		"ThrottlingException":                           maintenance.Throttled,
		"ValidationException":                           maintenance.Unexpected,
		"TeapotException":                               maintenance.Unexpected,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			starts := 0
			_, id, err := scripted(t, func(operation string, _ map[string]any) (int, string) {
				if operation != startCall {
					return 200, `{}` // nothing is listed
				}
				starts++
				status := 400
				if code == "InternalServerError" {
					status = 500
				}
				return status, `{"__type": "` + code + `", "Message": "no"}`
			}).Start(t.Context(), claimed(), chef, nil)
			mustFail(t, err, want, "start the runbook maintain-chef on "+chefNode)
			if id != "" {
				t.Errorf("an execution %s", id)
			}
			if want := map[maintenance.Reason]int{maintenance.Throttled: 3}[want]; starts != max(1, want) {
				t.Errorf("%d calls", starts)
			}
		})
	}
	t.Run("an answer without an id: nobody can tell", func(t *testing.T) {
		_, _, err := scripted(t, func(string, map[string]any) (int, string) { return 200, `{}` }).Start(t.Context(), claimed(), chef, nil)
		mustFail(t, err, maintenance.StartUnconfirmed)
	})
	t.Run("half an answer: nobody can tell", func(t *testing.T) {
		_, _, err := scripted(t, func(operation string, _ map[string]any) (int, string) {
			if operation == startCall {
				return 200, `{"AutomationExecutionId": "333ba`
			}
			return 200, `{}`
		}).Start(t.Context(), claimed(), chef, nil)
		mustFail(t, err, maintenance.StartUnconfirmed)
	})
	t.Run("nobody listens", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + listener.Addr().String()
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, err = client(url).Start(t.Context(), claimed(), chef, nil)
		mustFail(t, err, maintenance.Unavailable)
	})
}

// How a service may take a client token that it has seen.
var tokens = map[string]func(sim *simulator.SSM) http.Handler{
	"remembered": func(sim *simulator.SSM) http.Handler { return sim },
	"refused":    func(sim *simulator.SSM) http.Handler { sim.RefuseReuse(true); return sim },
	"ignored":    func(sim *simulator.SSM) http.Handler { return forgetful{sim} },
}

// Whatever becomes of the answer, and whatever the service makes of tokens: at most one execution, and it is found or doubted.
func TestClient_StartFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		faults []simulator.Fault
		reason maintenance.Reason
		began  int
		asked  int
	}{
		{"OK", nil, "", 1, 1},
		{"a throttle, which the SDK repeats", []simulator.Fault{{Operation: startCall, Kind: simulator.Throttle, Times: 1}}, "", 1, 2},
		{"throttles only", []simulator.Fault{{Operation: startCall, Kind: simulator.Throttle}}, maintenance.Throttled, 0, 3},
		{"denied", []simulator.Fault{{Operation: startCall, Kind: simulator.Denied}}, maintenance.Denied, 0, 1},
		{"an internal error", []simulator.Fault{{Operation: startCall, Kind: simulator.InternalFailure, Times: 1}}, maintenance.StartUnconfirmed, 0, 1},
		{"unavailable", []simulator.Fault{{Operation: startCall, Kind: simulator.Unavailable, Times: 1}}, maintenance.StartUnconfirmed, 0, 1},
		{"no answer in time", []simulator.Fault{{Operation: startCall, Kind: simulator.Hang, Times: 1}}, maintenance.StartUnconfirmed, 0, 1},
		{"the connection breaks", []simulator.Fault{{Operation: startCall, Kind: simulator.Drop, Times: 1}}, maintenance.StartUnconfirmed, 0, 1},
		{"an internal error and it worked", []simulator.Fault{{Operation: startCall, Kind: simulator.WorkThenInternalFailure, Times: 1}}, "", 1, 1},
		{"no answer in time and it worked", []simulator.Fault{{Operation: startCall, Kind: simulator.WorkThenHang, Times: 1}}, "", 1, 1},
		{"the connection breaks and it worked", []simulator.Fault{{Operation: startCall, Kind: simulator.WorkThenDrop, Times: 1}}, "", 1, 1},
		{"it worked, and nobody may look", []simulator.Fault{{Operation: startCall, Kind: simulator.WorkThenDrop, Times: 1}, {Operation: listCall, Kind: simulator.Denied}},
			maintenance.StartUnconfirmed, 1, 1},
		{"it worked, and the look hangs once", []simulator.Fault{{Operation: startCall, Kind: simulator.WorkThenDrop, Times: 1}, {Operation: listCall, Kind: simulator.Hang, Times: 1}},
			"", 1, 1},
	} {
		for service, handler := range tokens {
			t.Run(tt.name+"/tokens are "+service, func(t *testing.T) {
				t.Parallel()
				sim := newSimulator(t)
				byHand(t, sim, "maintain-chef", strayNode) // which is none of ours
				c := serve(t, handler(sim), sim.Close)
				for _, f := range tt.faults {
					sim.Inject(f)
				}
				run := claimed()
				server, id, err := c.Start(t.Context(), run, chef, nil)
				if (err == nil) != (tt.reason == "") || err != nil && maintenance.ReasonOf(err) != tt.reason {
					t.Fatalf("got %v, want %q", err, tt.reason)
				}
				ours := sim.Executions(chefNode)
				if sim.Started(chefNode) != tt.began || len(ours) != tt.began || times(sim, startCall) != tt.asked {
					t.Errorf("%d executions of %d calls, want %d of %d", len(ours), times(sim, startCall), tt.began, tt.asked)
				}
				if err == nil && (id != ours[0].ID || server.Status != maintenance.UnderMaintenance) {
					t.Errorf("got %q, %s", id, server.Status)
				}
				if err != nil && (id != "" || server.Status != maintenance.Healthy) {
					t.Errorf("with an error: %q, %s", id, server.Status)
				}

				// What is looked for afterwards agrees with what happened.
				sim.ClearFaults()
				found, err := c.Find(t.Context(), run)
				want := maintenance.Evidence{Finding: maintenance.NothingStarted}
				if tt.began > 0 {
					want = maintenance.Evidence{Finding: maintenance.Began, Reference: ours[0].ID}
				}
				if err != nil || found.Finding != want.Finding || found.Reference != want.Reference {
					t.Errorf("found %+v, %v", found, err)
				}
			})
		}
	}
}

// A run that is started again by mistake is not, where the service remembers tokens in either way.
func TestClient_StartAgain(t *testing.T) {
	t.Parallel()
	for _, refuse := range []bool{false, true} {
		sim, c := service(t)
		sim.RefuseReuse(refuse)
		run := running(t, c)
		if _, id, err := c.Start(t.Context(), run, chef, nil); err != nil || id != run.Reference || sim.Started(chefNode) != 1 {
			t.Errorf("a token that was used is refused: %v; got %s, want %s, %v", refuse, id, run.Reference, err)
		}
	}
}

func TestClient_StartAtTheLimit(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	sim.LimitExecutions(0)
	_, _, err := c.Start(t.Context(), claimed(), chef, nil)
	mustFail(t, err, maintenance.Throttled)
	sim.LimitExecutions(1)
	running(t, c)
}

func TestClient_StartWithoutTimeAsksNothing(t *testing.T) {
	sim, c := service(t)
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancel()
	_, _, err := c.Start(ctx, claimed(), chef, nil)
	mustFail(t, err, maintenance.Unavailable, "no time left")
	if n := len(sim.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A call that hangs must leave time to find out what it did.
func TestClient_StartLeavesTimeToLook(t *testing.T) {
	t.Parallel()
	sim := newSimulator(t)
	c := slow(t, sim)
	sim.Inject(simulator.Fault{Operation: startCall, Kind: simulator.WorkThenHang})
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, id, err := c.Start(ctx, claimed(), chef, nil); err != nil || id != sim.Executions(chefNode)[0].ID {
		t.Errorf("got %s, %v", id, err)
	}
}

func TestToken(t *testing.T) {
	// As another implementation of RFC 9562 makes it: uuid.uuid5 of Python. It must never change, because a token names a run for as
	// long as the service remembers it.
	if got, want := automation.Token("automate-06-1"), "095dcfe4-175f-575e-919f-c6ad48232789"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	valid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`) // section 5.5: version 5, variant 10
	seen := map[string]string{}
	for i := range 200 {
		id := fmt.Sprintf("automate-06-20261123T230000-%03d", i)
		token := automation.Token(id)
		if !valid.MatchString(token) {
			t.Errorf("%s is no UUID of version 5", token)
		}
		if other, ok := seen[token]; ok {
			t.Errorf("%s has the token of %s", id, other)
		}
		seen[token] = id
	}
}

func TestClient_Find(t *testing.T) {
	t.Run("it began", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		got, err := c.Find(t.Context(), run)
		if err != nil || got.Finding != maintenance.Began || got.Reference != run.Reference || got.Server.Status != maintenance.UnderMaintenance || got.Server.Node != chefNode {
			t.Errorf("got %+v, %v", got, err)
		}
		if err := sim.Complete(chefNode); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Find(t.Context(), run); err != nil || got.Finding != maintenance.Began || got.Reference != run.Reference {
			t.Errorf("after its end: %+v, %v", got, err)
		}
	})
	t.Run("nothing was started", func(t *testing.T) {
		sim, c := service(t)
		byHand(t, sim, "maintain-chef", strayNode)
		byHand(t, sim, "maintain-chef-2", chefNode)
		got, err := c.Find(t.Context(), claimed())
		if err != nil || got.Finding != maintenance.NothingStarted || got.Reference != "" || got.Server.Status != maintenance.Healthy {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("the service's clock is behind by less than its allowance", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		run.Claimed = sim.Executions(chefNode)[0].Started.Add(1900 * time.Millisecond)
		if got, err := c.Find(t.Context(), run); err != nil || got.Reference != run.Reference {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("somebody else's, begun before the claim, is not ours", func(t *testing.T) {
		sim, c := service(t)
		run := claimed()
		run.Claimed = byHand(t, sim, "maintain-chef", chefNode).Started.Add(3100 * time.Millisecond)
		got, err := c.Find(t.Context(), run)
		if err != nil || got.Finding == maintenance.Began || got.Reference != "" {
			t.Errorf("got %+v, %v", got, err)
		}
		if got.Server.Status != maintenance.UnderMaintenance { // so it is not started on top of it
			t.Errorf("the server is %s", got.Server.Status)
		}
	})
	t.Run("the first of two since the claim", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		for range 11 { // more than a page
			byHand(t, sim, "maintain-chef", chefNode)
		}
		if got, err := c.Find(t.Context(), run); err != nil || got.Reference != run.Reference {
			t.Errorf("got %+v, want %s, %v", got, run.Reference, err)
		}
	})
	t.Run("ErrDenied the list", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		inject(sim, listCall, simulator.Denied)
		got, err := c.Find(t.Context(), run)
		mustFail(t, err, maintenance.Denied, "look for an execution of maintain-chef")
		if got.Finding != maintenance.Unclear {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("the node is gone, its execution is not", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.RemoveNode(chefNode)
		if got, err := c.Find(t.Context(), run); err != nil || got.Finding != maintenance.Began || got.Reference != run.Reference {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("ErrNotFound the node is gone and nothing was started", func(t *testing.T) {
		sim, c := service(t)
		sim.RemoveNode(chefNode)
		_, err := c.Find(t.Context(), claimed())
		mustFail(t, err, maintenance.NotFound)
	})
}
