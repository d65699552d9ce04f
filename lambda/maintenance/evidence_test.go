package maintenance_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// server is a sighting of a backend that names nothing it starts, as OpsWorks CM.
func server(status maintenance.Status, last maintenance.MaintenanceStatus, events ...maintenance.Event) maintenance.Sighting {
	return maintenance.Sighting{Server: maintenance.Server{Name: "puppet-01", Backend: "fake", Status: status, MaintenanceStatus: last},
		Events: events}
}

// byServer makes the fixture's backend one that names nothing it starts.
func (f *fixture) byServer(answered maintenance.Status) *fixture {
	f.shows(maintenance.StatusHealthy, maintenance.MaintenanceSuccess)
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Server: server(answered, maintenance.MaintenanceSuccess).Server}
	}
	return f
}

func (f *fixture) shows(status maintenance.Status, last maintenance.MaintenanceStatus, events ...maintenance.Event) {
	f.backend.look = func() maintenance.Sighting { return server(status, last, events...) }
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return server(status, last, events...) }
}

func TestRunner_AnAcceptedStartIsNoProofThatItBegan(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusHealthy)
	f.alarm()
	f.sweeps(4)
	f.shows(maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess)
	f.sweeps(10)
	f.shows(maintenance.StatusHealthy, maintenance.MaintenanceFailed)
	f.sweeps(10)
	f.expectMail("started", "failed")
}

func TestRunner_WhatNeverBeganIsNotSaidToHaveSucceeded(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusHealthy)
	f.alarm()
	f.sweeps(14)
	f.expectMail("started")
	f.sweeps(10)
	f.expectMail("started", "failed never-began")
}

func TestRunner_AReadingFromBeforeTheEndIsNoEnd(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusUnderMaintenance)
	f.alarm()
	f.sweeps(3) // answers that lag: last week's state, and last week's success
	f.expectMail("started")
	f.shows(maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess)
	f.sweeps(10)
	f.shows(maintenance.StatusHealthy, maintenance.MaintenanceFailed)
	f.sweeps(3)
	f.expectMail("started")
	f.sweeps(6)
	f.expectMail("started", "failed")
}

func TestRunner_AnEventThatSaysSoEndsARunAtOnce(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusUnderMaintenance)
	f.alarm()
	f.sweeps(1)
	f.shows(maintenance.StatusHealthy, maintenance.MaintenanceSuccess, maintenance.Event{At: f.clock,
		Message: "Maintenance completed successfully", Maintenance: true, Succeeded: true})
	f.sweeps(1)
	f.expectMail("started", "succeeded")
}

func TestRunner_OneEmptyAnswerEndsNothing(t *testing.T) {
	gone := func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonNotFound)}
	}
	f := newFixture(t).byServer(maintenance.StatusUnderMaintenance)
	f.alarm()
	f.shows(maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess)
	follow := f.backend.follow
	for range 5 { // now and then, for an hour
		f.backend.follow = gone
		f.sweeps(5)
		f.backend.follow = follow
		f.sweeps(3)
	}
	f.expectMail("started")
	f.backend.follow = gone
	f.sweeps(9)
	f.expectMail("started")
	f.sweeps(4)
	f.expectMail("started", "failed server-gone")
}

func TestRunner_OneEmptyListRefusesNothingThatWaits(t *testing.T) {
	f := newFixture(t)
	look := f.backend.look
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonNotFound)}
	}
	if r := f.alarm(); r.Outcome != maintenance.OutcomeWaiting {
		t.Fatalf("an alarm whose node is missing from one answer comes to %s %s", r.Outcome, r.Reason)
	}
	f.sweeps(5)
	f.backend.look = look
	f.sweeps(5)
	if len(f.backend.started) != 1 {
		t.Errorf("the node was there again, and %d starts were sent", len(f.backend.started))
	}

	f = newFixture(t)
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonNotFound)}
	}
	f.alarm()
	f.sweeps(30)
	f.expectMail("waiting not-found", "refused not-found")
}

// executions are what a search for a run shows.
func executions(all ...maintenance.Execution) func(maintenance.Run) maintenance.Sighting {
	return func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: all}
	}
}

func lostStart(f *fixture) {
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed)}
	}
	f.alarm()
}

// givenUp has an attempt given up whose answer was lost and of which nothing is seen; it is of the run that is returned.
func givenUp(f *fixture) (runID string) {
	lostStart(f)
	f.backend.look, f.backend.follow = unavailable, executions()
	f.sweeps(20)
	return f.only().ID
}

// A start that was given up is given back to its day; one that shows itself after all counts to the day on which it does.
func TestRunner_AStartThatShowsItselfCountsToItsDay(t *testing.T) {
	for kind, counts := range map[maintenance.TriggerKind]int{maintenance.TriggerAlarm: 1, maintenance.TriggerSchedule: 0} {
		f := newFixture(t)
		f.backend.answer = func(maintenance.Run) maintenance.Answer {
			return maintenance.Answer{Err: failing(maintenance.ReasonStartUnconfirmed)}
		}
		f.ask(f.trigger(kind, "disk"))
		f.backend.look, f.backend.follow = unavailable, executions()
		starts := func() int { return f.ledger.servers["puppet-01"].StartsOn(now.Format(time.DateOnly)) }
		claimed := starts()
		f.sweeps(20)
		givenBack := starts()
		mine := maintenance.Execution{ID: "a", Node: "i-1", RunID: f.only().ID, TakesRunID: true, State: maintenance.ExecutionRunning}
		f.backend.look, f.backend.follow = func() maintenance.Sighting { return executions(mine)(maintenance.Run{}) }, executions(mine)
		f.sweeps(40)
		if run := f.only(); run.State != maintenance.RunRunning || claimed != counts || givenBack != 0 || starts() != counts {
			t.Errorf("%s: it is %s, and counted %d when claimed, %d when given up, %d now", kind, run.State, claimed, givenBack, starts())
		}
	}
}

func TestRunner_AnExecutionThatCannotBeReadIsUnclear(t *testing.T) {
	f := newFixture(t)
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), ExecutionsErr: failing(maintenance.ReasonNotFound)}
	}
	lostStart(f)
	f.sweeps(60)
	if run := f.only(); run.State != maintenance.RunStarting || len(f.backend.started) != 1 {
		t.Errorf("with an execution that cannot be read the run is %s, and %d starts were sent", run.State, len(f.backend.started))
	}
	f.expectMail("error start-unconfirmed")
}

func TestRunner_ARunsOwnExecutionIsRecognisedByItsID(t *testing.T) {
	cases := []struct {
		name string
		all  func(run string) []maintenance.Execution
		want maintenance.RunState
	}{
		{"its own", func(run string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "a", RunID: run, TakesRunID: true, State: maintenance.ExecutionRunning}}
		}, maintenance.RunRunning},
		{"its own beside another's on the node", func(run string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "b", RunID: "other", TakesRunID: true, Node: "i-1", Started: now,
				State: maintenance.ExecutionRunning}, {ID: "a", RunID: run, TakesRunID: true, State: maintenance.ExecutionRunning}}
		}, maintenance.RunRunning},
		{"another's alone", func(string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "b", TakesRunID: true, Node: "i-1", Started: now, State: maintenance.ExecutionRunning}}
		}, maintenance.RunStarting},
		{"one of a runbook that takes no id, begun since the claim", func(string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "a", Node: "i-1", Started: now.Add(-2 * time.Second), State: maintenance.ExecutionRunning}}
		}, maintenance.RunRunning},
		{"one begun before", func(string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "a", Node: "i-1", Started: now.Add(-3 * time.Second), State: maintenance.ExecutionRunning}}
		}, maintenance.RunStarting},
		{"one on another node", func(string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "a", Node: "i-2", Started: now, State: maintenance.ExecutionRunning}}
		}, maintenance.RunStarting},
		{"two that may be it", func(string) []maintenance.Execution {
			return []maintenance.Execution{{ID: "a", Node: "i-1", Started: now, State: maintenance.ExecutionRunning},
				{ID: "b", Node: "i-1", Started: now, State: maintenance.ExecutionSucceeded}}
		}, maintenance.RunStarting},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			lostStart(f)
			id := f.only().ID
			f.backend.follow = executions(c.all(id)...)
			f.sweeps(5)
			run := f.only()
			if run.State != c.want {
				t.Errorf("the run is %s, want %s", run.State, c.want)
			}
			if run.State == maintenance.RunRunning && run.Reference != "a" {
				t.Errorf("it follows %q", run.Reference)
			}
		})
	}
}

func TestRunner_AnAttemptThatWasGivenUpAndShowsItselfIsFollowed(t *testing.T) {
	f := newFixture(t)
	lostStart(f)
	id := f.only().ID
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	f.backend.follow = executions()
	f.sweeps(20)
	if run := f.only(); run.State != maintenance.RunWaiting {
		t.Fatalf("the run is %s", run.State)
	}
	mine := maintenance.Execution{ID: "a", RunID: id, TakesRunID: true, State: maintenance.ExecutionRunning}
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{mine}}
	}
	f.backend.follow = executions(mine)
	f.sweeps(20)
	if run := f.only(); run.State != maintenance.RunRunning || run.Reference != "a" || len(f.backend.started) != 1 {
		t.Errorf("the run is %s, follows %q, and %d starts were sent", run.State, run.Reference, len(f.backend.started))
	}
}

func TestRunner_AnExecutionThatIsGone(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{ExecutionsErr: failing(maintenance.ReasonNotFound)}
	}
	f.sweeps(8)
	f.expectMail("started")
	f.sweeps(5)
	f.expectMail("started", "failed execution-gone")
}

func TestRunner_WhatCannotBeFollowedIsSaid(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{ExecutionsErr: failing(maintenance.ReasonDenied)}
	}
	reports := f.sweeps(2)
	if len(reports) == 0 || reports[0].Reason != maintenance.ReasonDenied || reports[0].Count {
		t.Errorf("the first sweep that cannot follow the run reports %+v", reports)
	}
	f.expectMail("started")
	f.sweeps(60)
	f.expectMail("started", "error denied")
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	f.expectMail("started", "error denied", "succeeded")
}

func TestRunner_ARunIsOverdueOnce(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	f.sweeps(6 * 60)
	f.expectMail("started", "overdue")
}

func TestRunner_WhatHasNotBegunWhenItsWindowClosesIsStopped(t *testing.T) {
	f := newFixture(t)
	f.clock = now.Add(12 * time.Hour) // Sunday, which is open
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionPending) }
	f.policy.Deadline = 72 * time.Hour
	f.alarm()
	f.sweeps(23 * 60)
	if len(f.backend.stopped) > 0 {
		t.Error("it was stopped while the window was open")
	}
	f.sweeps(62)
	if len(f.backend.stopped) == 0 {
		t.Error("it was not stopped when the window closed")
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		s := execution(maintenance.ExecutionCancelled)
		s.Executions[0].Began = false
		return s
	}
	f.sweeps(3)
	f.expectMail("started", "failed never-began")
}

func TestRunner_WhatWasSeenTooEarlyToCountContradictsThatNothingBegan(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusHealthy)
	f.alarm()
	f.shows(maintenance.StatusUnderMaintenance, maintenance.MaintenanceSuccess)
	f.sweeps(3) // which may be a reading of before the claim
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	f.sweeps(9)
	f.shows(maintenance.StatusHealthy, maintenance.MaintenanceSuccess)
	f.sweeps(25)
	f.expectMail("started", "failed end-unclear")
}

func TestRunner_AFailureThatNobodySawGoOn(t *testing.T) {
	f := newFixture(t).byServer(maintenance.StatusHealthy)
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
	}
	f.sweeps(9)
	f.shows(maintenance.StatusUnhealthy, maintenance.MaintenanceFailed)
	f.sweeps(3)
	f.expectMail("started", "failed")
}
