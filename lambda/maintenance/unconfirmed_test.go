package maintenance_test

import (
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
