package maintenance

import "time"

// starter is the part of a turn that has claimed a run.
type starter struct{ *turn }

// maxRecords bounds how often the answer to a start is written; the pauses between them add up to more than an invocation of half a minute.
const maxRecords = 60

// start starts what this turn has claimed, and writes what the attempt learned on the condition that the run is still its own. Nobody else
// has the answer, and a service may not be able to give it again: while there is time, a write that fails is tried again. Who cannot
// write it, writes nothing else over it: the lease is left to run out.
func (t starter) start(run Run, opts moveOptions) (Run, Report) {
	answer := t.send(run, opts)
	for try := 1; ; try++ {
		t.pause(try - 1)
		decision := applyAnswer(run, answer, t.facts(run.ServerName))
		moved, err := t.commit(run, decision, moveOptions{})
		report := decision.Report
		switch reason := ReasonOf(err); {
		case err == nil:
			return moved, report
		case reason != ReasonMoved && reason != ReasonLedgerUnavailable, t.publishCtx.Err() != nil, try == maxRecords:
			report.Err, run.Lease = err, Lease{}
			return run, report
		}
		now, _, err := t.reread(run)
		switch {
		case err != nil:
		case now.State == RunStarting && now.Attempt.ID == run.Attempt.ID:
			run = now
		default: // while the lease binds, nobody else takes it further: the write was made, and its answer lost
			return now, report
		}
	}
}

// send sends the start, unless the attempt's time is over.
func (t starter) send(run Run, opts moveOptions) Answer {
	backend, ok := t.backend(run.Backend)
	switch {
	case !ok:
		return Answer{Err: &Error{Op: "start", Reason: ReasonUnsupported}}
	case t.callCtx.Err() != nil || !t.Now().Before(run.Attempt.Ends):
		return Answer{Err: &Error{Op: "start maintenance of " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}}
	default:
		return backend.Start(t.callCtx, run, run.Attempt.ServerAtDecision, opts.attributes)
	}
}

// startAccepted takes a run from starting to running, and owes its notification "started".
func startAccepted(run Run, a Answer, at time.Time, f Facts) Decision {
	n := Decision{Run: run.to(RunRunning)}
	r := &n.Run
	r.Accepted, r.Reference, r.Missing, r.Unseen = at, a.Reference, Missing{}, Unseen{}
	r.Attempt.Unconfirmed, r.Wait = "", Wait{}
	r.Deadline = r.Deadline.Add(at.Sub(r.Attempt.Claimed)) // which the claim counted from itself
	if a.Server.Status == StatusUnderMaintenance {
		r.Began, r.LastUnderMaintenance = f.Now, f.Now
	}
	if a.Server.Name != "" {
		r.Server = a.Server
	}
	if a.Server.MaintenanceStatus != "" { // which is nearer to the start than what the decision saw
		r.Attempt.ServerAtDecision.MaintenanceStatus = a.Server.MaintenanceStatus
	}
	r.LookAt = r.nextFollow(f.Now, f.Tick)
	n.Stop = !r.Stop.Asked().IsZero()
	notification := Notification{Outcome: OutcomeStarted, At: at, Attempt: r.Attempt.Number, Server: r.Server, Answer: a.Record}
	n.Report = r.report(notification)
	n.Report.Count = true
	r.owe(notification, f.Topics)
	return n
}

// applyAnswer is the run after the backend's answer to its start.
func applyAnswer(run Run, a Answer, f Facts) Decision {
	reason := ReasonOf(a.Err)
	switch {
	case a.Err == nil:
		return startAccepted(run, a, f.Now, f)
	case reason == ReasonStartUnconfirmed:
		n := Decision{Run: run.to(RunStarting)}
		n.Run.Attempt.Unconfirmed, n.Run.LookAt = cut(a.Err.Error(), maxReason), run.Attempt.Ends
		n.Report = n.Run.report(Notification{Outcome: OutcomeError, Reason: reason, At: f.Now, Detail: n.Run.Attempt.Unconfirmed})
		n.Report.Count = true
		return n
	case reason == ReasonWrongState && a.Server.Status == StatusUnderMaintenance:
		return notStarted(run, Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress, Detail: a.Err.Error()}, false, f)
	case reason == ReasonWrongState, reason == ReasonNotFound, reason.Retryable():
		return notStarted(run, Verdict{Ruling: RulingWait, Reason: reason, Detail: a.Err.Error()}, false, f)
	default:
		return notStarted(run, Verdict{Ruling: RulingRefuse, Reason: reason, Detail: a.Err.Error()}, false, f)
	}
}

// notStarted gives back what an attempt held that started nothing. The run waits on under the triggers that may wait; without any,
// or with engine attributes, whose values are kept nowhere, it ends. silent is true if no answer said so.
func notStarted(run Run, v Verdict, silent bool, f Facts) Decision {
	switch mayWait := len(run.Triggers)+run.More > 0 && (!silent || len(run.Attempt.Attributes) == 0); {
	case !run.Stop.At.IsZero():
		return end(run, ending{outcome: OutcomeCancelled, reason: ReasonStopped, detail: v.Detail, stop: true}, f)
	case !mayWait && silent:
		return end(run, ending{outcome: OutcomeFailed, reason: ReasonNeverBegan, detail: v.Detail}, f)
	case !mayWait, v.Ruling == RulingRefuse && run.Attempt.Trigger.Kind != TriggerManual:
		return end(run, ending{outcome: v.Reason.outcome(), reason: v.Reason, detail: v.Detail, figures: v.Figures}, f)
	}
	run.Lease = Lease{}
	var n Decision
	if run.Attempt.Trigger.Kind == TriggerManual && !silent { // the operator gets the answer, and nobody else: the run waits for what it did
		n = Decision{Run: run.to(RunWaiting)}
		n.Run.LookAt = f.Now
		n.Report = n.Run.report(Notification{Outcome: v.Reason.outcome(), Reason: v.Reason, At: f.Now, Detail: cut(v.Detail, maxReason)})
		n.Report.Since, n.Report.Expires = n.Run.Wait.Since, n.Run.Expires(f.Policy)
	} else {
		run.Wait = Wait{}
		n = keepWaiting(run, v, f)
	}
	n.Free, n.Open, n.Run.Slot, n.Run.Node, n.Run.Attempt.CountedOn = true, false, 0, "", ""
	n.Run.Missing, n.Run.Unseen = Missing{}, Unseen{}
	if !silent { // an attempt that certainly started nothing is never looked for again
		n.Run.Attempt = Attempt{Number: run.Attempt.Number}
	}
	n.Report.Count = true
	return n
}
