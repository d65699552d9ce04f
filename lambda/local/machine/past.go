package machine

import (
	"context"
	"fmt"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
)

// Remember fills the table of runs with two weeks in which the enabled servers were maintained, so that there is something to look at. It
// is made up: a run every few days, in the server's window, most succeeded, the latest a day ago or more, past the usual cooldown.
func (m *Machine) Remember(ctx context.Context, servers []settings.Server, now time.Time) error {
	for i, server := range servers {
		zone, err := time.LoadLocation(server.Timezone)
		if err != nil {
			return err
		}
		server.Location = zone
		var last time.Time
		for n := 0; n < 6 && server.Enabled; n++ {
			began := now.Add(-time.Duration((5-n)*52+48+7*i%24) * time.Hour)
			if window := server.Opens(); !window.Contains(began) {
				began, _ = window.Opens(began)
				began = began.Add(20 * time.Minute)
			}
			if began.Before(last.Add(time.Hour)) || began.After(now.AddDate(0, 0, -1)) {
				continue
			}
			if err := m.remember(ctx, server, began, pastOutcome(i, n)); err != nil {
				return fmt.Errorf("remember %s: %w", server.Name, err)
			}
			last = began
		}
	}
	return nil
}

// pastOutcome is what a made-up run came to.
func pastOutcome(server, run int) maintenance.Outcome {
	switch (7*server + 3*run) % 11 {
	case 1, 10:
		return maintenance.OutcomeFailed
	case 8:
		return maintenance.OutcomeCancelled
	default:
		return maintenance.OutcomeSucceeded
	}
}

func (m *Machine) remember(ctx context.Context, server settings.Server, began time.Time, outcome maintenance.Outcome) error {
	trigger := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: server.Name + "-health", Time: began,
		Reason: "Threshold Crossed: 3 datapoints [0.0, 0.0, 0.0] were less than the threshold (1.0)."}
	if len(server.Schedules) > 0 {
		trigger = maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: server.Schedules[0].Name, Time: began}
	}
	run := maintenance.Run{ID: maintenance.NewID(server.Name, began), State: maintenance.RunRunning, Edition: maintenance.Edition,
		ServerName: server.Name, Backend: string(server.Backend), Zone: server.Timezone, Created: began, Triggers: []maintenance.Trigger{trigger},
		Attempt:  maintenance.Attempt{ID: "past", Number: 1, Claimed: began, Ends: began, Trigger: trigger},
		Accepted: began, Began: began}
	open, err := m.Ledger.Commit(ctx, maintenance.Change{To: run, Open: true, Now: began})
	if err != nil {
		return err
	}
	over := open
	over.State, over.Outcome, over.Ended = maintenance.RunOver, outcome, began.Add(24*time.Minute)
	switch outcome {
	case maintenance.OutcomeFailed:
		over.Detail = "step Backup: exit 1: no space left on device"
	case maintenance.OutcomeCancelled:
		over.Reason = maintenance.ReasonStopped
	}
	_, err = m.Ledger.Commit(ctx, maintenance.Change{From: open, To: over, Free: true, Now: over.Ended})
	return err
}
