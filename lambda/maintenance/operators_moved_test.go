package maintenance_test

import (
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// Who asks for something of a run that moves meanwhile gets an answer that is so of the run as it is then.
func TestRunner_AnOperatorWhoseRunMovesGetsAnAnswerThatIsSo(t *testing.T) {
	t.Run("stop, and a second trigger is faster", func(t *testing.T) {
		f := newFixture(t)
		run := f.waits()
		f.ledger.before = func(maintenance.Change) { f.ask(f.trigger(maintenance.TriggerSchedule, "weekly")) }
		r := f.Stop(f.invocation(), f.by(run.ID))
		if now := f.only(); r.Outcome != maintenance.OutcomeCancelled || now.State != maintenance.RunOver || len(now.Triggers) != 2 {
			t.Errorf("the answer is %s %s, and the run is %s with %d triggers", r.Outcome, r.Reason, now.State, len(now.Triggers))
		}
		f.expectMail("waiting outside-window", "joined", "cancelled stopped")
	})
	t.Run("stop, and it has just been started", func(t *testing.T) {
		f := newFixture(t)
		run := f.waits()
		f.ledger.before = func(maintenance.Change) {
			q := f.trigger(maintenance.TriggerManual, "")
			q.RunID, q.Trigger.Overrides = run.ID, []string{maintenance.OverrideWindow}
			f.ask(q)
		}
		r := f.Stop(f.invocation(), f.by(run.ID))
		if now := f.only(); r.Outcome != maintenance.OutcomeInProgress || r.Reason != maintenance.ReasonStopping || now.Stop.At.IsZero() {
			t.Errorf("the answer is %s %s, and the run is %s, to be stopped since %s", r.Outcome, r.Reason, now.State, now.Stop.At)
		}
		if len(f.backend.stopped) != 1 {
			t.Errorf("the backend was asked %d times", len(f.backend.stopped))
		}
	})
	t.Run("an alarm is OK again, and a second trigger is faster", func(t *testing.T) {
		f := newFixture(t)
		f.waits()
		alarm := f.trigger(maintenance.TriggerAlarm, "disk").Trigger
		f.ledger.before = func(maintenance.Change) { f.ask(f.trigger(maintenance.TriggerSchedule, "weekly")) }
		r := f.Clear(f.invocation(), []string{"puppet-01"}, alarm)[0]
		if now := f.only(); r.Outcome != maintenance.OutcomeIgnored || now.State != maintenance.RunWaiting || len(now.Triggers) != 1 ||
			now.Triggers[0].Name != "weekly" {
			t.Errorf("it comes to %s %s, and the run is %s for %v", r.Outcome, r.Reason, now.State, now.Triggers)
		}
	})
}
