package message_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

const (
	runID     = "automate-06-20261128T230001-K7M2QX4RTA"
	execution = "333ba70b-2333-48db-b17e-a5e69c6f4d1c"
	node      = "i-0123456789abcdef0"
	holder    = "puppet-01-20261128T223000-ABCDEFGHJK"
)

var (
	function = message.Function{Name: "opsworks-maintenance", Usual: true, Region: "us-east-1", Account: "123456789012"}
	at       = time.Date(2026, 11, 28, 23, 0, 1, 0, time.UTC) // when the run began

	alarm = maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "automate-06-health",
		ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health", Time: at.Add(-time.Second),
		Reason: "Threshold Crossed: 3 out of the last 5 datapoints were less than the threshold (1.0)."}
	weekly   = maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: "weekly", ID: "weekly", Time: at.Add(-time.Second)}
	operator = maintenance.Trigger{Kind: maintenance.TriggerManual, ID: "upgrade-to-automate-2", Time: at}
)

// holdersOf have all slots of a concurrency limit of five.
var holders = []string{holder, "puppet-02-20261128T223000-ABCDEFGHJK", "puppet-03-20261128T223000-ABCDEFGHJK",
	"puppet-04-20261128T223000-ABCDEFGHJK", "puppet-05-20261128T223000-ABCDEFGHJK"}

// change is what a case has beside what all have.
type change func(*maintenance.Report)

// report is one on a server of OpsWorks CM, of a run that began at the usual time.
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

// refusal is over from the start; its record's id is of the reason and the day.
func refusal(r *maintenance.Report) {
	subject := r.ServerName
	if subject == "" {
		subject = "event"
	}
	r.RunID = fmt.Sprintf("%s-%s-20261128-5e884898", subject, r.Reason)
}

func accepted(r *maintenance.Report) {
	r.State, r.Attempt, r.Started, r.Deadline = maintenance.RunRunning, 1, at.Add(time.Second), at.Add(4*time.Hour)
	r.ServerAtDecision = r.Server
	r.ServerAtDecision.Status = maintenance.StatusHealthy
	if r.At.Before(r.Started) {
		r.At = r.Started
	}
	if r.Server.Backend == "ssm" {
		r.Reference = execution
		return
	}
	r.Server.ARN, r.Server.Engine, r.Server.EngineVersion = "arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/2b3c",
		"ChefAutomate", "2"
	r.Server.Status, r.Server.MaintenanceStatus = maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess
}

// ended is over fifty minutes after it was accepted.
func ended(status maintenance.Status, detail string) change {
	return func(r *maintenance.Report) {
		accepted(r)
		r.State, r.At, r.Detail, r.Server.Status, r.Attempt = maintenance.RunOver, at.Add(50*time.Minute), detail, status, 0
		if r.Outcome == maintenance.OutcomeFailed && r.Server.Backend != "ssm" {
			r.Server.MaintenanceStatus = maintenance.MaintenanceFailed
		}
	}
}

func waits(r *maintenance.Report) {
	r.State, r.Since, r.Expires = maintenance.RunWaiting, r.At, r.At.Add(6*time.Hour)
}

func expired(r *maintenance.Report) {
	r.Expires, r.At = at.Add(6*time.Hour), at.Add(6*time.Hour+time.Minute)
}

func late(r *maintenance.Report) { r.At = r.Deadline.Add(time.Minute) }

func state(s maintenance.RunState) change { return func(r *maintenance.Report) { r.State = s } }

func until(d time.Duration) change { return func(r *maintenance.Report) { r.Until = at.Add(d) } }

func detail(text string) change { return func(r *maintenance.Report) { r.Detail = text } }

func status(s maintenance.Status) change { return func(r *maintenance.Report) { r.Server.Status = s } }

func figures(f maintenance.Figures) change { return func(r *maintenance.Report) { r.Figures = f } }

func dated(d time.Duration) change { return func(r *maintenance.Report) { r.Trigger.Time = at.Add(d) } }

func asksToStop(r *maintenance.Report) { r.Stop = true }

func stopAsked(r *maintenance.Report) { r.StopAsked = at.Add(40 * time.Minute) }

func nowhere(r *maintenance.Report) { r.ServerName, r.Server, r.Zone = "", maintenance.Server{}, "" }

func untriggered(r *maintenance.Report) { r.Trigger, r.Triggers = maintenance.Trigger{}, nil }

// unseen: a node that was not found, or not one, has no name.
func unseen(r *maintenance.Report) { r.Server.Node, r.Server.Runbook = "", "" }

// checkPlausible holds a report to the order in which things happen to a run, so that no golden message is of one that cannot be.
func checkPlausible(t *testing.T, r maintenance.Report) {
	t.Helper()
	must := func(ok bool, what string) {
		t.Helper()
		if !ok {
			t.Errorf("no run has a report like this: %s", what)
		}
	}
	over := r.State == maintenance.RunOver
	must(r.Reason == maintenance.ReasonStale || !r.Trigger.Time.After(r.At), "it is from before its trigger")
	must(r.Started.IsZero() || !r.At.Before(r.Started), "it was accepted after its end")
	must(r.Started.IsZero() || r.Outcome == maintenance.OutcomeInProgress || !r.Started.Before(r.Trigger.Time),
		"it was accepted before its trigger")
	must(r.Reference == "" || !r.Started.IsZero() && r.Server.Backend == "ssm", "an execution that nothing started")
	must(r.RunID == runID || strings.Contains(r.RunID, string(r.Reason)), "its id says another time")
	switch r.Outcome {
	case maintenance.OutcomeStarted:
		must(r.State == maintenance.RunRunning && r.Attempt > 0 && r.At.Equal(r.Started), "started, and not by an attempt")
	case maintenance.OutcomeWaiting:
		must(r.State == maintenance.RunWaiting && r.Expires.After(r.At) && (r.Until.IsZero() || r.Until.After(r.At)), "it waits for what was")
	case maintenance.OutcomeOverdue:
		must(r.State == maintenance.RunRunning && r.At.After(r.Deadline) && r.Deadline.After(r.Started), "overdue before its deadline")
	case maintenance.OutcomeMissed:
		must(over && r.Started.IsZero() && !r.At.Before(r.Expires), "missed before it expired")
	case maintenance.OutcomeSucceeded, maintenance.OutcomeFailed:
		must(over && !r.Started.IsZero() && r.At.After(r.Started), "an end without a beginning")
	case maintenance.OutcomeRefused:
		must(over && r.Started.IsZero() && r.RunID != runID, "refused, and yet a run")
	}
	if age := r.At.Sub(r.Trigger.Time); r.Reason == maintenance.ReasonStale {
		must(age > r.Figures.Limit || -age > r.Figures.Limit, "stale within the limit")
	}
}
