package automation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

// noLook is handed to Follow, which has no use for a look at all servers.
func noLook(context.Context, string) (maintenance.Server, error) {
	return maintenance.Server{}, &maintenance.Error{Op: "look", Reason: maintenance.Unexpected}
}

// Every status of the API model and one it does not have.
func TestClient_FollowStatuses(t *testing.T) {
	const goesOn = maintenance.MaintenanceStatus("")
	statuses := map[string]maintenance.MaintenanceStatus{
		"Success":                        maintenance.MaintenanceSuccess,
		"CompletedWithSuccess":           maintenance.MaintenanceSuccess,
		"Failed":                         maintenance.MaintenanceFailed,
		"TimedOut":                       maintenance.MaintenanceFailed,
		"Cancelled":                      maintenance.MaintenanceFailed,
		"Rejected":                       maintenance.MaintenanceFailed,
		"CompletedWithFailure":           maintenance.MaintenanceFailed,
		"Exited":                         maintenance.MaintenanceFailed,
		"ChangeCalendarOverrideRejected": maintenance.MaintenanceFailed,
		"Pending":                        goesOn,
		"InProgress":                     goesOn,
		"Waiting":                        goesOn,
		"Cancelling":                     goesOn,
		"PendingApproval":                goesOn,
		"Approved":                       goesOn,
		"Scheduled":                      goesOn,
		"RunbookInProgress":              goesOn,
		"PendingChangeCalendarOverride":  goesOn,
		"ChangeCalendarOverrideApproved": goesOn,
	}
	for _, status := range types.AutomationExecutionStatus("").Values() {
		if _, ok := statuses[string(status)]; !ok || len(statuses) != 19 {
			t.Errorf("%s is not tested, or is one of %d", status, len(statuses))
		}
	}
	sim, c := service(t)
	run := running(t, c)
	follow := func(status string) maintenance.Progress {
		t.Helper()
		if err := sim.SetStatus(run.Reference, status); err != nil {
			t.Fatal(err)
		}
		progress, err := c.Follow(t.Context(), run, noLook)
		if err != nil {
			t.Errorf("%s: %v", status, err)
		}
		return progress
	}
	for status, end := range statuses {
		p := follow(status)
		state, seen := maintenance.UnderWay, maintenance.UnderMaintenance
		if end != goesOn {
			state, seen = maintenance.Over, maintenance.Healthy
		}
		if p.State != state || p.Server.MaintenanceStatus != end || p.Server.Status != seen || p.Server.Node != chefNode || p.Warning != "" {
			t.Errorf("%s: %+v", status, p)
		}
		if (p.Detail == "") != (end == goesOn) || !strings.HasPrefix(p.Detail, map[bool]string{true: status}[end != goesOn]) {
			t.Errorf("%s: detail %q", status, p.Detail)
		}
	}
	if p := follow("Paused"); p.State != maintenance.UnderWay || p.Server.MaintenanceStatus != "" || !strings.Contains(p.Warning, `"Paused"`) || !strings.Contains(p.Warning, run.Reference) {
		t.Errorf("a status that nobody knew: %+v", p)
	}
}

func TestClient_Follow(t *testing.T) {
	t.Parallel()
	t.Run("the failed step and its reason are named, and where the others got", func(t *testing.T) {
		sim, c := service(t)
		sim.FailStep(chefNode, "patch", "The disk\nis full.")
		run := running(t, c)
		if err := sim.Complete(chefNode); err != nil {
			t.Fatal(err)
		}
		p, err := c.Follow(t.Context(), run, noLook)
		if err != nil || p.State != maintenance.Over || p.Server.MaintenanceStatus != maintenance.MaintenanceFailed {
			t.Fatalf("got %+v, %v", p, err)
		}
		for _, want := range []string{"Failed after 0s: the step patch: ", "The disk is full. Steps: backup Success, patch Failed, check Pending"} {
			if !strings.Contains(p.Detail, want) {
				t.Errorf("%q is not in %q", want, p.Detail)
			}
		}
	})
	t.Run("why it failed, where no step says", func(t *testing.T) {
		c := scripted(t, func(string, map[string]any) (int, string) {
			return 200, `{"AutomationExecution": {"AutomationExecutionStatus": "Failed", "FailureMessage": "no role", "ExecutionStartTime": 1795474800, "ExecutionEndTime": 1795478400.4}}`
		})
		if p, err := c.Follow(t.Context(), maintenance.Run{Reference: "x"}, noLook); err != nil || p.Detail != "Failed after 1h0m0s: no role" {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("the node is away when it is over: it ended all the same, in a state nobody knows", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.RemoveNode(chefNode)
		if err := sim.Complete(chefNode); err != nil {
			t.Fatal(err)
		}
		p, err := c.Follow(t.Context(), run, noLook)
		if err != nil || p.State != maintenance.Over || p.Server.MaintenanceStatus != maintenance.MaintenanceSuccess || p.Server.Status != "" || p.Server.Node != chefNode {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("another node is the server when it is over: that one's state is not this one's", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.RemoveNode(chefNode)
		addNode(t, sim, simulator.Node{ID: strayNode}, "automate-06")
		if err := sim.Complete(chefNode); err != nil {
			t.Fatal(err)
		}
		if p, err := c.Follow(t.Context(), run, noLook); err != nil || p.Server.Node != chefNode || p.Server.Status != "" {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("the node's agent is lost when it is over", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		if err := sim.SetPing(chefNode, "ConnectionLost"); err != nil {
			t.Fatal(err)
		}
		if err := sim.Complete(chefNode); err != nil {
			t.Fatal(err)
		}
		if p, err := c.Follow(t.Context(), run, noLook); err != nil || p.Server.Status != maintenance.ConnectionLost || p.Server.MaintenanceStatus != maintenance.MaintenanceSuccess {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("the settings have the server no more", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		run.ServerName = "mail-01"
		if err := sim.Complete(chefNode); err != nil {
			t.Fatal(err)
		}
		if p, err := c.Follow(t.Context(), run, noLook); err != nil || p.State != maintenance.Over || p.Server.MaintenanceStatus != maintenance.MaintenanceSuccess {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("ErrExecutionGone", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.Forget(run.Reference)
		_, err := c.Follow(t.Context(), run, noLook)
		mustFail(t, err, maintenance.ExecutionGone, run.Reference)
	})
	for kind, reason := range map[simulator.Kind]maintenance.Reason{
		simulator.Denied: maintenance.Denied, simulator.Throttle: maintenance.Throttled, simulator.InternalFailure: maintenance.Unavailable,
		simulator.Hang: maintenance.Unavailable, simulator.Drop: maintenance.Unavailable,
	} {
		t.Run("Err"+string(reason), func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			run := running(t, c)
			inject(sim, getCall, kind)
			p, err := c.Follow(t.Context(), run, noLook)
			mustFail(t, err, reason, "follow the execution "+run.Reference)
			if p.State != maintenance.Unsettled {
				t.Errorf("got %+v", p)
			}
		})
	}
	t.Run("ErrUnexpected an answer without an execution", func(t *testing.T) {
		_, err := scripted(t, func(string, map[string]any) (int, string) { return 200, `{}` }).Follow(t.Context(), maintenance.Run{Reference: "x"}, noLook)
		mustFail(t, err, maintenance.Unexpected)
	})
}

func TestClient_Stop(t *testing.T) {
	const stopCall = "StopAutomationExecution"
	sim, c := service(t)
	run := running(t, c)
	inject(sim, stopCall, simulator.Denied)
	mustFail(t, c.Stop(t.Context(), run), maintenance.Denied, "stop the execution "+run.Reference)
	sim.ClearFaults()
	sim.Inject(simulator.Fault{Operation: stopCall, Kind: simulator.WorkThenDrop, Times: 1}) // asked again, which does no harm
	if err := c.Stop(t.Context(), run); err != nil || sim.Executions(chefNode)[0].Status != "Cancelling" {
		t.Errorf("got %v, the execution is %s", err, sim.Executions(chefNode)[0].Status)
	}
	if p, err := c.Follow(t.Context(), run, noLook); err != nil || p.State != maintenance.UnderWay {
		t.Errorf("while it is being stopped: %+v, %v", p, err)
	}
	if err := sim.Complete(chefNode); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Follow(t.Context(), run, noLook); err != nil || p.State != maintenance.Over || p.Server.MaintenanceStatus != maintenance.MaintenanceFailed || !strings.HasPrefix(p.Detail, "Cancelled") {
		t.Errorf("when it has been: %+v, %v", p, err)
	}
	mustFail(t, c.Stop(t.Context(), run), maintenance.NotRunning)
	sim.Forget(run.Reference)
	mustFail(t, c.Stop(t.Context(), run), maintenance.NotRunning)
}

func TestClient_Open(t *testing.T) {
	sim, c := service(t)
	reopens := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	sim.SetCalendar("always", true, time.Time{})
	sim.SetCalendar("frozen", false, reopens)
	sim.SetCalendar("forever", false, time.Time{})
	sim.BreakCalendar("broken")
	for _, tt := range []struct {
		name, server string
		open         bool
		next         time.Time
		reason       maintenance.Reason
		asked        int
	}{
		{"no calendars: open, and nobody is asked", "automate-06", true, time.Time{}, "", 0},
		{"a server nobody knows has none", "mail-01", true, time.Time{}, "", 0},
		{"open", "open", true, time.Time{}, "", 1},
		{"one of several is closed", "closed", false, reopens, "", 1},
		{"closed for good", "forever", false, time.Time{}, "", 1},
		{"unreadable", "broken", false, time.Time{}, maintenance.Unexpected, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(sim.Calls())
			open, next, err := c.Open(t.Context(), tt.server)
			if open != tt.open || !next.Equal(tt.next) || (err != nil) != (tt.reason != "") {
				t.Errorf("got %v, %s, %v", open, next, err)
			}
			if tt.reason != "" {
				mustFail(t, err, tt.reason, "read the calendars always, broken")
			}
			if n := len(sim.Calls()) - before; n != tt.asked {
				t.Errorf("%d calls", n)
			}
		})
	}
	t.Run("ErrDenied", func(t *testing.T) {
		inject(sim, "GetCalendarState", simulator.Denied)
		open, _, err := c.Open(t.Context(), "open")
		mustFail(t, err, maintenance.Denied)
		if open {
			t.Error("open, though nobody may look")
		}
	})
	t.Run("a next change in words nobody can read is not known", func(t *testing.T) {
		c := scripted(t, func(string, map[string]any) (int, string) {
			return 200, `{"State": "CLOSED", "NextTransitionTime": "tomorrow"}`
		})
		if open, next, err := c.Open(t.Context(), "open"); open || !next.IsZero() || err != nil {
			t.Errorf("got %v, %s, %v", open, next, err)
		}
	})
	t.Run("a state nobody knows is closed", func(t *testing.T) {
		if open, _, err := scripted(t, func(string, map[string]any) (int, string) { return 200, `{"State": "AJAR"}` }).Open(t.Context(), "open"); open || err != nil {
			t.Errorf("got %v, %v", open, err)
		}
	})
}
