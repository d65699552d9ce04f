package message_test

import (
	"time"
	_ "time/tzdata"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

const (
	runID     = "automate-06-20261128T230001-K7M2QX4RTA"
	execution = "333ba70b-2333-48db-b17e-a5e69c6f4d1c"
	node      = "i-0123456789abcdef0"
)

var (
	function = message.Function{Name: "opsworks-maintenance", Region: "us-east-1", Account: "123456789012"}
	at       = time.Date(2026, 11, 28, 23, 0, 1, 0, time.UTC)

	alarm = maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "automate-06-health",
		ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health", Time: at.Add(-time.Second),
		Reason: "Threshold Crossed: 3 out of the last 5 datapoints were less than the threshold (1.0)."}
	weekly   = maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: "weekly", ID: "weekly", Time: at.Add(-time.Second)}
	follower = maintenance.Trigger{Kind: maintenance.TriggerAfter, Name: "automate-05", ID: "automate-05", Time: at.Add(-time.Second)}
	operator = maintenance.Trigger{Kind: maintenance.TriggerManual, ID: "upgrade-to-automate-2", Time: at}
)

// change is what a case has beside what all have.
type change func(*maintenance.Report)

// report is one on a server of OpsWorks CM.
func report(outcome maintenance.Outcome, reason maintenance.Reason, trigger maintenance.Trigger, changes ...change) maintenance.Report {
	r := maintenance.Report{
		Outcome: outcome, Reason: reason, ServerName: "automate-06", Trigger: trigger, Triggers: []maintenance.Trigger{trigger}, RunID: runID,
		State: maintenance.RunOver, Server: maintenance.Server{Name: "automate-06", Backend: "opsworks-cm"}, At: at, Zone: "Europe/Berlin",
	}
	for _, change := range changes {
		change(&r)
	}
	if len(r.Triggers) == 1 {
		r.Triggers[0] = r.Trigger
	}
	return r
}

// onNode makes it a managed node's.
func onNode(r *maintenance.Report) {
	r.Server.Backend, r.Server.Node, r.Server.Runbook = "ssm", node, "opsworks-maintenance-chef-automate-1f0c3a9e"
}

func accepted(r *maintenance.Report) {
	r.State, r.Attempt, r.Started, r.Deadline = maintenance.RunRunning, 1, r.At, r.At.Add(4*time.Hour)
	r.ServerAtDecision = r.Server
	r.ServerAtDecision.Status = maintenance.StatusHealthy
	if r.Server.Backend == "ssm" {
		r.Reference = execution
		return
	}
	r.Server.ARN, r.Server.Engine, r.Server.EngineVersion = "arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/2b3c",
		"ChefAutomate", "2"
	r.Server.Status, r.Server.MaintenanceStatus = maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess
}

// ended is accepted fifty minutes ago.
func ended(status maintenance.Status, detail string) change {
	return func(r *maintenance.Report) {
		accepted(r)
		r.State, r.Started, r.Detail, r.Server.Status = maintenance.RunOver, at.Add(-50*time.Minute), detail, status
		r.Trigger.Time = r.Started.Add(-time.Second)
		if r.Outcome == maintenance.OutcomeFailed && r.Server.Backend != "ssm" {
			r.Server.MaintenanceStatus = maintenance.MaintenanceFailed
		}
	}
}

func waits(r *maintenance.Report) {
	r.State, r.Since, r.Expires = maintenance.RunWaiting, r.At, r.At.Add(6*time.Hour)
}

func state(s maintenance.RunState) change { return func(r *maintenance.Report) { r.State = s } }

func until(d time.Duration) change { return func(r *maintenance.Report) { r.Until = at.Add(d) } }

func detail(text string) change { return func(r *maintenance.Report) { r.Detail = text } }

func status(s maintenance.Status) change { return func(r *maintenance.Report) { r.Server.Status = s } }

func stop(r *maintenance.Report) { r.Stop = true }

func nowhere(r *maintenance.Report) {
	r.ServerName, r.Server, r.Zone = "", maintenance.Server{}, ""
	r.RunID = "event-20261128T230001-K7M2QX4RTA"
}

func untriggered(r *maintenance.Report) { r.Trigger, r.Triggers = maintenance.Trigger{}, nil }
