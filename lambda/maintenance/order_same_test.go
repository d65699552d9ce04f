package maintenance_test

import (
	"context"
	"errors"
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

// Two servers of one event, of which the first cannot be recorded: the other is not either, and Lambda delivers the event again, for both.
func TestRunner_WhoGoesBeforeIsRecordedFirst(t *testing.T) {
	f := chain(t)
	f.goesOn()
	away := true
	f.Ledger = commits{f.ledger, func(c maintenance.Change) error {
		if !away || c.To.ServerName != "database" {
			return nil
		}
		away = false
		return &maintenance.Error{Op: "commit", Reason: maintenance.ReasonLedgerUnavailable, Err: errors.New("away")}
	}}
	both := f.both()
	for _, r := range f.Ask(f.invocation(), both) {
		if r.Outcome != maintenance.OutcomeError || r.Reason != maintenance.ReasonLedgerUnavailable || !r.Retry {
			t.Errorf("%s comes to %s %s, and asks to be delivered again: %t", r.ServerName, r.Outcome, r.Reason, r.Retry)
		}
	}
	f.sweeps(1)
	f.Ask(f.invocation(), both)
	f.sweeps(2)
	if got := f.order(); !slices.Equal(got, []string{"database"}) {
		t.Errorf("maintained are %q", got)
	}
}

// A sweep between the two records of one event finds the one that goes before.
func TestRunner_ASweepBetweenTwoRecords(t *testing.T) {
	f := chain(t)
	f.goesOn()
	swept := 0
	f.Ledger = commits{f.ledger, func(c maintenance.Change) error {
		if c.To.ServerName == "primary" && swept == 0 {
			swept = len(f.ledger.runs)
			f.clock = f.clock.Add(time.Second)
			f.Sweep(f.invocation())
		}
		return nil
	}}
	f.Ask(f.invocation(), f.both())
	f.sweeps(3)
	if got := f.order(); swept != 1 || !slices.Equal(got, []string{"database"}) {
		t.Errorf("maintained are %q; recorded were %d when the sweep came", got, swept)
	}
}

// commits is a ledger that says of each commit before it whether it fails.
type commits struct {
	maintenance.Ledger
	fails func(maintenance.Change) error
}

func (l commits) Commit(ctx context.Context, c maintenance.Change) (maintenance.Run, error) {
	if err := l.fails(c); err != nil {
		return c.From, err
	}
	return l.Ledger.Commit(ctx, c)
}
