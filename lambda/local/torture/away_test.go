package torture

import (
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// on is a fate for all calls of a service.
func on(service string, fate machine.Fate) func(string) machine.Fate {
	return func(call string) machine.Fate {
		if strings.HasPrefix(call, service+" ") {
			return fate
		}
		return machine.Served
	}
}

// Without the ledger nothing is started and the event is given back. When it is back the event starts what it asks for, at the latest
// once the sweep has put right what a claim with no answer left.
func TestTorture_LedgerAway(t *testing.T) { both(t, tortureLedgerAway) }

func tortureLedgerAway(t *testing.T, b backend) {
	for _, away := range []machine.Fate{machine.Hanging, machine.Lost, machine.Reset} {
		t.Run(away.String(), func(t *testing.T) {
			t.Parallel()
			r := start(t, b, nil)
			event := alarm(t, "ALARM", time.Now())
			r.strike(on("DynamoDB", away))
			for range 2 {
				result, _ := r.deliver(event)
				if result.Error == nil || result.Error.Type != "RetryError" {
					t.Errorf("the event would not be delivered again: %+v, %s", result.Error, result.Payload)
				}
			}
			r.invoke(sweep)
			if n, came := r.startCalls(), r.notified(); n != 0 || len(came) != 0 {
				t.Errorf("%d calls of %s, notified: %v", n, b.start, came)
			}
			r.strike(nil)
			r.invoke(event)
			r.follow()
			r.expectStarts(1)
		})
	}
}

// A topic whose connections freeze, from before the start until after the end: the run starts and ends in its time, and people hear of
// the end once the topic is back.
func TestTorture_TopicFrozen(t *testing.T) { both(t, tortureTopicFrozen) }

func tortureTopicFrozen(t *testing.T, b backend) {
	r := start(t, b, nil)
	r.strike(on("SNS", machine.Hanging))
	r.invoke(alarm(t, "ALARM", time.Now()))
	if n := r.startsOf(name); n != 1 {
		t.Errorf("%d maintenances began", n)
	}
	r.complete()
	for begin := time.Now(); ; {
		r.await()
		r.invoke(sweep)
		runs, err := r.Ledger.History(t.Context(), name, 1)
		r.must(err)
		if len(runs) == 1 && !runs[0].Open() {
			break
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("the run has not ended: %+v", runs)
		}
	}
	if came := r.notified(); len(came) != 0 {
		t.Errorf("it cannot have been notified: %v", came)
	}
	r.strike(nil)
	r.follow()
	r.expectStarts(1)
}
