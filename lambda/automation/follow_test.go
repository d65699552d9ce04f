package automation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_Find(t *testing.T) {
	sim, c := service(t)
	if _, err := sim.StartByHand("Maintain", map[string][]string{"InstanceId": {node}}); err != nil { // last week's
		t.Fatal(err)
	}
	if err := sim.Complete(node); err != nil {
		t.Fatal(err)
	}
	later := run()
	later.Claimed = time.Now().Add(5 * time.Second)
	found, err := c.Find(t.Context(), later)
	if err != nil || found.Finding != maintenance.NothingStarted || found.Server.Status != maintenance.Healthy {
		t.Errorf("another's: %+v, %v", found, err)
	}
	if found, err = c.Find(t.Context(), run()); err != nil || found.Finding != maintenance.Began || found.Reference != sim.Executions(node)[0].ID {
		t.Errorf("ours: %+v, %v", found, err)
	}
	sim.RemoveNode(node)
	if found, err = c.Find(t.Context(), run()); err != nil || found.Finding != maintenance.Began {
		t.Errorf("ours, and the node is away: %+v, %v", found, err)
	}
	_, err = c.Find(t.Context(), later)
	fails(t, err, maintenance.NotFound, "no managed node")
	sim.Inject(simulator.Fault{Operation: "DescribeAutomationExecutions", Kind: simulator.Denied})
	_, err = c.Find(t.Context(), run())
	fails(t, err, maintenance.Denied, "look for an execution of Maintain")
}

// started is a run with its execution.
func started(t *testing.T, c *automation.Client) maintenance.Run {
	t.Helper()
	r := run()
	_, id, err := c.Start(t.Context(), r, describe(t, c, "automate-06"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Reference = id
	return r
}

// Each status the service knows, and one it does not.
func TestClient_FollowStatuses(t *testing.T) {
	for status, want := range map[string]maintenance.MaintenanceStatus{
		"Success": "SUCCESS", "CompletedWithSuccess": "SUCCESS",
		"Failed": "FAILED", "TimedOut": "FAILED", "Cancelled": "FAILED", "Rejected": "FAILED", "CompletedWithFailure": "FAILED", "Exited": "FAILED",
		"ChangeCalendarOverrideRejected": "FAILED",
		"Pending":                        "", "InProgress": "", "Waiting": "", "Cancelling": "", "PendingApproval": "", "Approved": "", "Scheduled": "", "RunbookInProgress": "",
		"PendingChangeCalendarOverride": "", "ChangeCalendarOverrideApproved": "", "Paused": "",
	} {
		sim, c := service(t)
		r := started(t, c)
		if err := sim.SetStatus(r.Reference, status); err != nil {
			t.Fatal(err)
		}
		p, err := c.Follow(t.Context(), r, nil)
		state := maintenance.Over
		if want == "" {
			state = maintenance.UnderWay
		}
		if err != nil || p.State != state || p.Server.MaintenanceStatus != want || (p.Warning != "") != (status == "Paused") {
			t.Errorf("%s: %+v, %v", status, p, err)
		}
		if strings.Contains(p.Detail+p.Warning, secret) {
			t.Errorf("%s: %s %s", status, p.Detail, p.Warning)
		}
	}
}

func TestClient_FollowFailure(t *testing.T) {
	sim, c := service(t)
	sim.FailStep(node, "Backup", "the disk of "+secret+" is full")
	r := started(t, c)
	if err := sim.Complete(node); err != nil {
		t.Fatal(err)
	}
	sim.RemoveNode(node) // it never came back
	p, err := c.Follow(t.Context(), r, nil)
	if err != nil || p.State != maintenance.Over || p.Server.MaintenanceStatus != maintenance.MaintenanceFailed || p.Server.Status != "" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, says := range []string{"Failed after ", "the step Backup: ", "the disk of (Mode) is full", "PreCheck Success, Backup Failed"} {
		if !strings.Contains(p.Detail, says) {
			t.Errorf("%q is not in %q", says, p.Detail)
		}
	}
	if strings.Contains(p.Detail, secret) {
		t.Errorf("a secret: %s", p.Detail)
	}
	sim.Forget(r.Reference)
	_, err = c.Follow(t.Context(), r, nil)
	fails(t, err, maintenance.ExecutionGone, "follow the execution "+r.Reference)
	sim.Inject(simulator.Fault{Operation: "GetAutomationExecution", Kind: simulator.Hang})
	short, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	_, err = c.Follow(short, r, nil)
	fails(t, err, maintenance.Unavailable, "")
}

func TestClient_Stop(t *testing.T) {
	sim, c := service(t)
	r := started(t, c)
	if err := c.Stop(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := sim.Complete(node); err != nil {
		t.Fatal(err)
	}
	if p, err := c.Follow(t.Context(), r, nil); err != nil || p.Server.MaintenanceStatus != maintenance.MaintenanceFailed || !strings.HasPrefix(p.Detail, "Cancelled") {
		t.Errorf("%+v, %v", p, err)
	}
	fails(t, c.Stop(t.Context(), r), maintenance.NotRunning, "stop the execution")
	sim.Forget(r.Reference)
	fails(t, c.Stop(t.Context(), r), maintenance.NotRunning, "stop the execution")
	sim.Inject(simulator.Fault{Operation: "StopAutomationExecution", Kind: simulator.Denied})
	fails(t, c.Stop(t.Context(), r), maintenance.Denied, "stop the execution")
}

func TestClient_Open(t *testing.T) {
	sim, _ := service(t)
	_, c := service(t)
	if open, _, err := c.Open(t.Context(), "automate-06"); !open || err != nil {
		t.Errorf("without calendars: %v, %v", open, err)
	}
	url := serve(t, sim)
	c = client(url, func(s map[string]automation.Server) {
		s["automate-06"] = automation.Server{Calendars: []string{"Holidays", "Freeze"}}
	})
	next := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	sim.SetCalendar("Holidays", true, time.Time{})
	sim.SetCalendar("Freeze", true, time.Time{})
	if open, _, err := c.Open(t.Context(), "automate-06"); !open || err != nil {
		t.Errorf("both open: %v, %v", open, err)
	}
	sim.SetCalendar("Freeze", false, next)
	if open, until, err := c.Open(t.Context(), "automate-06"); open || !until.Equal(next) || err != nil {
		t.Errorf("one closed: %v until %v, %v", open, until, err)
	}
	sim.BreakCalendar("Freeze")
	if open, _, err := c.Open(t.Context(), "automate-06"); open || err == nil {
		t.Errorf("one cannot be read: %v, %v", open, err)
	}
}
