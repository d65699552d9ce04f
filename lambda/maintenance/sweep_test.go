package maintenance_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// fleet lets alarms start maintenance of so many servers, each on a node of its own.
func (f *fixture) fleet(names ...string) {
	f.t.Helper()
	f.backend.answer = func(run maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Reference: run.ID, Server: healthy("")}
	}
	for _, name := range names {
		f.backend.look = func() maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-" + name)} }
		q := f.trigger(maintenance.TriggerAlarm, "disk")
		q.ServerName = name
		if r := f.ask(q); r.Outcome != maintenance.OutcomeStarted {
			f.t.Fatalf("%s: %s %s", name, r.Outcome, r.Reason)
		}
	}
}

func TestRunner_SweepCountsWhatIsOpen(t *testing.T) {
	f := newFixture(t)
	f.fleet("puppet-02", "puppet-03")
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.alarm() // and this one waits
	var counts []map[maintenance.RunState]int
	for range 10 {
		f.clock = f.clock.Add(time.Minute)
		if result := f.Sweep(f.invocation()); result.Open != nil {
			counts = append(counts, result.Open)
		}
	}
	want := map[maintenance.RunState]int{maintenance.RunWaiting: 1, maintenance.RunStarting: 0, maintenance.RunRunning: 2}
	if len(counts) != 2 || !maps.Equal(counts[0], want) || !maps.Equal(counts[1], want) {
		t.Errorf("in ten minutes the open runs are counted as %v, want %v twice", counts, want)
	}
}

func TestRunner_SweepSaysHowLateItIs(t *testing.T) {
	f := newFixture(t)
	f.fleet("puppet-02")
	due := f.only().DueAt
	f.clock = due.Add(17 * time.Minute) // there was no sweep
	if result := f.Sweep(f.invocation()); result.Overdue != 17*time.Minute || result.Left != 0 {
		t.Errorf("after seventeen minutes the oldest is overdue by %s, and %d are left", result.Overdue, result.Left)
	}
	if result := f.Sweep(f.invocation()); result.Overdue != 0 {
		t.Errorf("with nothing due it is overdue by %s", result.Overdue)
	}
}

// Core issue, row 9.
func TestRunner_ABackendThatHangsLeavesTheOthersTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		var names []string
		for i := range 30 {
			names = append(names, fmt.Sprintf("puppet-%02d", i))
		}
		f.fleet(names...)
		slow := &hanging{backend: f.backend}
		f.Backends = map[string]maintenance.Backend{"fake": slow, "well": newBackend()}
		f.clock = f.clock.Add(time.Second) // the youngest
		f.policy.Backend, f.policy.Cooldown = "well", 0
		f.ask(maintenance.Request{ServerName: "automate-06", Trigger: maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "disk",
			ID: "disk", Time: f.clock}})
		well := f.Backends["well"].(*backend)
		left, follows := 0, 0
		for range 5 {
			f.clock = f.clock.Add(time.Minute)
			f.policy.Backend = "fake"
			left += f.Sweep(f.invocation()).Left
			follows = well.follows
		}
		if left == 0 || follows != 5 {
			t.Errorf("beside a backend that hangs, of which %d runs are left, the other's run is looked at %d times in five sweeps", left, follows)
		}
		if len(slow.asked()) != len(names) {
			t.Errorf("in five sweeps %d of %d runs of the backend that hangs have had their turn", len(slow.asked()), len(names))
		}
	})
}

// hanging is a backend that answers nothing until its caller gives up.
type hanging struct {
	*backend
	mu   sync.Mutex
	runs []string
}

func (h *hanging) Follow(ctx context.Context, run maintenance.Run) maintenance.Sighting {
	h.mu.Lock()
	h.runs = append(h.runs, run.ID)
	h.mu.Unlock()
	<-ctx.Done()
	err := failing(maintenance.ReasonUnavailable)
	return maintenance.Sighting{ServerErr: err, ExecutionsErr: err}
}

func (h *hanging) asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(h.runs)))
}

func (h *hanging) Shared() maintenance.Backend { return h }

func TestRunner_Expected(t *testing.T) {
	f := newFixture(t)
	reads := func() (n int) {
		for _, call := range f.ledger.calls {
			if call == "Servers" {
				n++
			}
		}
		return n
	}
	f.sweeps(120)
	if n := reads(); n != 0 {
		t.Errorf("no server is expected to succeed, and %d reads ask for it", n)
	}
	f.Expected = map[string]time.Duration{"puppet-01": 2 * time.Hour}
	f.sweeps(120) // watched from 14:01 on
	f.expectMail()
	if n := reads(); n > 4 {
		t.Errorf("in two hours %d reads ask for it, more than two an hour", n)
	}
	f.sweeps(60)
	f.expectMail("missed no-success")
	f.sweeps(119)
	f.expectMail("missed no-success", "missed no-success")
	record := f.ledger.servers["puppet-01"]
	record.LastSuccess = f.clock.Add(-time.Hour)
	f.ledger.servers["puppet-01"] = record
	f.sweeps(59)
	f.expectMail("missed no-success", "missed no-success")
}

// However the settings change how often a success is expected, people are told of each period once, and not later than it allows.
func TestRunner_ExpectedMoreOrLessOften(t *testing.T) {
	const day = 24 * time.Hour
	for _, periods := range [][]int{{1, 8, 8}, {8, 1, 8, 3}, {30, 3}, {100, 100, 100, 100, 100}} { // in days, each for forty days
		f := newFixture(t)
		f.ledger.servers["puppet-01"] = maintenance.ServerRecord{LastSuccess: now}
		changed, last, count := 0, 0, 0 // the days of the last change, and on which people were told
		for n := range 40 * len(periods) {
			every := periods[n/40]
			if every != periods[max(n-1, 0)/40] {
				changed = n
			}
			f.Expected = map[string]time.Duration{"puppet-01": time.Duration(every) * day}
			f.clock = now.Add(time.Duration(n) * day)
			for id, run := range f.ledger.runs { // as the table does, ninety days later
				if f.clock.After(run.Created.Add(90*day)) && f.clock.After(run.StandsUntil.Add(90*day)) {
					delete(f.ledger.runs, id)
				}
			}
			f.Sweep(f.invocation())
			told := len(f.mailbox.on(maintenance.TopicText)) > count
			if since, settled := n-last, n-changed >= every; settled && (told && since < every || !told && since >= every) {
				t.Errorf("%v: on day %d, with a period of %d, %d after people were told: told is %t", periods, n, every, since, told)
			}
			if told {
				last, count = n, count+1
			}
		}
	}
}
