package maintenance_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// chain is a fixture of a database, a primary after it, and two compilers after that.
func chain(t *testing.T) *fixture {
	f := newFixture(t)
	f.withoutNodes()
	before := map[string]string{"primary": "database", "c1": "primary", "c2": "primary"}
	f.Followers = map[string][]string{"database": {"primary"}, "primary": {"c1", "c2"}}
	f.Policy = func(name string) (maintenance.Policy, bool) {
		p := f.policy
		p.After = before[name]
		return p, true
	}
	return f
}

// order is who was started, one after the other.
func (f *fixture) order() (names []string) {
	for _, id := range f.backend.started {
		names = append(names, f.ledger.runs[id].ServerName)
	}
	return names
}

// ends makes what is followed end so, but for some servers.
func (f *fixture) ends(message string, succeeds bool) {
	f.backend.follow = func(run maintenance.Run) maintenance.Sighting {
		s := server(maintenance.StatusHealthy, "")
		s.At = f.clock
		s.Events = []maintenance.Event{{At: f.clock, Message: message, Maintenance: true, Succeeded: succeeds && run.ServerName != "c2"}}
		s.Server.MaintenanceStatus = maintenance.MaintenanceFailed
		return s
	}
}

func (f *fixture) first(kind maintenance.TriggerKind) maintenance.Report {
	q := f.trigger(kind, "weekly")
	q.ServerName = "database"
	return f.ask(q)
}

func TestRunner_ASuccessIsFollowed(t *testing.T) {
	f := chain(t)
	f.ends("Maintenance completed successfully", true)
	f.first(maintenance.TriggerSchedule)
	f.sweeps(60)
	if got := f.order(); len(got) != 4 || !slices.Equal(got[:2], []string{"database", "primary"}) {
		t.Fatalf("maintained are %q", got)
	}
	for _, run := range f.ledger.runs {
		if by := run.Attempt.Trigger; run.ServerName != "database" && (by.Kind != maintenance.TriggerAfter || by.ID == "") {
			t.Errorf("%s is started by %s %s", run.ServerName, by.Kind, by.Name)
		}
		if len(run.Successors) > 0 {
			t.Errorf("%s still has to trigger %q", run.ServerName, run.Successors)
		}
	}
}

// An alarm's success, and an operator's, stands alone.
func TestRunner_ASuccessByAnAlarmOrAnOperatorIsNotFollowed(t *testing.T) {
	for _, kind := range []maintenance.TriggerKind{maintenance.TriggerAlarm, maintenance.TriggerManual} {
		f := chain(t)
		f.ends("Maintenance completed successfully", true)
		f.first(kind)
		f.sweeps(60)
		if got := f.order(); len(got) != 1 {
			t.Errorf("by %s maintained are %q", kind, got)
		}
	}
}

// The order stops at the first end that is no success, whose message names who was not maintained for it.
func TestRunner_AnOrderStops(t *testing.T) {
	f := chain(t)
	var said string
	f.mailbox.onPublish = func(r maintenance.Report) {
		if r.Outcome == maintenance.OutcomeFailed || r.Outcome == maintenance.OutcomeRefused {
			said = r.Detail
		}
	}
	const want = "not maintained, because they follow it: primary, c1, c2"
	f.ends("Maintenance failed", false)
	f.first(maintenance.TriggerSchedule)
	f.sweeps(60)
	if got := f.order(); len(got) != 1 || !strings.HasPrefix(said, want+"; ") {
		t.Errorf("maintained are %q; the message says %q", got, said)
	}
	f.policy.Enabled = false
	f.first(maintenance.TriggerSchedule)
	if said != want {
		t.Errorf("the message of a refusal says %q", said)
	}
	f.first(maintenance.TriggerAlarm)
	if r := f.first(maintenance.TriggerAlarm); strings.Contains(r.Detail, "follow") {
		t.Errorf("an alarm's refusal says %q", r.Detail)
	}
}

// A death between the end and its successors, and a ledger that is away, lose none and trigger none twice.
func TestRunner_NoSuccessorIsLost(t *testing.T) {
	f := chain(t)
	f.ends("Maintenance completed successfully", true)
	f.first(maintenance.TriggerSchedule)
	n := 0
	f.ledger.fail = func(call string) error {
		if n++; call != "Due" && n%5 == 0 {
			return errors.New("away")
		}
		return nil
	}
	for range 120 {
		f.clock = f.clock.Add(60e9)
		f.Sweep(f.invocation())
	}
	got := f.order()
	slices.Sort(got)
	if !slices.Equal(got, []string{"c1", "c2", "database", "primary"}) {
		t.Errorf("maintained are %q", got)
	}
}

func TestRunner_PlanShowsTheOrder(t *testing.T) {
	f := chain(t)
	f.first(maintenance.TriggerSchedule)
	plan := f.Plan(t.Context(), "primary")
	i := slices.IndexFunc(plan.Answers, func(a maintenance.PlanAnswer) bool { return a.Trigger == maintenance.TriggerAfter })
	if i < 0 || plan.Answers[i].Outcome != maintenance.OutcomeWaiting || plan.Answers[i].Reason != maintenance.ReasonAfterRunning {
		t.Errorf("the plan is %+v", plan.Answers)
	}
	if plan := f.Plan(t.Context(), "database"); len(plan.Answers) != 3 {
		t.Errorf("the first's plan is %+v", plan.Answers)
	}
}

// Two that wait for one window: the one that goes before is looked at first, whichever sweep comes, and in whatever order.
func TestRunner_AnOrderIsKeptWhenItsWindowOpens(t *testing.T) {
	f := chain(t)
	f.ends("Maintenance completed successfully", true)
	f.policy.Window = maintenance.Window{Hours: weekend{}, Location: time.FixedZone("", -12*60*60-5*60)} // opens in five minutes
	for _, name := range []string{"primary", "database"} {
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		q.ServerName, q.Trigger.ID = name, name
		if r := f.ask(q); r.Reason != maintenance.ReasonOutsideWindow {
			t.Fatal(r.Outcome, r.Reason)
		}
	}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		s := server(maintenance.StatusUnderMaintenance, "")
		s.At = f.clock
		return s
	}
	f.sweeps(30)
	if got := f.order(); !slices.Equal(got, []string{"database"}) {
		t.Errorf("maintained at the same time are %q", got)
	}
}

// Who looked before the other was claimed does not claim.
func TestRunner_AClaimIsNotBesideThatOfTheServerBefore(t *testing.T) {
	f := chain(t)
	f.ledger.before = func(maintenance.Change) {
		if r := f.first(maintenance.TriggerSchedule); r.Outcome != maintenance.OutcomeStarted {
			t.Error(r.Outcome, r.Reason)
		}
	}
	q := f.trigger(maintenance.TriggerAlarm, "disk")
	q.ServerName = "primary"
	if r := f.ask(q); r.Outcome != maintenance.OutcomeWaiting || r.Reason != maintenance.ReasonAfterRunning {
		t.Errorf("it comes to %s %s", r.Outcome, r.Reason)
	}
	f.ledger.before = nil
	q = f.trigger(maintenance.TriggerManual, "")
	q.ServerName, q.Trigger.Overrides = "primary", []string{maintenance.OverrideOrder}
	if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted {
		t.Errorf("in spite of the order it comes to %s %s", r.Outcome, r.Reason)
	}
}

// A server that waits for something of its own keeps those after it back for some looks at most.
func TestRunner_WhoWaitsForItselfKeepsNobody(t *testing.T) {
	f := chain(t)
	f.policy.Approval = []maintenance.TriggerKind{maintenance.TriggerSchedule}
	f.first(maintenance.TriggerSchedule)
	f.sweeps(3)
	q := f.trigger(maintenance.TriggerAlarm, "disk")
	q.ServerName = "primary"
	f.ask(q)
	f.sweeps(4)
	if got := f.order(); !slices.Equal(got, []string{"primary"}) {
		t.Errorf("maintained are %q", got)
	}
}

// Of one server's successes the latest counts: one entry, as of a schedule.
func TestRunner_AServersSuccessesAreOneTrigger(t *testing.T) {
	f := chain(t)
	f.policy.Window = maintenance.Window{Hours: closed{}}
	for i := range 3 {
		q := f.trigger(maintenance.TriggerAfter, "database")
		q.ServerName, q.Trigger.ID, q.Trigger.Time = "primary", fmt.Sprint("database-", i), f.clock.Add(time.Duration(i)*time.Minute)
		f.ask(q)
	}
	if run := f.only(); len(run.Triggers) != 1 || run.Triggers[0].ID != "database-2" || run.More != 0 {
		t.Errorf("it holds %+v and %d more", run.Triggers, run.More)
	}
}
