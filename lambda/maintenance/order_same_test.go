package maintenance_test

import (
	"slices"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// goesOn makes what is followed go on.
func (f *fixture) goesOn() {
	f.backend.follow = func(maintenance.Run) maintenance.Sighting {
		s := server(maintenance.StatusUnderMaintenance, "")
		s.At = f.clock
		return s
	}
}

// both are requests for a database and the primary after it, by one firing of a schedule.
func (f *fixture) both() (requests []maintenance.Request) {
	for _, name := range []string{"primary", "database"} {
		q := f.trigger(maintenance.TriggerSchedule, "weekly")
		q.ServerName = name
		requests = append(requests, q)
	}
	return requests
}

// ways are what two servers can wait for at the same time, each begun and ended.
var ways = map[string]func(*fixture) (end func()){
	"blocked": func(f *fixture) func() {
		a := f.blockedBy("db-")
		a.in = []maintenance.Alarm{{Name: "db-1"}}
		return func() { a.in = nil }
	},
	"held": func(f *fixture) func() {
		f.Hold(f.invocation(), maintenance.HoldRequest{Until: f.clock.Add(10 * time.Hour)})
		return func() { f.Release(f.invocation(), maintenance.HoldRequest{}) }
	},
	"unavailable": func(f *fixture) func() {
		look := f.backend.look
		f.backend.look = func() maintenance.Sighting {
			return maintenance.Sighting{ServerErr: failing(maintenance.ReasonUnavailable)}
		}
		return func() { f.backend.look = look }
	},
	"slots": func(f *fixture) func() {
		f.MaxConcurrent, f.ledger.fleet = 2, maintenance.FleetRecord{Limit: 2, Wanted: 2}
		f.ledger.slots[1], f.ledger.slots[2] = "another", "another2"
		return func() { clear(f.ledger.slots) }
	},
}

// Of two that wait for one trigger, the one that goes before starts first, whatever they wait for, and whenever that ends.
func TestRunner_AnOrderIsKeptByItsOwnTrigger(t *testing.T) {
	for name, begin := range ways {
		for minutes := 1; minutes < 60; minutes++ {
			f := chain(t)
			f.goesOn()
			f.policy.ExpiresAfter = 20 * time.Hour
			end := begin(f)
			f.Ask(f.invocation(), f.both())
			f.sweeps(minutes)
			end()
			f.sweeps(40)
			if got := f.order(); !slices.Equal(got, []string{"database"}) {
				t.Fatalf("%s for %d minutes: maintained at the same time are %q", name, minutes, got)
			}
		}
	}
}

// Who goes before keeps the other no longer than its trigger waits, nor at all once the settings or the version cannot move it.
func TestRunner_AnOrderKeepsNobodyForEver(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*fixture, *maintenance.Policy)
		want   string
	}{
		"expires":  {func(_ *fixture, p *maintenance.Policy) { p.ExpiresAfter = 30 * time.Minute }, "missed blocked"},
		"disabled": {func(_ *fixture, p *maintenance.Policy) { p.Enabled = false }, "refused disabled"},
		"a later edition": {func(f *fixture, _ *maintenance.Policy) {
			for id, r := range f.ledger.runs {
				if r.ServerName == "database" {
					r.Edition = maintenance.Edition + 1
					f.ledger.runs[id] = r
				}
			}
		}, " "},
	} {
		f := chain(t)
		f.goesOn()
		f.policy.ExpiresAfter = 20 * time.Hour
		a := f.blockedBy("db-")
		a.in = []maintenance.Alarm{{Name: "db-1"}}
		f.Ask(f.invocation(), f.both())
		f.sweeps(5)
		database, all := f.policy, f.Policy
		test.change(f, &database)
		f.Policy = func(server string) (maintenance.Policy, bool) {
			if server == "database" {
				return database, true
			}
			p, ok := all(server)
			p.BlockedBy = maintenance.Blockers{}
			return p, ok
		}
		f.clock = f.clock.Add(60 * time.Minute)
		for range 20 {
			f.clock = f.clock.Add(time.Minute)
			f.Sweep(f.invocation())
		}
		if got := f.order(); !slices.Equal(got, []string{"primary"}) {
			t.Errorf("%s: maintained are %q", name, got)
		}
		for _, r := range f.ledger.runs {
			if got := string(r.Outcome) + " " + string(r.Reason); r.ServerName == "database" && got != test.want {
				t.Errorf("%s: the one before comes to %q", name, got)
			}
		}
	}
}
