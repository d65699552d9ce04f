package maintenance_test

import (
	"errors"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_Finished(t *testing.T) {
	t.Run("the end of an execution that is a run's is seen at once", func(t *testing.T) {
		f := newFixture(t)
		f.alarm()
		f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
		r, known, err := f.Finished(f.invocation(), "execution-1")
		if err != nil || !known || r.Outcome != maintenance.OutcomeSucceeded || f.only().State != maintenance.RunOver {
			t.Errorf("it comes to %s, known: %t, error %v, and the run is %s", r.Outcome, known, err, f.only().State)
		}
		f.expectMail("started", "succeeded")
		r, known, err = f.Finished(f.invocation(), "execution-1")
		if err != nil || !known || r.Outcome != "" {
			t.Errorf("once more it comes to %s, known: %t, error %v", r.Outcome, known, err)
		}
		f.expectMail("started", "succeeded")
	})
	t.Run("one that is no run's is nothing, and no error", func(t *testing.T) {
		f := newFixture(t)
		f.alarm()
		if r, known, err := f.Finished(f.invocation(), "execution-2"); err != nil || known || r.Outcome != "" {
			t.Errorf("it comes to %s, known: %t, error %v", r.Outcome, known, err)
		}
	})
	t.Run("where the table does not answer, that is said", func(t *testing.T) {
		for _, fails := range []string{"ByReference", "Run"} {
			f := newFixture(t)
			f.alarm()
			f.ledger.fail = func(call string) error {
				if call == fails {
					return errors.New("no answer")
				}
				return nil
			}
			if _, known, err := f.Finished(f.invocation(), "execution-1"); maintenance.ReasonOf(err) != maintenance.ReasonLedgerUnavailable ||
				known {
				t.Errorf("%s: known: %t, error %v", fails, known, err)
			}
		}
	})
}
