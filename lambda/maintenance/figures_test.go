package maintenance_test

import (
	"reflect"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// lastMail is the latest report that people got.
func (f *fixture) lastMail() maintenance.Report {
	f.t.Helper()
	f.mailbox.mu.Lock()
	defer f.mailbox.mu.Unlock()
	if len(f.mailbox.got) == 0 {
		f.t.Fatal("nobody got anything")
	}
	for i := len(f.mailbox.got) - 1; i >= 0; i-- {
		if mail := f.mailbox.got[i]; mail.topic == maintenance.TopicText {
			return mail.report
		}
	}
	f.t.Fatal("no text was published")
	return maintenance.Report{}
}

// What a reason turns on reaches who is notified of it, with the server's clock.
func TestRunner_ReportsTheFiguresThatDecide(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		do   func(*fixture)
		want maintenance.Figures
	}{
		"stale: the limit": {func(f *fixture) {
			q := f.trigger(maintenance.TriggerAlarm, "disk")
			q.Trigger.Time = f.clock.Add(-2 * time.Hour)
			f.ask(q)
		}, maintenance.Figures{Limit: time.Hour}},
		"from the future: that limit": {func(f *fixture) {
			q := f.trigger(maintenance.TriggerAlarm, "disk")
			q.Trigger.Time = f.clock.Add(time.Hour)
			f.ask(q)
		}, maintenance.Figures{Limit: 5 * time.Minute}},
		"cooldown: how long it is": {func(f *fixture) {
			f.alarm()
			f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
			f.sweeps(1)
			f.alarm()
		}, maintenance.Figures{Limit: 12 * time.Hour}},
		"the concurrency limit, and who holds its slots": {func(f *fixture) {
			f.MaxConcurrent = 1
			other := f.trigger(maintenance.TriggerSchedule, "weekly")
			other.ServerName = "puppet-02"
			f.ask(other)
			f.operator()
		}, maintenance.Figures{Most: 1, Holders: []string{"puppet-02-2"}}},
		"overdue: the step that goes on": {func(f *fixture) {
			f.alarm()
			f.backend.follow = func(maintenance.Run) maintenance.Sighting {
				s := execution(maintenance.ExecutionRunning)
				s.Executions[0].Step = "Patch"
				return s
			}
			f.clock = f.clock.Add(5 * time.Hour)
			f.sweeps(1)
		}, maintenance.Figures{Step: "Patch"}},
		"nothing, where nothing decides": {func(f *fixture) { f.alarm() }, maintenance.Figures{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.policy.Window.Location = berlin
			c.do(f)
			got := f.lastMail()
			if !reflect.DeepEqual(got.Figures, c.want) {
				t.Errorf("%s %s: got %+v, want %+v", got.Outcome, got.Reason, got.Figures, c.want)
			}
			if got.Zone != "Europe/Berlin" || got.Server.Backend != "fake" {
				t.Errorf("the zone is %q, the backend %q", got.Zone, got.Server.Backend)
			}
		})
	}
}

func TestRunner_ReportsThatAnOperatorAskedToStop(t *testing.T) {
	f := newFixture(t)
	run := f.alarm()
	f.clock = f.clock.Add(time.Minute)
	asked := f.clock
	f.Stop(f.invocation(), maintenance.Operator{RunID: run.RunID, Trigger: f.trigger(maintenance.TriggerManual, "").Trigger})
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionFailed) }
	f.sweeps(1)
	if got := f.lastMail(); got.Outcome != maintenance.OutcomeFailed || !got.StopAsked.Equal(asked) {
		t.Errorf("got %s, asked to stop %s", got.Outcome, got.StopAsked)
	}
}

func TestRunner_ReportsWhenAMissedRunExpired(t *testing.T) {
	f := newFixture(t)
	f.policy.KeepWhenCleared = true
	f.backend.look = func() maintenance.Sighting {
		return maintenance.Sighting{ServerErr: failing(maintenance.ReasonThrottled)}
	}
	f.alarm()
	if got := f.lastMail(); got.Outcome != maintenance.OutcomeWaiting || !got.KeepWhenCleared || !got.Expires.Equal(now.Add(6*time.Hour)) {
		t.Errorf("got %s, expires %s, keeps %t", got.Outcome, got.Expires, got.KeepWhenCleared)
	}
	f.clock = f.clock.Add(7 * time.Hour)
	f.sweeps(1)
	if got := f.lastMail(); got.Outcome != maintenance.OutcomeMissed || !got.Expires.Equal(now.Add(6*time.Hour)) {
		t.Errorf("got %s, expires %s", got.Outcome, got.Expires)
	}
}
