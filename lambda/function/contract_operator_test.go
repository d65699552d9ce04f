package function_test

import (
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

const (
	stopByName  = `{"stop": {"serverName": "` + contractServer + `"}}`
	closeByName = `{"close": {"serverName": "` + contractServer + `"}}`
)

// aboutRun is an operator's request about a run.
func aboutRun(verb, id string) string { return `{"` + verb + `": {"runId": "` + id + `"}}` }

// What an operator does about a run.
var operatorContract = []contractCase{
	{"an operator follows the advice of a message and starts the run that waits: it, and no second", "", func(r *harness) {
		r.busy()
		id := r.event(r.rings(), "waiting wrong-state")
		r.free()
		if started := r.operator(aboutRun("start", id), "started"); started != id {
			r.t.Errorf("started %q, and %q waits", started, id)
		}
		r.passes(5 * time.Minute)
		r.end(true)
		r.passes(30 * time.Minute)
		r.operator(aboutRun("start", id), "refused not-running") // the command of an old message
	}, []string{"waiting wrong-state", "started", "succeeded"}, 1},
	{"an operator starts by the server's name while a run waits: that run", "", func(r *harness) {
		r.busy()
		id := r.event(r.rings(), "waiting wrong-state")
		r.free()
		if started := r.operator(startByName, "started"); started != id {
			r.t.Errorf("started %q, and %q waits", started, id)
		}
		r.passes(10 * time.Minute)
	}, []string{"waiting wrong-state", "started"}, 1},
	{"a refused operator approves nothing, and the run waits on", opensSoon, func(r *harness) {
		id := r.event(r.rings(), "waiting outside-window")
		r.operator(aboutRun("start", id), "refused outside-window")
		r.operator(`{"start": {"runId": "`+id+`", "override": ["window"]}}`, "started")
		r.passes(time.Minute)
	}, []string{"waiting outside-window", "refused outside-window", "started"}, 1},
	{"an unknown run is none", "", func(r *harness) {
		r.operator(aboutRun("start", "automate-06-20000101T000000-AAAAAAAAAA"), "refused unknown-run")
		r.operator(aboutRun("stop", "automate-06-20000101T000000-AAAAAAAAAA"), "refused unknown-run")
	}, nil, 0},
	{"a run that waits is stopped: cancelled, and it never starts", "", func(r *harness) {
		r.busy()
		id := r.event(r.rings(), "waiting wrong-state")
		r.operator(closeByName, "refused not-running") // it holds nothing that could be given up
		r.operator(aboutRun("stop", id), "cancelled stopped")
		r.operator(aboutRun("stop", id), "refused not-running")
		r.free()
		r.passes(20 * time.Minute)
	}, []string{"waiting wrong-state", "cancelled stopped"}, 0},
	{"a start in the middle cannot be closed, and its end is notified", "", func(r *harness) {
		r.faultStart(throttle, 0)
		answer := make(chan string)
		alarm := r.rings()
		r.faultLooks(denied, 1)
		go func() { answer <- said(r.responses(r.invoke(functionARN, alarm))) }()
		time.Sleep(time.Millisecond) // the SDK pauses at random between two attempts to start
		r.operator(closeByName, "refused attempt-alive")
		r.heal()
		if got := <-answer; got != "started" {
			r.t.Errorf("the alarm came to %q", got)
		}
		r.operator(closeByName, "refused in-progress")
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"started", "succeeded"}, 1},
	{"a run past its deadline is closed by hand, and its server is free", "", func(r *harness) {
		id := r.event(r.rings(), "started")
		time.Sleep(5 * time.Hour)
		r.passes(time.Minute)
		r.operator(aboutRun("close", id), "failed closed-by-hand")
		r.operator(aboutRun("close", id), "refused not-running")
		r.passes(5 * time.Minute)
	}, []string{"started", "overdue", "failed closed-by-hand"}, 1},
}

// What can be stopped is stopped, and its end is what is seen; what cannot be says so, and goes on.
func TestContract_Stop(t *testing.T) {
	for name, backend := range contractBackends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newHarness(t, backend(t), "")
				asked, end := "refused unsupported", []string{"started", "succeeded"}
				if r.stops {
					asked, end = "in-progress stopping", []string{"started", "cancelled stopped"}
				}
				r.operator(stopByName, "refused not-running")
				id := r.event(r.rings(), "started")
				r.passes(time.Minute)
				r.operator(aboutRun("stop", id), asked)
				r.passes(2 * time.Minute)
				r.notified("started") // that it was asked for is an answer, and no news
				r.end(true)           // with the step that a cancelled execution still has
				r.passes(10 * time.Minute)
				r.notified(end...)
				r.operator(stopByName, "refused not-running")
				r.operator(aboutRun("stop", id), "refused not-running")
			})
		})
	}
}

// A wish to stop what is being started is obeyed once it has started, though its answer was lost.
func TestContract_StopInTheMiddleOfAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newHarness(t, systemsManager(t, "chef-automate", 0), "")
		r.faultStart(simulator.WorkThenDrop, 0)
		id := r.event(r.rings(), "error start-unconfirmed")
		r.operator(aboutRun("stop", id), "in-progress stopping")
		r.passes(2 * time.Minute)
		r.end(true)
		r.passes(5 * time.Minute)
		r.notified("started", "cancelled stopped")
	})
}
