package function_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

// onSystemsManager runs a test on virtual time, with our runbook.
func onSystemsManager(t *testing.T, name, server string, queue time.Duration, do func(r *harness), beside ...string) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newHarness(t, systemsManager(t, "chef-automate", queue), server, beside...)
			do(r)
			r.recordsAreWhole()
		})
	})
}

// automate-07 is another name of the same node, by another tag.
const secondName = `{"name": "automate-07", "alarms": ["automate-07-*"], "backend": "ssm", "runbook": "chef-automate", "tagKey": "also",
	"parameters": {"BackupTo": ["s3://backups/chef"]}}`

func TestContract_SystemsManager(t *testing.T) {
	onSystemsManager(t, "the node is gone when the attempt is over, and no execution is listed: it was not started", "", 0, func(r *harness) {
		r.faultStart(simulator.Drop, 1)
		r.event(r.rings(), "error start-unconfirmed")
		r.none()
		r.passes(50 * time.Minute)
		r.notified("error start-unconfirmed", "waiting unavailable", "refused not-found")
	})
	onSystemsManager(t, "two names of one node never run at once, whatever a list shows", "", 0, func(r *harness) {
		id := r.event(r.rings(), "started")
		r.ssm.SetLag(ssm.Lag{List: time.Hour}) // only the ledger knows now that the node is taken
		plan := string(r.invoke(operatorsARN, `{"plan": {"serverName": "automate-07"}}`))
		for _, kind := range []string{"alarm", "schedule", "manual"} {
			want := `{"trigger":"` + kind + `","outcome":"in-progress","reason":"in-progress","runId":"` + id + `"`
			if !strings.Contains(plan, want) {
				r.t.Errorf("the plan for the second name is %s, without %s", plan, want)
			}
		}
		second := r.responses(r.invoke(functionARN, r.alarm("automate-07-health", "ALARM")))
		if said(second) != "in-progress in-progress" || !strings.Contains(second[0].Message, id) {
			r.t.Errorf("the second name's alarm came to %+v, while the node has %s", second, id)
		}
		r.operator(`{"start": {"serverName": "automate-07"}}`, "in-progress in-progress")
		if n := r.starts(); n != 1 {
			r.t.Errorf("%d starts on one node", n)
		}
		r.ssm.SetLag(ssm.Lag{})
		r.end(true)
		r.passes(5 * time.Minute)
		r.operator(`{"start": {"serverName": "automate-07"}}`, "started") // the node is free
	}, secondName)
	onSystemsManager(t, "the step that always runs is seen to have run after a failure", "", 0, func(r *harness) {
		r.event(r.rings(), "started")
		r.end(false)
		r.passes(3 * time.Minute)
		r.notified("started", "failed")
		r.holds("the step Patch")
		r.holds("Patch Failed, HealthCheck Pending, Restore Success")
	})
	onSystemsManager(t, "of two executions on the node the one that has the run's id is the run's", "", 0, func(r *harness) {
		r.faultStart(simulator.WorkThenDrop, 0)
		r.event(r.rings(), "error start-unconfirmed")
		r.byHand()
		r.passes(3 * time.Minute)
		if run, own := r.open(), r.ssm.Executions(chefNode)[0]; run.Reference != own.ID {
			r.t.Errorf("the run follows %s, and started %s", run.Reference, own.ID)
		}
	})
	unreadable := simulator.Fault{Operation: "GetAutomationExecution", Kind: simulator.InternalFailure}
	onSystemsManager(t, "one that is listed and cannot be read may be the run's: nothing is started again", "", 0, func(r *harness) {
		r.faultStart(simulator.WorkThenDrop, 0)
		r.event(r.rings(), "error start-unconfirmed")
		r.ssm.Inject(unreadable)
		r.passes(40 * time.Minute)
		r.notified("error start-unconfirmed")
		r.heal()
		r.passes(3 * time.Minute)
		r.notified("error start-unconfirmed", "started")
		if n := r.starts(); n != 1 {
			r.t.Errorf("%d starts", n)
		}
	})
	onSystemsManager(t, "one that is listed and cannot be read may be on the node: nothing is started beside it", "", 0, func(r *harness) {
		r.byHand()
		r.ssm.Inject(unreadable)
		r.event(r.rings(), "waiting unavailable")
		r.passes(5 * time.Minute)
		r.heal()
		r.passes(5 * time.Minute)
		r.notified("waiting unavailable", "in-progress in-progress")
		if n := r.starts(); n != 0 {
			r.t.Errorf("%d starts", n)
		}
	})
	onSystemsManager(t, "the event of its end ends a run at once", "", 0, func(r *harness) {
		r.event(r.rings(), "started")
		r.end(true)
		event := strings.ReplaceAll(string(sample(r.t, "run-finished.json")), "333ba70b-2333-48db-b17e-a5e69c6f4d1c", r.open().Reference)
		r.event(event, "succeeded")
		r.event(event, "ignored nothing-new")
		r.passes(2 * time.Minute)
		r.notified("started", "succeeded")
	})
	closesSoon := `, "window": {"days": ["Sat"], "start": "00:00", "end": "00:30"}`
	name := "what has not begun when its window closes is stopped, and has never begun"
	onSystemsManager(t, name, closesSoon, 2*time.Hour, func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(28 * time.Minute)
		r.notified("started")
		r.passes(5 * time.Minute)
		r.notified("started", "failed never-began")
		if status := r.ssm.Executions(chefNode)[0].Status; status != "Cancelled" {
			r.t.Errorf("the execution is %s", status)
		}
	})
	onSystemsManager(t, "a node that goes silent, or reboots, ends nothing", "", 0, func(r *harness) {
		r.event(r.rings(), "started")
		r.busy()
		r.passes(20 * time.Minute)
		r.none()
		r.passes(20 * time.Minute)
		r.notified("started")
		r.end(true)
		r.passes(5 * time.Minute)
		r.notified("started", "succeeded")
	})
	onSystemsManager(t, "an execution that somebody else stopped is said to have been", "", 0, func(r *harness) {
		r.event(r.rings(), "started")
		must(r.t, r.ssm.SetStatus(r.open().Reference, "Cancelled"))
		r.passes(3 * time.Minute)
		r.notified("started", "cancelled stopped-elsewhere")
	})
	onSystemsManager(t, "a name of several nodes is refused: nobody guesses", "", 0, func(r *harness) {
		must(r.t, r.ssm.AddNode(ssm.Node{ID: "mi-0123456789abcdef0", Tags: map[string]string{"maintenance-server": contractServer}}))
		r.event(r.rings(), "error ambiguous")
		r.operator(startByName, "error ambiguous")
		r.notified("error ambiguous", "error ambiguous")
	})
	onSystemsManager(t, "as many executions as the service allows: waited for", "", 0, func(r *harness) {
		r.ssm.LimitExecutions(0)
		r.event(r.rings(), "waiting service-limit")
		r.ssm.LimitExecutions(1)
		r.passes(3 * time.Minute)
		r.notified("waiting service-limit", "started")
	})
}

// Of other runbooks an execution is the run's by node and time alone: of two nobody can tell, and nothing is started again.
func TestContract_TwoExecutionsThatMayBeTheRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHarness(t, systemsManager(t, "maintain-chef", 0), "")
		r.faultStart(simulator.WorkThenDrop, 0)
		r.event(r.rings(), "error start-unconfirmed")
		r.byHand()
		r.passes(40 * time.Minute)
		if run := r.open(); run.State != maintenance.RunStarting || r.starts() != 1 {
			t.Errorf("the run is %s after %d starts", run.State, r.starts())
		}
		r.notified("error start-unconfirmed")
	})
}

// A runbook that there is not: what the plan says beforehand is what then comes of an alarm.
func TestContract_ThePlanKnowsARunbookThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := systemsManager(t, "maintain-chef", 0)
		s.settings = `"backend": "ssm", "runbook": "no-such-runbook"`
		r := newHarness(t, s, "")
		plan := string(r.invoke(operatorsARN, `{"plan": {"serverName": "`+contractServer+`"}}`))
		if want := `{"trigger":"alarm","outcome":"error","reason":"runbook-unusable"`; !strings.Contains(plan, want) {
			t.Errorf("the plan is %s, without %s", plan, want)
		}
		r.event(r.rings(), "error runbook-unusable")
		r.notified("error runbook-unusable")
	})
}
