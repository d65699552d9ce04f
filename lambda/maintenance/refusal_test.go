package maintenance_test

import (
	"testing"

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
