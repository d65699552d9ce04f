package function_test

import (
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

const (
	denied   = simulator.Denied
	throttle = simulator.Throttle
)

// The bubble's clock begins on a Saturday, at midnight UTC.
const (
	opensSoon    = `, "window": {"days": ["Sat"], "start": "00:30", "end": "04:00"}`
	opensTooLate = `, "window": {"days": ["Sat"], "start": "08:00", "end": "10:00"}, "expiresAfter": "1h"`
)

// What waits, what for, and what ends the waiting.
var waitContract = []contractCase{
	{"an unknown server is waited for ten minutes, then refused", "", func(r *harness) {
		r.none()
		r.event(r.rings(), "waiting not-found")
		r.passes(9 * time.Minute)
		r.notified("waiting not-found")
		r.passes(10 * time.Minute)
	}, []string{"waiting not-found", "refused not-found"}, 0},
	{"a server that one answer lacks is waited for, and started when it is there", "", func(r *harness) {
		r.faultLooks(simulator.EmptyAnswer, 0)
		if r.ssm != nil {
			r.none()
		}
		r.event(r.rings(), "waiting not-found")
		r.heal()
		if r.ssm != nil {
			r.back()
		}
		r.passes(2 * time.Minute)
	}, []string{"waiting not-found", "started"}, 1},
	{"a busy server is waited for", "", func(r *harness) {
		r.busy()
		id := r.event(r.rings(), "waiting wrong-state")
		r.passes(3 * time.Minute)
		r.free()
		r.passes(5 * time.Minute)
		if open := r.open().ID; open != id {
			r.t.Errorf("the run that waited is %s, and %s runs", id, open)
		}
	}, []string{"waiting wrong-state", "started"}, 1},
	{"a busy server is refused to an operator", "", func(r *harness) {
		r.busy()
		r.operator(startByName, "refused wrong-state")
		r.free()
		r.passes(5 * time.Minute)
	}, []string{"refused wrong-state"}, 0},
	{"while the window is closed nothing is looked at, and it starts when that opens", opensSoon, func(r *harness) {
		r.event(r.rings(), "waiting outside-window")
		r.passes(29 * time.Minute)
		if calls := r.calls(); len(calls) != 0 {
			r.t.Errorf("the calls %v while the window was closed", calls)
		}
		r.passes(2 * time.Minute)
	}, []string{"waiting outside-window", "started"}, 1},
	{"the plan says that it will be missed where the window opens too late, and so it is", opensTooLate, func(r *harness) {
		if plan := string(r.invoke(operatorsARN, `{"plan": {"serverName": "`+contractServer+`"}}`)); !strings.Contains(plan,
			`{"trigger":"alarm","outcome":"missed","reason":"outside-window"`) {
			r.t.Errorf("the plan is %s", plan)
		}
		r.event(r.rings(), "waiting outside-window")
		r.passes(62 * time.Minute)
	}, []string{"waiting outside-window", "missed outside-window"}, 0},
	{"a second trigger joins the run that waits: one start, one end", "", func(r *harness) {
		r.busy()
		id := r.event(r.rings(), "waiting wrong-state")
		second := r.alarm(contractServer+"-disk", "ALARM")
		for payload, want := range map[string]string{second: "joined", r.schedule(contractServer): "joined"} {
			if joined := r.event(payload, want); joined != id {
				r.t.Errorf("joined %q, and %q waits", joined, id)
			}
		}
		r.event(second, "joined duplicate")
		if n := len(r.open().Triggers); n != 3 {
			r.t.Errorf("the run holds %d triggers", n)
		}
		r.free()
		r.passes(5 * time.Minute)
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"waiting wrong-state", "joined", "started", "succeeded"}, 1},
	{"somebody else begins while a run waits: it need not start any more, and people hear of it", "", func(r *harness) {
		r.busy()
		r.event(r.rings(), "waiting wrong-state")
		r.free()
		r.byHand()
		r.passes(3 * time.Minute)
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"waiting wrong-state", "in-progress in-progress"}, 0},
	{"the alarm is OK again: what waits for it is cancelled, and never starts", "", func(r *harness) {
		r.busy()
		r.event(r.rings(), "waiting wrong-state")
		time.Sleep(time.Second)
		r.event(r.alarm(contractServer+"-health", "OK"), "cancelled alarm-cleared")
		r.free()
		r.passes(10 * time.Minute)
	}, []string{"waiting wrong-state", "cancelled alarm-cleared"}, 0},
	{"one of two alarms is OK again: the run waits on for the other", "", func(r *harness) {
		r.busy()
		r.event(r.rings(), "waiting wrong-state")
		r.event(r.alarm(contractServer+"-disk", "ALARM"), "joined")
		time.Sleep(time.Second)
		r.event(r.alarm(contractServer+"-health", "OK"), "ignored nothing-new")
		r.free()
		r.passes(5 * time.Minute)
	}, []string{"waiting wrong-state", "joined", "started"}, 1},
	{"an alarm that is OK again after the start changes nothing", "", func(r *harness) {
		r.event(r.rings(), "started")
		time.Sleep(time.Second)
		r.event(r.alarm(contractServer+"-health", "OK"), "ignored nothing-new")
		r.passes(5 * time.Minute)
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"started", "succeeded"}, 1},
	{"throttled at the start: tried again by the sweep", "", func(r *harness) {
		r.faultStart(throttle, 0)
		r.event(r.rings(), "waiting throttled")
		r.heal()
		r.passes(5 * time.Minute)
	}, []string{"waiting throttled", "started"}, 1},
	{"throttled at the look: tried again by the sweep", "", func(r *harness) {
		r.faultLooks(throttle, 0)
		r.event(r.rings(), "waiting throttled")
		r.heal()
		r.passes(5 * time.Minute)
	}, []string{"waiting throttled", "started"}, 1},
	{"throttled for longer than it may wait: missed", `, "expiresAfter": "20m"`, func(r *harness) {
		r.faultStart(throttle, 0)
		r.event(r.rings(), "waiting throttled")
		r.passes(30 * time.Minute)
	}, []string{"waiting throttled", "missed throttled"}, 0},
}
