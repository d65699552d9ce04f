package function_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The contract: what a backend must come to, whichever it is. Every case drives the real Handler, Runner, adapters and ledger against the
// simulated services, on virtual time, and asserts the same of each backend.
type contractCase struct {
	name     string
	settings string // of the server, beside the fixture's own
	do       func(r *harness)
	// notified is what people were notified of, starts how many maintenances the backend has accepted.
	notified []string
	starts   int
}

func TestContract(t *testing.T) {
	cases := slices.Concat(startContract, waitContract, evidenceContract, operatorContract)
	for name, backend := range contractBackends {
		for _, tt := range cases {
			t.Run(name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newHarness(t, backend(t), tt.settings)
					tt.do(r)
					want := slices.Clone(tt.notified)
					for i := range want {
						if want[i] == failedGone {
							want[i] = "failed " + string(r.goneReason)
						}
					}
					r.notified(want...)
					if n := r.starts(); n != tt.starts {
						t.Errorf("%d starts, want %d", n, tt.starts)
					}
					r.recordsAreWhole()
					r.keepsSecrets()
				})
			})
		}
	}
}

// failedGone stands for the end of a run whose maintenance is gone, which has the backend's reason.
const failedGone = "failed gone"

// recordsAreWhole: machines get whatever people get, and of each run in order.
func (r *harness) recordsAreWhole() {
	r.t.Helper()
	records := r.mail.on(recordsTopic)
	for _, text := range r.mail.on(textTopic) {
		i := slices.IndexFunc(records, func(record letter) bool { return record.what == text.what && record.runID == text.runID })
		if i < 0 {
			r.t.Errorf("people got %q of %s, and the records have it not, or in another order", text.what, text.runID)
			return
		}
		records = records[i+1:]
	}
}

// What is started, how it ends, and what is asked for meanwhile.
var startContract = []contractCase{
	{"start and success", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(2 * time.Minute)
		r.end(true)
		r.passes(10 * time.Minute)
		r.event(r.rings(), "refused cooling-down")
		r.operator(startByName, "started") // what the run held is free
	}, []string{"started", "succeeded", "refused cooling-down", "started"}, 2},
	{"start and failure", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(2 * time.Minute)
		r.end(false)
		r.passes(10 * time.Minute)
	}, []string{"started", "failed"}, 1},
	{"come and gone before anybody looked", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.end(true)
		time.Sleep(5 * time.Hour)
		r.passes(time.Minute)
	}, []string{"started", "succeeded"}, 1},
	{"overdue, notified once, and its real end", "", func(r *harness) {
		r.event(r.rings(), "started")
		r.passes(4*time.Hour - 2*time.Minute)
		r.notified("started")
		r.passes(5 * time.Minute)
		r.notified("started", "overdue")
		r.passes(time.Hour)
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"started", "overdue", "succeeded"}, 1},
	{"a trigger that meets a run in progress is answered with that run, and starts nothing", "", func(r *harness) {
		id := r.event(r.rings(), "started")
		r.passes(time.Minute)
		for _, again := range []string{r.event(r.rings(), "in-progress"), r.event(r.schedule(contractServer), "in-progress"),
			r.operator(startByName, "in-progress"), r.operator(`{"start": {"runId": "`+id+`"}}`, "in-progress")} {
			if again != id {
				r.t.Errorf("in progress is the run %q, and %q was started", again, id)
			}
		}
		r.end(true)
		r.passes(10 * time.Minute)
	}, []string{"started", "in-progress", "succeeded"}, 1}, // people were promised news of it, and hear of it once; an operator has the answer
	{"never twice for one trigger, however often and at the same time it comes", "", func(r *harness) {
		alarm := r.rings()
		answers := r.atOnce(8, alarm)
		started := slices.DeleteFunc(slices.Clone(answers), func(a string) bool { return a == "in-progress duplicate" })
		if !slices.Equal(started, []string{"started"}) {
			r.t.Errorf("answered %q", answers)
		}
		r.event(alarm, "in-progress duplicate")
		r.end(true)
		r.passes(10 * time.Minute)
		r.event(alarm, "succeeded duplicate")
	}, []string{"started", "succeeded"}, 1},
	{"an alarm by both ways on which CloudWatch sends it is one trigger", "", func(r *harness) {
		id := r.event(r.rings(), "started")
		if again := r.event(r.byAction(), "in-progress duplicate"); again != id {
			r.t.Errorf("the duplicate is of %q", again)
		}
	}, []string{"started"}, 1},
	{"maintenance that somebody else began is not begun again, nor followed", "", func(r *harness) {
		r.byHand()
		r.event(r.rings(), "in-progress in-progress")
		r.operator(startByName, "in-progress in-progress")
		r.end(true)
		r.passes(10 * time.Minute)
	}, nil, 0},
	{"denied at the start: an error, and not tried again", "", func(r *harness) {
		r.faultStart(denied, 0)
		alarm := r.rings()
		r.event(alarm, "error denied")
		r.heal()
		r.passes(30 * time.Minute)
		r.event(alarm, "error duplicate")
	}, []string{"error denied"}, 0},
	{"denied at the look: an error, and not tried again", "", func(r *harness) {
		r.faultLooks(denied, 0)
		alarm := r.rings()
		r.event(alarm, "error denied")
		r.heal()
		r.event(alarm, "error duplicate")
		r.passes(30 * time.Minute)
	}, []string{"error denied"}, 0},
}

// atOnce sends one event several times at the same time.
func (r *harness) atOnce(times int, payload string) []string {
	answers := make(chan string, times)
	for range times {
		go func() { answers <- said(r.responses(r.invoke(functionARN, payload))) }()
	}
	var all []string
	for range times {
		all = append(all, <-answers)
	}
	return all
}
