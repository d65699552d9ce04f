package automation_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_Stop(t *testing.T) {
	t.Parallel()
	const stopCall = "StopAutomationExecution"
	t.Run("it can be", func(t *testing.T) {
		if _, c := service(t); !c.Stops() {
			t.Error("it cannot")
		}
	})
	t.Run("the end is seen later, and what onCancel names still runs", func(t *testing.T) {
		sim, c := service(t)
		run := runningOn(t, c, ours)
		do(t, c.Stop(t.Context(), run))
		if e := one(t, c.Follow(t.Context(), run)); e.State != maintenance.ExecutionRunning || e.Step != "Restore" {
			t.Errorf("while it is being stopped: %+v", e)
		}
		do(t, sim.Complete(oursNode))
		e := one(t, c.Follow(t.Context(), run))
		if e.State != maintenance.ExecutionCancelled || !e.Began ||
			e.Detail != "Cancelled after 0s. Steps: Backup Cancelled, Patch Pending, Restore Success" {
			t.Errorf("when it has been: %+v", e)
		}
	})
	t.Run("a lost answer: the SDK asks again, which does no harm", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.Inject(simulator.Fault{Operation: stopCall, Kind: simulator.WorkThenDrop, Times: 1})
		do(t, c.Stop(t.Context(), run))
	})
	t.Run("ErrDenied", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		inject(sim, stopCall, simulator.Denied)
		mustFail(t, c.Stop(t.Context(), run), maintenance.ReasonDenied, "stop the execution "+run.Reference)
	})
	t.Run("ErrNotRunning it has ended", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		do(t, sim.Complete(chefNode))
		mustFail(t, c.Stop(t.Context(), run), maintenance.ReasonNotRunning)
	})
	t.Run("ErrNotRunning it is gone", func(t *testing.T) {
		sim, c := service(t)
		run := running(t, c)
		sim.Forget(run.Reference)
		mustFail(t, c.Stop(t.Context(), run), maintenance.ReasonNotRunning)
	})
	t.Run("ErrNotRunning none is known, and nothing is asked", func(t *testing.T) {
		sim, c := service(t)
		mustFail(t, c.Stop(t.Context(), claimed()), maintenance.ReasonNotRunning)
		if len(sim.Calls()) != 0 {
			t.Error("something was asked")
		}
	})
}

func TestClient_Calendar(t *testing.T) {
	sim, c := service(t)
	reopens := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	sim.SetCalendar("always", true, time.Time{})
	sim.SetCalendar("frozen", false, reopens)
	sim.SetCalendar("forever", false, time.Time{})
	sim.BreakCalendar("broken")
	for _, tt := range []struct {
		name, server string
		closed       bool
		next         time.Time
		reason       maintenance.Reason
		asked        int
	}{
		{"no calendars: open, and nothing is asked", "automate-06", false, time.Time{}, "", 0},
		{"a server that the settings do not have has none", "mail-01", false, time.Time{}, "", 0},
		{"open", "open", false, time.Time{}, "", 1},
		{"one of several is closed", "closed", true, reopens, "", 1},
		{"closed for good", "forever", true, time.Time{}, "", 1},
		{"an unreadable one is closed", "broken", true, time.Time{}, maintenance.ReasonUnexpected, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(sim.Calls())
			got := c.Calendar(t.Context(), tt.server)
			if got.Closed != tt.closed || !got.Next.Equal(tt.next) || (got.Err != nil) != (tt.reason != "") {
				t.Errorf("got %+v", got)
			}
			if tt.reason != "" {
				mustFail(t, got.Err, tt.reason, "read the calendars always, broken")
			}
			if n := len(sim.Calls()) - before; n != tt.asked {
				t.Errorf("%d calls", n)
			}
		})
	}
	t.Run("ErrDenied closed", func(t *testing.T) {
		inject(sim, "GetCalendarState", simulator.Denied)
		got := c.Calendar(t.Context(), "open")
		mustFail(t, got.Err, maintenance.ReasonDenied)
		if !got.Closed {
			t.Error("open, though nobody may look")
		}
	})
	t.Run("a next change that cannot be read is not known", func(t *testing.T) {
		c := scripted(t, func(string, map[string]any) (int, string) {
			return 200, `{"State": "CLOSED", "NextTransitionTime": "tomorrow"}`
		})
		if got := c.Calendar(t.Context(), "open"); !got.Closed || !got.Next.IsZero() || got.Err != nil {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a state that is not known is closed", func(t *testing.T) {
		c := scripted(t, func(string, map[string]any) (int, string) { return 200, `{"State": "AJAR"}` })
		if got := c.Calendar(t.Context(), "open"); !got.Closed || got.Err != nil {
			t.Errorf("got %+v", got)
		}
	})
}
