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
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_StartSends(t *testing.T) {
	t.Run("the settings' parameters and the node, the version, the attempt's token, in one call", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		got := sim.Executions("")
		if len(got) != 1 {
			t.Fatalf("%d executions", len(got))
		}
		want := map[string][]string{"InstanceId": {chefNode}, "Token": {secret}, "Packages": {"first-package", "second-package"}}
		if e := got[0]; e.ID != run.Reference || e.Runbook != "maintain-chef" || e.Version != "2" ||
			e.ClientToken != automation.Token(run.Attempt.ID) ||
			!reflect.DeepEqual(e.Parameters, want) {
			t.Errorf("got %+v", e)
		}
		if got := strings.Join(calls(sim), ","); got != startCall {
			t.Errorf("calls %s", got)
		}
	})
	t.Run("the run's id, to a runbook that takes it", func(t *testing.T) {
		sim, c := service(t)
		run := runningOn(t, c, ours)
		want := map[string][]string{"InstanceId": {oursNode}, "RunId": {run.ID}}
		if got := sim.Executions("")[0].Parameters; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("the node where the settings have a place for it, and no version", func(t *testing.T) {
		sim, c := service(t)
		runningOn(t, c, maintenance.Server{Name: "puppet-01", Node: puppetNode, Runbook: "maintain-puppet"})
		if e := sim.Executions("")[0]; e.Version != "1" || !reflect.DeepEqual(e.Parameters, map[string][]string{"Nodes": {puppetNode}}) {
			t.Errorf("got %+v", e)
		}
		if got := servers["puppet-01"].Parameters["Nodes"][0]; got != "{node}" {
			t.Errorf("the settings have changed: %s", got)
		}
	})
	t.Run("a runbook by its ARN", func(t *testing.T) {
		sim, c := service(t)
		runningOn(t, c, maintenance.Server{Name: "by-arn", Node: strayNode, Runbook: servers["by-arn"].Runbook})
		if sim.Started(strayNode) != 1 {
			t.Error("nothing was started")
		}
	})
}

func TestClient_StartAnswers(t *testing.T) {
	_, c := service(t)
	answer := c.Start(t.Context(), claimed(), chef, nil)
	if answer.Server != chef || answer.Record != "" || answer.Err != nil || answer.Reference == "" {
		t.Errorf("got %+v", answer)
	}
}

func TestClient_StartAttributes(t *testing.T) {
	attribute := func(name, value string) []maintenance.EngineAttribute {
		return []maintenance.EngineAttribute{{Name: name, Value: value}}
	}
	t.Run("OK", func(t *testing.T) {
		sim, c := service(t)
		do(t, c.Start(t.Context(), claimed(), chef, attribute("CHEF_MAJOR_UPGRADE", "true")).Err)
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
		{"another runbook than the settings'", maintenance.Server{Name: "automate-06", Node: chefNode, Runbook: "maintain-puppet"}, nil,
			"the settings have no such server"},
	} {
		t.Run("ErrInvalidRequest "+tt.name, func(t *testing.T) {
			sim, c := service(t)
			err := c.Start(t.Context(), claimed(), tt.server, tt.attributes).Err
			mustFail(t, err, maintenance.ReasonInvalidRequest, tt.want)
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
		"AutomationDefinitionNotApprovedException":      maintenance.ReasonRunbookUnusable,
		"AutomationDefinitionNotFoundException":         maintenance.ReasonRunbookUnusable,
		"AutomationDefinitionVersionNotFoundException":  maintenance.ReasonRunbookUnusable,
		"AutomationExecutionLimitExceededException":     maintenance.ReasonServiceLimit,
		"IdempotentParameterMismatch":                   maintenance.ReasonStartUnconfirmed,
		"InternalServerError":                           maintenance.ReasonStartUnconfirmed, // with status 500
		"InvalidAutomationExecutionParametersException": maintenance.ReasonRunbookUnusable,
		"InvalidTarget":                                 maintenance.ReasonRunbookUnusable,
		"AccessDeniedException":                         maintenance.ReasonDenied,
		"UnrecognizedClientException":                   maintenance.ReasonDenied,
		"ThrottlingException":                           maintenance.ReasonThrottled,
		"ValidationException":                           maintenance.ReasonUnexpected,
		"TeapotException":                               maintenance.ReasonUnexpected,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			var asked []string
			answer := scripted(t, func(operation string, _ map[string]any) (int, string) {
				asked = append(asked, operation)
				status := 400
				if code == "InternalServerError" {
					status = 500
				}
				return status, `{"__type": "` + code + `", "Message": "no"}`
			}).Start(t.Context(), claimed(), chef, nil)
			mustFail(t, answer.Err, want, "start the runbook maintain-chef on "+chefNode)
			if answer.Reference != "" || answer.Server != chef {
				t.Errorf("got %+v", answer)
			}
			calls := map[maintenance.Reason]int{maintenance.ReasonThrottled: 3, maintenance.ReasonServiceLimit: 3}[want]
			if len(asked) != max(1, calls) || slices.ContainsFunc(asked, func(operation string) bool { return operation != startCall }) {
				t.Errorf("calls %v", asked)
			}
		})
	}
	for name, body := range map[string]string{"an answer without an id": `{}`, "half an answer": `{"AutomationExecutionId": "333ba`} {
		t.Run("ErrStartUnconfirmed "+name, func(t *testing.T) {
			answer := scripted(t, func(string, map[string]any) (int, string) { return 200, body }).Start(t.Context(), claimed(), chef, nil)
			mustFail(t, answer.Err, maintenance.ReasonStartUnconfirmed)
		})
	}
	t.Run("ErrUnavailable nothing listens, so nothing was sent", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		do(t, err)
		url := "http://" + listener.Addr().String()
		do(t, listener.Close())
		mustFail(t, client(url).Start(t.Context(), claimed(), chef, nil).Err, maintenance.ReasonUnavailable)
	})
}

// How a service may take a client token that it has seen: no document says.
var tokens = map[string]func(sim *ssm.Service) http.Handler{
	"remembered": func(sim *ssm.Service) http.Handler { return sim },
	"refused":    func(sim *ssm.Service) http.Handler { sim.RefuseReuse(true); return sim },
	"ignored":    func(sim *ssm.Service) http.Handler { return forgetful{sim} },
}

// Whatever becomes of the answer, and whatever the service makes of tokens: at most one execution, no look after it, and what is
// followed afterwards agrees with what happened.
func TestClient_StartFaults(t *testing.T) {
	t.Parallel()
	once := func(kind simulator.Kind) simulator.Fault {
		return simulator.Fault{Operation: startCall, Kind: kind, Times: 1}
	}
	for _, tt := range []struct {
		name   string
		fault  simulator.Fault
		reason maintenance.Reason
		began  int
		asked  int
	}{
		{"a throttle, which the SDK repeats", once(simulator.Throttle), "", 1, 2},
		{"throttles only", simulator.Fault{Operation: startCall, Kind: simulator.Throttle}, maintenance.ReasonThrottled, 0, 3},
		{"denied", once(simulator.Denied), maintenance.ReasonDenied, 0, 1},
		{"an internal error", once(simulator.InternalFailure), maintenance.ReasonStartUnconfirmed, 0, 1},
		{"unavailable", once(simulator.Unavailable), maintenance.ReasonStartUnconfirmed, 0, 1},
		{"no answer in time", once(simulator.Hang), maintenance.ReasonStartUnconfirmed, 0, 1},
		{"the connection breaks", once(simulator.Drop), maintenance.ReasonStartUnconfirmed, 0, 1},
		{"an internal error and it worked", once(simulator.WorkThenInternalFailure), maintenance.ReasonStartUnconfirmed, 1, 1},
		{"no answer in time and it worked", once(simulator.WorkThenHang), maintenance.ReasonStartUnconfirmed, 1, 1},
		{"the connection breaks and it worked", once(simulator.WorkThenDrop), maintenance.ReasonStartUnconfirmed, 1, 1},
	} {
		for service, handler := range tokens {
			t.Run(tt.name+"/tokens are "+service, func(t *testing.T) {
				t.Parallel()
				sim := newSimulator(t)
				byHand(t, sim, "maintain-chef", strayNode) // which is none of ours
				c := serveUnder(t, tt.fault.Kind, handler(sim), sim.Close)
				sim.Inject(tt.fault)
				run := claimed()
				answer := c.Start(t.Context(), run, chef, nil)
				if (answer.Err == nil) != (tt.reason == "") || maintenance.ReasonOf(answer.Err) != tt.reason {
					t.Fatalf("got %v, want %q", answer.Err, tt.reason)
				}
				began := sim.Executions(chefNode)
				if sim.Started(chefNode) != tt.began || len(began) != tt.began || times(sim, startCall) != tt.asked || len(calls(sim)) != tt.asked {
					t.Errorf("%d executions of the calls %v, want %d of %d", len(began), calls(sim), tt.began, tt.asked)
				}
				if (answer.Err == nil) != (answer.Reference != "") || answer.Server != chef {
					t.Errorf("got %+v", answer)
				}
				sim.ClearFaults()
				if s := c.Follow(t.Context(), run); s.ExecutionsErr != nil || len(s.Executions) != tt.began {
					t.Errorf("seen %+v", s)
				}
			})
		}
	}
}

// An attempt that is sent again by mistake starts nothing again, where the service remembers tokens in either way; another attempt of
// the same run has a token of its own.
func TestClient_StartAgain(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]bool{"remembered": false, "refused": true} {
		t.Run("tokens are "+name, func(t *testing.T) {
			sim, c := service(t)
			sim.RefuseReuse(refuse)
			run := running(t, c)
			answer := c.Start(t.Context(), run, chef, nil)
			if refuse {
				mustFail(t, answer.Err, maintenance.ReasonStartUnconfirmed)
			} else if answer.Err != nil || answer.Reference != run.Reference {
				t.Errorf("got %+v", answer)
			}
			if sim.Started(chefNode) != 1 {
				t.Errorf("%d were started", sim.Started(chefNode))
			}
			run.Attempt.ID = "automate-06-a2"
			do(t, c.Start(t.Context(), run, chef, nil).Err)
			if sim.Started(chefNode) != 2 {
				t.Errorf("another attempt: %d were started", sim.Started(chefNode))
			}
		})
	}
}

func TestClient_StartAtTheLimit(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	sim.LimitExecutions(0)
	mustFail(t, c.Start(t.Context(), claimed(), chef, nil).Err, maintenance.ReasonServiceLimit)
	sim.LimitExecutions(1)
	running(t, c)
}

func TestClient_StartWithoutTimeAsksNothing(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name string
		left time.Duration // of the invocation
		ends time.Time     // of the attempt
	}{
		{"the invocation's is over", 900 * time.Millisecond, now.Add(time.Hour)},
		{"the attempt's is over", time.Hour, now},
		{"the attempt's is over for long", time.Hour, now.Add(-time.Hour)},
		{"the attempt's is too short for an answer", time.Hour, now.Add(900 * time.Millisecond)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim, c := serviceAt(t, func() time.Time { return now })
			ctx, cancel := context.WithTimeout(t.Context(), tt.left)
			defer cancel()
			run := claimed()
			run.Attempt.Ends = tt.ends
			mustFail(t, c.Start(ctx, run, chef, nil).Err, maintenance.ReasonUnavailable, "not enough time left")
			if n := len(sim.Calls()); n != 0 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// Nothing is sent once the attempt's time is over, by the SDK neither, and a call that hangs ends with it.
func TestClient_StartEndsWithTheAttempt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sim, c := serviceAt(t, func() time.Time { return now })
	inject(sim, startCall, simulator.WorkThenHang)
	run := claimed()
	run.Attempt.Ends = now.Add(1200 * time.Millisecond)
	mustFail(t, c.Start(t.Context(), run, chef, nil).Err, maintenance.ReasonStartUnconfirmed)
	if time.Since(now) > time.Minute || times(sim, startCall) != 1 {
		t.Errorf("%d calls in %s", times(sim, startCall), time.Since(now))
	}
}

func TestToken(t *testing.T) {
	// As another implementation of RFC 9562 makes it: uuid.uuid5 of Python. It must never change, because a token names an attempt for
	// as long as the service remembers it.
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
