package automation_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_Describe(t *testing.T) {
	t.Parallel()
	ping := func(status string) func(*testing.T, *simulator.SSM) {
		return func(t *testing.T, sim *simulator.SSM) {
			if err := sim.SetPing(chefNode, status); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		server string
		before func(t *testing.T, sim *simulator.SSM)
		want   maintenance.Status
		why    string // in StatusReason
	}{
		{"an EC2 instance", "automate-06", nil, maintenance.Healthy, ""},
		{"a node on premises", "puppet-01", nil, maintenance.Healthy, ""},
		{"whose agent is lost", "automate-06", ping("ConnectionLost"), maintenance.ConnectionLost, "its SSM Agent last answered at 20"},
		{"whose agent is inactive, in the service's old word", "automate-06", ping("Inactive"), maintenance.ConnectionLost, "last answered"},
		{"with the runbook, started by hand", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			byHand(t, sim, "maintain-chef", chefNode)
		}, maintenance.UnderMaintenance, "execution "},
		{"with the runbook, started by hand and waiting for an approval", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			if err := sim.SetStatus(byHand(t, sim, "maintain-chef", chefNode).ID, "PendingApproval"); err != nil {
				t.Fatal(err)
			}
		}, maintenance.UnderMaintenance, "execution "},
		{"with the runbook, which the settings have by its ARN", "by-arn", func(t *testing.T, sim *simulator.SSM) {
			addNode(t, sim, simulator.Node{ID: strayNode}, "by-arn")
			byHand(t, sim, "maintain-chef", strayNode)
		}, maintenance.UnderMaintenance, "execution "},
		{"with the runbook on a later page of the list", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			byHand(t, sim, "maintain-chef", chefNode)
			for range 50 {
				byHand(t, sim, "maintain-chef", strayNode)
			}
		}, maintenance.UnderMaintenance, "execution "},
		{"with the runbook, ended", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			byHand(t, sim, "maintain-chef", chefNode)
			if err := sim.Complete(chefNode); err != nil {
				t.Fatal(err)
			}
		}, maintenance.Healthy, ""},
		{"with the runbook on another node", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			byHand(t, sim, "maintain-chef", strayNode)
		}, maintenance.Healthy, ""},
		{"with a runbook whose name begins the same", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			byHand(t, sim, "maintain-chef-2", chefNode)
		}, maintenance.Healthy, ""},
	} {
		t.Run("OK "+tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			if tt.before != nil {
				tt.before(t, sim)
			}
			got, err := c.Describe(t.Context(), tt.server)
			if err != nil {
				t.Fatal(err)
			}
			if shared, err := c.Share()(t.Context(), tt.server); err != nil || shared != got {
				t.Errorf("a shared look gives %+v, %v", shared, err)
			}
			want := map[string]string{"automate-06": chefNode, "puppet-01": puppetNode, "by-arn": strayNode}[tt.server]
			if got.Status != tt.want || got.Name != tt.server || got.Backend != "ssm" || got.Node != want || got.Runbook != servers[tt.server].Runbook {
				t.Errorf("got %+v", got)
			}
			if (got.StatusReason == "") != (tt.why == "") || !strings.Contains(got.StatusReason, tt.why) {
				t.Errorf("because %q", got.StatusReason)
			}
		})
	}
}

func TestClient_DescribeErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server string
		before func(t *testing.T, sim *simulator.SSM)
		reason maintenance.Reason
		words  []string
	}{
		{"ErrNotFound no node has the tag", "by-arn", nil, maintenance.NotFound, []string{"describe server by-arn", "tag maintenance-server=by-arn", "stopped", "silent"}},
		{"ErrNotFound the node is stopped", "automate-06", func(_ *testing.T, sim *simulator.SSM) { sim.RemoveNode(chefNode) }, maintenance.NotFound, []string{"stopped", "silent"}},
		{"ErrNotFound not in the settings", "mail-01", nil, maintenance.NotFound, []string{"settings"}},
		{"ErrAmbiguous", "automate-06", func(t *testing.T, sim *simulator.SSM) { addNode(t, sim, simulator.Node{ID: strayNode}, "automate-06") },
			maintenance.Ambiguous, []string{"2 managed nodes", chefNode + ", " + strayNode}},
		{"ErrAmbiguous also if one of them is lost", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			addNode(t, sim, simulator.Node{ID: strayNode, PingStatus: "ConnectionLost"}, "automate-06")
		}, maintenance.Ambiguous, []string{chefNode + ", " + strayNode}},
		{"ErrAmbiguous more than a page", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			for i := range 10 {
				addNode(t, sim, simulator.Node{ID: fmt.Sprintf("i-0123456789abcdea%d", i)}, "automate-06")
			}
		}, maintenance.Ambiguous, []string{"11 managed nodes"}},
		{"ErrDenied the nodes", "automate-06", struck(nodesCall, simulator.Denied), maintenance.Denied, nil},
		{"ErrDenied the executions", "automate-06", struck(listCall, simulator.Denied), maintenance.Denied, nil},
		{"ErrDenied an execution", "automate-06", func(t *testing.T, sim *simulator.SSM) {
			byHand(t, sim, "maintain-chef", strayNode)
			inject(sim, getCall, simulator.Denied)
		}, maintenance.Denied, nil},
		{"ErrThrottled", "automate-06", struck(nodesCall, simulator.Throttle), maintenance.Throttled, nil},
		{"ErrUnavailable", "automate-06", struck(nodesCall, simulator.Unavailable), maintenance.Unavailable, nil},
		{"ErrUnavailable when nothing answers", "automate-06", struck(listCall, simulator.Hang), maintenance.Unavailable, nil},
		{"ErrUnavailable when the connection breaks", "automate-06", struck(listCall, simulator.Drop), maintenance.Unavailable, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			if tt.before != nil {
				tt.before(t, sim)
			}
			for _, look := range []maintenance.Look{c.Describe, c.Share()} {
				got, err := look(t.Context(), tt.server)
				mustFail(t, err, tt.reason, tt.words...)
				if got.Node != "" || got.Status != "" {
					t.Errorf("guessed %+v", got)
				}
			}
		})
	}
}

// Looks that share list what runs once for each runbook, or a few times if they take long, and each looks at its node.
func TestClient_Share(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	byHand(t, sim, "maintain-chef", chefNode)
	before := len(calls(sim))
	look := c.Share()
	const looks = 20
	for range looks {
		if got, err := look(t.Context(), "automate-06"); err != nil || got.Status != maintenance.UnderMaintenance {
			t.Errorf("got %+v, %v", got, err)
		}
		if got, err := look(t.Context(), "puppet-01"); err != nil || got.Status != maintenance.Healthy {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	count := map[string]int{}
	for _, call := range calls(sim)[before:] {
		count[call]++
	}
	if count[nodesCall] != 2*looks || count[listCall] < 2 || count[listCall] > looks {
		t.Errorf("calls %v", count)
	}
}

// What is started meanwhile counts at once, also for a server that is the same node by another name; what somebody else starts, soon.
func TestClient_ShareSeesWhatIsStarted(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Kind{"accepted": 0, "in doubt": simulator.WorkThenDrop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			look := c.Share()
			server, err := look(t.Context(), "automate-06")
			if err != nil || server.Status != maintenance.Healthy {
				t.Fatalf("got %+v, %v", server, err)
			}
			if fault != 0 {
				inject(sim, startCall, fault)
				inject(sim, listCall, simulator.Denied) // it is not found either
			}
			if _, _, err = c.Start(t.Context(), claimed(), server, nil); (err != nil) != (fault != 0) {
				t.Fatal(err)
			}
			sim.ClearFaults()
			if server, err = look(t.Context(), "automate-06"); err != nil || server.Status != maintenance.UnderMaintenance {
				t.Errorf("got %+v, %v", server, err)
			}
		})
	}
	t.Run("by hand", func(t *testing.T) {
		t.Parallel()
		sim, c := service(t)
		look := c.Share()
		if _, err := look(t.Context(), "automate-06"); err != nil {
			t.Fatal(err)
		}
		byHand(t, sim, "maintain-chef", chefNode)
		for begin := time.Now(); ; {
			server, err := look(t.Context(), "automate-06")
			if err != nil {
				t.Fatal(err)
			}
			if server.Status == maintenance.UnderMaintenance {
				break
			}
			if time.Since(begin) > time.Minute {
				t.Fatal("it is never seen")
			}
		}
	})
}

// struck is a service whose calls of an operation all go wrong.
func struck(operation string, kind simulator.Kind) func(*testing.T, *simulator.SSM) {
	return func(_ *testing.T, sim *simulator.SSM) { inject(sim, operation, kind) }
}

func inject(sim *simulator.SSM, operation string, kind simulator.Kind) {
	sim.Inject(simulator.Fault{Operation: operation, Kind: kind})
}

// The service filters after it has cut its list into pages, so a page may hold one node of two, or none.
func TestClient_DescribeAcrossPages(t *testing.T) {
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
	const one, two = `{"InstanceId": "i-0123456789abcdef0", "PingStatus": "Online"}`, `{"InstanceId": "mi-0123456789abcdef0", "PingStatus": "Online"}`
	t.Run("one node on the last", func(t *testing.T) {
		got, err := scripted(t, pages("", "", one)).Describe(t.Context(), "automate-06")
		if err != nil || got.Node != chefNode {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("ErrAmbiguous one node on each", func(t *testing.T) {
		_, err := scripted(t, pages(one, "", two)).Describe(t.Context(), "automate-06")
		mustFail(t, err, maintenance.Ambiguous, chefNode+", "+puppetNode)
	})
	t.Run("ErrNotFound empty ones only", func(t *testing.T) {
		_, err := scripted(t, pages("", "")).Describe(t.Context(), "automate-06")
		mustFail(t, err, maintenance.NotFound)
	})
}

func TestClient_DescribeOddAnswers(t *testing.T) {
	t.Parallel()
	node := func(ping string) string {
		return `{"InstanceInformationList": [{"InstanceId": "i-0123456789abcdef0", "PingStatus": "` + ping + `", "LastPingDateTime": 1795474800}]}`
	}
	t.Run("a ping status that nobody knew is handed on as it is, and is no state to start from", func(t *testing.T) {
		got, err := scripted(t, func(operation string, _ map[string]any) (int, string) {
			if operation == nodesCall {
				return 200, node("Dreaming")
			}
			return 200, `{}`
		}).Describe(t.Context(), "automate-06")
		if err != nil || got.Status != "Dreaming" || got.Status.Startable() || got.StatusReason != "its SSM Agent last answered at 2026-11-23T23:00:00Z" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("an execution that vanishes while it is looked at is none", func(t *testing.T) {
		got, err := scripted(t, func(operation string, _ map[string]any) (int, string) {
			switch operation {
			case nodesCall:
				return 200, node("Online")
			case listCall:
				return 200, `{"AutomationExecutionMetadataList": [{"AutomationExecutionId": "x", "DocumentName": "maintain-chef"}]}`
			default:
				return 400, `{"__type": "AutomationExecutionNotFoundException"}`
			}
		}).Describe(t.Context(), "automate-06")
		if err != nil || got.Status != maintenance.Healthy {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	for _, tt := range []struct {
		name   string
		status int
		body   string
		reason maintenance.Reason
	}{
		{"a web page", 200, `<html>`, maintenance.Unavailable},
		{"half an answer", 200, `{"InstanceInformationList": [{"Inst`, maintenance.Unavailable},
		{"an error nobody knows", 418, `{"__type": "TeapotException"}`, maintenance.Unexpected},
		{"a proxy's error page", 502, `<html>`, maintenance.Unavailable},
		{"an error with a prefix, as some services send it", 400, `{"__type": "com.amazonaws.ssm#AccessDeniedException"}`, maintenance.Denied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := scripted(t, func(string, map[string]any) (int, string) { return tt.status, tt.body }).Describe(t.Context(), "automate-06")
			mustFail(t, err, tt.reason)
		})
	}
}

// The parameters of an execution never change, so each is asked for once.
func TestClient_DescribeAsksForEachExecutionOnce(t *testing.T) {
	sim, c := service(t)
	byHand(t, sim, "maintain-chef", strayNode)
	for range 3 {
		if _, err := c.Describe(t.Context(), "automate-06"); err != nil {
			t.Fatal(err)
		}
	}
	if n := times(sim, getCall); n != 1 {
		t.Errorf("%d calls of %s", n, getCall)
	}
	byHand(t, sim, "maintain-chef", chefNode)
	if got, err := c.Describe(t.Context(), "automate-06"); err != nil || got.Status != maintenance.UnderMaintenance {
		t.Errorf("a new one is overlooked: %+v, %v", got, err)
	}
}

// What is known of executions is bounded: a function lives for days.
func TestClient_DescribeForgetsExecutions(t *testing.T) {
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
		if _, err := c.Describe(t.Context(), "automate-06"); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Load() == many {
		t.Errorf("all %d executions are kept", many)
	}
}
