package simulation

import (
	"context"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// ssm is the model of lambda/automation on Systems Manager:
//   - StartAutomationExecution answers with an id before anything runs, and a ClientToken makes a second one of the same start harmless
//     (API_StartAutomationExecution.html); executions beyond the quota are queued as Pending (systems-manager-automation.html, quotas);
//   - DescribeAutomationExecutions, DescribeInstanceInformation and GetAutomationExecution promise no consistency: each is taken as of up
//     to five minutes ago, and a list may lack what it should have;
//   - a node's ping status is Online or ConnectionLost (API_InstanceInformation.html), and an execution goes on without it;
//   - a stopped execution ends some time after the request (API_StopAutomationExecution.html).
type ssm struct{ *plant }

func (b ssm) Shared() maintenance.Backend { return b }
func (b ssm) Stops() bool                 { return true }

func (b ssm) Calendar(ctx context.Context, serverName string) maintenance.CalendarState {
	return b.calendar(ctx, "ssm", serverName)
}

// node reads a server's managed node.
func (b ssm) node(c *call, serverName string) (maintenance.Server, error) {
	server := b.server(serverName)
	if server.Node == "" || b.missing(c, serverName) {
		return maintenance.Server{}, backendError("find the node", maintenance.ReasonNotFound)
	}
	out := maintenance.Server{Name: serverName, Backend: "ssm", Status: maintenance.StatusHealthy, Node: server.Node, Runbook: "runbook",
		TakesRunID: server.Own}
	if b.during("reboot", server.Node, b.knobs.Reboot) {
		b.met(c, "reboot")
		out.Status = maintenance.StatusConnectionLost
	}
	return out, nil
}

func (b ssm) Look(ctx context.Context, serverName string) (s maintenance.Sighting) {
	began := clockOf(ctx)
	got := b.call(ctx, "ssm.Look", serverName, func(c *call) {
		s.Server, s.ServerErr = b.node(c, serverName)
		if s.ServerErr != nil {
			return
		}
		for _, j := range b.active(b.server(serverName), b.lag(c, "list")) {
			at := b.lag(c, j.id)
			if state, ok := j.state(at); ok && !state.Over() {
				s.Executions = append(s.Executions, b.execution(j, at))
			}
		}
		b.partial(c, &s)
		b.watchLook(c, serverName)
	})
	if got != fine {
		s = maintenance.Sighting{ServerErr: backendError("look at the node", maintenance.ReasonUnavailable)}
	}
	s.At = began
	return s
}

// partial: one of what is listed could not be read, and is missing; where none is listed, one that is not known.
func (b ssm) partial(c *call, s *maintenance.Sighting) {
	if _, ok := b.oddOf(c, "list", "partial", b.knobs.Partial, happens("partial")); !ok {
		return
	}
	s.ExecutionsErr = backendError("read an execution", maintenance.ReasonUnavailable)
	if n := len(s.Executions); n > 0 {
		i := roll(b.story.Seed, c.key.and("unread")).below(n)
		s.Executions = slices.Delete(s.Executions, i, i+1)
	}
}

func (b ssm) execution(j *job, at time.Time) maintenance.Execution {
	state, _ := j.state(at)
	e := maintenance.Execution{ID: j.id, Node: j.node, TakesRunID: j.takesRun, Started: j.created, State: state, Began: j.began(at),
		Stopping: j.stopped && !state.Over()}
	if j.takesRun {
		e.RunID = j.run
	}
	if state.Over() {
		e.Ended = j.ends
	}
	return e
}

func (b ssm) Follow(ctx context.Context, run maintenance.Run) (s maintenance.Sighting) {
	began := clockOf(ctx)
	got := b.call(ctx, "ssm.Follow", run.ID, func(c *call) {
		s.Server, s.ServerErr = b.node(c, run.ServerName)
		at := b.lag(c, "list")
		for _, j := range b.jobs {
			if _, ok := j.state(at); !ok || j.node != run.Attempt.ServerAtDecision.Node {
				continue
			}
			if run.Reference == "" && j.created.Before(run.Attempt.Claimed.Add(-2*time.Second)) || run.Reference != "" && j.id != run.Reference {
				continue
			}
			s.Executions = append(s.Executions, b.execution(j, at))
		}
		if run.Reference != "" && len(s.Executions) == 0 {
			s.ExecutionsErr = backendError("read the execution", maintenance.ReasonNotFound)
		}
		if run.Reference == "" {
			b.partial(c, &s)
		}
	})
	if got != fine {
		err := backendError("read the execution", maintenance.ReasonUnavailable)
		s = maintenance.Sighting{ServerErr: err, ExecutionsErr: err}
	}
	s.At = began
	b.saw(ctx, run, s)
	return s
}

func (b ssm) Start(ctx context.Context, run maintenance.Run, server maintenance.Server,
	_ []maintenance.EngineAttribute) (a maintenance.Answer) {
	if no := b.mayStart(ctx, run); no != nil {
		return maintenance.Answer{Err: no, Server: server}
	}
	got := b.call(ctx, "ssm.Start", run.ID, func(c *call) {
		b.watchSent(c, run)
		if reason := b.refused(c, "ssm"); reason != "" {
			a = maintenance.Answer{Err: backendError("start the execution", reason), Server: server}
			return
		}
		j := b.byID["exec-"+run.Attempt.ID]
		if j == nil { // else it is the same ClientToken, and the same execution
			j = b.begin(c, run)
		}
		a = maintenance.Answer{Reference: j.id, Server: server}
		b.watchKnown(c, run)
	})
	return b.answered(got, a, server)
}

// begin makes an execution as a start does.
func (b ssm) begin(c *call, run maintenance.Run) *job {
	j := b.drawn(run)
	if pause, ok := b.oddly(b.knobs.Cancel, lasts("cancel", 5*time.Second, 30*time.Minute), j.id, "cancel"); ok {
		b.after(pause, func() { b.cancel(j, 0) })
	}
	b.add(j)
	b.watchStart(c, run, j)
	b.after(j.ends.Sub(b.now()), func() { b.ended(j) })
	return j
}

// drawn is an execution of a run, whose course is drawn from its name.
func (b ssm) drawn(run maintenance.Run) *job {
	now, server := b.now(), b.server(run.ServerName)
	id := "exec-" + run.Attempt.ID
	r := roll(b.story.Seed, named(id))
	j := &job{id: id, server: server.Name, node: run.Attempt.ServerAtDecision.Node, run: run.ID, attempt: run.Attempt.ID,
		takesRun: server.Own, created: now, begins: now.Add(r.between(100*time.Millisecond, 5*time.Second))}
	if queued, ok := b.oddly(b.knobs.Queue, lasts("queue", time.Minute, 40*time.Minute), id, "queue"); ok {
		j.begins = now.Add(queued)
	}
	j.ends = j.begins.Add(duration(r))
	if j.result = b.becomes(id); b.gone(server.Name) {
		j.result = maintenance.ExecutionFailed
	}
	short := roll(b.story.Seed, named(id, "short"))
	switch failed := j.result == maintenance.ExecutionFailed; {
	case failed && short.chance(0.2): // it may not assume its role, or has no node to run on
		j.begins, j.ends = time.Time{}, j.begins.Add(short.between(0, 3*time.Second))
	case failed && short.chance(0.5), short.chance(0.1):
		j.ends = j.begins.Add(short.between(50*time.Millisecond, 8*time.Second))
	}
	return j
}

func duration(r *roller) time.Duration {
	if r.chance(0.15) {
		return r.between(30*time.Minute, 80*time.Minute)
	}
	return r.between(2*time.Minute, 25*time.Minute)
}

// becomes is how a maintenance ends, if nobody stops it.
func (p *plant) becomes(id string) maintenance.ExecutionState {
	if _, ok := p.oddly(p.knobs.BadRun, happens("bad-run"), id, "bad-run"); ok {
		return maintenance.ExecutionFailed
	}
	return maintenance.ExecutionSucceeded
}

// cancel stops an execution some time later.
func (b ssm) cancel(j *job, pause time.Duration) { b.end(j, pause, maintenance.ExecutionCancelled) }

// end ends a maintenance some time later, if it has not ended by itself by then.
func (b ssm) end(j *job, pause time.Duration, as maintenance.ExecutionState) {
	ends := b.now().Add(pause)
	if !ends.Before(j.ends) {
		return
	}
	if !j.began(ends) {
		j.begins = time.Time{}
	}
	j.ends, j.result = ends, as
	b.after(pause, func() { b.ended(j) })
}

func (b ssm) Stop(ctx context.Context, run maintenance.Run) (err error) {
	b.asks(ctx, run)
	got := b.call(ctx, "ssm.Stop", run.ID, func(c *call) {
		j := b.byID[run.Reference]
		if j == nil || !b.now().Before(j.ends) {
			err = backendError("stop the execution", maintenance.ReasonNotRunning)
			return
		}
		b.watchStop(c, j)
		b.cancel(j, roll(b.story.Seed, c.key.and("stopping")).between(time.Second, 30*time.Second))
	})
	if got != fine {
		return backendError("stop the execution", maintenance.ReasonUnavailable)
	}
	return err
}

// ended sends the event that an execution is over: once, or twice, late, or not at all (EventBridge delivers at least once, best effort for
// aws.ssm: monitoring-systems-manager-event-examples.html).
func (b ssm) ended(j *job) {
	if b.now().Before(j.ends) || b.grounded || j.node == "" { // OpsWorks CM sends none
		return
	}
	id := "end-" + j.id
	if _, ok := b.oddly(b.knobs.EndLost, happens("end-lost"), id, "end-lost"); ok {
		return
	}
	pause := roll(b.story.Seed, named(id)).between(100*time.Millisecond, 2*time.Second)
	if late, ok := b.oddly(b.knobs.EndLate, lasts("end-late", 0, 10*time.Minute), id, "end-late"); ok {
		pause += late
	}
	b.after(pause, func() { b.invoke(id, Event{Verb: "finished", Reference: j.id, Async: true}) })
	if between, ok := b.oddly(b.knobs.EndTwice, lasts("end-twice", 0, time.Minute), id, "end-twice"); ok {
		b.after(pause+between, func() { b.invoke(id+".2", Event{Verb: "finished", Reference: j.id, Async: true}) })
	}
}
