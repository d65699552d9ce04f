package maintenance_test

import (
	"fmt"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

var now = time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC) // a Monday

// weekend is open on Saturday and Sunday.
type weekend struct{}

func (weekend) Covers(day time.Weekday, _ int) bool {
	return day == time.Saturday || day == time.Sunday
}

func facts(status maintenance.Status, change func(*maintenance.Facts)) maintenance.Facts {
	f := maintenance.Facts{
		Request: maintenance.Request{ServerName: "automate-06", Cause: maintenance.Cause{Kind: maintenance.CauseAlarm, Time: now.Add(-time.Minute)}},
		Policy:  &maintenance.Policy{Backend: "opsworks-cm", Enabled: true, StaleAfter: time.Hour, Patience: 6 * time.Hour},
		Server:  &maintenance.Server{Name: "automate-06", Status: status},
		Now:     now,
	}
	if change != nil {
		change(&f)
	}
	return f
}

// The whole truth table: every status of the API and one it does not have, against every gate that can be closed. A gate
// asked earlier hides one asked later, and the state hides the window.
func TestDecide_TruthTable(t *testing.T) {
	pass := maintenance.Verdict{Answer: maintenance.Pass}
	join := maintenance.Verdict{Answer: maintenance.Join}
	wait := func(r maintenance.Reason) maintenance.Verdict {
		return maintenance.Verdict{Answer: maintenance.Wait, Reason: r}
	}
	refuse := func(r maintenance.Reason) maintenance.Verdict {
		return maintenance.Verdict{Answer: maintenance.Refuse, Reason: r}
	}
	statuses := map[maintenance.Status]maintenance.Verdict{
		maintenance.Healthy:          pass,
		maintenance.Unhealthy:        pass,
		maintenance.UnderMaintenance: join,
		maintenance.BackingUp:        wait(maintenance.WrongState),
		maintenance.Modifying:        wait(maintenance.WrongState),
		maintenance.Restoring:        wait(maintenance.WrongState),
		maintenance.Creating:         wait(maintenance.WrongState),
		maintenance.Setup:            wait(maintenance.WrongState),
		maintenance.Running:          wait(maintenance.WrongState),
		maintenance.ConnectionLost:   wait(maintenance.WrongState),
		maintenance.Failed:           refuse(maintenance.WrongState),
		maintenance.Deleting:         refuse(maintenance.WrongState),
		maintenance.Terminated:       refuse(maintenance.WrongState),
		"HIBERNATING":                refuse(maintenance.WrongState),
		"":                           refuse(maintenance.WrongState),
	}
	if len(statuses) != 13+2 {
		t.Fatalf("%d statuses", len(statuses))
	}
	saturday := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	outside := maintenance.Verdict{Answer: maintenance.Wait, Reason: maintenance.OutsideWindow, Until: saturday}
	frozen := maintenance.Verdict{Answer: maintenance.Wait, Reason: maintenance.CalendarClosed, Until: saturday.Add(time.Hour)}
	always := func(v maintenance.Verdict) func(maintenance.Verdict) maintenance.Verdict {
		return func(maintenance.Verdict) maintenance.Verdict { return v }
	}
	asState := func(state maintenance.Verdict) maintenance.Verdict { return state }
	// unless is what comes of a server in a state to start from.
	unless := func(v maintenance.Verdict) func(maintenance.Verdict) maintenance.Verdict {
		return func(state maintenance.Verdict) maintenance.Verdict {
			if state == pass {
				return v
			}
			return state
		}
	}

	for _, gate := range []struct {
		name   string
		change func(*maintenance.Facts)
		want   func(state maintenance.Verdict) maintenance.Verdict
	}{
		{"all gates open", nil, asState},
		{"not allowed", func(f *maintenance.Facts) { f.Policy = nil }, always(refuse(maintenance.NotAllowed))},
		{"not allowed and stale", func(f *maintenance.Facts) { f.Policy = nil; f.Now = f.Now.Add(48 * time.Hour) }, always(refuse(maintenance.NotAllowed))},
		{"disabled", func(f *maintenance.Facts) { f.Policy.Enabled = false }, always(refuse(maintenance.Disabled))},
		{"disabled and stale", func(f *maintenance.Facts) { f.Policy.Enabled = false; f.Policy.StaleAfter = 0 }, always(refuse(maintenance.Disabled))},
		{"a stale alarm", func(f *maintenance.Facts) { f.Request.Cause.Time = now.Add(-time.Hour - time.Second) }, always(refuse(maintenance.Stale))},
		{"an alarm from the future", func(f *maintenance.Facts) { f.Request.Cause.Time = now.Add(5*time.Minute + time.Second) }, always(refuse(maintenance.Stale))},
		{"an alarm of a clock that is ahead", func(f *maintenance.Facts) { f.Request.Cause.Time = now.Add(5 * time.Minute) }, asState},
		{"an alarm just fresh enough", func(f *maintenance.Facts) { f.Request.Cause.Time = now.Add(-time.Hour) }, asState},
		{"a schedule out of patience", func(f *maintenance.Facts) {
			f.Request.Cause = maintenance.Cause{Kind: maintenance.CauseSchedule, Time: now.Add(-6*time.Hour - time.Second)}
		}, always(refuse(maintenance.Stale))},
		{"a schedule older than an alarm may be", func(f *maintenance.Facts) {
			f.Request.Cause = maintenance.Cause{Kind: maintenance.CauseSchedule, Time: now.Add(-2 * time.Hour)}
		}, asState},
		{"a person, however long on the way", func(f *maintenance.Facts) {
			f.Request.Cause = maintenance.Cause{Kind: maintenance.CauseManual, Time: now.Add(-100 * time.Hour)}
		}, asState},
		{"no such server", func(f *maintenance.Facts) { f.Server = nil }, always(refuse(maintenance.NotFound))},
		{"outside the window", func(f *maintenance.Facts) { f.Policy.Window.Hours = weekend{} }, unless(outside)},
		{"outside the window, overridden by an alarm", func(f *maintenance.Facts) {
			f.Policy.Window.Hours, f.Request.Overrides = weekend{}, []string{"window"}
		}, unless(outside)},
		{"outside the window, overridden by a person", func(f *maintenance.Facts) {
			f.Policy.Window.Hours, f.Request.Overrides, f.Request.Cause.Kind = weekend{}, []string{"window"}, maintenance.CauseManual
		}, asState},
		{"the calendar closed", func(f *maintenance.Facts) { f.Calendar = frozen }, unless(frozen)},
		{"the calendar closed and no such server", func(f *maintenance.Facts) { f.Calendar, f.Server = frozen, nil }, always(refuse(maintenance.NotFound))},
		{"the calendar closed and disabled", func(f *maintenance.Facts) { f.Calendar, f.Policy.Enabled = frozen, false }, always(refuse(maintenance.Disabled))},
		{"the calendar closed and outside the window", func(f *maintenance.Facts) { f.Calendar, f.Policy.Window.Hours = frozen, weekend{} }, unless(outside)},
		{"the calendar closed, overridden by an alarm", func(f *maintenance.Facts) { f.Calendar, f.Request.Overrides = frozen, []string{"calendar"} }, unless(frozen)},
		{"the calendar closed, overridden by a person", func(f *maintenance.Facts) {
			f.Calendar, f.Request.Overrides, f.Request.Cause.Kind = frozen, []string{"calendar"}, maintenance.CauseManual
		}, asState},
		{"the calendar closed, and a person overrides the window alone", func(f *maintenance.Facts) {
			f.Calendar, f.Policy.Window.Hours, f.Request.Overrides, f.Request.Cause.Kind = frozen, weekend{}, []string{"window"}, maintenance.CauseManual
		}, unless(frozen)},
		{"outside the window, and a person overrides the calendar alone", func(f *maintenance.Facts) {
			f.Calendar, f.Policy.Window.Hours, f.Request.Overrides, f.Request.Cause.Kind = frozen, weekend{}, []string{"calendar"}, maintenance.CauseManual
		}, unless(outside)},
		{"both, and a person overrides both", func(f *maintenance.Facts) {
			f.Calendar, f.Policy.Window.Hours, f.Request.Overrides, f.Request.Cause.Kind = frozen, weekend{}, []string{"calendar", "window"}, maintenance.CauseManual
		}, asState},
	} {
		for status, state := range statuses {
			t.Run(fmt.Sprintf("%s/%s", gate.name, status), func(t *testing.T) {
				f := facts(status, gate.change)
				if got, want := maintenance.Decide(f), gate.want(state); got != want {
					t.Errorf("got %v %+v, want %v %+v", got.Answer, got, want.Answer, want)
				}
			})
		}
	}
}

func TestAdmit_NeedsNoServer(t *testing.T) {
	f := facts("", func(f *maintenance.Facts) { f.Server = nil })
	if v := maintenance.Admit(f); v.Answer != maintenance.Pass {
		t.Errorf("got %+v", v)
	}
}

func TestAnswer_ZeroValueIsNoPass(t *testing.T) {
	var v maintenance.Verdict
	if v.Answer == maintenance.Pass || v.Answer.String() != "no answer" {
		t.Errorf("the zero verdict reads %q", v.Answer)
	}
}

func TestStatus_Startable(t *testing.T) {
	for _, s := range []maintenance.Status{maintenance.Healthy, maintenance.Unhealthy} {
		if !s.Startable() {
			t.Errorf("%s is not startable", s)
		}
	}
	for _, s := range []maintenance.Status{"", maintenance.Running, maintenance.UnderMaintenance, maintenance.BackingUp} {
		if s.Startable() {
			t.Errorf("%q is startable", s)
		}
	}
}
