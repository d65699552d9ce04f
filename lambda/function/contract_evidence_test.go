package function_test

import (
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// What was seen, what was not, and what either proves.
var evidenceContract = []contractCase{
	{"the answer is lost: one start, notified once", "", func(r *harness) { lost(r, simulator.WorkThenDrop) },
		[]string{"started", "succeeded"}, 1},
	{"the answer hangs: one start, notified once", "", func(r *harness) { lost(r, simulator.WorkThenHang) },
		[]string{"started", "succeeded"}, 1},
	{"the answer is an internal error: one start, notified once", "", func(r *harness) { lost(r, simulator.WorkThenInternalFailure) },
		[]string{"started", "succeeded"}, 1},
	{"the answer is lost and nobody can look: a doubt, until somebody can", "", func(r *harness) {
		r.faultStart(simulator.WorkThenDrop, 0)
		r.faultLooks(denied, 1)
		r.event(r.rings(), "error start-unconfirmed")
		r.passes(9 * time.Minute)
		r.notified()
		r.passes(20 * time.Minute)
		r.notified("error start-unconfirmed")
		r.heal()
		r.passes(3 * time.Minute)
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"error start-unconfirmed", "started", "succeeded"}, 1},
	{"the answer is lost, nobody can look, and it ends: its end is found anyway", "", func(r *harness) {
		r.faultStart(simulator.WorkThenDrop, 0)
		r.faultLooks(denied, 1)
		r.event(r.rings(), "error start-unconfirmed")
		r.passes(2 * time.Minute)
		r.end(true)
		r.heal()
		r.passes(10 * time.Minute)
	}, []string{"succeeded"}, 1}, // that it started is no news any more
	{"what was started cannot be read once: it is not forgotten", "", func(r *harness) {
		r.faultStart(simulator.WorkThenDrop, 0)
		r.faultLooks(simulator.InternalFailure, 1)
		r.event(r.rings(), "error start-unconfirmed")
		r.passes(2 * time.Minute)
		r.heal()
		r.passes(30 * time.Minute)
	}, []string{"started"}, 1},
	{"the request is lost: ten minutes and three looks later it is started, once", "", func(r *harness) { unheard(r, simulator.Drop) },
		[]string{"error start-unconfirmed", "waiting unavailable", "started", "succeeded"}, 1},
	{"the request hangs: ten minutes and three looks later it is started, once", "", func(r *harness) { unheard(r, simulator.Hang) },
		[]string{"error start-unconfirmed", "waiting unavailable", "started", "succeeded"}, 1},
	{"an operator's request is lost: nothing is started behind their back", "", func(r *harness) {
		r.faultStart(simulator.Drop, 1)
		r.operator(startByName, "error start-unconfirmed")
		r.passes(30 * time.Minute)
	}, []string{"error start-unconfirmed", "failed never-began"}, 0},
	{"what is followed is missing from one answer: that ends nothing", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(2 * time.Minute)
		for range 3 { // each time once, and then seen
			r.hide()
			r.passes(time.Minute)
			r.show()
			r.passes(5 * time.Minute)
		}
		r.hide()
		r.passes(9 * time.Minute)
		r.show()
		r.passes(5 * time.Minute)
		r.notified("started")
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"started", "succeeded"}, 1},
	{"what is followed is gone: failed after ten minutes and three looks, and not before", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(2 * time.Minute)
		r.starts()
		r.gone()
		r.passes(10 * time.Minute)
		r.notified("started")
		r.passes(5 * time.Minute)
		if open := r.open(); open.ID != "" {
			r.t.Errorf("the server is still held by %s", open.ID)
		}
	}, []string{"started", failedGone}, 1},
	{"nobody may look at what runs: people hear of that after ten minutes, and of the end once it is seen", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.faultLooks(denied, 0)
		r.passes(9 * time.Minute)
		r.notified("started")
		r.passes(20 * time.Minute)
		r.notified("started", "error denied")
		r.heal()
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"started", "error denied", "succeeded"}, 1},
}

// lost: it has started, though nobody was told.
func lost(r *harness, kind simulator.Kind) {
	r.faultStart(kind, 0)
	alarm := r.rings()
	r.event(alarm, "error start-unconfirmed")
	r.event(alarm, "in-progress duplicate")
	r.heal()
	r.passes(7 * time.Minute)
	r.end(true)
	r.passes(10 * time.Minute)
}

// unheard: nothing has started, and at first nobody can tell.
func unheard(r *harness, kind simulator.Kind) {
	r.faultStart(kind, 1)
	alarm := r.rings()
	r.event(alarm, "error start-unconfirmed")
	r.event(alarm, "in-progress duplicate")
	r.passes(9 * time.Minute)
	if n := r.starts(); n != 0 {
		r.t.Errorf("%d starts while the attempt may show itself", n)
	}
	r.passes(30 * time.Minute)
	r.end(true)
	r.passes(10 * time.Minute)
}
