package maintenance

import (
	"time"
)

// stop ends an attempt at a gate, for a run that is new or waits.
func (t *turn) stop(run Run, v Verdict, server Server) Report {
	switch {
	case v.Answer == Join:
		return t.join(run, server)
	case v.Answer == Wait && run.Cause.Kind != CauseManual && !v.Until.After(run.PatienceEnds):
		return t.wait(run, v, server, v.Detail)
	default: // a person never waits, and nobody waits for what comes too late
		return t.refuse(run, v, server)
	}
}

// fail ends an attempt at a call that failed before anything was started.
func (t *turn) fail(run Run, err error, server Server) Report {
	reason := ReasonOf(err)
	if reason == LedgerUnavailable {
		// Nothing can be recorded, so nothing may be started: the event comes again, or the sweep does.
		r := newReport(run, Errored, reason, t.Now()).seen(server)
		r.Detail = err.Error()
		if run.State == RunWaiting {
			r.Untold = true
			return r
		}
		return t.say(r)
	}
	if reason.Retryable() && run.Cause.Kind != CauseManual {
		return t.wait(run, Verdict{Answer: Wait, Reason: reason}, server, err.Error())
	}
	run.Detail = err.Error()
	return t.refuse(run, Verdict{Answer: Refuse, Reason: reason}, server)
}

// join ends a request that finds what it asks for under way already.
func (t *turn) join(run Run, server Server) Report {
	r := newReport(run, InProgress, "", t.Now()).seen(server)
	if run.State == RunWaiting {
		run.Outcome, run.Ended = InProgress, t.Now()
		_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunClosed))
	}
	return r
}

// wait records that a run may not start yet. People are told once, when there is a reason to tell.
func (t *turn) wait(run Run, v Verdict, server Server, detail string) Report {
	changed := run.Reason != v.Reason || !run.Until.Equal(v.Until)
	run.Reason, run.Until, run.Detail = v.Reason, v.Until, detail
	if run.State == "" {
		recorded, err := t.Ledger.Record(t.tell, run.to(RunWaiting))
		if err != nil {
			return t.notRecorded(run, err)
		}
		run = recorded
	}
	r := newReport(run, Waiting, v.Reason, t.Now()).seen(server)
	if run.WaitingTold {
		r.Untold = true
		if changed {
			_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunWaiting))
		}
		return r
	}
	if r = t.say(r); r.PublishErr == nil {
		run.WaitingTold = true
		_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunWaiting))
	}
	return r
}

// notRecorded says what it comes to that a run could not be recorded as waiting.
func (t *turn) notRecorded(run Run, err error) Report {
	if ReasonOf(err) == Duplicate {
		return t.notClaimed(run, err, Server{})
	}
	run.State = ""
	return t.fail(run, &Error{Op: "record run " + run.ID, Reason: LedgerUnavailable, Err: err}, Server{})
}

// refuse ends a request that something says no to. A refusal is told once per server and reason a day, an error once per cause;
// a run that waited has been told of, so its end is told too.
func (t *turn) refuse(run Run, v Verdict, server Server) Report {
	r := newReport(run, v.outcome(), v.Reason, t.Now()).seen(server)
	r.Until = v.Until
	if v.Detail != "" {
		r.Detail = v.Detail
	}
	if run.State == RunWaiting {
		if r = t.say(r); r.PublishErr == nil {
			run.Outcome, run.Reason, run.Ended = r.Outcome, v.Reason, t.Now()
			_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunClosed))
		}
		return r
	}
	return t.sayOnce(r, t.tellKey(r))
}

// outcome is what a verdict other than to pass comes to, once nothing more is tried.
func (v Verdict) outcome() Outcome {
	if v.Answer == Join {
		return InProgress
	}
	return v.Reason.outcome()
}

// tellKey makes what is told once one thing: a refusal of a server for a reason on a day, an error of a cause. A person is
// answered and told each time.
func (t *turn) tellKey(r Report) string {
	server, cause := r.Request.ServerName, r.Request.Cause
	switch {
	case r.Stop:
		return "stop#" + cause.Key(server)
	case cause.Kind == CauseManual:
		return "run#" + r.RunID
	case r.Outcome == Errored:
		return "error#" + cause.Key(server)
	default:
		if server == "" {
			server = string(cause.Kind) + " " + cause.ID
		}
		return "refused#" + server + "#" + string(r.Reason) + "#" + t.Now().UTC().Format(time.DateOnly)
	}
}

// free ends an attempt that held the server and started nothing: the run waits again, or it is closed. Tell, then record.
func (t *turn) free(run Run, v Verdict, server Server, detail string) Report {
	run.Reason, run.Until, run.Detail = v.Reason, v.Until, detail
	if v.Answer == Wait && run.Cause.Kind != CauseManual && len(run.Attributes) == 0 {
		r := newReport(run, Waiting, v.Reason, t.Now()).seen(server)
		if !run.WaitingTold {
			r = t.say(r)
			run.WaitingTold = r.PublishErr == nil
		} else {
			r.Untold = true
		}
		_, r.LedgerErr = t.Ledger.Free(t.tell, run.to(RunWaiting))
		return r
	}
	run.Outcome, run.Ended = v.outcome(), t.Now()
	r := newReport(run, run.Outcome, v.Reason, t.Now()).seen(server)
	if r.Outcome.Told() {
		r = t.say(r)
	}
	if r.PublishErr != nil { // the next sweep finds that nothing was started, and says so
		_, r.LedgerErr = t.Ledger.Save(t.tell, t.letGo(run.to(RunStarting)))
		return r
	}
	_, r.LedgerErr = t.Ledger.Free(t.tell, run.to(RunClosed))
	return r
}
