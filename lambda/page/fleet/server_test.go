package fleet_test

import (
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// came is the row of a server's history that a run makes.
func came(t *testing.T, record maintenance.ServerRecord, run maintenance.Run) string {
	t.Helper()
	s, l := eight(t)
	run.ServerName, run.Zone, run.Backend = "compiler-2", "Europe/Berlin", "ssm"
	l.fleet.Servers["compiler-2"], l.runs = record, []maintenance.Run{run}
	rows := texts(t, shown(t, s, l, console(600, "light", `"server": "compiler-2", `)), "tr")
	return rows[len(rows)-1]
}

// The history says of a hold that binds until when it does, and of one that was released, or ran out, that it was.
func TestServer_HistoryOfHolds(t *testing.T) {
	hold := maintenance.Hold{Until: now.Add(7 * time.Hour), Since: now.Add(-time.Hour), RunID: "compiler-2-20261127T001400-K7M2QX4RTA"}
	record := maintenance.Run{ID: hold.RunID, State: maintenance.RunOver, Created: hold.Since, Ended: hold.Since,
		Outcome: maintenance.OutcomeHeld, Reason: maintenance.ReasonHeld, Detail: "night shift: audit",
		Triggers: []maintenance.Trigger{{Kind: maintenance.TriggerManual}}}
	released := record
	released.Detail = "released by night shift; it was held until 2026-11-27T08:14:00Z; night shift: audit"
	over, another := hold, hold
	over.Until, another.RunID = now, "compiler-2-20261127T011400-K7M2QX4RTA"
	for _, c := range []struct {
		name string
		hold maintenance.Hold
		run  maintenance.Run
		want string
	}{
		{"binds", hold, record, "held Maintenance of compiler-2 is held until Fri 27 Nov 09:14 CET. Night shift: audit."},
		{"released", maintenance.Hold{}, released, "held Maintenance of compiler-2 was held. Released by night shift; it was held " +
			"until Fri 27 Nov 09:14 CET; night shift: audit."},
		{"ran out", over, record, "held Maintenance of compiler-2 was held. Night shift: audit."},
		{"another took its place", another, record, "held Maintenance of compiler-2 was held. Night shift: audit."},
	} {
		if got := came(t, maintenance.ServerRecord{Hold: c.hold}, c.run); got != "Fri 27 Nov 01:14 CET manual "+c.want {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

// A detail stands once, with its times on the server's clock.
func TestServer_HistoryDetailOnce(t *testing.T) {
	for want, run := range map[string]maintenance.Run{
		"refused Maintenance of compiler-2 was not started: the server is under maintenance already. It goes on since Fri 27 Nov 01:00 CET.": {
			Outcome: maintenance.OutcomeRefused, Reason: maintenance.ReasonInProgress, Detail: "it goes on since 2026-11-27T00:00:00Z"},
		"failed Maintenance of compiler-2 has failed. step Backup: exit 1 at Fri 27 Nov 01:00 CET": {
			Outcome: maintenance.OutcomeFailed, Detail: "step Backup: exit 1 at 2026-11-27T00:00:00Z"},
		"refused Maintenance of compiler-2 was not started: the reason is odd. A b.": {
			Outcome: maintenance.OutcomeRefused, Reason: "odd", Detail: "a\nb."},
	} {
		run.ID, run.State, run.Created, run.Ended = "compiler-2-20261127T001400-K7M2QX4RTA", maintenance.RunOver, now, now
		run.Triggers = []maintenance.Trigger{{Kind: maintenance.TriggerManual}}
		if got := came(t, maintenance.ServerRecord{}, run); got != "Fri 27 Nov 02:14 CET manual "+want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// A run that nothing has accepted yet is being started, in its row and in the history.
func TestServer_Starting(t *testing.T) {
	s, l := eight(t)
	run := &l.fleet.Runs[2] // of puppet-db
	run.State, run.Accepted, run.Reference = maintenance.RunStarting, time.Time{}, ""
	l.runs = []maintenance.Run{*run}
	const said = "Maintenance of puppet-db is being started, since Fri 27 Nov 01:34 CET."
	if row := rowOf(t, shown(t, s, l, console(600, "light", "")), "puppet-db"); !strings.Contains(row, "▶ starting "+said) {
		t.Errorf("got %q", row)
	}
	rows := texts(t, shown(t, s, l, console(600, "light", `"server": "puppet-db", `)), "tr")
	if row := rows[len(rows)-1]; !strings.Contains(row, " starting "+said) || strings.Contains(row, "was started") {
		t.Errorf("got %q", row)
	}
}

// One server's page has what holds it with all others, and its next schedule.
func TestServer_FleetHoldAndNext(t *testing.T) {
	s, l := eight(t)
	paragraphs := func() string {
		return strings.Join(texts(t, shown(t, s, l, console(600, "light", `"server": "puppet-db", `)), "p"), "\n")
	}
	if got := paragraphs(); strings.Contains(got, "all servers") || !strings.Contains(got, "Next: Fri 27 Nov 22:30 CET (nightly)") {
		t.Errorf("got %q", got)
	}
	l.fleet.Fleet.Hold = maintenance.Hold{Until: now.Add(time.Hour), Since: now, By: "night shift", Reason: "audit"}
	const want = "Maintenance of all servers is held until Fri 27 Nov 03:14 CET. night shift: audit Release"
	if got := paragraphs(); !strings.Contains(got, want) {
		t.Errorf("got %q", got)
	}
}
