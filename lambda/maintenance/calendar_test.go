package maintenance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// diary is a world whose backend has a calendar.
type diary struct {
	*world
	closed bool
	next   time.Time
	err    error
	asked  int
}

func (d *diary) Open(context.Context, string) (bool, time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	return !d.closed, d.next, d.err
}

func newDiary() *diary {
	d := &diary{world: newWorld(), closed: true, next: now.Add(2 * time.Hour)}
	d.Backends["opsworks-cm"] = d
	return d
}

// person asks for maintenance; each call is a new request.
func (w *world) person(overrides ...string) maintenance.Report {
	w.mu.Lock()
	id := len(w.ledger.calls)
	w.mu.Unlock()
	return w.Ask(context.Background(), maintenance.Request{ServerName: "automate-06", Overrides: overrides,
		Cause: maintenance.Cause{Kind: maintenance.CauseManual, ID: strings.Repeat("x", id+1), Time: w.clock}})
}

func TestRunner_Calendar(t *testing.T) {
	t.Run("closed: it waits for the next opening, and starts then", func(t *testing.T) {
		d := newDiary()
		r := d.alarm("automate-06")
		mustBe(t, r, maintenance.Waiting, maintenance.CalendarClosed)
		if !r.Until.Equal(d.next) || !d.only().Until.Equal(d.next) {
			t.Errorf("may start at %s, recorded %s", r.Until, d.only().Until)
		}
		d.sweep(time.Hour)
		d.mustHaveState(t, maintenance.RunWaiting)
		d.closed, d.next = false, time.Time{}
		d.sweep(time.Hour)
		d.mustHaveState(t, maintenance.RunRunning)
		d.mustHaveSaid(t, "automate-06 waiting calendar-closed", "automate-06 started")
		if run := d.only(); run.Reason != "" || !run.Until.IsZero() {
			t.Errorf("a run that has started still waits: %s until %s", run.Reason, run.Until)
		}
	})
	t.Run("closed for longer than patience: refused", func(t *testing.T) {
		d := newDiary()
		d.next = now.Add(6*time.Hour + time.Second)
		r := d.alarm("automate-06")
		mustBe(t, r, maintenance.Refused, maintenance.CalendarClosed)
		if !r.Until.Equal(d.next) {
			t.Errorf("may start at %s", r.Until)
		}
		d.mustHaveSaid(t, "automate-06 refused calendar-closed")
	})
	t.Run("closed for good: it waits until its patience ends", func(t *testing.T) {
		d := newDiary()
		d.next = time.Time{}
		mustBe(t, d.alarm("automate-06"), maintenance.Waiting, maintenance.CalendarClosed)
		d.sweep(6 * time.Hour)
		d.sweep(time.Second)
		d.mustHaveState(t, maintenance.RunClosed)
		d.mustHaveSaid(t, "automate-06 waiting calendar-closed", "automate-06 missed calendar-closed")
	})
	t.Run("unreadable: closed, and why is recorded", func(t *testing.T) {
		d := newDiary()
		d.closed, d.next, d.err = false, time.Time{}, errors.New("no such calendar")
		r := d.alarm("automate-06")
		mustBe(t, r, maintenance.Waiting, maintenance.CalendarClosed)
		if r.Detail != "no such calendar" || d.only().Detail != "no such calendar" {
			t.Errorf("detail %q, recorded %q", r.Detail, d.only().Detail)
		}
		d.err = nil
		d.sweep(time.Minute)
		d.mustHaveSaid(t, "automate-06 waiting calendar-closed", "automate-06 started")
	})
	t.Run("open", func(t *testing.T) {
		d := newDiary()
		d.closed = false // and closes in two hours, which is none of our business
		mustBe(t, d.alarm("automate-06"), maintenance.Started, "")
		if d.asked != 1 {
			t.Errorf("asked %d times", d.asked)
		}
	})
	t.Run("a person is refused, and told when it opens", func(t *testing.T) {
		d := newDiary()
		r := d.person()
		mustBe(t, r, maintenance.Refused, maintenance.CalendarClosed)
		if !r.Until.Equal(d.next) || len(d.ledger.runs) != 0 {
			t.Errorf("may start at %s, runs %v", r.Until, d.ledger.runs)
		}
		mustBe(t, d.person("window"), maintenance.Refused, maintenance.CalendarClosed)
		mustBe(t, d.person("calendar"), maintenance.Started, "")
		if run := d.only(); !slices.Equal(run.Overrides, []string{"calendar"}) {
			t.Errorf("recorded %v", run.Overrides)
		}
	})
	t.Run("a person may override one that cannot be read", func(t *testing.T) {
		d := newDiary()
		d.err = errors.New("no such calendar")
		if r := d.person(); r.Reason != maintenance.CalendarClosed || r.Detail != "no such calendar" {
			t.Errorf("got %+v", r)
		}
		mustBe(t, d.person("calendar"), maintenance.Started, "")
	})
	t.Run("a plan says so", func(t *testing.T) {
		d := newDiary()
		want := []maintenance.Outcome{maintenance.Waiting, maintenance.Waiting, maintenance.Refused}
		for i, a := range d.Plan(context.Background(), "automate-06").Answers {
			if a.Outcome != want[i] || a.Reason != maintenance.CalendarClosed || !a.Until.Equal(d.next) {
				t.Errorf("%s: %+v", a.Cause, a)
			}
		}
	})
}

// plain is a world's backend that can look at one server at a time only, as that of Systems Manager.
type plain struct{ maintenance.Backend }

// A thousand servers that wait for their window, or for each other, cost no look.
func TestRunner_WhatPlainlyWaitsCostsNoLook(t *testing.T) {
	t.Run("for its window", func(t *testing.T) {
		w := newWorld()
		w.policy.Window.Hours, w.policy.Patience = weekend{}, 7*24*time.Hour
		mustBe(t, w.alarm("automate-06"), maintenance.Waiting, maintenance.OutsideWindow)
		w.looks = 0
		saves := len(w.ledger.calls)
		w.sweep(time.Hour)
		w.sweep(time.Hour)
		if got := w.ledger.calls[saves:]; w.looks != 0 || strings.Join(got, " ") != "Open Open" {
			t.Errorf("%d looks, ledger calls %v", w.looks, got)
		}
		w.mustHaveState(t, maintenance.RunWaiting)
		w.clock = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC) // Saturday
		w.sweep(0)
		w.mustHaveState(t, maintenance.RunRunning)
		w.mustHaveSaid(t, "automate-06 waiting outside-window", "automate-06 started")
	})
	t.Run("for its window, which the settings have opened meanwhile", func(t *testing.T) {
		w := newWorld()
		w.policy.Window.Hours, w.policy.Patience = weekend{}, 7*24*time.Hour
		w.alarm("automate-06")
		w.policy.Window.Hours = nil
		w.sweep(time.Minute)
		w.mustHaveState(t, maintenance.RunRunning)
	})
	t.Run("for its window, when it is disabled meanwhile", func(t *testing.T) {
		w := newWorld()
		w.policy.Window.Hours, w.policy.Patience = weekend{}, 7*24*time.Hour
		w.alarm("automate-06")
		w.policy.Enabled = false
		w.sweep(time.Minute)
		w.mustHaveSaid(t, "automate-06 waiting outside-window", "automate-06 refused disabled")
		w.mustHaveState(t, maintenance.RunClosed)
	})
	t.Run("for the fleet", func(t *testing.T) {
		w := newWorld("a", "b", "c")
		w.Backends["opsworks-cm"] = plain{w}
		w.MaxConcurrent = 1
		mustBe(t, w.schedule("a"), maintenance.Started, "")
		mustBe(t, w.schedule("b"), maintenance.Waiting, maintenance.FleetBusy)
		mustBe(t, w.schedule("c"), maintenance.Waiting, maintenance.FleetBusy)
		w.looks = 0
		w.sweep(time.Minute)
		w.sweep(time.Minute)
		if w.looks != 2 { // at the one that runs, in each sweep
			t.Errorf("%d looks", w.looks)
		}
		w.finish("a", maintenance.MaintenanceSuccess)
		w.sweep(time.Minute)
		w.sweep(time.Minute)
		if !slices.Equal(w.starts, []string{"a", "b"}) && !slices.Equal(w.starts, []string{"a", "c"}) {
			t.Errorf("started %v", w.starts)
		}
	})
	t.Run("what waits for the server's state is looked at each time", func(t *testing.T) {
		w := newWorld()
		w.servers["automate-06"].Status = maintenance.BackingUp
		w.alarm("automate-06")
		w.looks = 0
		w.sweep(time.Minute)
		w.sweep(time.Minute)
		if w.looks != 2 {
			t.Errorf("%d looks", w.looks)
		}
	})
}
