package simulation

import (
	"context"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// opsworksCM is the model of lambda/opsworkscm on OpsWorks CM:
//   - StartMaintenance is accepted from HEALTHY and UNHEALTHY, else InvalidStateException; it has no token (API_StartMaintenance.html), so
//     two of them are two; it answers with the server, whose status need not have changed yet;
//   - DescribeServers shows what the service has stored (API_DescribeServers.html), which may be as of up to five minutes ago, and
//     MaintenanceStatus is that of the latest maintenance that ended (API_Server.html);
//   - DescribeEvents has "Maintenance completed successfully" of a success, sometimes (opscm-maintenance.html); no text is documented for
//     a beginning or a failure, nor what state a failure leaves;
//   - nothing stops it.
//
// Maintenance by others never begins while a run of ours is not over, or within twenty minutes of a start or an end of ours: the service
// could not tell the two apart, nor could people.
type opsworksCM struct{ *plant }

func (b opsworksCM) Shared() maintenance.Backend { return b }
func (b opsworksCM) Stops() bool                 { return false }

func (b opsworksCM) Calendar(context.Context, string) maintenance.CalendarState {
	return maintenance.CalendarState{} // it has none
}

// state is a server at a time.
func (b opsworksCM) state(name string, at time.Time) maintenance.Server {
	s := maintenance.Server{Name: name, Backend: "opsworks-cm", Engine: "Puppet", Status: maintenance.StatusHealthy,
		MaintenanceStatus: maintenance.MaintenanceSuccess}
	latest := time.Time{}
	for _, j := range b.jobs {
		if j.server != name || j.begins.IsZero() {
			continue
		}
		switch state, ok := j.state(at); {
		case ok && state == maintenance.ExecutionRunning:
			s.Status = maintenance.StatusUnderMaintenance
		case ok && state.Over() && j.ends.After(latest):
			latest, s.MaintenanceStatus = j.ends, maintenance.MaintenanceSuccess
			if state == maintenance.ExecutionFailed {
				s.MaintenanceStatus = maintenance.MaintenanceFailed
			}
		}
	}
	if s.Status == maintenance.StatusHealthy && s.MaintenanceStatus == maintenance.MaintenanceFailed {
		s.Status = maintenance.StatusUnhealthy
	}
	if slices.ContainsFunc(b.backups[name], func(backup span) bool { return backup.covers(at) }) && s.Status.Startable() {
		s.Status = maintenance.StatusBackingUp
	}
	return s
}

func (b opsworksCM) describe(c *call, name string, at time.Time) (maintenance.Server, error) {
	if b.missing(c, name) {
		return maintenance.Server{}, backendError("describe the server", maintenance.ReasonNotFound)
	}
	return b.state(name, at), nil
}

func (b opsworksCM) Look(ctx context.Context, serverName string) (s maintenance.Sighting) {
	began := clockOf(ctx)
	got := b.call(ctx, "opsworks-cm.Look", serverName, func(c *call) {
		s.Server, s.ServerErr = b.describe(c, serverName, b.lag(c, "server"))
		b.watchLook(c, serverName)
	})
	if got != fine {
		s = maintenance.Sighting{ServerErr: backendError("describe the server", maintenance.ReasonUnavailable)}
	}
	s.At = began
	return s
}

func (b opsworksCM) Follow(ctx context.Context, run maintenance.Run) (s maintenance.Sighting) {
	began := clockOf(ctx)
	got := b.call(ctx, "opsworks-cm.Follow", run.ID, func(c *call) {
		s.Server, s.ServerErr = b.describe(c, run.ServerName, b.lag(c, "server"))
		if _, ok := b.oddOf(c, "events", "partial", b.knobs.Partial, happens("partial")); ok {
			s.EventsErr = backendError("describe the events", maintenance.ReasonUnavailable)
			return
		}
		s.Events = b.events(c, run, b.lag(c, "events"))
	})
	if got != fine {
		err := backendError("describe the server", maintenance.ReasonUnavailable)
		s = maintenance.Sighting{ServerErr: err, EventsErr: err}
	}
	s.At = began
	return s
}

// events are those since the claim, newest first. Stamps are whole seconds.
func (b opsworksCM) events(c *call, run maintenance.Run, at time.Time) []maintenance.Event {
	var out []maintenance.Event
	for _, j := range b.jobs {
		stamp := j.ends.Truncate(time.Second)
		if j.server != run.ServerName || j.begins.IsZero() || at.Before(j.ends) || stamp.Before(run.Attempt.Claimed.Truncate(time.Second)) {
			continue
		}
		if _, no := b.oddly(b.knobs.NoEvent, happens("no-event"), j.id, "no-event"); no || j.result != maintenance.ExecutionSucceeded {
			continue
		}
		out = append(out, maintenance.Event{At: stamp, Message: "Maintenance completed successfully", Maintenance: true, Succeeded: true})
	}
	slices.Reverse(out)
	return out
}

func (b opsworksCM) Start(ctx context.Context, run maintenance.Run, server maintenance.Server,
	_ []maintenance.EngineAttribute) (a maintenance.Answer) {
	if no := b.mayStart(ctx, run); no != nil {
		return maintenance.Answer{Err: no, Server: server}
	}
	got := b.call(ctx, "opsworks-cm.Start", run.ID, func(c *call) {
		b.watchSent(c, run)
		state := b.state(run.ServerName, b.now())
		reason := b.refused(c, "opsworks-cm")
		switch {
		case b.gone(run.ServerName):
			reason = maintenance.ReasonNotFound
		case !state.Status.Startable():
			reason = maintenance.ReasonWrongState
		}
		if reason != "" {
			a = maintenance.Answer{Err: backendError("start maintenance", reason), Server: state}
			return
		}
		b.begin(c, run)
		a = maintenance.Answer{Server: state, Record: "{}"}
		b.watchKnown(c, run)
	})
	return b.answered(got, a, server)
}

func (b opsworksCM) begin(c *call, run maintenance.Run) {
	j := b.drawn(run)
	b.add(j)
	b.watchStart(c, run, j)
}

// drawn is a maintenance as StartMaintenance makes it, whose course is drawn from its name: it may begin later, or never.
func (b opsworksCM) drawn(run maintenance.Run) *job {
	now := b.now()
	id := "maint-" + run.Attempt.ID
	r := roll(b.story.Seed, named(id))
	for n := 2; b.byID[id] != nil; n++ { // a start that is sent twice is two
		id += "'"
	}
	j := &job{id: id, server: run.ServerName, run: run.ID, attempt: run.Attempt.ID, created: now,
		begins: now.Add(r.between(0, 20*time.Second))}
	if late, ok := b.oddly(b.knobs.BeginLate, lasts("begin-late", 20*time.Second, longestLate), id, "begin-late"); ok {
		j.begins = now.Add(late)
	}
	j.ends = j.begins.Add(r.between(12*time.Minute, 50*time.Minute)) // it makes a backup, and a new instance from it (opscm-maintenance.html)
	j.result = b.becomes(id)
	if _, ok := b.oddly(b.knobs.Never, happens("never"), id, "never"); ok {
		j.begins, j.ends, j.result = time.Time{}, now, maintenance.ExecutionCancelled
	}
	return j
}

func (b opsworksCM) Stop(context.Context, maintenance.Run) error {
	return &maintenance.Error{Op: "stop", Reason: maintenance.ReasonUnsupported}
}
