package maintenance

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// Who stops a run that has not begun when its window or its calendar closes, in place of an operator's key.
const (
	stopByWindow   = "window"
	stopByCalendar = "calendar"
)

// closed is what has closed, of a request that a window or a calendar makes; empty: an operator made it, or nobody has.
func (s StopRequest) closed() Reason {
	switch s.By {
	case stopByWindow:
		return ReasonOutsideWindow
	case stopByCalendar:
		return ReasonCalendarClosed
	default:
		return ""
	}
}

// toStop reports whether the backend is to be asked to end a run. What closes stops nothing that has begun.
func toStop(run Run) bool {
	return !run.Stop.At.IsZero() && (run.Stop.closed() == "" || run.Began.IsZero())
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
		if owesText(run, OutcomeError, run.Unseen.Reason) { // that it is overdue was said in its place, perhaps, and is not now
			run.unmarkNotified(func(mark string) bool { return mark == string(OutcomeOverdue) })
		}
		run.Unseen = Unseen{}
		run.unmarkNotified(func(mark string) bool { return strings.HasPrefix(mark, unseenNotice+" ") })
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
	n.Stop = toStop(*r)
	if c.Warning != "" && n.Report.Outcome == "" {
		n.Report = r.report(Notification{Outcome: OutcomeInProgress, Reason: ReasonUnknownStatus, At: f.Now, Detail: c.Warning})
	}
	return overdue(n, c, f)
}

// stopBeforeBegin is the request that a run ends, as a look leaves it. Who stops what has not begun is the window or the calendar that has
// closed; it asks anew at each look. If it is seen to go on when each reading is from after that, the request came too late and is dropped:
// then nobody has stopped the run.
func stopBeforeBegin(run Run, c Conclusion, f Facts) StopRequest {
	s := run.Stop
	switch {
	case !s.At.IsZero() && s.closed() == "": // an operator's
	case c.Progress == ProgressPending && run.Began.IsZero():
		if by := whatClosed(run, f); by != "" {
			s.By = by
		}
		if s.By != "" {
			s.At = f.Now
		}
	case !run.Began.IsZero() && !c.Stopping && f.Now.After(s.At.Add(lagTicks*f.Tick+serviceClockSkew)):
		return StopRequest{}
	}
	return s
}

// whatClosed is the window or the calendar that a run's start did not override and that has closed, as the one who stops it.
func whatClosed(run Run, f Facts) string {
	if f.Policy == nil {
		return ""
	}
	gates := []gate{{name: OverrideWindow, check: windowOpen}}
	if f.Calendar != nil && f.Calendar.Err == nil { // one that cannot be read stops nothing
		gates = append(gates, gate{name: OverrideCalendar, check: calendarOpen})
	}
	switch v := admit(gates, run, run.Attempt.Trigger, f); {
	case v.Ruling == RulingPass:
		return ""
	case v.Reason == ReasonCalendarClosed:
		return stopByCalendar
	default:
		return stopByWindow
	}
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
	if r.State != RunRunning || !f.Now.After(r.Deadline) || !r.markNotified(string(OutcomeOverdue)) {
		return n
	}
	notification := Notification{Outcome: OutcomeOverdue, At: f.Now, Detail: cut(c.Detail, maxDetail), Figures: Figures{Step: c.Step},
		Server: r.Server}
	r.owe(notification, f.Topics)
	n.Report = r.report(notification)
	n.Report.Count = true
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
	n := Decision{Run: run, Stop: toStop(run)}
	n.Run.LookAt = run.nextFollow(f.Now, f.Tick)
	return n
}

// watched reports whether the looks that lack something began in time: before a maintenance that began by then can have been over. An
// execution is listed when it is over, too; a server only shows that it is under maintenance.
func watched(run Run, from time.Time, f Facts) bool {
	return run.Attempt.ServerAtDecision.Node != "" || !run.Missing.Since.After(from.Add(missingTicks*f.Tick+serviceClockSkew))
}

// unseenNotice marks that it has been notified that a run cannot be followed.
const unseenNotice = "unseen"

// noteUnseen notes that a run could not be followed: in the log at once, notified once it has lasted.
func noteUnseen(run Run, reason Reason, detail string, f Facts) Decision {
	n := Decision{Run: run, Stop: run.State == RunRunning && toStop(run)}
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
		r.owe(notification, f.Topics)
	}
	return overdue(n, Conclusion{Detail: r.Unseen.Detail}, f)
}
