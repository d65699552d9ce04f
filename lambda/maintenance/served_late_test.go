package maintenance_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Of a runbook that takes no run's id, an execution is the run's until the latest that its attempt can have been served: five minutes
// after its end, and two seconds for clocks that differ.
func TestRunner_HowLateAnAttemptCanHaveBeenServed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		began func(maintenance.Attempt) time.Time
		own   bool
	}{
		{"served as late as can be", func(a maintenance.Attempt) time.Time { return a.Ends.Add(5*time.Minute + 2*time.Second) }, true},
		{"after that", func(a maintenance.Attempt) time.Time { return a.Ends.Add(5*time.Minute + 3*time.Second) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			lostStart(f)
			run := f.only()
			f.backend.follow = executions(maintenance.Execution{ID: "a", Node: "i-1", Started: tt.began(run.Attempt),
				State: maintenance.ExecutionRunning})
			f.sweeps(2)
			if run := f.only(); (run.State == maintenance.RunRunning) != tt.own || (run.Reference == "a") != tt.own {
				t.Errorf("the run is %s and follows %q", run.State, run.Reference)
			}
		})
	}
}
