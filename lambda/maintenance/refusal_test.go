package maintenance_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_ARefusalSaysWhatAsked(t *testing.T) {
	t.Run("an alarm's has the alarm", func(t *testing.T) {
		f := newFixture(t)
		f.policy.Enabled = false
		f.alarm()
		record := f.only()
		if len(record.Triggers) != 1 || record.Triggers[0].Name != "disk" {
			t.Errorf("the record holds %v", record.Triggers)
		}
		for _, mail := range f.mailbox.got {
			if mail.report.Trigger.Name != "disk" {
				t.Errorf("on %s it is said to be of %v", mail.topic, mail.report.Trigger)
			}
		}
		f.expectMail("refused disabled")
	})
	t.Run("that of an event nobody can read has none", func(t *testing.T) {
		f := newFixture(t)
		f.Refuse(f.invocation(), maintenance.Refusal{Reason: maintenance.ReasonInvalidEvent, Source: "aws.cloudwatch"})
		if record := f.only(); len(record.Triggers) != 0 {
			t.Errorf("the record holds %v", record.Triggers)
		}
	})
}

// What is sent again and again is decided once: it is no refusal of the day, of which people hear of fifty.
func TestRunner_RepetitionsAreNoRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		window maintenance.Window
		mail   []string
	}{
		"of what has run": {maintenance.Window{}, []string{"started", "succeeded"}},
		"of what waits":   {maintenance.Window{Hours: closed{}}, []string{"waiting outside-window"}},
	} {
		f := newFixture(t)
		f.policy.Window, f.policy.ExpiresAfter = c.window, 24*time.Hour
		f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		f.ask(q)
		f.sweeps(120) // by then it is stale
		for range 60 {
			if r := f.ask(q); r.Reason != maintenance.ReasonDuplicate {
				t.Fatalf("%s: a repetition comes to %s %s", name, r.Outcome, r.Reason)
			}
		}
		f.policy.Enabled = false
		f.ask(f.trigger(maintenance.TriggerAlarm, "memory"))
		f.expectMail(append(c.mail, "refused disabled")...)
	}
}

// A death on the way to the day's limit hides no refusal: what is one too many is told of, or told to be there.
func TestRunner_ADeathAtTheLimitHidesNoRefusal(t *testing.T) {
	for dies := 1; ; dies++ {
		f := newFixture(t)
		f.ledger.counts[fmt.Sprint("refusals", now.Format(time.DateOnly))] = 50
		f.policy.Enabled = false
		calls := 0
		f.ledger.fail = func(string) error {
			if calls++; calls >= dies {
				return errors.New("the process died")
			}
			return nil
		}
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		f.ask(q)
		f.ledger.fail = nil
		f.ask(q)
		f.sweeps(5)
		if got := f.mailbox.on(maintenance.TopicText); len(got) == 0 {
			t.Errorf("dead at call %d, people got nothing", dies)
		}
		if calls < dies {
			f.expectMail("refused many-refusals")
			return
		}
	}
}
