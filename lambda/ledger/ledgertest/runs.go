package ledgertest

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Now is when everything in the suite happens.
var Now = time.Date(2026, 11, 28, 23, 0, 1, 250e6, time.UTC)

const today = "2026-11-28"

// Limits are what a claim of Start is held to.
var Limits = maintenance.Claim{Cooldown: 12 * time.Hour, DailyLimit: 2}

// Waiting is a run that waits since its first trigger.
func Waiting(id, serverName string) maintenance.Run {
	return maintenance.Run{
		ID: id, State: maintenance.RunWaiting, Edition: maintenance.Edition, ServerName: serverName, Backend: "ssm", Created: Now,
		Triggers: []maintenance.Trigger{{Kind: maintenance.TriggerAlarm, Name: "health", Time: Now, ID: "arn"}},
		Queue:    maintenance.QueueDue, DueAt: Now.Add(time.Minute), LookAt: Now.Add(time.Minute),
	}
}

// Claimed is a run as an attempt by an alarm claims it, with a slot and a node; 0 and empty are none.
func Claimed(run maintenance.Run, slot int, node string) maintenance.Run {
	run.State, run.Slot, run.Node = maintenance.RunStarting, slot, node
	run.Attempt = maintenance.Attempt{ID: "attempt-of-" + run.ID, Number: 1, Claimed: Now, Ends: Now.Add(time.Minute), CountedOn: today}
	run.Lease = maintenance.Lease{By: run.Attempt.ID, Until: Now.Add(time.Minute)}
	return run
}

// Over is a run as it ends after it began.
func Over(run maintenance.Run, outcome maintenance.Outcome) maintenance.Run {
	run = NeverBegan(run, outcome)
	run.Accepted, run.Began = Now, Now
	return run
}

// NeverBegan is a run as it ends without having begun.
func NeverBegan(run maintenance.Run, outcome maintenance.Outcome) maintenance.Run {
	run.State, run.Ended, run.Outcome = maintenance.RunOver, Now.Add(time.Hour), outcome
	run.Queue, run.DueAt, run.Slot, run.Node = "", time.Time{}, 0, ""
	return run
}

// Create opens a run for a server, by its trigger's key.
func Create(run maintenance.Run) maintenance.Change {
	return maintenance.Change{Key: "key-of-" + run.ID, Decided: Decided(run), To: run, Open: true, Now: Now}
}

// Start opens and claims a run that is new.
func Start(run maintenance.Run) maintenance.Change {
	change := Create(run)
	change.Claim = &Limits
	return change
}

// Claim claims a run that waits.
func Claim(from, to maintenance.Run, limits maintenance.Claim) maintenance.Change {
	return maintenance.Change{From: from, To: to, Claim: &limits, Now: Now}
}

// Move changes a run alone.
func Move(from, to maintenance.Run) maintenance.Change {
	return maintenance.Change{From: from, To: to, Now: Now}
}

// Free gives back what a run had.
func Free(from, to maintenance.Run) maintenance.Change {
	return maintenance.Change{From: from, To: to, Free: true, Now: Now}
}

// Decided is what came of the trigger of a run.
func Decided(run maintenance.Run) maintenance.Decided {
	return maintenance.Decided{Outcome: maintenance.OutcomeStarted, RunID: run.ID, RequestDigest: "none"}
}

// Must is for steps that only prepare a test.
func Must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// WantReason checks an error's reason; none is no error.
func WantReason(t *testing.T, err error, want maintenance.Reason) {
	t.Helper()
	if got := maintenance.ReasonOf(err); got != want {
		t.Errorf("got %v, want %q", err, want)
	}
}
