package simulation

import (
	"context"
	"slices"

	"opsworks-maintenance/lambda/maintenance"
)

// The invariants of who follows a run: what closes stops what has not begun, a wish to stop is sent, and readers are told what is so, once.

// saw is what a flight sees of a run that it follows, at both depths.
func (w *world) saw(ctx context.Context, run maintenance.Run, s maintenance.Sighting) {
	f := flightOf(ctx)
	if f == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f.seen[run.ID] = seeing{asked: f.seen[run.ID].asked, pending: slices.ContainsFunc(s.Executions, func(e maintenance.Execution) bool {
		return (run.Reference == "" || e.ID == run.Reference) && e.State == maintenance.ExecutionPending && !e.Began
	})}
}

// asks: a flight asks the backend to stop a run.
func (w *world) asks(ctx context.Context, run maintenance.Run) {
	f := flightOf(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	s := f.seen[run.ID]
	s.asked = true
	f.seen[run.ID], w.stops[run.ID] = s, true
}

// stoppedSo: what was stopped elsewhere was not stopped by us, and what closed stopped it only if that was asked for.
func (w *world) stoppedSo(run maintenance.Run, reason maintenance.Reason) bool {
	ours := slices.ContainsFunc(w.byRun[run.ID], func(j *job) bool { return j.stopped })
	switch reason {
	case maintenance.ReasonStoppedElsewhere:
		return !ours
	case maintenance.ReasonOutsideWindow, maintenance.ReasonCalendarClosed:
		return w.stops[run.ID]
	default:
		return true
	}
}

// watchFollowed: a change of a run by who has followed it.
func (w *world) watchFollowed(c *call, change maintenance.Change) {
	f, to := c.flight, change.To
	s, followed := f.seen[to.ID]
	if !followed || s.decided || to.State != maintenance.RunRunning || w.plant.server(to.ServerName).Node == "" {
		return
	}
	policy, known := f.box.settings.policy(to.ServerName)
	bound := known && policy.Window.Hours != nil && !slices.Contains(to.Attempt.Trigger.Overrides, maintenance.OverrideWindow)
	if s.pending && to.Began.IsZero() && bound && !policy.Window.Contains(change.Now) && !policy.Window.Contains(change.Now.Add(-timeout)) {
		w.must("closed-stops-what-waits", !to.Stop.At.IsZero(), "%s has not begun, its window is closed, and %s lets it be", to.ID, f.id)
	}
	s.decided = true
	s.stops = c.fate == fine && !to.Stop.At.IsZero() && (!to.Stop.Asked().IsZero() || to.Began.IsZero() && s.pending)
	f.seen[to.ID] = s
}

// watchOwed: what a run waits for, and that it is overdue, is owed once, but where readers had not got it.
func (w *world) watchOwed(change maintenance.Change) {
	for _, n := range change.To.Owed {
		told := n.Outcome == maintenance.OutcomeOverdue || n.Outcome == maintenance.OutcomeWaiting
		if !told || n.Sequence <= change.From.Sequence {
			continue
		}
		approval := n.Reason == maintenance.ReasonApprovalNeeded
		w.must("told-once", !slices.ContainsFunc(w.topics.messages, func(m publication) bool {
			r := m.report
			same := r.RunID == change.To.ID && r.Outcome == n.Outcome && (r.Reason == maintenance.ReasonApprovalNeeded) == approval
			return m.topic == maintenance.TopicText && same && !m.excused && r.Sequence < n.Sequence && !w.asksAnew(change.To, approval)
		}), "%s owes %s %s of %s, which readers have got", change.To.ID, n.Outcome, n.Reason, w.plant.offset(n.At))
	}
}

// asksAnew: approval is asked for once for each work.
func (w *world) asksAnew(run maintenance.Run, approval bool) bool {
	h := w.ledger.runs[run.ID]
	return approval && h != nil && slices.ContainsFunc(h.versions, func(v version) bool {
		return v.run.Approval.Asked != (maintenance.Work{}) && v.run.Approval.Asked != run.Approval.Asked
	})
}

// watchTold: what readers are told of a run that goes on was so in the version that its publisher took it from.
func (w *world) watchTold(c *call, r maintenance.Report) {
	run, ok := w.ledger.runs[r.RunID].latest(c.sent, func(v version) bool { return v.by == c.flight.id && v.run.Lease.By != "" })
	if !ok {
		return // it fails published-what-is-recorded, if anything
	}
	waits := run.State == maintenance.RunWaiting && run.Wait.Reason == r.Reason
	so := false
	switch r.Outcome {
	case maintenance.OutcomeWaiting:
		approval := r.Reason == maintenance.ReasonApprovalNeeded && run.State == maintenance.RunWaiting && run.Approval.At.IsZero()
		so = waits || approval
	case maintenance.OutcomeStarted, maintenance.OutcomeOverdue:
		so = run.State == maintenance.RunRunning
	case maintenance.OutcomeError:
		unseen := run.State == maintenance.RunRunning && !run.Unseen.Since.IsZero()
		unconfirmed := run.State == maintenance.RunStarting && r.Reason == maintenance.ReasonStartUnconfirmed
		ended := run.State == maintenance.RunOver && run.Outcome == r.Outcome && run.Reason == r.Reason
		so = waits || unseen || unconfirmed || ended
	default:
		return
	}
	w.must("told-what-is-so", so, "%s says %s %s, and took that from %s", r.RunID, r.Outcome, r.Reason, describe(run))
}

// watchTaken: an OK takes back its own alarm's triggers from before it, and no others.
func (w *world) watchTaken(c *call, change maintenance.Change) {
	from, to, e := change.From, change.To, c.flight.event
	if e.Verb != "ok" || from.State != maintenance.RunWaiting || to.ServerName != e.Servers[0] {
		return
	}
	for _, t := range from.Triggers {
		if t.Kind == maintenance.TriggerAlarm && t.ID == e.Trigger.ID && !t.Time.After(e.Trigger.Time) {
			continue
		}
		kept := to.Open() && slices.ContainsFunc(to.Triggers, func(k maintenance.Trigger) bool { return k.ID == t.ID && k.Time.Equal(t.Time) })
		w.must("ok-takes-back-its-own", kept, "%s of %s at %s takes %s of %s back from %s", c.flight.id, e.Trigger.ID,
			w.plant.offset(e.Trigger.Time), t.ID, w.plant.offset(t.Time), to.ID)
	}
}
