package maintenance_test

import (
	"errors"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

// What is known of a start that nobody can tell of is in its message: how its answer was lost, or that none came.
func TestRunner_AnUnconfirmedStartSaysWhy(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"its answer was lost", "the service says so"},
		{"its process died", "the attempt to start it ended without an answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			lostStart(f)
			if tt.name == "its process died" {
				run := f.only()
				run.Attempt.Unconfirmed = ""
				f.ledger.runs[run.ID] = run
			}
			f.backend.follow = func(maintenance.Run) maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-1")} }
			f.sweeps(10)
			f.expectMail("error start-unconfirmed")
			for _, mail := range f.mailbox.got {
				if !strings.Contains(mail.report.Detail, tt.want) {
					t.Errorf("on %s it says %q", mail.topic, mail.report.Detail)
				}
			}
		})
	}
}

// Nobody else has the answer to a start, so the write of it is tried again: it is recorded, and told once, whatever became of the first.
func TestRunner_AnAnswerThatCameIsRecorded(t *testing.T) {
	for _, tt := range []struct {
		name string
		lose []string // the ledger's calls that fail, in order
		made bool     // the first write is made, and its answer lost
	}{
		{"the write failed", []string{"Commit"}, false},
		{"the write was made, and its answer lost", []string{"Commit"}, true},
		{"the ledger could not be read either", []string{"Commit", "Read", "Commit"}, false},
		{"the write was made, and could not be read", []string{"Commit", "Read", "Commit"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			lose := func() {
				left := tt.lose
				f.ledger.fail = func(call string) error {
					if len(left) == 0 || call != left[0] {
						return nil
					}
					left = left[1:]
					return errors.New("no answer")
				}
			}
			answer := f.backend.answer
			f.backend.answer = func(run maintenance.Run) maintenance.Answer {
				f.ledger.before = func(c maintenance.Change) {
					if tt.made {
						if _, err := f.ledger.Commit(t.Context(), c); err != nil {
							t.Error(err)
						}
					}
					lose()
				}
				return answer(run)
			}
			if r := f.alarm(); r.Outcome != maintenance.OutcomeStarted || r.Err != nil {
				t.Errorf("the alarm comes to %s %s: %v", r.Outcome, r.Reason, r.Err)
			}
			if run := f.only(); run.State != maintenance.RunRunning || run.Reference == "" || len(f.backend.started) != 1 {
				t.Errorf("the run is %s as %q after %d starts", run.State, run.Reference, len(f.backend.started))
			}
			f.expectMail("started")
		})
	}
}
