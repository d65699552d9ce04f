package automation_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_LookAtTheNode(t *testing.T) {
	t.Parallel()
	ping := func(status string) func(*testing.T, *ssm.Service) {
		return func(t *testing.T, sim *ssm.Service) { do(t, sim.SetPing(chefNode, status)) }
	}
	for _, tt := range []struct {
		name   string
		server string
		before func(t *testing.T, sim *ssm.Service)
		want   maintenance.Status
		why    string // in StatusReason
	}{
		{"an EC2 instance", "automate-06", nil, maintenance.StatusHealthy, ""},
		{"a node on premises", "puppet-01", nil, maintenance.StatusHealthy, ""},
		{"whose agent is lost", "automate-06", ping("ConnectionLost"), maintenance.StatusConnectionLost, "its SSM Agent last answered at 20"},
		{"whose agent is inactive, in the service's old word", "automate-06", ping("Inactive"), maintenance.StatusConnectionLost,
			"last answered"},
		{"with the runbook on it: what that means is not for the adapter to say", "automate-06", func(t *testing.T, sim *ssm.Service) {
			byHand(t, sim, "maintain-chef", chefNode)
		}, maintenance.StatusHealthy, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			if tt.before != nil {
				tt.before(t, sim)
			}
			for _, b := range []maintenance.Backend{c, c.Shared()} {
				s := b.Look(t.Context(), tt.server)
				if s.ServerErr != nil || s.ExecutionsErr != nil || s.At.IsZero() {
					t.Fatalf("seen %+v", s)
				}
				got, node := s.Server, map[string]string{"automate-06": chefNode, "puppet-01": puppetNode}[tt.server]
				if got.Status != tt.want || got.Name != tt.server || got.Backend != "ssm" || got.Node != node ||
					got.Runbook != servers[tt.server].Runbook {
					t.Errorf("got %+v", got)
				}
				if (got.StatusReason == "") != (tt.why == "") || !strings.Contains(got.StatusReason, tt.why) {
					t.Errorf("because %q", got.StatusReason)
				}
			}
		})
	}
}

// What goes on is the executions of the server's runbook on its node that have not ended, those of others too.
func TestClient_LookAtWhatGoesOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server string
		before func(t *testing.T, sim *ssm.Service)
		want   int
	}{
		{"nothing", "automate-06", func(*testing.T, *ssm.Service) {}, 0},
		{"started by hand", "automate-06", func(t *testing.T, sim *ssm.Service) { byHand(t, sim, "maintain-chef", chefNode) }, 1},
		{"two at once", "automate-06", func(t *testing.T, sim *ssm.Service) {
			byHand(t, sim, "maintain-chef", chefNode)
			byHand(t, sim, "maintain-chef", chefNode)
		}, 2},
		{"waiting for an approval", "automate-06", func(t *testing.T, sim *ssm.Service) {
			do(t, sim.SetStatus(byHand(t, sim, "maintain-chef", chefNode).ID, "PendingApproval"))
		}, 1},
		{"of a runbook that the settings have by its ARN", "by-arn", func(t *testing.T, sim *ssm.Service) {
			addNode(t, sim, ssm.Node{ID: strayNode}, "by-arn")
			byHand(t, sim, "maintain-chef", strayNode)
		}, 1},
		{"on a later page of the list", "automate-06", func(t *testing.T, sim *ssm.Service) {
			byHand(t, sim, "maintain-chef", chefNode)
			for range 50 {
				byHand(t, sim, "maintain-chef", strayNode)
			}
		}, 1},
		{"ended", "automate-06", func(t *testing.T, sim *ssm.Service) {
			byHand(t, sim, "maintain-chef", chefNode)
			do(t, sim.Complete(chefNode))
		}, 0},
		{"on another node", "automate-06", func(t *testing.T, sim *ssm.Service) { byHand(t, sim, "maintain-chef", strayNode) }, 0},
		{"of a runbook whose name begins the same", "automate-06", func(t *testing.T, sim *ssm.Service) {
			byHand(t, sim, "maintain-chef-2",
				chefNode)
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			tt.before(t, sim)
			for _, b := range []maintenance.Backend{c, c.Shared()} {
				if s := b.Look(t.Context(), tt.server); s.ServerErr != nil || s.ExecutionsErr != nil || len(s.Executions) != tt.want {
					t.Errorf("seen %+v", s)
				}
			}
		})
	}
}

// A deploy gives a runbook of ours another hash: what was started before it goes on under the former name, and is in the way. Of another's
// runbook such a name is another's.
func TestClient_LookAtWhatADeployLeft(t *testing.T) {
	t.Parallel()
	takes := []ssm.RunbookParameter{{Name: "InstanceId", Required: true}, {Name: "RunId"}}
	for _, tt := range []struct {
		goesOn, today string
		ours          bool
		want          int
	}{
		{"ours-0a1b2c3d", "ours-0a1b2c3d", true, 1}, {"ours-0a1b2c3d", "ours-ffffffff", true, 1},
		{"ours-0a1b2c3d", "arn:aws:ssm:us-east-1:123456789012:document/ours-ffffffff", true, 1},
		{"ours-too-0a1b2c3d", "ours-ffffffff", true, 0}, {"ours-0a1b2c3d", "ours-ffffffff", false, 0},
	} {
		sim := newSimulator(t)
		do(t, sim.AddRunbookOf(tt.goesOn, 1, takes, ssm.Always("Backup")))
		endpoint := httptest.NewServer(sim)
		t.Cleanup(endpoint.Close)
		t.Cleanup(sim.Close)
		byHandWith(t, sim, tt.goesOn, map[string][]string{"InstanceId": {oursNode}, "RunId": {"before-the-deploy"}})
		c := automation.New(configuration(endpoint.URL, awshttp.NewBuildableClient()), map[string]automation.Server{"ours-01": {
			TagKey: "maintenance-server", Runbook: tt.today, TakesRunID: tt.ours}}, time.Now)
		if s := c.Look(t.Context(), "ours-01"); len(s.Executions) != tt.want || s.ExecutionsErr != nil {
			t.Errorf("%s goes on, today's is %s: seen %+v", tt.goesOn, tt.today, s)
		}
	}
}

func TestClient_LookSaysWhoseAnExecutionIs(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	run := runningOn(t, c, ours)
	e := one(t, c.Look(t.Context(), "ours-01"))
	if e.ID != run.Reference || e.RunID != run.ID || !e.TakesRunID || e.Node != oursNode || e.State != maintenance.ExecutionRunning ||
		!e.Began ||
		e.Step != "Backup" || e.Started.IsZero() || !e.Ended.IsZero() {
		t.Errorf("our own: %+v", e)
	}
	do(t, sim.Complete(oursNode))
	byHand(t, sim, "ours", oursNode)
	if e = one(t, c.Look(t.Context(), "ours-01")); !e.TakesRunID || e.RunID != "" {
		t.Errorf("of the same runbook, by hand: %+v", e)
	}
	byHand(t, sim, "maintain-chef", chefNode)
	if e = one(t, c.Look(t.Context(), "automate-06")); e.TakesRunID || e.RunID != "" {
		t.Errorf("of a runbook that takes no run's id: %+v", e)
	}
}

func TestClient_LookErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server string
		before func(t *testing.T, sim *ssm.Service)
		reason maintenance.Reason
		words  []string
	}{
		{"ErrNotFound no node has the tag", "by-arn", nil, maintenance.ReasonNotFound,
			[]string{"describe server by-arn", "tag maintenance-server=by-arn", "stopped", "silent"}},
		{"ErrNotFound the node is stopped", "automate-06", func(_ *testing.T, sim *ssm.Service) { sim.RemoveNode(chefNode) },
			maintenance.ReasonNotFound, []string{"stopped", "silent"}},
		{"ErrNotFound not in the settings", "mail-01", nil, maintenance.ReasonNotFound, []string{"settings"}},
		{"ErrAmbiguous", "automate-06", func(t *testing.T, sim *ssm.Service) { addNode(t, sim, ssm.Node{ID: strayNode}, "automate-06") },
			maintenance.ReasonAmbiguous, []string{"2 managed nodes", chefNode + ", " + strayNode}},
		{"ErrAmbiguous also if one of them is lost", "automate-06", func(t *testing.T, sim *ssm.Service) {
			addNode(t, sim, ssm.Node{ID: strayNode, PingStatus: "ConnectionLost"}, "automate-06")
		}, maintenance.ReasonAmbiguous, []string{chefNode + ", " + strayNode}},
		{"ErrAmbiguous more than a page", "automate-06", func(t *testing.T, sim *ssm.Service) {
			for i := range 10 {
				addNode(t, sim, ssm.Node{ID: fmt.Sprintf("i-0123456789abcdea%d", i)}, "automate-06")
			}
		}, maintenance.ReasonAmbiguous, []string{"11 managed nodes"}},
		{"ErrDenied", "automate-06", failing(nodesCall, simulator.Denied), maintenance.ReasonDenied, nil},
		{"ErrThrottled", "automate-06", failing(nodesCall, simulator.Throttle), maintenance.ReasonThrottled, nil},
		{"ErrUnavailable", "automate-06", failing(nodesCall, simulator.Unavailable), maintenance.ReasonUnavailable, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			if tt.before != nil {
				tt.before(t, sim)
			}
			for _, b := range []maintenance.Backend{c, c.Shared()} {
				s := b.Look(t.Context(), tt.server)
				mustFail(t, s.ServerErr, tt.reason, tt.words...)
				if s.Server != (maintenance.Server{}) || s.Executions != nil || s.ExecutionsErr != nil {
					t.Errorf("guessed %+v", s)
				}
			}
		})
	}
}

// A list that could not be read whole proves nothing by what it lacks.
func TestClient_LookUnclear(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		call   string
		kind   simulator.Kind
		reason maintenance.Reason
	}{
		{"ErrDenied the list", listCall, simulator.Denied, maintenance.ReasonDenied},
		{"ErrUnavailable no answer", listCall, simulator.Hang, maintenance.ReasonUnavailable},
		{"ErrUnavailable the connection breaks", listCall, simulator.Drop, maintenance.ReasonUnavailable},
		{"ErrDenied an execution", getCall, simulator.Denied, maintenance.ReasonDenied},
		{"ErrThrottled an execution", getCall, simulator.Throttle, maintenance.ReasonThrottled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := serviceUnder(t, tt.kind)
			byHand(t, sim, "maintain-chef", strayNode)
			inject(sim, tt.call, tt.kind)
			for _, b := range []maintenance.Backend{c, c.Shared()} {
				s := b.Look(t.Context(), "automate-06")
				mustFail(t, s.ExecutionsErr, tt.reason, "list the executions of maintain-chef")
				if s.ServerErr != nil || s.Server.Node != chefNode {
					t.Errorf("the node was read: %+v", s)
				}
			}
		})
	}
}

// Row 4 of the core issue. An execution that is listed and cannot be read was once forgotten for the life of the process, and the next
// alarm started a second one.
func TestClient_LookForgetsNoExecutionThatCouldNotBeReadOnce(t *testing.T) {
	t.Parallel()
	for name, unread := range map[string]func(sim *ssm.Service){
		"not found yet": func(sim *ssm.Service) { sim.SetLag(ssm.Lag{Read: 5 * 60e9}) },
		"an error":      func(sim *ssm.Service) { inject(sim, getCall, simulator.InternalFailure) },
		"no answer":     func(sim *ssm.Service) { inject(sim, getCall, simulator.Drop) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			e := byHand(t, sim, "maintain-chef", chefNode)
			unread(sim)
			s := c.Look(t.Context(), "automate-06")
			mustFail(t, s.ExecutionsErr, maintenance.ReasonUnavailable)
			sim.ClearFaults()
			sim.SetLag(ssm.Lag{})
			for range 2 { // asked again, and then remembered
				if got := one(t, c.Look(t.Context(), "automate-06")); got.ID != e.ID {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

// One that cannot be read hides none of those that can.
func TestClient_LookShowsWhatCouldBeRead(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	byHand(t, sim, "maintain-chef", chefNode)
	one(t, c.Look(t.Context(), "automate-06"))
	byHand(t, sim, "maintain-chef", strayNode)
	inject(sim, getCall, simulator.Denied)
	s := c.Look(t.Context(), "automate-06")
	mustFail(t, s.ExecutionsErr, maintenance.ReasonDenied)
	if len(s.Executions) != 1 {
		t.Errorf("seen %+v", s.Executions)
	}
}

// The service filters after it has cut its list into pages, so a page may hold one node of two, or none.
func TestClient_LookAcrossPages(t *testing.T) {
	pages := func(pages ...string) func(string, map[string]any) (int, string) {
		return func(operation string, request map[string]any) (int, string) {
			if operation != nodesCall {
				return 200, `{}`
			}
			n := 0
			if token, ok := request["NextToken"].(string); ok {
				_, _ = fmt.Sscan(token, &n)
			}
			body := `{"InstanceInformationList": [` + pages[n] + `]`
			if n+1 < len(pages) {
				body += fmt.Sprintf(`, "NextToken": "%d"`, n+1)
			}
			return 200, body + `}`
		}
	}
	const first, second = `{"InstanceId": "i-0123456789abcdef0", "PingStatus": "Online"}`,
		`{"InstanceId": "mi-0123456789abcdef0", "PingStatus": "Online"}`
	t.Run("one node on the last", func(t *testing.T) {
		if s := scripted(t, pages("", "", first)).Look(t.Context(), "automate-06"); s.ServerErr != nil || s.Server.Node != chefNode {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("ErrAmbiguous one node on each", func(t *testing.T) {
		mustFail(t, scripted(t, pages(first, "", second)).Look(t.Context(), "automate-06").ServerErr, maintenance.ReasonAmbiguous,
			chefNode+", "+puppetNode)
	})
	t.Run("ErrNotFound empty ones only", func(t *testing.T) {
		mustFail(t, scripted(t, pages("", "")).Look(t.Context(), "automate-06").ServerErr, maintenance.ReasonNotFound)
	})
}

func TestClient_LookOddAnswers(t *testing.T) {
	t.Parallel()
	t.Run("a ping status that was not known is handed on as it is, and is no state to start from", func(t *testing.T) {
		s := scripted(t, func(operation string, _ map[string]any) (int, string) {
			if operation == nodesCall {
				return 200, `{"InstanceInformationList": [{"InstanceId": "i-0123456789abcdef0", "PingStatus": "Dreaming", ` +
					`"LastPingDateTime": 1795474800}]}`
			}
			return 200, `{}`
		}).Look(t.Context(), "automate-06")
		if got := s.Server; got.Status != "Dreaming" || got.Status.Startable() ||
			got.StatusReason != "its SSM Agent last answered at 2026-11-23T23:00:00Z" {
			t.Errorf("got %+v", s)
		}
	})
	for _, tt := range []struct {
		name   string
		status int
		body   string
		reason maintenance.Reason
	}{
		{"a web page", 200, `<html>`, maintenance.ReasonUnavailable},
		{"half an answer", 200, `{"InstanceInformationList": [{"Inst`, maintenance.ReasonUnavailable},
		{"an error of no known code", 418, `{"__type": "TeapotException"}`, maintenance.ReasonUnexpected},
		{"a proxy's error page", 502, `<html>`, maintenance.ReasonUnavailable},
		{"an error with a prefix, as some services send it", 400, `{"__type": "com.amazonaws.ssm#AccessDeniedException"}`,
			maintenance.ReasonDenied},
		{"an error that says in its text what its code does not", 400, `{"__type": "TeapotException", "message": "AccessDeniedException"}`,
			maintenance.ReasonUnexpected},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := scripted(t, func(string, map[string]any) (int, string) { return tt.status, tt.body })
			mustFail(t, c.Look(t.Context(), "automate-06").ServerErr, tt.reason)
		})
	}
}

// The parameters of an execution never change, so each is asked for once.
func TestClient_LookAsksForEachExecutionOnce(t *testing.T) {
	sim, c := service(t)
	byHand(t, sim, "maintain-chef", strayNode)
	for range 3 {
		c.Look(t.Context(), "automate-06")
	}
	if n := times(sim, getCall); n != 1 {
		t.Errorf("%d calls of %s", n, getCall)
	}
	e := byHand(t, sim, "maintain-chef", chefNode)
	if got := one(t, c.Look(t.Context(), "automate-06")); got.ID != e.ID {
		t.Errorf("a new one is overlooked: %+v", got)
	}
}

// What is known of executions is bounded: a function lives for days.
func TestClient_LookForgetsExecutions(t *testing.T) {
	t.Parallel()
	const many = 1001
	var list []string
	for i := range many {
		list = append(list, fmt.Sprintf(`{"AutomationExecutionId": "x-%d", "DocumentName": "maintain-chef"}`, i))
	}
	var asked atomic.Int32
	c := scripted(t, func(operation string, _ map[string]any) (int, string) {
		switch operation {
		case nodesCall:
			return 200, `{"InstanceInformationList": [{"InstanceId": "i-0123456789abcdef0", "PingStatus": "Online"}]}`
		case listCall:
			return 200, `{"AutomationExecutionMetadataList": [` + strings.Join(list, ",") + `]}`
		default:
			asked.Add(1)
			return 200, `{"AutomationExecution": {}}`
		}
	})
	for range 2 {
		c.Look(t.Context(), "automate-06")
	}
	if asked.Load() == many {
		t.Errorf("all %d executions are kept", many)
	}
}
