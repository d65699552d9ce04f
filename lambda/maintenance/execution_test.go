package maintenance_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// named is a world whose backend gives what it starts a name, and may be told how to follow and to stop it.
type named struct {
	*world
	follow  func(run maintenance.Run) error // instead of a look, if it gives an error
	stop    error
	stopped []string
}

func (n *named) Follow(ctx context.Context, run maintenance.Run, look maintenance.Look) (maintenance.Progress, error) {
	if n.follow != nil {
		if err := n.follow(run); err != nil {
			return maintenance.Progress{}, err
		}
	}
	return n.world.Follow(ctx, run, look)
}

func (n *named) Stop(_ context.Context, run maintenance.Run) error {
	n.stopped = append(n.stopped, run.Reference)
	return n.stop
}

func newNamed() *named {
	n := &named{world: newWorld()}
	n.reference = "execution-1"
	n.Backends["opsworks-cm"] = n
	return n
}

func TestRunner_WarningsAreReportedAndNotTold(t *testing.T) {
	n := newNamed()
	n.alarm("automate-06")
	n.sweep(time.Minute)
	n.warning = "the status Paused"
	reports := n.sweep(time.Minute)
	if len(reports) != 1 || !reports[0].Untold || reports[0].Detail != "the status Paused" || reports[0].RunID != n.only().ID {
		t.Fatalf("got %+v", reports)
	}
	mustBe(t, reports[0], maintenance.InProgress, maintenance.UnknownStatus)
	n.mustHaveState(t, maintenance.RunRunning)
	if reports = n.sweep(5 * time.Hour); len(reports) != 2 || reports[1].Outcome != maintenance.Overdue {
		t.Errorf("past its deadline: %+v", reports)
	}
	n.mustHaveSaid(t, "automate-06 started", "automate-06 overdue")
	n.warning = ""
	if reports = n.sweep(time.Minute); len(reports) != 0 {
		t.Errorf("without a warning: %+v", reports)
	}
}

func TestRunner_WhatIsGoneHasFailed(t *testing.T) {
	for _, reason := range []maintenance.Reason{maintenance.ExecutionGone, maintenance.ServerGone} {
		n := newNamed()
		n.alarm("automate-06")
		n.follow = func(maintenance.Run) error { return &maintenance.Error{Op: "follow", Reason: reason} }
		n.sweep(time.Minute)
		n.sweep(time.Minute)
		n.mustHaveSaid(t, "automate-06 started", "automate-06 failed "+string(reason))
		n.mustHaveState(t, maintenance.RunClosed)
		if run := n.only(); run.Outcome != maintenance.Ended || run.Reason != reason || run.Detail == "" {
			t.Errorf("recorded %+v", run)
		}
	}
	t.Run("what has just been started may not be listed yet", func(t *testing.T) {
		n := newNamed()
		n.alarm("automate-06")
		n.follow = func(maintenance.Run) error {
			return &maintenance.Error{Op: "follow", Reason: maintenance.ExecutionGone}
		}
		n.sweep(maintenance.Listed)
		n.mustHaveState(t, maintenance.RunRunning)
		n.sweep(time.Second)
		n.mustHaveSaid(t, "automate-06 started", "automate-06 failed execution-gone")
	})
	t.Run("another error is no end", func(t *testing.T) {
		n := newNamed()
		n.alarm("automate-06")
		n.follow = func(maintenance.Run) error { return &maintenance.Error{Op: "follow", Reason: maintenance.NotFound} }
		n.sweep(time.Minute)
		n.mustHaveState(t, maintenance.RunRunning)
		n.mustHaveSaid(t, "automate-06 started")
	})
}

func TestRunner_TheReferenceIsRecorded(t *testing.T) {
	check := func(t *testing.T, n *named) {
		t.Helper()
		n.mustHaveState(t, maintenance.RunRunning)
		if got := n.only().Reference; got != "execution-1" {
			t.Errorf("recorded %q", got)
		}
		n.mustHaveSaid(t, "automate-06 started")
		if len(n.starts) > 1 {
			t.Errorf("started %v", n.starts)
		}
	}
	t.Run("at the start", func(t *testing.T) {
		n := newNamed()
		if r := n.alarm("automate-06"); r.Reference != "execution-1" {
			t.Errorf("reported %q", r.Reference)
		}
		check(t, n)
	})
	t.Run("at a start that could not be told", func(t *testing.T) {
		n := newNamed()
		n.sayErr = errDown
		n.alarm("automate-06")
		n.sayErr, n.reference = nil, "another"
		n.sweep(time.Minute)
		check(t, n)
	})
	t.Run("of a start whose answer was lost", func(t *testing.T) {
		n := newNamed()
		n.startErr = func(string) error { return &maintenance.Error{Op: "start", Reason: maintenance.StartUnconfirmed} }
		n.alarm("automate-06")
		if got := n.only().Reference; got != "" {
			t.Errorf("recorded %q of what nobody knows", got)
		}
		n.servers["automate-06"].Status = maintenance.UnderMaintenance
		if reports := n.sweep(20 * time.Minute); len(reports) != 1 || reports[0].Reference != "execution-1" {
			t.Errorf("reported %+v", reports)
		}
		check(t, n)
	})
}

func TestRunner_Finished(t *testing.T) {
	finished := func(t *testing.T, n *named, reference string, found bool, outcomes ...maintenance.Outcome) {
		t.Helper()
		reports, ok, err := n.Finished(context.Background(), reference)
		var got []maintenance.Outcome
		for _, r := range reports {
			got = append(got, r.Outcome)
		}
		if err != nil || ok != found || !slices.Equal(got, outcomes) {
			t.Errorf("got %v, found %v, %v", got, ok, err)
		}
	}
	t.Run("an unknown reference", func(t *testing.T) {
		n := newNamed()
		n.alarm("automate-06")
		n.finish("automate-06", maintenance.MaintenanceSuccess)
		looks := n.looks
		finished(t, n, "execution-2", false)
		n.mustHaveState(t, maintenance.RunRunning)
		if n.looks != looks {
			t.Error("looked at a server")
		}
	})
	t.Run("it goes on", func(t *testing.T) {
		n := newNamed()
		n.alarm("automate-06")
		finished(t, n, "execution-1", true)
		n.mustHaveState(t, maintenance.RunRunning)
	})
	t.Run("it has ended, said twice", func(t *testing.T) {
		n := newNamed()
		n.alarm("automate-06")
		n.finish("automate-06", maintenance.MaintenanceFailed)
		finished(t, n, "execution-1", true, maintenance.Ended)
		finished(t, n, "execution-1", false)
		n.sweep(time.Minute)
		n.mustHaveSaid(t, "automate-06 started", "automate-06 failed")
		n.mustHaveState(t, maintenance.RunClosed)
	})
	t.Run("a run that is still starting is left to who starts it", func(t *testing.T) {
		n := newNamed()
		n.sayErr = errDown // so the start is known, and not told
		n.alarm("automate-06")
		n.sayErr = nil
		n.finish("automate-06", maintenance.MaintenanceSuccess)
		if run := n.only(); run.State != maintenance.RunStarting || run.Reference != "execution-1" {
			t.Fatalf("the run is %+v", run)
		}
		finished(t, n, "execution-1", false)
		n.mustHaveSaid(t)
		n.sweep(time.Minute)
		n.sweep(time.Minute)
		n.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
	})
	t.Run("at the same time as a sweep: one message", func(t *testing.T) {
		n := newNamed()
		n.alarm("automate-06")
		n.finish("automate-06", maintenance.MaintenanceSuccess)
		var both sync.WaitGroup
		both.Add(2)
		n.follow = func(maintenance.Run) error { // each sees the end before the other has recorded it
			both.Done()
			both.Wait()
			return nil
		}
		var told, swept []maintenance.Report
		var all sync.WaitGroup
		all.Go(func() { told, _, _ = n.Finished(context.Background(), "execution-1") })
		all.Go(func() { swept, _ = n.Sweep(context.Background()) })
		all.Wait()
		if len(told)+len(swept) != 1 {
			t.Errorf("reported %+v and %+v", told, swept)
		}
		n.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
		n.mustHaveState(t, maintenance.RunClosed)
	})
	t.Run("without a ledger", func(t *testing.T) {
		n := newNamed()
		n.ledger.down = errDown
		if _, ok, err := n.Finished(context.Background(), "execution-1"); ok || maintenance.ReasonOf(err) != maintenance.LedgerUnavailable {
			t.Errorf("found %v, %v", ok, err)
		}
	})
}

func TestRunner_Stop(t *testing.T) {
	cause := maintenance.Cause{Kind: maintenance.CauseManual, ID: "request-1", Time: now}
	elsewhere := func(n *named) { // the settings have moved the server to a backend that stops nothing
		n.Backends["other"] = plain{n.world}
		n.policy.Backend = "other"
	}
	for _, tt := range []struct {
		name    string
		before  func(n *named)
		outcome maintenance.Outcome
		reason  maintenance.Reason
		asked   bool
		detail  string
	}{
		{"it runs", func(n *named) { n.alarm("automate-06") }, maintenance.InProgress, maintenance.Stopping, true, "execution-1"},
		{"nothing has ever run", func(*named) {}, maintenance.Refused, maintenance.NotRunning, false, ""},
		{"it waits", func(n *named) {
			n.servers["automate-06"].Status = maintenance.BackingUp
			n.alarm("automate-06")
		}, maintenance.Refused, maintenance.NotRunning, false, ""},
		{"it is starting", func(n *named) {
			n.startErr = func(string) error { return &maintenance.Error{Op: "start", Reason: maintenance.StartUnconfirmed} }
			n.alarm("automate-06")
		}, maintenance.Refused, maintenance.NotRunning, false, `"starting"`},
		{"it has ended", func(n *named) {
			n.alarm("automate-06")
			n.finish("automate-06", maintenance.MaintenanceSuccess)
			n.sweep(time.Minute)
		}, maintenance.Refused, maintenance.NotRunning, false, ""},
		{"it has ended, and nobody has seen it yet", func(n *named) {
			n.alarm("automate-06")
			n.stop = &maintenance.Error{Op: "stop", Reason: maintenance.NotRunning}
		}, maintenance.Refused, maintenance.NotRunning, true, "stop"},
		{"the backend is busy", func(n *named) {
			n.alarm("automate-06")
			n.stop = &maintenance.Error{Op: "stop", Reason: maintenance.Throttled}
		}, maintenance.Errored, maintenance.Throttled, true, ""},
		{"its backend cannot", func(n *named) {
			n.Backends["opsworks-cm"] = plain{n.world}
			n.alarm("automate-06")
		}, maintenance.Refused, maintenance.Unsupported, false, "opsworks-cm has no operation"},
		{"its backend cannot, and nothing runs", func(n *named) { n.Backends["opsworks-cm"] = plain{n.world} },
			maintenance.Refused, maintenance.Unsupported, false, "opsworks-cm has no operation"},
		{"the settings have forgotten the server, and it runs", func(n *named) {
			n.alarm("automate-06")
			n.Policy = func(string) (maintenance.Policy, bool) { return maintenance.Policy{}, false }
		}, maintenance.InProgress, maintenance.Stopping, true, "execution-1"},
		{"the settings have moved the server, and it runs where it was", func(n *named) {
			n.alarm("automate-06")
			elsewhere(n)
		}, maintenance.InProgress, maintenance.Stopping, true, "execution-1"},
		{"the settings have moved the server, and nothing runs", elsewhere, maintenance.Refused, maintenance.Unsupported, false, "other has no operation"},
		{"nobody knows the server", func(n *named) {
			n.Policy = func(string) (maintenance.Policy, bool) { return maintenance.Policy{}, false }
		}, maintenance.Refused, maintenance.NotRunning, false, ""},
		{"the ledger is down", func(n *named) {
			n.alarm("automate-06")
			n.ledger.down = errDown
		}, maintenance.Errored, maintenance.LedgerUnavailable, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNamed()
			tt.before(n)
			before := len(n.said)
			r := n.Runner.Stop(context.Background(), "automate-06", cause)
			mustBe(t, r, tt.outcome, tt.reason)
			if !r.Stop || r.Request.Cause != cause || r.RunID == "" || !strings.Contains(r.Detail, tt.detail) {
				t.Errorf("got %+v", r)
			}
			if asked := slices.Equal(n.stopped, []string{"execution-1"}); asked != tt.asked || len(n.stopped) > 1 {
				t.Errorf("stopped %v", n.stopped)
			}
			if told := len(n.said) > before; told != tt.outcome.Told() {
				t.Errorf("told %v", n.said[before:])
			}
		})
	}
	t.Run("how it ends is told as always", func(t *testing.T) {
		n := newNamed()
		id := n.alarm("automate-06").RunID
		if r := n.Runner.Stop(context.Background(), "automate-06", cause); r.RunID != id {
			t.Errorf("reported the run %s, want %s", r.RunID, id)
		}
		n.mustHaveState(t, maintenance.RunRunning)
		n.finish("automate-06", maintenance.MaintenanceFailed)
		n.sweep(time.Minute)
		n.mustHaveSaid(t, "automate-06 started", "automate-06 failed")
	})
}

// What waits starts where the settings have the server by then, and is followed there.
func TestRunner_SettingsThatMoveAServerWhileItsRunWaits(t *testing.T) {
	w := newWorld()
	w.servers["automate-06"].Status = maintenance.BackingUp
	w.alarm("automate-06")
	n := &named{world: newWorld()}
	n.reference = "execution-1"
	w.Backends["ssm"] = n
	w.policy.Backend = "ssm"
	w.sweep(time.Minute)
	if run := w.only(); run.Backend != "ssm" || run.Reference != "execution-1" || len(w.starts) != 0 || len(n.starts) != 1 {
		t.Errorf("started %v and %v: %+v", w.starts, n.starts, run)
	}
	n.finish("automate-06", maintenance.MaintenanceSuccess)
	w.sweep(time.Minute)
	w.mustHaveSaid(t, "automate-06 waiting wrong-state", "automate-06 started", "automate-06 succeeded")
	w.mustHaveState(t, maintenance.RunClosed)
}

// What was left in the middle is not started long after anybody wanted it.
func TestRunner_PatienceEndsForWhatWasLeftToo(t *testing.T) {
	left := func() *world {
		w := newWorld()
		w.startErr = func(string) error { return &maintenance.Error{Op: "start", Reason: maintenance.StartUnconfirmed} }
		w.alarm("automate-06")
		w.startErr = nil
		return w
	}
	t.Run("at its end it is started", func(t *testing.T) {
		w := left()
		w.sweep(6 * time.Hour)
		w.mustHaveState(t, maintenance.RunRunning)
		w.mustHaveSaid(t, "automate-06 started")
	})
	t.Run("after it, it is given up", func(t *testing.T) {
		w := left()
		w.sweep(6*time.Hour + time.Second)
		w.sweep(time.Minute)
		w.mustHaveState(t, maintenance.RunClosed)
		w.mustHaveSaid(t, "automate-06 missed unavailable")
		if len(w.starts) != 0 {
			t.Errorf("started %v", w.starts)
		}
	})
}

// Whoever asks to stop a run is told what came of it, each time they ask, and once for each.
func TestRunner_StopIsToldToEach(t *testing.T) {
	n := newNamed()
	n.alarm("automate-06")
	n.stop = &maintenance.Error{Op: "stop", Reason: maintenance.Throttled}
	before := len(n.said)
	for _, id := range []string{"request-1", "request-1", "request-2"} {
		n.Runner.Stop(context.Background(), "automate-06", maintenance.Cause{Kind: maintenance.CauseManual, ID: id, Time: now})
	}
	if said := n.said[before:]; len(said) != 2 {
		t.Errorf("told %q", said)
	}
}
