package maintenance

import (
	"context"
	"errors"
	"time"
)

// Stop ends a run for an operator: what waits is cancelled, what is being started is stopped once it has, what runs is
// asked to stop at each look until its end is seen.
func (r *Runner) Stop(ctx context.Context, o Operator) Report {
	return r.operate(ctx, o, func(t *turn, run Run) (Decision, Report) {
		f := t.facts(run.ServerName)
		backend, ok := t.backend(run.Backend)
		switch {
		case run.State == RunWaiting:
			return end(run, ending{outcome: OutcomeCancelled, reason: ReasonStopped, stop: true}, f), Report{}
		case !ok || !backend.Stops():
			return Decision{}, o.answer(OutcomeRefused, ReasonUnsupported, run,
				"the backend "+run.Backend+" has no operation that stops maintenance", f.Now)
		}
		n := Decision{Run: run, Stop: true}
		if n.Run.Stop.Asked().IsZero() {
			n.Run.Stop = StopRequest{At: f.Now, By: o.Trigger.ID}
		}
		n.Report = o.answer(OutcomeInProgress, ReasonStopping, n.Run, "how it ends is notified", f.Now)
		return n, Report{}
	})
}

// stop asks the backend to stop a run. How it ends is seen; until then it is asked again at each look.
func (t *turn) stop(run Run, report Report) Report {
	backend, ok := t.backend(run.Backend)
	if !ok || !backend.Stops() || run.State != RunRunning || t.callCtx.Err() != nil {
		return report
	}
	if err := backend.Stop(t.callCtx, run); err != nil && ReasonOf(err) != ReasonNotRunning {
		report.Err = errors.Join(report.Err, err)
	}
	return report
}

// Close ends the record of a run past its deadline, or of one that could not be followed for a while, for an operator. What
// happens at the server is not changed by it. It is refused while an attempt may be alive.
func (r *Runner) Close(ctx context.Context, o Operator) Report {
	return r.operate(ctx, o, func(t *turn, run Run) (Decision, Report) {
		f := t.facts(run.ServerName)
		busy, free, seen := time.Time{}, run.Deadline, run.Unseen.Since.IsZero()
		if run.State == RunStarting {
			busy, free, seen = run.Attempt.Ends.Add(leaseMargin), run.Attempt.Claimed.Add(unseenTicks*f.Tick), false
		} else if unseen := run.Unseen.Since.Add(unseenTicks * f.Tick); !seen && unseen.Before(free) {
			free = unseen
		}
		if run.Lease.Live(f.Now) {
			busy = later(busy, run.Lease.Until)
		}
		switch {
		case run.State == RunWaiting:
			return Decision{}, o.answer(OutcomeRefused, ReasonNotRunning, run, "the run waits and holds nothing; stop it instead", f.Now)
		case f.Now.Before(busy):
			return Decision{}, o.refuseUntil(busy, ReasonAttemptAlive, run, f.Now)
		case seen && f.Now.Before(free):
			return Decision{}, o.answer(OutcomeRefused, ReasonInProgress, run, "", f.Now)
		case f.Now.Before(free):
			return Decision{}, o.refuseUntil(free, ReasonInProgress, run, f.Now)
		}
		return end(run, ending{outcome: OutcomeFailed, reason: ReasonClosedByHand, stop: true}, f), Report{}
	})
}

// refuseUntil is a refusal of what may be asked again from then on.
func (o Operator) refuseUntil(until time.Time, reason Reason, run Run, now time.Time) Report {
	report := o.answer(OutcomeRefused, reason, run, "", now)
	report.Until = until
	return report
}

// answer is the answer to an operator's request about a run.
func (o Operator) answer(outcome Outcome, reason Reason, run Run, detail string, now time.Time) Report {
	report := run.report(Notification{Outcome: outcome, Reason: reason, At: now, Detail: detail, Trigger: &o.Trigger, Stop: !o.Approves})
	report.Count = true
	return report
}

// operate finds the run that an operator means, decides on it and commits, again if another invocation moved it.
func (r *Runner) operate(ctx context.Context, o Operator, decide func(*turn, Run) (Decision, Report)) Report {
	t, done := r.turn(ctx)
	defer done()
	report := t.safely(o.ServerName, o.RunID, func() Report { return operation{t, o}.carryOut(decide) })
	report.Publishing = t.published.Publishing
	return report
}

// operation is the part of a turn that carries out an operator's request about one run.
type operation struct {
	*turn
	operator Operator
}

func (t operation) carryOut(decide func(*turn, Run) (Decision, Report)) Report {
	o := t.operator
	for try := range maxMoves {
		t.pause(try)
		run, no, err := t.findRun()
		if err != nil {
			return o.failed(err, t.Now())
		}
		if no.Outcome != "" {
			return no
		}
		decision, no := decide(t.turn, run)
		if no.Outcome != "" {
			return no
		}
		moved, err := t.commit(run, decision, moveOptions{})
		switch {
		case ReasonOf(err) == ReasonMoved:
			continue
		case err != nil:
			return o.failed(err, t.Now())
		}
		report := decision.Report
		if decision.Stop {
			report = t.stop(moved, report)
		}
		if moved = t.deliver(moved); decision.Proceed {
			if proceeded := t.moveDue(moved, true); proceeded.Outcome != "" {
				return proceeded
			}
		}
		return report
	}
	return o.failed(&Error{Op: "act on the run", Reason: ReasonLedgerUnavailable, Err: errContention}, t.Now())
}

// findRun is the run that an operator means, or the answer that there is none.
func (t operation) findRun() (Run, Report, error) {
	o := t.operator
	run, err := Run{}, error(nil)
	if o.RunID != "" {
		run, err = t.Ledger.Run(t.callCtx, o.RunID)
	} else {
		var snapshot Snapshot
		snapshot, err = t.Ledger.Read(t.callCtx, o.ServerName)
		run = snapshot.Open
	}
	if err != nil && ReasonOf(err) != ReasonUnknownRun {
		return run, Report{}, err
	}
	now := t.Now()
	switch {
	case err != nil:
		run = Run{ID: o.RunID, ServerName: o.ServerName}
		return run, o.answer(OutcomeRefused, ReasonUnknownRun, run, "", now), nil
	case run.ID == "":
		return run, o.answer(OutcomeRefused, ReasonNotRunning, Run{ServerName: o.ServerName}, "the server has no open run", now), nil
	case o.ServerName != "" && o.ServerName != run.ServerName:
		return run, o.answer(OutcomeRefused, ReasonInvalidRequest, run, otherServer(run), now), nil
	case !run.Open():
		return run, o.answer(OutcomeRefused, ReasonNotRunning, run, overText(run), now), nil
	default:
		return run, Report{}, nil
	}
}

// failed is a request that could not be carried out: the operator asks again.
func (o Operator) failed(err error, now time.Time) Report {
	return Report{Outcome: OutcomeError, Reason: ReasonOf(err), ServerName: o.ServerName, RunID: o.RunID, Trigger: o.Trigger, At: now,
		Stop: !o.Approves, Detail: err.Error(), Err: err, Count: true}
}
