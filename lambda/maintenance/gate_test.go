package maintenance_test

import (
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// closed is a window that is open on Sundays only.
type closed struct{}

func (closed) Covers(day time.Weekday, _ int) bool { return day == time.Sunday }

// gateCases set up, for each reason of the README's table, a fixture in which that gate alone does not pass. The columns say what becomes
// of a trigger: W waits, R is refused, E is an error, - passes.
var gateCases = []struct {
	reason                  maintenance.Reason
	alarm, schedule, manual string
	override                string
	prepare                 func(f *fixture)
}{
	{"not-allowed", "R", "R", "R", "", func(f *fixture) { f.server = "stranger" }},
	{"disabled", "R", "R", "R", "", func(f *fixture) { f.policy.Enabled = false }},
	{"unsupported", "R", "R", "R", "", func(f *fixture) { f.policy.Backend = "other" }},
	{"stale", "R", "R", "-", "", func(f *fixture) { f.age = 30 * time.Hour }},
	{"new-alarm", "R", "-", "-", "", func(f *fixture) { f.newAlarm = true }},
	{"held", "W", "W", "R", "hold", func(f *fixture) {
		f.ledger.servers["puppet-01"] = maintenance.ServerRecord{Hold: maintenance.Hold{Until: now.Add(time.Hour)}}
	}},
	{"held", "W", "W", "R", "hold", func(f *fixture) { f.ledger.fleet.Hold = maintenance.Hold{Until: now.Add(time.Hour)} }},
	{"approval-needed", "W", "W", "-", "", func(f *fixture) { f.policy.Approval = maintenance.TriggerKinds() }},
	{"after-running", "W", "W", "R", "order", func(f *fixture) {
		f.policy.After, f.ledger.servers["database"] = "database", maintenance.ServerRecord{OpenRun: "first"}
		f.ledger.runs["first"] = maintenance.Run{ID: "first", ServerName: "database", State: maintenance.RunRunning}
	}},
	{"outside-window", "W", "W", "R", "window", func(f *fixture) { f.policy.Window = maintenance.Window{Hours: closed{}} }},
	{"calendar-closed", "W", "W", "R", "calendar", func(f *fixture) { f.backend.closed = maintenance.CalendarState{Closed: true} }},
	{"calendar-closed", "W", "W", "R", "calendar", func(f *fixture) {
		f.backend.closed = maintenance.CalendarState{Closed: true, Err: failing(maintenance.ReasonDenied)}
	}},
	{"blocked", "W", "W", "R", "blocked", alarming(nil, "db-1")},
	{"denied", "E", "E", "E", "blocked", alarming(failing(maintenance.ReasonDenied))},
	{"throttled", "W", "W", "E", "blocked", alarming(failing(maintenance.ReasonThrottled))},
	{"unavailable", "W", "W", "E", "", unreadable(maintenance.ReasonUnavailable)},
	{"throttled", "W", "W", "E", "", unreadable(maintenance.ReasonThrottled)},
	{"service-limit", "W", "W", "E", "", unreadable(maintenance.ReasonServiceLimit)},
	{"not-found", "W", "W", "R", "", unreadable(maintenance.ReasonNotFound)},
	{"ambiguous", "E", "E", "E", "", unreadable(maintenance.ReasonAmbiguous)},
	{"denied", "E", "E", "E", "", unreadable(maintenance.ReasonDenied)},
	{"runbook-unusable", "E", "E", "E", "", unreadable(maintenance.ReasonRunbookUnusable)},
	{"wrong-state", "W", "W", "R", "", inState(maintenance.StatusBackingUp)},
	{"wrong-state", "R", "R", "R", "", inState(maintenance.StatusTerminated)},
	{"in-progress", "J", "J", "J", "", inState(maintenance.StatusUnderMaintenance)},
	{"in-progress", "J", "J", "J", "", func(f *fixture) {
		f.backend.look = func() maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	}},
	{"cooling-down", "R", "-", "-", "", func(f *fixture) {
		f.ledger.servers["puppet-01"] = maintenance.ServerRecord{Ends: []maintenance.End{{At: now.Add(-time.Hour)}}}
	}},
	{"daily-limit", "R", "-", "-", "", func(f *fixture) {
		f.ledger.servers["puppet-01"] = maintenance.ServerRecord{Day: now.Format(time.DateOnly), Starts: 2}
	}},
	{"concurrency-limit", "W", "W", "R", "", func(f *fixture) {
		f.MaxConcurrent, f.ledger.fleet, f.ledger.slots[1] = 1, maintenance.FleetRecord{Limit: 1, Wanted: 1}, "another"
	}},
	{"concurrency-limit", "W", "W", "R", "", func(f *fixture) {
		f.MaxConcurrent, f.ledger.fleet = 1, maintenance.FleetRecord{Wanted: maintenance.Unlimited}
	}},
	{"in-progress", "J", "J", "J", "", func(f *fixture) { f.ledger.nodes["i-1"] = "another" }},
}

func unreadable(reason maintenance.Reason) func(*fixture) {
	return func(f *fixture) {
		f.backend.look = func() maintenance.Sighting { return maintenance.Sighting{ServerErr: failing(reason)} }
	}
}

func inState(status maintenance.Status) func(*fixture) {
	return func(f *fixture) {
		f.backend.look = func() maintenance.Sighting {
			s := healthy("i-1")
			s.Status = status
			return maintenance.Sighting{Server: s}
		}
	}
}

// backends are the two kinds: of executions on nodes, and of servers alone. What is in progress they show each in their own way.
func backends(reason maintenance.Reason) []string {
	if reason == maintenance.ReasonInProgress {
		return []string{"executions"}
	}
	return []string{"executions", "servers"}
}

// withoutNodes makes the backend one that names nothing it starts.
func (f *fixture) withoutNodes() {
	look := f.backend.look
	f.backend.look = func() maintenance.Sighting {
		s := look()
		s.Server.Node, s.Server.Runbook, s.Executions, s.ExecutionsErr = "", "", nil, nil
		return s
	}
	f.backend.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Server: server(maintenance.StatusUnderMaintenance, "").Server}
	}
}

var columns = map[string]maintenance.Outcome{"R": maintenance.OutcomeRefused, "W": maintenance.OutcomeWaiting,
	"E": maintenance.OutcomeError, "J": maintenance.OutcomeInProgress, "-": maintenance.OutcomeStarted}

// What is not in the table cannot happen: every gate for every trigger, and the plan says beforehand what then happens.
func TestRunner_EveryGateForEveryTrigger(t *testing.T) {
	for i, c := range gateCases {
		for kind, column := range map[maintenance.TriggerKind]string{maintenance.TriggerAlarm: c.alarm, maintenance.TriggerSchedule: c.schedule,
			maintenance.TriggerManual: c.manual} {
			for _, backend := range backends(c.reason) {
				t.Run(fmt.Sprint(c.reason, " ", kind, " ", i, " on a backend of ", backend), func(t *testing.T) {
					f := newFixture(t)
					c.prepare(f)
					if backend == "servers" {
						f.withoutNodes()
					}
					q := f.trigger(kind, "weekly")
					q.ServerName, q.Trigger.Time, q.Trigger.NewAlarm = f.server, f.clock.Add(-f.age), f.newAlarm
					known := len(f.ledger.runs)
					plan := f.Plan(t.Context(), f.server)
					commits := len(f.ledger.runs) - known
					got := f.ask(q)
					want, reason := columns[column], c.reason
					if column == "-" {
						reason = ""
					}
					if got.Outcome != want || got.Reason != reason {
						t.Errorf("comes to %s %q (%s), want %s %q", got.Outcome, got.Reason, got.Detail, want, reason)
					}
					if plan.Err != nil || commits != 0 {
						t.Fatalf("the plan changed %d runs, error %v", commits, plan.Err)
					}
					for _, answer := range plan.Answers {
						asked := c.reason == "stale" || c.reason == "new-alarm" // of the trigger that arrives, which the plan has not seen
						if answer.Trigger == kind && !asked && (answer.Outcome != want || answer.Reason != reason) {
							t.Errorf("the plan says %s %q, and then comes %s %q", answer.Outcome, answer.Reason, want, reason)
						}
					}
					if (want == maintenance.OutcomeStarted) != (len(f.backend.started) == 1) {
						t.Errorf("%d starts were sent", len(f.backend.started))
					}
				})
			}
		}
	}
}

func TestRunner_OverridesOpenTheirOwnGateAlone(t *testing.T) {
	for i, c := range gateCases {
		for _, name := range maintenance.Overrides() {
			t.Run(string(c.reason)+" "+name+" "+string(rune('a'+i)), func(t *testing.T) {
				f := newFixture(t)
				c.prepare(f)
				q := f.trigger(maintenance.TriggerManual, "")
				q.ServerName, q.Trigger.Overrides = f.server, []string{name}
				if got := f.ask(q); (got.Outcome == maintenance.OutcomeStarted) != (c.manual == "-" || c.override == name) {
					t.Errorf("with the override %s an operator gets %s %s", name, got.Outcome, got.Reason)
				}
			})
		}
	}
}

func TestRunner_NothingIsLookedAtWhileTheWindowIsClosed(t *testing.T) {
	f := newFixture(t)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.alarm()
	calls := len(f.ledger.calls)
	f.sweeps(11 * 60)
	if f.backend.looks != 0 {
		t.Errorf("the server was looked at %d times before its window", f.backend.looks)
	}
	takes := 0
	for _, call := range f.ledger.calls[calls:] {
		if call == "Take" {
			takes++
		}
	}
	if takes > 11*5 {
		t.Errorf("in eleven hours the run was taken %d times", takes)
	}
	f.sweeps(62)
	if len(f.backend.started) != 1 {
		t.Errorf("a minute after its window opened %d starts were sent", len(f.backend.started))
	}
}

func TestRunner_AFleetThatHasClaimedNothingHasItsSlotsFree(t *testing.T) {
	f := newFixture(t)
	f.MaxConcurrent = 1
	for _, answer := range f.Plan(t.Context(), "puppet-01").Answers {
		if answer.Outcome != maintenance.OutcomeStarted {
			t.Errorf("the plan says %s %s for %s", answer.Outcome, answer.Reason, answer.Trigger)
		}
	}
	if r := f.alarm(); r.Outcome != maintenance.OutcomeStarted || f.only().Slot != 1 {
		t.Errorf("an alarm comes to %s %s", r.Outcome, r.Reason)
	}
}
