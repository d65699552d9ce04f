package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// said checks everything people have been told, in order.
func (w *world) mustHaveSaid(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(w.said, want) {
		t.Errorf("said\n  %s\nwant\n  %s", strings.Join(w.said, "\n  "), strings.Join(want, "\n  "))
	}
}

func mustBe(t *testing.T, r maintenance.Report, outcome maintenance.Outcome, reason maintenance.Reason) {
	t.Helper()
	if r.Outcome != outcome || r.Reason != reason {
		t.Errorf("got %s %s (%s), want %s %s", r.Outcome, r.Reason, r.Detail, outcome, reason)
	}
}

func (w *world) mustHaveState(t *testing.T, state maintenance.RunState) {
	t.Helper()
	if run := w.only(); run.State != state {
		t.Errorf("the run is %q, want %q: %+v", run.State, state, run)
	}
	if (state == maintenance.RunClosed || state == maintenance.RunWaiting) && len(w.ledger.leases) != 0 {
		t.Errorf("a lease is left: %v", w.ledger.leases)
	}
}

func TestRunner_FromAlarmToEnd(t *testing.T) {
	w := newWorld()
	mustBe(t, w.alarm("automate-06"), maintenance.Started, "")
	if got := strings.Join(w.ledger.calls, " "); got != "Claim Save" {
		t.Errorf("ledger calls: %s", got)
	}
	w.mustHaveState(t, maintenance.RunRunning)
	w.sweep(time.Minute)
	w.mustHaveState(t, maintenance.RunRunning)
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	w.traces["automate-06"] = trace{"Maintenance completed successfully", true}
	w.sweep(time.Minute)
	w.mustHaveState(t, maintenance.RunClosed)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
	if run := w.only(); run.Detail != "Maintenance completed successfully" || run.Status != maintenance.Healthy {
		t.Errorf("the end holds %+v", run)
	}
	w.sweep(time.Minute)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
}

func TestRunner_Ends(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		end   func(w *world)
		said  []string
	}{
		{"FAILED", time.Hour, func(w *world) { w.finish("automate-06", maintenance.MaintenanceFailed) }, []string{"automate-06 failed"}},
		{"the server is gone", time.Hour, func(w *world) { w.servers["automate-06"].Status = "" }, []string{"automate-06 failed server-gone"}},
		{"a state on the way is no end", time.Hour, func(w *world) { w.servers["automate-06"].Status = maintenance.BackingUp }, nil},
		{"the deadline is none either, but told", 5 * time.Hour, func(*world) {}, []string{"automate-06 overdue"}},
		{"a look that fails is no end", time.Hour, func(w *world) {
			w.lookErr = &maintenance.Error{Op: "describe", Reason: maintenance.Unavailable}
		}, nil},
		{"overdue is told even if nobody can look", 5 * time.Hour, func(w *world) {
			w.lookErr = &maintenance.Error{Op: "describe", Reason: maintenance.Unavailable}
		}, []string{"automate-06 overdue"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			w.alarm("automate-06")
			w.sweep(time.Minute)
			tt.end(w)
			w.sweep(tt.after)
			w.sweep(time.Minute)
			w.mustHaveSaid(t, append([]string{"automate-06 started"}, tt.said...)...)
		})
	}
}

func TestRunner_OverdueIsToldOnceAndTheEndAfterwards(t *testing.T) {
	w := newWorld()
	w.alarm("automate-06")
	w.sweep(5 * time.Hour)
	w.sweep(time.Hour)
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	w.sweep(time.Hour)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 overdue", "automate-06 succeeded")
}

// StartMaintenance may answer with a server that is HEALTHY still. What MaintenanceStatus says then is last week's.
func TestRunner_TheEndNeedsProofThatItBegan(t *testing.T) {
	begin := func() *world {
		w := newWorld()
		w.alarm("automate-06")
		for id, run := range w.ledger.runs {
			run.Began = false
			w.ledger.runs[id] = run
		}
		w.finish("automate-06", maintenance.MaintenanceSuccess)
		return w
	}
	t.Run("no proof: nothing is said, and then that it never began", func(t *testing.T) {
		w := begin()
		w.sweep(maintenance.Beginning)
		w.mustHaveSaid(t, "automate-06 started")
		w.sweep(time.Second)
		w.mustHaveSaid(t, "automate-06 started", "automate-06 failed never-began")
	})
	t.Run("seen under maintenance", func(t *testing.T) {
		w := begin()
		w.servers["automate-06"].Status = maintenance.UnderMaintenance
		w.sweep(time.Minute)
		w.finish("automate-06", maintenance.MaintenanceSuccess)
		w.sweep(time.Minute)
		w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
	})
	t.Run("an event of the backend", func(t *testing.T) {
		w := begin()
		w.traces["automate-06"] = trace{"Maintenance completed successfully", true}
		w.sweep(time.Minute)
		w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
	})
}

func TestRunner_OneCauseOneStart(t *testing.T) {
	w := newWorld()
	request := w.alarmRequest("automate-06")
	mustBe(t, w.Ask(context.Background(), request), maintenance.Started, "")
	mustBe(t, w.Ask(context.Background(), request), maintenance.InProgress, "")
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	w.sweep(time.Minute)
	// Late, when the server is healthy again and its cooldown is over.
	w.policy.Cooldown, w.policy.StaleAfter = 0, 100*time.Hour
	w.clock = w.clock.Add(24 * time.Hour)
	mustBe(t, w.Ask(context.Background(), request), maintenance.Refused, maintenance.Duplicate)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
	if len(w.starts) != 1 {
		t.Errorf("started %v", w.starts)
	}
}

func TestRunner_FlappingAlarm(t *testing.T) {
	w := newWorld()
	w.alarm("automate-06")
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	w.sweep(time.Minute)
	for range 60 {
		w.clock = w.clock.Add(20 * time.Second)
		r := w.alarm("automate-06")
		mustBe(t, r, maintenance.Refused, maintenance.CoolingDown)
		if want := now.Add(time.Minute + 12*time.Hour); !r.Until.Equal(want) {
			t.Fatalf("may start at %s, want %s", r.Until, want)
		}
	}
	w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded", "automate-06 refused cooling-down")
}

func TestRunner_DailyLimitIsForAlarms(t *testing.T) {
	w := newWorld()
	w.policy.Cooldown = 0
	for range 2 {
		mustBe(t, w.alarm("automate-06"), maintenance.Started, "")
		w.finish("automate-06", maintenance.MaintenanceSuccess)
		w.sweep(time.Minute)
	}
	mustBe(t, w.alarm("automate-06"), maintenance.Refused, maintenance.DailyLimit)
	person := maintenance.Request{ServerName: "automate-06", Cause: maintenance.Cause{Kind: maintenance.CauseManual, ID: "me", Time: w.clock}}
	mustBe(t, w.Ask(context.Background(), person), maintenance.Started, "")
}

func TestRunner_WhatWaitsStartsOrIsGivenUp(t *testing.T) {
	t.Run("a backup ends", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		mustBe(t, w.alarm("automate-06"), maintenance.Waiting, maintenance.WrongState)
		w.mustHaveState(t, maintenance.RunWaiting)
		w.sweep(time.Minute)
		w.servers["automate-06"].Status = maintenance.Healthy
		w.sweep(time.Minute)
		w.mustHaveState(t, maintenance.RunRunning)
		w.mustHaveSaid(t, "automate-06 waiting wrong-state", "automate-06 started")
	})
	t.Run("the same alarm meanwhile is a duplicate, and told nobody", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		w.alarm("automate-06")
		mustBe(t, w.alarm("automate-06"), maintenance.Refused, maintenance.Duplicate)
		w.mustHaveSaid(t, "automate-06 waiting wrong-state")
	})
	t.Run("patience ends", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		w.alarm("automate-06")
		w.sweep(6 * time.Hour)
		w.mustHaveState(t, maintenance.RunWaiting)
		w.sweep(time.Second)
		w.mustHaveState(t, maintenance.RunClosed)
		w.mustHaveSaid(t, "automate-06 waiting wrong-state", "automate-06 missed wrong-state")
	})
	t.Run("it fails while it waits", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		w.alarm("automate-06")
		w.servers["automate-06"].Status = maintenance.Terminated
		w.sweep(time.Minute)
		w.mustHaveState(t, maintenance.RunClosed)
		w.mustHaveSaid(t, "automate-06 waiting wrong-state", "automate-06 refused wrong-state")
	})
	t.Run("the service is down for a while", func(t *testing.T) {
		w := newWorld()
		w.lookErr = &maintenance.Error{Op: "describe", Reason: maintenance.Unavailable}
		mustBe(t, w.alarm("automate-06"), maintenance.Waiting, maintenance.Unavailable)
		w.sweep(time.Minute)
		w.lookErr = nil
		w.startErr = func(string) error { return &maintenance.Error{Op: "start", Reason: maintenance.Throttled} }
		w.sweep(time.Minute)
		w.mustHaveState(t, maintenance.RunWaiting)
		w.startErr = nil
		w.sweep(time.Minute)
		w.mustHaveSaid(t, "automate-06 waiting unavailable", "automate-06 started")
		if w.ledger.starts["automate-06"+now.Format(time.DateOnly)] != 1 {
			t.Errorf("starts that did not happen count: %v", w.ledger.starts)
		}
	})
	t.Run("nobody waits for a window that opens after their patience", func(t *testing.T) {
		w := newWorld()
		w.policy.Window.Hours = weekend{}
		mustBe(t, w.alarm("automate-06"), maintenance.Refused, maintenance.OutsideWindow)
		w.policy.Patience = 6 * 24 * time.Hour
		mustBe(t, w.alarm("automate-06"), maintenance.Waiting, maintenance.OutsideWindow)
		w.mustHaveSaid(t, "automate-06 refused outside-window", "automate-06 waiting outside-window")
	})
	t.Run("a person never waits", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		person := maintenance.Request{ServerName: "automate-06", Cause: maintenance.Cause{Kind: maintenance.CauseManual, ID: "me", Time: w.clock}}
		mustBe(t, w.Ask(context.Background(), person), maintenance.Refused, maintenance.WrongState)
		if len(w.ledger.runs) != 0 {
			t.Errorf("runs %v", w.ledger.runs)
		}
	})
}

func TestRunner_FleetTakesTurns(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	w := newWorld(names...)
	w.MaxConcurrent = 2
	for _, name := range names {
		w.schedule(name)
	}
	for range 10 {
		busy := 0
		for _, server := range w.servers {
			if server.Status == maintenance.UnderMaintenance {
				busy++
			}
		}
		if busy > 2 {
			t.Fatalf("%d servers are under maintenance at once", busy)
		}
		for _, name := range names {
			if w.servers[name].Status == maintenance.UnderMaintenance {
				w.finish(name, maintenance.MaintenanceSuccess)
			}
		}
		w.sweep(time.Minute)
	}
	if len(w.starts) != 5 {
		t.Errorf("started %v", w.starts)
	}
	ends := 0
	for _, s := range w.said {
		if strings.HasSuffix(s, "succeeded") {
			ends++
		}
	}
	if ends != 5 || w.ledger.slots != 0 {
		t.Errorf("%d ends told, %d slots taken: %v", ends, w.ledger.slots, w.said)
	}
}

// The function dies between two calls. What it left is a run in starting whose attempt ends by itself.
func TestRunner_PutsRightWhatWasLeft(t *testing.T) {
	// left is the world after a claim and nothing more.
	left := func(kind maintenance.CauseKind, attributes ...maintenance.EngineAttribute) *world {
		w := newWorld()
		w.startErr = func(string) error { return &maintenance.Error{Op: "start", Reason: maintenance.StartUnconfirmed} }
		w.Ask(context.Background(), maintenance.Request{ServerName: "automate-06", EngineAttributes: attributes,
			Cause: maintenance.Cause{Kind: kind, ID: "x", Time: now}})
		w.startErr = nil
		if w.only().State != maintenance.RunStarting {
			panic("not left in starting")
		}
		return w
	}
	const later = 20 * time.Minute
	for _, tt := range []struct {
		name   string
		kind   maintenance.CauseKind
		before func(w *world)
		said   []string
		state  maintenance.RunState
		starts int
	}{
		{"under maintenance: it started", maintenance.CauseAlarm, func(w *world) { w.servers["automate-06"].Status = maintenance.UnderMaintenance },
			[]string{"automate-06 started"}, maintenance.RunRunning, 0},
		{"come and gone: it started, and its end is told by the next sweep", maintenance.CauseAlarm, func(w *world) {
			w.traces["automate-06"] = trace{"Maintenance completed successfully", true}
		}, []string{"automate-06 started"}, maintenance.RunRunning, 0},
		{"nothing recorded since, and it can be started: it is", maintenance.CauseAlarm, func(*world) {}, []string{"automate-06 started"}, maintenance.RunRunning, 1},
		{"nothing recorded since, and a person asked: the person decides", maintenance.CauseManual, func(*world) {}, []string{"automate-06 error unavailable"}, maintenance.RunClosed, 0},
		{"other events since: nobody can tell", maintenance.CauseAlarm, func(w *world) {
			w.traces["automate-06"] = trace{"Health check passed", false}
		}, []string{"automate-06 error start-unconfirmed"}, maintenance.RunStarting, 0},
		{"another state: nobody can tell", maintenance.CauseAlarm, func(w *world) { w.servers["automate-06"].Status = maintenance.BackingUp },
			[]string{"automate-06 error start-unconfirmed"}, maintenance.RunStarting, 0},
		{"nobody can look: nobody can tell", maintenance.CauseAlarm, func(w *world) { w.lookErr = &maintenance.Error{Op: "describe", Reason: maintenance.Unavailable} },
			[]string{"automate-06 error start-unconfirmed"}, maintenance.RunStarting, 0},
		{"no events to be had: nobody can tell", maintenance.CauseAlarm, func(w *world) { w.traceErr = &maintenance.Error{Op: "events", Reason: maintenance.Denied} },
			[]string{"automate-06 error start-unconfirmed"}, maintenance.RunStarting, 0},
		{"the server is gone", maintenance.CauseAlarm, func(w *world) { w.servers["automate-06"].Status = "" },
			[]string{"automate-06 refused not-found"}, maintenance.RunClosed, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := left(tt.kind)
			tt.before(w)
			w.sweep(time.Minute) // the attempt holds the run still
			w.mustHaveSaid(t)
			w.sweep(later)
			w.mustHaveSaid(t, tt.said...)
			w.mustHaveState(t, tt.state)
			if len(w.starts) != tt.starts {
				t.Errorf("started %v", w.starts)
			}
			w.sweep(later)
			if tt.state == maintenance.RunStarting {
				w.mustHaveSaid(t, tt.said...) // told once
			}
		})
	}
	t.Run("engine attributes that nobody has any more: people decide", func(t *testing.T) {
		w := left(maintenance.CauseAlarm, maintenance.EngineAttribute{Name: "CHEF_MAJOR_UPGRADE", Value: "true"})
		w.sweep(later)
		w.mustHaveSaid(t, "automate-06 error unavailable")
		w.mustHaveState(t, maintenance.RunClosed)
	})
	t.Run("come and gone, to the end", func(t *testing.T) {
		w := left(maintenance.CauseAlarm)
		w.traces["automate-06"] = trace{"Maintenance completed successfully", true}
		w.sweep(later)
		w.sweep(time.Minute)
		w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
		w.mustHaveState(t, maintenance.RunClosed)
		if len(w.starts) != 0 {
			t.Errorf("started %v", w.starts)
		}
	})
}

func TestRunner_SNSDown(t *testing.T) {
	const later = 20 * time.Minute
	t.Run("at the start: told when it is back, not started again", func(t *testing.T) {
		w := newWorld()
		w.sayErr = errDown
		r := w.alarm("automate-06")
		mustBe(t, r, maintenance.Started, "")
		if r.PublishErr == nil {
			t.Error("the failure is hidden")
		}
		w.sweep(time.Minute)
		w.sayErr = nil
		w.sweep(later)
		w.mustHaveSaid(t, "automate-06 started")
		w.mustHaveState(t, maintenance.RunRunning)
		if len(w.starts) != 1 {
			t.Errorf("started %v", w.starts)
		}
	})
	t.Run("at the end: told when it is back, and held until then", func(t *testing.T) {
		w := newWorld()
		w.alarm("automate-06")
		w.finish("automate-06", maintenance.MaintenanceSuccess)
		w.sayErr = errDown
		w.sweep(time.Minute)
		w.mustHaveState(t, maintenance.RunClosing)
		w.sweep(time.Minute)
		w.sayErr = nil
		w.sweep(later)
		w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
		w.mustHaveState(t, maintenance.RunClosed)
	})
	t.Run("at a refusal: told by the next", func(t *testing.T) {
		w := newWorld()
		w.sayErr = errDown
		w.policy.Enabled = false
		mustBe(t, w.alarm("automate-06"), maintenance.Refused, maintenance.Disabled)
		w.sayErr = nil
		mustBe(t, w.alarm("automate-06"), maintenance.Refused, maintenance.Disabled)
		mustBe(t, w.alarm("automate-06"), maintenance.Refused, maintenance.Disabled)
		w.mustHaveSaid(t, "automate-06 refused disabled")
	})
	t.Run("while it waits", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		w.sayErr = errDown
		w.alarm("automate-06")
		w.sayErr = nil
		w.sweep(time.Minute)
		w.sweep(time.Minute)
		w.mustHaveSaid(t, "automate-06 waiting wrong-state")
	})
}

func TestRunner_LedgerDown(t *testing.T) {
	w := newWorld()
	w.ledger.down = errDown
	r := w.alarm("automate-06")
	mustBe(t, r, maintenance.Errored, maintenance.LedgerUnavailable)
	if !r.Reason.Retryable() || len(w.starts) != 0 {
		t.Errorf("retryable %v, started %v", r.Reason.Retryable(), w.starts)
	}
	w.mustHaveSaid(t, "automate-06 error ledger-unavailable")
	if reports := w.sweep(time.Minute); len(reports) != 1 || reports[0].Reason != maintenance.LedgerUnavailable {
		t.Errorf("the sweep says %+v", reports)
	}
	w.ledger.down = nil
	mustBe(t, w.alarm("automate-06"), maintenance.Started, "")
}

func TestRunner_LedgerDownAfterTheStart(t *testing.T) {
	w := newWorld()
	w.startErr = func(string) error { w.ledger.down = errDown; return nil }
	r := w.alarm("automate-06")
	mustBe(t, r, maintenance.Started, "")
	if r.LedgerErr == nil {
		t.Error("the failure is hidden")
	}
	w.ledger.down = nil
	w.sweep(20 * time.Minute)
	w.mustHaveState(t, maintenance.RunRunning)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 started") // twice rather than never
	if len(w.starts) != 1 {
		t.Errorf("started %v", w.starts)
	}
}

func TestRunner_SettingsThatForgetAServerDoNotOrphanItsRun(t *testing.T) {
	w := newWorld()
	w.alarm("automate-06")
	w.Policy = func(string) (maintenance.Policy, bool) { return maintenance.Policy{}, false }
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	w.sweep(time.Minute)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 succeeded")
	w.mustHaveState(t, maintenance.RunClosed)
}

func TestRunner_OneLookServesASweep(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	w := newWorld(names...)
	for _, name := range names {
		w.schedule(name)
	}
	w.looks = 0
	w.sweep(time.Minute)
	if w.looks != 1 {
		t.Errorf("%d looks for %d runs", w.looks, len(names))
	}
}

func TestRunner_Expected(t *testing.T) {
	w := newWorld()
	w.Expected = map[string]time.Duration{"automate-06": 8 * 24 * time.Hour}
	day := 24 * time.Hour
	w.sweep(0)
	w.sweep(8 * day)
	w.mustHaveSaid(t)
	w.sweep(time.Second)
	w.sweep(day)
	w.mustHaveSaid(t, "automate-06 missed no-success")
	w.sweep(8 * day)
	w.mustHaveSaid(t, "automate-06 missed no-success", "automate-06 missed no-success")
	w.alarm("automate-06")
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	w.sweep(time.Minute)
	w.sweep(7 * day)
	w.mustHaveSaid(t, "automate-06 missed no-success", "automate-06 missed no-success", "automate-06 started", "automate-06 succeeded")
}

func TestRunner_Close(t *testing.T) {
	w := newWorld()
	id := w.alarm("automate-06").RunID
	mustBe(t, w.Close(context.Background(), id), maintenance.Ended, maintenance.ClosedByHand)
	w.mustHaveState(t, maintenance.RunClosed)
	w.mustHaveSaid(t, "automate-06 started", "automate-06 failed closed-by-hand")
	mustBe(t, w.Close(context.Background(), id), maintenance.Refused, maintenance.ClosedByHand)
	mustBe(t, w.Close(context.Background(), "nothing"), maintenance.Refused, maintenance.InvalidRequest)
}

// What an invocation holds is nobody else's before it is certainly over, by clocks that differ too.
func TestRunner_HoldsARunForLongerThanItLives(t *testing.T) {
	w := newWorld()
	w.startErr = func(string) error { return &maintenance.Error{Op: "start", Reason: maintenance.StartUnconfirmed} }
	const lives = 30 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), lives)
	defer cancel()
	w.Ask(ctx, w.alarmRequest("automate-06"))
	if held := w.only().AttemptEnds.Sub(w.clock); held <= lives || held > lives+15*time.Second {
		t.Errorf("held for %s by an invocation of %s", held, lives)
	}
}

// lastWord is said, and then the ledger is gone.
type lastWord struct{ *world }

func (l lastWord) Notify(ctx context.Context, r maintenance.Report) error {
	l.ledger.down = errors.New("down")
	return l.world.Notify(ctx, r)
}

// Whoever closes a run that could not be closed has to know: its server is held still.
func TestRunner_CloseThatIsNotRecorded(t *testing.T) {
	w := newWorld()
	id := w.alarm("automate-06").RunID
	w.Notifier = lastWord{w}
	report := w.Close(context.Background(), id)
	mustBe(t, report, maintenance.Errored, maintenance.LedgerUnavailable)
	if !strings.Contains(report.Detail, "not closed") || report.LedgerErr == nil || !report.Stop {
		t.Errorf("got %+v", report)
	}
	w.Notifier, w.ledger.down = w, nil
	mustBe(t, w.Close(context.Background(), id), maintenance.Ended, maintenance.ClosedByHand)
	w.mustHaveState(t, maintenance.RunClosed)
}

func TestRunner_Plan(t *testing.T) {
	answers := func(p maintenance.Plan) string {
		var all []string
		for _, a := range p.Answers {
			all = append(all, strings.TrimSpace(string(a.Outcome)+" "+string(a.Reason)))
		}
		return strings.Join(all, ", ")
	}
	w := newWorld()
	plan := func(want string) {
		t.Helper()
		p := w.Plan(context.Background(), "automate-06")
		if got := answers(p); got != want || p.Err != nil {
			t.Errorf("got %s (%v), want %s", got, p.Err, want)
		}
	}
	plan("started, started, started")
	w.servers["automate-06"].Status = maintenance.BackingUp
	plan("waiting wrong-state, waiting wrong-state, refused wrong-state")
	w.servers["automate-06"].Status = maintenance.Healthy
	w.alarm("automate-06")
	plan("in-progress, in-progress, in-progress")
	w.finish("automate-06", maintenance.MaintenanceSuccess)
	plan("in-progress, in-progress, in-progress") // until its end is told
	w.sweep(time.Minute)
	plan("refused cooling-down, started, started")
	w.MaxConcurrent = 1
	w.servers["b"] = &maintenance.Server{Name: "b", Backend: "opsworks-cm", Status: maintenance.Healthy}
	w.schedule("b")
	plan("refused cooling-down, waiting fleet-busy, refused fleet-busy")
	if p := w.Plan(context.Background(), "mail-01"); answers(p) != "refused not-allowed, refused not-allowed, refused not-allowed" {
		t.Errorf("got %s", answers(p))
	}
	before := len(w.starts)
	plan("refused cooling-down, waiting fleet-busy, refused fleet-busy")
	if len(w.starts) != before {
		t.Error("a plan started something")
	}
}

func TestRunner_HistoryListsTheRuns(t *testing.T) {
	w := newWorld()
	w.alarm("automate-06")
	runs, err := w.History(context.Background(), "automate-06")
	if err != nil || len(runs) != 1 || runs[0].ServerName != "automate-06" {
		t.Errorf("got %+v, %v", runs, err)
	}
}

// silent topics take messages and never answer.
type silent struct{}

func (silent) Notify(ctx context.Context, _ maintenance.Report) error {
	<-ctx.Done()
	return ctx.Err()
}

// Of an event for several servers, those that may be maintained are safe before anybody is told of those that may not.
func TestRunner_RefusalsDoNotKeepOthersFromBeingRecorded(t *testing.T) {
	var names []string
	var requests []maintenance.Request
	for i := range 20 {
		names = append(names, fmt.Sprintf("server-%d", i))
	}
	w := newWorld(names...)
	for _, name := range names {
		requests = append(requests, maintenance.Request{ServerName: name, Cause: maintenance.Cause{Kind: maintenance.CauseSchedule, ID: "weekly", Time: w.clock}})
	}
	good := names[len(names)-1]
	w.Policy = func(name string) (maintenance.Policy, bool) {
		policy := w.policy
		policy.Enabled = name == good
		return policy, true
	}
	w.Notifier = silent{}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	reports := w.AskAll(ctx, requests)
	for _, r := range reports[:len(reports)-1] {
		if r.Outcome != maintenance.Refused || r.Reason != maintenance.Disabled {
			t.Errorf("got %s %s", r.Outcome, r.Reason)
		}
	}
	if last := reports[len(reports)-1]; last.Outcome != maintenance.Waiting {
		t.Errorf("%s: got %s %s", good, last.Outcome, last.Reason)
	}
	w.Notifier = w
	w.sweep(time.Minute)
	w.mustHaveSaid(t, good+" started")
}
