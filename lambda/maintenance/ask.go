package maintenance

import (
	"errors"
	"fmt"
	"time"
)

// ask decides on one request: it joins the server's open run, or begins one, which starts if every gate lets it pass. Without look,
// a run is begun that waits, and nothing is looked at.
func (t *turn) ask(q Request, look bool) Report {
	if q.RunID != "" {
		var no Report
		if q, no = t.resolveRunID(q); no.Outcome != "" {
			return no
		}
	}
	f := t.facts(q.ServerName)
	if v := admit(arrivalGates, Run{}, q.Trigger, f); v.Ruling == RulingRefuse {
		return t.refuse(refusal(q, v, f))
	}
	if look {
		var stop func()
		t, stop = t.prefetchLook(q.ServerName, []Trigger{q.Trigger}, f)
		defer stop()
	}
	for try := range maxMoves {
		t.pause(try)
		var err error
		readCtx := t.callCtx
		if !look { // what there was no time to look at is recorded
			readCtx = t.recordCtx
		}
		if f.Snapshot, err = t.Ledger.Read(readCtx, q.ServerName); err != nil {
			return t.failed(q, err)
		}
		if f.Snapshot.Fleet, err = t.initFleetLimit(f.Snapshot.Fleet); ReasonOf(err) == ReasonMoved {
			continue
		} else if err != nil {
			return t.failed(q, err)
		}
		report, err := t.joinOrOpen(q, f, look)
		switch reason := ReasonOf(err); {
		case err == nil:
			return report
		case reason == ReasonDuplicate:
			return t.answerDuplicate(q, err)
		case reason == ReasonOpenRun, reason == ReasonMoved, reason == ReasonHeld, reason == ReasonCoolingDown, reason == ReasonDailyLimit:
			f = t.facts(q.ServerName) // somebody was faster
		case reason == ReasonAttemptAlive:
			return busy(q, err, t.Now())
		case errors.Is(err, errNoTime) && q.Trigger.Kind != TriggerManual:
			look = false
		default:
			return t.failed(q, err)
		}
	}
	return t.failed(q, &Error{Op: "ask for " + q.ServerName, Reason: ReasonLedgerUnavailable, Err: errOthers})
}

// busy answers an operator whose run another invocation is at work on.
func busy(q Request, err error, now time.Time) Report {
	var e *Error
	errors.As(err, &e)
	return Report{Outcome: OutcomeRefused, Reason: ReasonAttemptAlive, ServerName: q.ServerName, RunID: q.RunID, Trigger: q.Trigger, At: now, Until: e.Until,
		Detail: "another invocation is at work on the run", Count: true}
}

// resolveRunID is a request with the server of the run that it names, or the answer that there is none.
func (t *turn) resolveRunID(q Request) (Request, Report) {
	run, err := t.Ledger.Run(t.callCtx, q.RunID)
	no := Report{Outcome: OutcomeRefused, ServerName: q.ServerName, RunID: q.RunID, Trigger: q.Trigger, At: t.Now(), Count: true}
	switch {
	case ReasonOf(err) == ReasonUnknownRun:
		no.Reason, no.Detail = ReasonUnknownRun, "there is no run of that id"
		return q, no
	case err != nil:
		return q, t.failed(q, err)
	case q.ServerName != "" && q.ServerName != run.ServerName:
		no.Reason, no.Detail = ReasonInvalidRequest, otherServer(run)
		return q, no
	case !run.Open():
		no.Reason, no.ServerName, no.State, no.Detail = ReasonNotRunning, run.ServerName, run.State, overText(run)
		return q, no
	}
	q.ServerName = run.ServerName
	return q, Report{}
}

func otherServer(run Run) string {
	return fmt.Sprintf("the run %s is of the server %s", run.ID, run.ServerName)
}

// joinOrOpen finds the request's place among what is open.
func (t *turn) joinOrOpen(q Request, f Facts, look bool) (Report, error) {
	open := f.Snapshot.Open
	switch {
	case open.Edition > Edition: // later rules: what they make of a trigger is theirs
		return Report{}, &Error{Op: "join run " + open.ID, Reason: ReasonUnsupported, Err: errors.New("it needs a later edition of the rules")}
	case q.Trigger.Kind == TriggerManual:
		return t.joinOrOpenManual(q, f)
	case open.ID == "" || !open.Open():
		return t.openRun(q, f, look)
	case open.State == RunRunning:
		return t.joinOpenRun(q, open, OutcomeInProgress, f)
	default:
		return t.joinOpenRun(q, open, OutcomeJoined, f)
	}
}

// openRun begins a run.
func (t *turn) openRun(q Request, f Facts, look bool) (Report, error) {
	run := t.newRun(q, f)
	opts := moveOptions{key: q.Trigger.Key(q.ServerName), requestDigest: q.digest(), attributes: q.EngineAttributes}
	if q.Trigger.Kind == TriggerManual {
		opts.triggers, run.Triggers = []Trigger{q.Trigger}, nil
	}
	if !look {
		n := Decision{Run: run.to(RunWaiting), Open: true}
		n.Run.Wait.Since, n.Run.LookAt = f.Now, f.Now
		n.Report = n.Run.report(Notification{Outcome: OutcomeWaiting, At: f.Now})
		n.Report.Count = true
		_, err := t.commit(run, n, opts)
		return n.Report, err
	}
	run, report, err := t.advance(run, f, opts)
	if err == nil && run.State == RunOver && run.Version == 0 {
		r := refusal(q, Verdict{Reason: report.Reason, Detail: report.Detail, Until: report.Until, Holder: report.RunID}, f)
		r.Server = report.Server
		return t.refuse(r), nil
	}
	return report, err
}

// newRun is a run that its trigger has just asked for.
func (t *turn) newRun(q Request, f Facts) Run {
	trigger := q.Trigger
	trigger.Name, trigger.Reason = cut(trigger.Name, maxName), cut(trigger.Reason, maxReason)
	run := Run{ID: t.NewID(q.ServerName, f.Now), ServerName: q.ServerName, Created: f.Now, Triggers: []Trigger{trigger}}
	if f.Policy != nil {
		run.Backend = f.Policy.Backend
		if f.Policy.Window.Location != nil {
			run.Zone = f.Policy.Window.Location.String()
		}
	}
	return run
}

// joinOpenRun records a trigger that finds its server's run open: a run that may still start takes it over; one that runs is what was asked for.
func (t *turn) joinOpenRun(q Request, run Run, outcome Outcome, f Facts) (Report, error) {
	n := joinRun(run, q.Trigger, f.Now, f.Topics)
	if outcome == OutcomeInProgress {
		n = Decision{Run: run}
		notification := Notification{Outcome: outcome, At: f.Now, Trigger: &q.Trigger}
		n.Report = run.report(notification)
		n.Report.Count = true
		n.Run.owe(notification, f.Topics)
	}
	moved, err := t.commit(run, n, moveOptions{key: q.Trigger.Key(q.ServerName), requestDigest: q.digest()})
	if err != nil {
		return Report{}, err
	}
	t.deliver(moved)
	return n.Report, nil
}

// joinOrOpenManual: an operator takes over what waits, and is told what goes on.
func (t *turn) joinOrOpenManual(q Request, f Facts) (Report, error) {
	open := f.Snapshot.Open
	switch {
	case q.RunID != "" && q.RunID != open.ID: // it ended a moment ago
		_, no := t.resolveRunID(q)
		return no, nil
	case open.ID == "" || !open.Open():
		return t.openRun(q, f, true)
	case open.State != RunWaiting:
		report := open.report(Notification{Outcome: OutcomeInProgress, At: f.Now, Trigger: &q.Trigger})
		report.Count = true
		_, err := t.commit(Run{}, Decision{Report: report}, moveOptions{key: q.Trigger.Key(q.ServerName), requestDigest: q.digest()}) // the key alone
		return report, err
	}
	opts := moveOptions{key: q.Trigger.Key(q.ServerName), requestDigest: q.digest(), triggers: []Trigger{q.Trigger}, attributes: q.EngineAttributes}
	decision, err := t.decide(open, &f, opts)
	if err != nil {
		return Report{}, err
	}
	if decision.Claim == nil { // nothing is approved by it, and the run waits on
		r := refusal(q, decision.Verdict, f)
		r.RunID = open.ID
		return t.refuse(r), nil
	}
	_, report, err := t.advance(open, f, opts)
	return report, err
}

// overText says how a run ended.
func overText(run Run) string {
	text := fmt.Sprintf("the run %s is over: %s", run.ID, run.Outcome)
	if run.Reason != "" {
		text += ", " + string(run.Reason)
	}
	return text + " at " + run.Ended.UTC().Format(time.RFC3339)
}

// failed is a request that could not be decided. Only an error leaves no key: the event, delivered again, is decided then.
func (t *turn) failed(q Request, err error) Report {
	return Report{Outcome: OutcomeError, Reason: ReasonOf(err), ServerName: q.ServerName, Trigger: q.Trigger, At: t.Now(), Detail: err.Error(),
		Count: true, Retry: q.Trigger.Kind != TriggerManual}
}

// answerDuplicate answers a second delivery with what came of the first. A key that an operator used for something else is no repetition.
func (t *turn) answerDuplicate(q Request, err error) Report {
	var e *Error
	errors.As(err, &e)
	d := e.Decided
	report := Report{Outcome: d.Outcome, Reason: ReasonDuplicate, ServerName: q.ServerName, Trigger: q.Trigger, RunID: d.RunID, At: t.Now(), Redelivered: true}
	if d.Reason != "" {
		report.Detail = "it was decided before: " + string(d.Reason)
	}
	if q.Trigger.Kind == TriggerManual && d.RequestDigest != "" && d.RequestDigest != q.digest() {
		report.Outcome, report.Reason, report.Redelivered = OutcomeRefused, ReasonInvalidRequest, false
		report.Detail = fmt.Sprintf("the key belongs to the request that came to %s %s, and that asked for something else", d.Outcome, d.RunID)
	}
	return report
}
