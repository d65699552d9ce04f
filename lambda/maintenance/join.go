package maintenance

import (
	"errors"
	"time"
)

// joinOrOpen lets a request join the server's open run, or opens one.
func (t intake) joinOrOpen(q Request, f Facts, look bool) (Report, error) {
	open := f.Snapshot.Open
	switch {
	case open.Edition > Edition: // later rules: what they make of a trigger is theirs
		return Report{}, &Error{Op: "join run " + open.ID, Reason: ReasonUnsupported,
			Err: errors.New("a later version of the function wrote the run")}
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

// openRun opens a run, and with look starts it if every gate lets it pass.
func (t intake) openRun(q Request, f Facts, look bool) (Report, error) {
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
		v := Verdict{Reason: report.Reason, Detail: report.Detail, Until: report.Until, Holder: report.RunID, Figures: report.Figures}
		r := refusal(q, v, f)
		r.Server = report.Server
		return t.refuse(r), nil
	}
	return report, err
}

// newRun is the run of a trigger that has just arrived.
func (t intake) newRun(q Request, f Facts) Run {
	trigger := q.Trigger
	trigger.Name, trigger.Reason = cut(trigger.Name, maxName), cut(trigger.Reason, maxReason)
	run := Run{ID: t.NewID(q.ServerName, f.Now), ServerName: q.ServerName, Created: f.Now, Triggers: []Trigger{trigger}}
	if f.Policy != nil {
		run.Backend, run.Zone = f.Policy.Backend, f.Policy.zone()
	}
	return run
}

// joinOpenRun records a trigger that finds its server's run open: a run that may still start takes it over; one that runs is what was asked
// for.
func (t intake) joinOpenRun(q Request, run Run, outcome Outcome, f Facts) (Report, error) {
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

// joinOrOpenManual places an operator's request: it takes over a run that waits; of one in progress the answer says so.
func (t intake) joinOrOpenManual(q Request, f Facts) (Report, error) {
	open := f.Snapshot.Open
	switch {
	case q.RunID != "" && (q.RunID != open.ID || !open.Open()): // it ended a moment ago
		_, no := t.resolveRunID(q)
		return no, nil
	case open.ID == "" || !open.Open():
		return t.openRun(q, f, true)
	case open.State != RunWaiting:
		report := open.report(Notification{Outcome: OutcomeInProgress, At: f.Now, Trigger: &q.Trigger})
		report.Count = true
		// the key alone
		_, err := t.commit(Run{}, Decision{Report: report}, moveOptions{key: q.Trigger.Key(q.ServerName), requestDigest: q.digest()})
		return report, err
	}
	opts := moveOptions{key: q.Trigger.Key(q.ServerName), requestDigest: q.digest(), triggers: []Trigger{q.Trigger},
		attributes: q.EngineAttributes}
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

// joinRun is a run with one more trigger, looked at soon because that may be what lets it start.
func joinRun(run Run, t Trigger, now time.Time, topics []Topic) Decision {
	n := Decision{Run: run.merge(t)}
	r := &n.Run
	if run.State == RunWaiting && r.LookAt.After(now) {
		r.LookAt = now
	}
	notification := Notification{Outcome: OutcomeJoined, At: now, Trigger: &t}
	n.Report = r.report(notification)
	n.Report.Count = true
	r.owe(notification, topics)
	return n
}
