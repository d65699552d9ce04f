package automation_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

// Every status of the API model and one it does not have. A step of the execution has begun.
func TestClient_FollowStatuses(t *testing.T) {
	statuses := map[string]maintenance.ExecutionState{
		"Success":                        maintenance.ExecutionSucceeded,
		"CompletedWithSuccess":           maintenance.ExecutionSucceeded,
		"Cancelled":                      maintenance.ExecutionCancelled,
		"Failed":                         maintenance.ExecutionFailed,
		"TimedOut":                       maintenance.ExecutionFailed,
		"Rejected":                       maintenance.ExecutionFailed,
		"CompletedWithFailure":           maintenance.ExecutionFailed,
		"Exited":                         maintenance.ExecutionFailed,
		"ChangeCalendarOverrideRejected": maintenance.ExecutionFailed,
		"Pending":                        maintenance.ExecutionRunning,
		"InProgress":                     maintenance.ExecutionRunning,
		"Waiting":                        maintenance.ExecutionRunning,
		"Cancelling":                     maintenance.ExecutionRunning,
		"PendingApproval":                maintenance.ExecutionRunning,
		"Approved":                       maintenance.ExecutionRunning,
		"Scheduled":                      maintenance.ExecutionRunning,
		"RunbookInProgress":              maintenance.ExecutionRunning,
		"PendingChangeCalendarOverride":  maintenance.ExecutionRunning,
		"ChangeCalendarOverrideApproved": maintenance.ExecutionRunning,
	}
	for _, status := range types.AutomationExecutionStatus("").Values() {
		if _, ok := statuses[string(status)]; !ok || len(statuses) != 19 {
			t.Errorf("%s is not tested, or is one of %d", status, len(statuses))
		}
	}
	sim, c := service(t)
	run := running(t, c)
	for status, want := range statuses {
		do(t, sim.SetStatus(run.Reference, status))
		s := c.Follow(t.Context(), run)
		if e := one(t, s); e.State != want || !e.Began || s.Warning != "" || !strings.HasPrefix(e.Detail, status) ||
			e.State.Over() == e.Ended.IsZero() {
			t.Errorf("%s: %+v, %q", status, e, s.Warning)
		}
	}
	do(t, sim.SetStatus(run.Reference, "Paused"))
	s := c.Follow(t.Context(), run)
	if e := one(t, s); e.State != maintenance.ExecutionUnknown || !strings.Contains(s.Warning, `"Paused"`) || !strings.Contains(s.Warning,
		run.Reference) {
		t.Errorf("a status that was not known: %+v, %q", e, s.Warning)
	}
}

// Accepted is not begun: a step is what begins.
func TestClient_FollowBeginnings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, status, steps string
		want                maintenance.ExecutionState
		began               bool
	}{
		{"queued", "Pending", `{"StepStatus": "Pending"}`, maintenance.ExecutionPending, false},
		{"scheduled, without steps", "Scheduled", ``, maintenance.ExecutionPending, false},
		{"approved", "Approved", `{"StepStatus": "Pending"}`, maintenance.ExecutionPending, false},
		{"pending, with a step that has begun by its time", "Pending", `{"StepStatus": "Pending", "ExecutionStartTime": 1}`,
			maintenance.ExecutionRunning, true},
		{"pending, with a step that has begun by its status", "Pending", `{"StepStatus": "InProgress"}`, maintenance.ExecutionRunning, true},
		{"going on, though no step shows it yet", "InProgress", `{"StepStatus": "Pending"}`, maintenance.ExecutionRunning, false},
		{"being stopped before its first step", "Cancelling", `{"StepStatus": "Pending"}`, maintenance.ExecutionPending, false},
		{"being stopped in its first step", "Cancelling", `{"StepStatus": "InProgress"}`, maintenance.ExecutionRunning, true},
		{"stopped before its first step", "Cancelled", `{"StepStatus": "Cancelled"}`, maintenance.ExecutionCancelled, false},
		{"stopped in its first step", "Cancelled", `{"StepStatus": "Cancelled", "ExecutionStartTime": 1}`, maintenance.ExecutionCancelled, true},
		{"failed before its first step", "Failed", `{"StepStatus": "Pending"}`, maintenance.ExecutionFailed, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := scripted(t, func(string, map[string]any) (int, string) {
				return 200, `{"AutomationExecution": {"AutomationExecutionStatus": "` + tt.status + `", "StepExecutions": [` + tt.steps + `]}}`
			})
			if e := one(t, c.Follow(t.Context(), maintenance.Run{Reference: "x"})); e.State != tt.want || e.Began != tt.began ||
				e.Stopping != (tt.status == "Cancelling") {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestClient_Follow(t *testing.T) {
	t.Parallel()
	t.Run("while it goes on the node is not asked for, the step is", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		s := c.Follow(t.Context(), run)
		e := one(t, s)
		if e.ID != run.Reference || e.Node != chefNode || e.Step != "backup" ||
			e.Detail != "InProgress. Steps: backup InProgress, patch Pending, check Pending" {
			t.Errorf("got %+v", e)
		}
		if s.Server.Node != chefNode || s.Server.Runbook != "maintain-chef" || s.Server.Status != "" || times(sim, nodesCall) != 0 {
			t.Errorf("the server: %+v", s.Server)
		}
	})
	t.Run("the run's own is known by the run's id", func(t *testing.T) {
		_, c := service(t)
		run := runningOn(t, c, ours)
		if e := one(t, c.Follow(t.Context(), run)); e.RunID != run.ID || !e.TakesRunID {
			t.Errorf("got %+v", e)
		}
	})
	t.Run("no node is asked for of a server that the settings no longer have", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		do(t, sim.SetStatus(run.Reference, "Success"))
		run.ServerName = "automate-05"
		s := c.Follow(t.Context(), run)
		if e := one(t, s); e.State != maintenance.ExecutionSucceeded || s.Server.Node != chefNode || times(sim, nodesCall) != 0 {
			t.Errorf("got %+v of %+v, %d calls for nodes", e, s.Server, times(sim, nodesCall))
		}
	})
	for _, tt := range []struct {
		name   string
		before func(t *testing.T, sim *ssm.Service)
		want   maintenance.Status
	}{
		{"when it is over the node is looked at", func(*testing.T, *ssm.Service) {}, maintenance.StatusHealthy},
		{"the node's agent is lost when it is over", func(t *testing.T, sim *ssm.Service) { do(t, sim.SetPing(chefNode, "ConnectionLost")) },
			maintenance.StatusConnectionLost},
		{"the node is away when it is over", func(_ *testing.T, sim *ssm.Service) { sim.RemoveNode(chefNode) }, ""},
		{"another node is the server when it is over: that one's state is not this one's", func(t *testing.T, sim *ssm.Service) {
			sim.RemoveNode(chefNode)
			addNode(t, sim, ssm.Node{ID: strayNode}, "automate-06")
		}, ""},
		{"nodes cannot be looked at when it is over", failing(nodesCall, simulator.Denied), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			run := running(t, c)
			do(t, sim.Complete(chefNode))
			tt.before(t, sim)
			s := c.Follow(t.Context(), run)
			if e := one(t, s); e.State != maintenance.ExecutionSucceeded || s.Server.Node != chefNode || s.Server.Status != tt.want ||
				s.ServerErr != nil {
				t.Errorf("got %+v", s)
			}
		})
	}
	t.Run("the settings have the server no more", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		run.ServerName = "mail-01"
		do(t, sim.Complete(chefNode))
		if e := one(t, c.Follow(t.Context(), run)); e.State != maintenance.ExecutionSucceeded {
			t.Errorf("got %+v", e)
		}
	})
}

func TestClient_FollowErrors(t *testing.T) {
	t.Parallel()
	t.Run("ErrNotFound it is missing, which proves nothing yet, and is found again", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.SetLag(ssm.Lag{Read: time.Hour})
		mustFail(t, c.Follow(t.Context(), run).ExecutionsErr, maintenance.ReasonNotFound, run.Reference)
		sim.SetLag(ssm.Lag{})
		one(t, c.Follow(t.Context(), run))
	})
	for kind, reason := range map[simulator.Kind]maintenance.Reason{
		simulator.Denied: maintenance.ReasonDenied, simulator.Throttle: maintenance.ReasonThrottled,
		simulator.InternalFailure: maintenance.ReasonUnavailable,
		simulator.Hang:            maintenance.ReasonUnavailable, simulator.Drop: maintenance.ReasonUnavailable,
	} {
		t.Run("Err "+string(reason), func(t *testing.T) {
			t.Parallel()
			sim, c := serviceUnder(t, kind)
			run := running(t, c)
			inject(sim, getCall, kind)
			s := c.Follow(t.Context(), run)
			mustFail(t, s.ExecutionsErr, reason, "follow the execution "+run.Reference)
			if len(s.Executions) != 0 {
				t.Errorf("guessed %+v", s)
			}
		})
	}
	t.Run("ErrUnexpected an answer without an execution", func(t *testing.T) {
		c := scripted(t, func(string, map[string]any) (int, string) { return 200, `{}` })
		mustFail(t, c.Follow(t.Context(), maintenance.Run{Reference: "x"}).ExecutionsErr, maintenance.ReasonUnexpected)
	})
}

// lost is a run whose start was accepted, and the answer lost.
func lost(t *testing.T, sim *ssm.Service, start func(maintenance.Run) maintenance.Answer, server maintenance.Server) maintenance.Run {
	t.Helper()
	run := claimedFor(server)
	sim.Inject(simulator.Fault{Operation: startCall, Kind: simulator.WorkThenDrop, Times: 1})
	mustFail(t, start(run).Err, maintenance.ReasonStartUnconfirmed)
	return run
}

func TestClient_FollowWithoutReference(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, server maintenance.Server) (*ssm.Service, maintenance.Backend, maintenance.Run) {
		t.Helper()
		sim, c := service(t)
		return sim, c, lost(t, sim, func(run maintenance.Run) maintenance.Answer { return c.Start(t.Context(), run, server, nil) }, server)
	}
	t.Run("what was started is seen, as long as it goes on and after its end", func(t *testing.T) {
		sim, c, run := start(t, ours)
		e := one(t, c.Follow(t.Context(), run))
		if e.ID != sim.Executions(oursNode)[0].ID || e.RunID != run.ID || !e.TakesRunID || e.Node != oursNode || !e.Began || e.Started.IsZero() {
			t.Errorf("got %+v", e)
		}
		do(t, sim.Complete(oursNode))
		s := c.Follow(t.Context(), run)
		if e = one(t, s); e.State != maintenance.ExecutionSucceeded || e.RunID != run.ID || s.Server.Status != maintenance.StatusHealthy {
			t.Errorf("after its end: %+v", s)
		}
	})
	t.Run("those of others on the node are seen too: which is the run's is concluded elsewhere", func(t *testing.T) {
		sim, c, run := start(t, chef)
		byHand(t, sim, "maintain-chef", chefNode)
		if s := c.Follow(t.Context(), run); len(s.Executions) != 2 || s.ExecutionsErr != nil {
			t.Errorf("seen %+v", s)
		}
	})
	t.Run("nothing, where nothing was started", func(t *testing.T) {
		sim, c := service(t)
		byHand(t, sim, "maintain-chef", strayNode)
		byHand(t, sim, "maintain-chef-2", chefNode)
		if s := c.Follow(t.Context(), claimed()); len(s.Executions) != 0 || s.ExecutionsErr != nil || s.ServerErr != nil {
			t.Errorf("seen %+v", s)
		}
	})
	t.Run("it goes by the settings of the run's day", func(t *testing.T) {
		_, c, run := start(t, ours)
		run.ServerName = "mail-01"
		one(t, c.Follow(t.Context(), run))
	})
	t.Run("what began less than two seconds before the claim may be the run's", func(t *testing.T) {
		sim, c, run := start(t, chef)
		run.Attempt.Claimed = sim.Executions(chefNode)[0].Started.Add(1900 * time.Millisecond)
		one(t, c.Follow(t.Context(), run))
		do(t, sim.Complete(chefNode)) // so that no list of what goes on has it
		one(t, c.Follow(t.Context(), run))
		run.Attempt.Claimed = run.Attempt.Claimed.Add(200 * time.Millisecond)
		if s := c.Follow(t.Context(), run); len(s.Executions) != 0 || s.ExecutionsErr != nil {
			t.Errorf("what began earlier: %+v", s)
		}
	})
	t.Run("more than a page", func(t *testing.T) {
		sim, c, run := start(t, chef)
		for range 11 {
			byHand(t, sim, "maintain-chef", chefNode)
		}
		if s := c.Follow(t.Context(), run); len(s.Executions) != 12 {
			t.Errorf("%d executions", len(s.Executions))
		}
	})
	for name, call := range map[string]string{"the list": listCall, "an execution": getCall} {
		t.Run("ErrDenied "+name, func(t *testing.T) {
			sim, c, run := start(t, chef)
			inject(sim, call, simulator.Denied)
			s := c.Follow(t.Context(), run)
			mustFail(t, s.ExecutionsErr, maintenance.ReasonDenied)
			if len(s.Executions) != 0 {
				t.Errorf("seen %+v", s.Executions)
			}
		})
	}
	t.Run("ErrUnavailable one that is listed and not found yet is not passed over", func(t *testing.T) {
		sim, c, run := start(t, ours)
		sim.SetLag(ssm.Lag{Read: time.Hour})
		mustFail(t, c.Follow(t.Context(), run).ExecutionsErr, maintenance.ReasonUnavailable, "not found")
		sim.SetLag(ssm.Lag{})
		one(t, c.Follow(t.Context(), run))
	})
}

// Row 5 of the core issue: one list said that nothing was started since the claim, while the other showed the execution running. It was
// believed, and people never heard of a maintenance that failed. What either list shows is there, and the run's id says whose it is.
func TestClient_FollowBelievesTheListThatShowsMore(t *testing.T) {
	t.Parallel()
	for shown, filter := range map[string]string{"what began since the claim": "StartTimeAfter", "what goes on": "ExecutionStatus"} {
		t.Run("only the list of "+shown, func(t *testing.T) {
			run := claimedFor(ours)
			started := float64(run.Attempt.Claimed.UnixMilli()) / 1000
			c := scripted(t, func(operation string, request map[string]any) (int, string) {
				entry := `"AutomationExecutionId": "x", "DocumentName": "ours", "AutomationExecutionStatus": "InProgress", ` +
					`"ExecutionStartTime": ` + jsonOf(started)
				switch filters := jsonOf(request["Filters"]); {
				case operation == getCall:
					return 200, `{"AutomationExecution": {` + entry + `, "Parameters": {"InstanceId": ["` + oursNode + `"], "RunId": ["` + run.ID + `"]}}}`
				case operation == listCall && strings.Contains(filters, filter):
					return 200, `{"AutomationExecutionMetadataList": [{` + entry + `}]}`
				default:
					return 200, `{}`
				}
			})
			if e := one(t, c.Follow(t.Context(), run)); e.ID != "x" || e.RunID != run.ID || !e.TakesRunID ||
				e.State != maintenance.ExecutionRunning {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// A run's own execution is its own whenever it began: the service's clock may be wrong.
func TestClient_FollowKnowsItsOwnByTheRunsID(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	run := lost(t, sim, func(run maintenance.Run) maintenance.Answer { return c.Start(t.Context(), run, ours, nil) }, ours)
	byHand(t, sim, "ours", oursNode)
	run.Attempt.Claimed = time.Now().Add(time.Hour)
	if e := one(t, c.Follow(t.Context(), run)); e.RunID != run.ID {
		t.Errorf("got %+v", e)
	}
}

// A message goes on about the step that failed, whatever cleans up after it.
func TestClient_FollowAFailureWithARestore(t *testing.T) {
	t.Parallel()
	sim, c := service(t)
	run := runningOn(t, c, ours)
	sim.FailStep(oursNode, "Backup", "The disk\nis full.")
	sim.FailStep(oursNode, "Restore", "services do not come up")
	do(t, sim.Complete(oursNode))
	e := one(t, c.Follow(t.Context(), run))
	want := "Failed after 0s: the step Backup: Step Backup failed while its action was carried out. The disk is full. " +
		"Steps: Backup Failed, Patch Pending, Restore Failed"
	if e.State != maintenance.ExecutionFailed || e.Detail != want {
		t.Errorf("got %q", e.Detail)
	}
}

// In virtual time, as the deterministic simulation has it: a queue, and a stop that reaches the execution before its first step.
func TestClient_FollowAQueuedExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := ssm.New(ssm.Config{ExecutionTime: time.Hour, QueueTime: time.Hour})
		defer sim.Close()
		furnish(t, sim)
		c := inMemory(sim)
		run := runningOn(t, c, ours)
		if e := one(t, c.Follow(t.Context(), run)); e.State != maintenance.ExecutionPending || e.Began || e.Step != "" {
			t.Errorf("queued: %+v", e)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if e := one(t, c.Follow(t.Context(), run)); e.State != maintenance.ExecutionRunning || !e.Began || e.Step != "Backup" {
			t.Errorf("begun: %+v", e)
		}
		queued := runningOn(t, c, chef)
		do(t, c.Stop(t.Context(), queued))
		if e := one(t, c.Follow(t.Context(), queued)); e.State != maintenance.ExecutionCancelled || e.Began {
			t.Errorf("stopped: %+v", e)
		}
	})
}
