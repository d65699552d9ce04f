package maintenance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stopByWindow is who stops a run that has not begun when its window or its calendar closes, in place of an operator's key.
const stopByWindow = "window"

// closed is what has closed, of a request that a window or a calendar makes; empty: an operator made it, or nobody has.
func (s StopRequest) closed() Reason {
	if s.By != stopByWindow {
		return ""
	}
	return cmp.Or(s.Closed, ReasonOutsideWindow)
}

// Finished looks at once at the run that a backend knows by a reference, because it says that something has happened to it. It is a
// hint and no more: false if no run is known by it; the sweep follows every run.
func (r *Runner) Finished(ctx context.Context, reference string) (Report, bool, error) {
	t, done := r.turn(ctx)
	defer done()
	id, err := t.Ledger.ByReference(t.callCtx, reference)
	if err != nil || id == "" {
		return Report{}, false, err
	}
	run, err := t.Ledger.Run(t.callCtx, id)
	if err != nil || run.State != RunRunning || run.Edition > Edition {
		return Report{}, err == nil, err
	}
	report := t.safely(run.ServerName, run.ID, func() Report { return t.moveDue(run, true) })
	report.Publishing = t.published.Publishing
	return report, true, report.Err
}

// decideClaimed says what is next for a run that was claimed, by what is seen of it.
func decideClaimed(run Run, f Facts) Decision {
	if run.State == RunStarting && run.Lease.Live(f.Now) {
		return Decision{Run: run} // its attempt is at work
	}
	if f.Sighting == nil {
		return Decision{Need: NeedSighting}
	}
	c := conclude(run, *f.Sighting, f.Now, f.Tick)
	if c.Progress == ProgressPending && f.Calendar == nil {
		return Decision{Need: NeedCalendar}
	}
	if seen := c.Progress != ProgressUnknown && !c.missing(); seen && run.State == RunRunning {
		run.Unseen = Unseen{}
		run.unmarkNotified(func(mark string) bool { return strings.HasPrefix(mark, unseenNotice+" ") })
		if slices.Contains(run.Notified, overdueUntold) {
			tellAgain(&run, func(mark string) bool { return mark == string(OutcomeOverdue) })
			run.unmarkNotified(func(mark string) bool { return mark == overdueUntold })
		}
	}
	if c.Progress != ProgressUnknown && c.Progress != ProgressNoEvidence {
		run.Missing = Missing{}
	}
	switch c.Progress {
	case ProgressPending, ProgressRunning:
		return noteProgress(run, c, f)
	case ProgressDone:
		return finishRun(run, c, f)
	case ProgressNoEvidence:
		return noteMissing(run, c, f)
	default:
		return noteUnseen(run, c.Reason, c.Detail, f)
	}
}

// noteProgress notes that a run is in progress, and adopts it if its attempt died before it recorded the start.
func noteProgress(run Run, c Conclusion, f Facts) Decision {
	n := Decision{Run: run}
	if run.State == RunStarting {
		n = adopt(run, c, f)
	}
	r := &n.Run
	if c.Began && r.Began.IsZero() {
		r.Began = f.Now
	}
	if f.Sighting.Server.Status == StatusUnderMaintenance {
		r.LastUnderMaintenance = f.Now
	}
	if c.Server != (Server{}) {
		r.Server = c.Server
	}
	r.LookAt = r.nextFollow(f.Now, f.Tick)
	r.Stop = stopBeforeBegin(*r, c, f)
	n.Stop = !r.Stop.Asked().IsZero() || !r.Stop.At.IsZero() && c.Progress == ProgressPending && r.Began.IsZero()
	if c.Warning != "" && n.Report.Outcome == "" {
		n.Report = r.report(Notification{Outcome: OutcomeInProgress, Reason: ReasonUnknownStatus, At: f.Now, Detail: c.Warning})
	}
	return overdue(n, c, f)
}

// stopBeforeBegin is the request that a run ends, as a look leaves it. What closes stops what is seen not to have begun, and asks anew at
// each such look. If the run is seen to go on so much later that the request and the reading cannot have crossed, it came too late and is
// dropped: who ends the run then is somebody else.
func stopBeforeBegin(run Run, c Conclusion, f Facts) StopRequest {
	s, seen := run.Stop, f.Now
	if !f.Sighting.At.IsZero() {
		seen = f.Sighting.At
	}
	switch {
	case !s.Asked().IsZero():
	case c.Progress == ProgressPending && run.Began.IsZero():
		if by := whatClosed(run, f); by != "" {
			s.By, s.Closed = stopByWindow, by
		}
		if s.By != "" {
			s.At = f.Now
		}
	case !run.Began.IsZero() && !c.Stopping && seen.After(s.At.Add((2*lagTicks+1)*f.Tick)):
		return StopRequest{}
	}
	return s
}

// whatClosed is why a run's start would wait now: its window or its calendar has closed, and the start did not override that.
func whatClosed(run Run, f Facts) Reason {
	if f.Policy == nil {
		return ""
	}
	gates := []gate{{name: OverrideWindow, check: windowOpen}}
	if f.Calendar != nil && f.Calendar.Err == nil { // one that cannot be read stops nothing
		gates = append(gates, gate{name: OverrideCalendar, check: calendarOpen})
	}
	if v := admit(gates, run, run.Attempt.Trigger, f); v.Ruling != RulingPass {
		return v.Reason
	}
	return ""
}

// adopt takes over a start that happened and was not recorded.
func adopt(run Run, c Conclusion, f Facts) Decision {
	n := startAccepted(run, Answer{Reference: c.Reference, Server: c.Server}, run.Attempt.Claimed, f)
	if c.Began {
		n.Run.Began = f.Now
	}
	return n
}

// overdue notifies once that a run should be over.
func overdue(n Decision, c Conclusion, f Facts) Decision {
	r := &n.Run
	if r.State != RunRunning || !f.Now.After(r.Deadline) || slices.Contains(r.Notified, string(OutcomeOverdue)) {
		return n
	}
	notification := Notification{Outcome: OutcomeOverdue, At: f.Now, Detail: cut(c.Detail, maxDetail), Figures: Figures{Step: c.Step},
		Server: r.Server}
	n.Report = r.report(notification)
	n.Report.Count = tellOnce(r, string(OutcomeOverdue), notification, f.Topics)
	return n
}

// finishRun ends a run whose end was seen.
func finishRun(run Run, c Conclusion, f Facts) Decision {
	owed := run
	if run.State == RunStarting {
		owed = adopt(run, c, f).Run
	}
	owed.Reference = cmp.Or(owed.Reference, c.Reference)
	if c.Began && owed.Began.IsZero() {
		owed.Began = f.Now
	}
	return end(owed, ending{outcome: c.Outcome, reason: c.Reason, detail: c.Detail, figures: Figures{Step: c.Step}, server: c.Server}, f)
}

// noteMissing counts what is missing. Once that counts, a start whose answer was lost did not happen, and what ran is gone.
func noteMissing(run Run, c Conclusion, f Facts) Decision {
	run.Missing = run.Missing.again(c.Reason, f.Now, f.Tick)
	counts := run.Missing.conclusive(f.Now, f.Tick)
	switch {
	case run.State == RunStarting && counts && c.Reason == ReasonServerGone: // which says nothing of whether it began
		return end(run, ending{outcome: OutcomeFailed, reason: c.Reason, detail: c.Detail, server: c.Server}, f)
	case run.State == RunStarting && counts && (c.Reason == ReasonEndUnclear || !watched(run, run.Attempt.Ends.Add(leaseMargin), f)):
		return end(run, ending{outcome: OutcomeFailed, reason: ReasonEndUnclear, detail: c.Detail, server: c.Server}, f)
	case run.State == RunStarting && counts:
		return notStarted(run, Verdict{Ruling: RulingWait, Reason: ReasonUnavailable,
			Detail: "the attempt to start it ended without an answer, and nothing has been seen of it since"}, true, f)
	case run.State == RunStarting:
		return noteUnseen(run, ReasonStartUnconfirmed, cmp.Or(run.Attempt.Unconfirmed, "the attempt to start it ended without an answer"), f)
	case counts && c.Reason == ReasonNeverBegan && (!run.LastUnderMaintenance.IsZero() || !watched(run, run.Accepted, f)) &&
		f.Now.After(run.Accepted.Add(startProofTicks*f.Tick)):
		return end(run, ending{outcome: OutcomeFailed, reason: ReasonEndUnclear, detail: c.Detail, server: c.Server}, f)
	case counts && c.Reason != ReasonNeverBegan, counts && f.Now.After(run.Accepted.Add(startProofTicks*f.Tick)):
		return end(run, ending{outcome: OutcomeFailed, reason: c.Reason, detail: c.Detail, server: c.Server}, f)
	}
	if c.missing() { // for all that can be said it is not followed
		return noteUnseen(run, c.Reason, c.Detail, f)
	}
	n := Decision{Run: run, Stop: !run.Stop.Asked().IsZero()}
	n.Run.LookAt = run.nextFollow(f.Now, f.Tick)
	return n
}

// watched reports whether the looks that lack something began in time: before a maintenance that began by then can have been over. An
// execution is listed when it is over, too; a server only shows that it is under maintenance.
func watched(run Run, from time.Time, f Facts) bool {
	return run.Attempt.ServerAtDecision.Node != "" || !run.Missing.Since.After(from.Add(missingTicks*f.Tick+serviceClockSkew))
}

// unseenNotice marks that it has been notified that a run cannot be followed; overdueUntold that this took the place of what readers had
// not got, that the run is overdue. They get that once it is followed again.
const (
	unseenNotice  = "unseen"
	overdueUntold = string(OutcomeOverdue) + " untold"
)

// noteUnseen notes that a run could not be followed: in the log at once, notified once it has lasted.
func noteUnseen(run Run, reason Reason, detail string, f Facts) Decision {
	n := Decision{Run: run, Stop: run.State == RunRunning && !run.Stop.Asked().IsZero()}
	r := &n.Run
	if r.Unseen.Since.IsZero() {
		r.Unseen.Since = f.Now
	}
	if run.State == RunStarting {
		r.Unseen.Since, reason = run.Attempt.Claimed, ReasonStartUnconfirmed
	}
	r.Unseen.Reason, r.Unseen.Detail, r.LookAt = reason, cut(detail, maxReason), run.nextFollow(f.Now, f.Tick)
	notification := Notification{Outcome: OutcomeError, Reason: reason, At: f.Now, Detail: r.Unseen.Detail}
	n.Report = r.report(notification)
	if !f.Now.Before(r.Unseen.Since.Add(unseenTicks*f.Tick)) &&
		r.markNotified(fmt.Sprintf("%s %s %d", unseenNotice, reason, r.Attempt.Number)) {
		n.Report.Count = run.State != RunStarting || run.Attempt.Unconfirmed == "" // else it was counted when the answer was lost
		if owesText(*r, OutcomeOverdue, "") {
			r.markNotified(overdueUntold)
		}
		r.owe(notification, f.Topics)
	}
	return overdue(n, Conclusion{Detail: r.Unseen.Detail}, f)
}
