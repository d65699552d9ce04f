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

// alarms are those in ALARM, or why that cannot be read.
type alarms struct {
	mu    sync.Mutex
	in    []maintenance.Alarm
	err   error
	asked []string
}

func (a *alarms) InAlarm(_ context.Context, prefix string) ([]maintenance.Alarm, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, prefix)
	if a.err != nil {
		return nil, a.err
	}
	return slices.DeleteFunc(slices.Clone(a.in), func(one maintenance.Alarm) bool { return !strings.HasPrefix(one.Name, prefix) }), nil
}

// blockedBy has a server blocked by alarms whose names begin so and end in a digit.
func (f *fixture) blockedBy(prefixes ...string) *alarms {
	f.policy.BlockedBy = maintenance.Blockers{Prefixes: prefixes, Blocks: func(name string) bool {
		return strings.ContainsAny(name[len(name)-1:], "0123456789")
	}}
	a := &alarms{}
	f.Alarms = a
	return a
}

func alarming(err error, names ...string) func(*fixture) {
	return func(f *fixture) {
		a := f.blockedBy("db-")
		a.err = err
		for _, name := range names {
			a.in = append(a.in, maintenance.Alarm{Name: name, Since: now.Add(-time.Hour)})
		}
	}
}

func TestRunner_AnAlarmBlocks(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 5 * time.Hour
	a := f.blockedBy("db-", "lag")
	a.in = []maintenance.Alarm{{Name: "db-2", Since: now.Add(-time.Minute)}, {Name: "db-1", Since: now.Add(-time.Hour)}, {Name: "db-other"},
		{Name: "lag1"}, {Name: "mail-1"}}
	r := f.alarm()
	if r.Outcome != maintenance.OutcomeWaiting || r.Reason != maintenance.ReasonBlocked || r.Figures.Most != 3 ||
		!slices.Equal(r.Figures.Alarms, []string{"lag1", "db-1", "db-2"}) ||
		r.Detail != "lag1 is in ALARM; db-1 is in ALARM since 2026-11-28T11:00:00Z; db-2 is in ALARM since 2026-11-28T11:59:00Z" {
		t.Errorf("it comes to %s %s, %+v: %s", r.Outcome, r.Reason, r.Figures, r.Detail)
	}
	f.sweeps(60)
	if f.backend.looks+len(f.backend.started) > 0 {
		t.Errorf("while it is blocked, it is looked at %d times, and %d starts are sent", f.backend.looks, len(f.backend.started))
	}
	a.in = []maintenance.Alarm{{Name: "db-other"}}
	f.sweeps(16)
	if len(f.backend.started) != 1 {
		t.Errorf("%d starts were sent when no alarm blocked it", len(f.backend.started))
	}
	a.in, a.asked = []maintenance.Alarm{{Name: "db-1"}}, nil // which maintenance itself may raise
	f.sweeps(20)
	if run := f.only(); run.State != maintenance.RunRunning || len(a.asked) > 0 || len(f.backend.stopped) > 0 {
		t.Errorf("a run that runs is %s, asked for was %q", run.State, a.asked)
	}
	f.expectMail("waiting blocked", "started")
}

// What cannot be read is not taken for OK, and who may not read it hears of that.
func TestRunner_AlarmsThatCannotBeRead(t *testing.T) {
	for reason, want := range map[maintenance.Reason]string{maintenance.ReasonThrottled: "waiting throttled",
		maintenance.ReasonUnavailable: "waiting unavailable", maintenance.ReasonDenied: "error denied"} {
		f := newFixture(t)
		a := f.blockedBy("db-")
		a.err = failing(reason)
		planned := f.Plan(t.Context(), "puppet-01").Answers[0]
		answered := f.alarm()
		for what, got := range map[string]string{"planned": string(planned.Outcome) + " " + string(planned.Reason),
			"answered": string(answered.Outcome) + " " + string(answered.Reason)} {
			if got != want {
				t.Errorf("%s is %q, notified %q", what, got, want)
			}
		}
		f.sweeps(30)
		if run := f.only(); run.State != maintenance.RunWaiting || run.Wait.Reason != reason || len(f.backend.started) > 0 {
			t.Errorf("%s: the run is %s for %s", reason, run.State, run.Wait.Reason)
		}
		f.expectMail(want)
		a.err = nil
		f.sweeps(16)
		f.expectMail(want, "started")
	}
}

// One question a sweep, whatever the number of servers; none while window or calendar is closed, or for who is blocked by nothing.
func TestRunner_AlarmsAreAskedOnceASweep(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*fixture)
		want    []string
	}{
		"four that wait":      {func(*fixture) {}, []string{"db-", "lag"}},
		"a closed window":     {func(f *fixture) { f.policy.Window = maintenance.Window{Hours: closed{}} }, nil},
		"a closed calendar":   {func(f *fixture) { f.backend.closed = maintenance.CalendarState{Closed: true} }, nil},
		"nothing that blocks": {func(f *fixture) { f.policy.BlockedBy = maintenance.Blockers{} }, nil},
	} {
		f := newFixture(t)
		a := f.blockedBy("db-", "lag")
		a.in = []maintenance.Alarm{{Name: "db-1"}}
		for _, server := range []string{"p1", "p2", "p3", "p4"} {
			q := f.trigger(maintenance.TriggerAlarm, "disk")
			q.ServerName = server
			f.ask(q)
		}
		test.prepare(f)
		a.asked = nil
		f.sweeps(1)
		if slices.Sort(a.asked); !slices.Equal(a.asked, test.want) {
			t.Errorf("%s: asked for are %q", name, a.asked)
		}
	}
}

// Who reads late reads which alarms block now, not those that did.
func TestRunner_ABlockedMessageNamesTodaysAlarms(t *testing.T) {
	f := newFixture(t)
	f.policy.ExpiresAfter = 24 * time.Hour
	a := f.blockedBy("db-")
	a.in = []maintenance.Alarm{{Name: "db-1", Since: now}}
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true, maintenance.TopicRecords: true}
	f.alarm()
	a.in = []maintenance.Alarm{{Name: "db-2", Since: now.Add(30 * time.Second)}}
	f.sweeps(4)
	f.mailbox.broken = nil
	f.sweeps(5)
	want := map[maintenance.Topic]string{maintenance.TopicText: "db-2", maintenance.TopicRecords: "db-1", maintenance.TopicChat: "db-1"}
	if len(f.mailbox.got) != len(want) {
		t.Fatalf("%d messages came", len(f.mailbox.got))
	}
	for _, m := range f.mailbox.got {
		if r := m.report; r.Figures.Alarms[0] != want[m.topic] || !strings.HasPrefix(r.Detail, want[m.topic]+" is in ALARM") {
			t.Errorf("on %s: %q: %s", m.topic, r.Figures.Alarms, r.Detail)
		}
	}
}

// A fault that passed before anybody was told of it is told when it comes again; one that was told is told once.
func TestRunner_AFaultThatComesAgain(t *testing.T) {
	for name, untold := range map[string]bool{"untold": true, "told": false} {
		f := newFixture(t)
		f.policy.ExpiresAfter = 24 * time.Hour
		a := f.blockedBy("db-")
		a.err = failing(maintenance.ReasonDenied)
		f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: untold, maintenance.TopicChat: untold}
		f.alarm()
		a.err, a.in = nil, []maintenance.Alarm{{Name: "db-1"}}
		f.sweeps(3)
		f.mailbox.broken = nil
		f.sweeps(60)
		a.err = failing(maintenance.ReasonDenied)
		f.sweeps(60)
		if want := map[bool][]string{true: {"waiting blocked", "error denied"}, false: {"error denied", "waiting blocked"}}; !slices.Equal(
			f.mailbox.on(maintenance.TopicText), want[untold]) {
			t.Errorf("%s: people got %q", name, f.mailbox.on(maintenance.TopicText))
		}
	}
}

// failsFor is why the alarms of each prefix cannot be read.
type failsFor map[string]error

func (f failsFor) InAlarm(_ context.Context, prefix string) ([]maintenance.Alarm, error) {
	return nil, f[prefix]
}

// What somebody has to mend is not hidden by what passes by itself.
func TestRunner_ADenialIsNotHiddenByAThrottle(t *testing.T) {
	for _, prefixes := range [][]string{{"denied", "throttled"}, {"throttled", "denied"}} {
		f := newFixture(t)
		f.policy.ExpiresAfter = 5 * time.Hour
		f.blockedBy(prefixes...)
		f.Alarms = failsFor{"denied": failing(maintenance.ReasonDenied), "throttled": failing(maintenance.ReasonThrottled)}
		f.alarm()
		f.expectMail("error denied")
		want := failing(maintenance.ReasonDenied).Error() + "; " + failing(maintenance.ReasonThrottled).Error()
		if got := f.only().Wait.Detail; got != want {
			t.Errorf("%q: it waits for %q", prefixes, got)
		}
	}
}
