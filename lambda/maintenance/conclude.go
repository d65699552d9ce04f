package maintenance

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Conclusion is what a sighting proves of a run that was claimed.
type Conclusion struct {
	Progress Progress
	// Outcome and Reason are how it ended, where it has; Reason is else why nothing is known.
	Outcome Outcome
	Reason  Reason
	Detail  string
	Server  Server
	// Step is the one that goes on, or the last one.
	Step string
	// Reference is the execution that is the run's, Began whether it has begun.
	Reference string
	Began     bool
	// Stopping: it is being stopped, and goes on for as long as that takes.
	Stopping bool
	Warning  string
}

// Progress is how far a sighting proves that a run has come. The zero value is that it proves nothing at all.
type Progress int

// How far a run has come.
const (
	ProgressUnknown    Progress = iota // it could not be seen, or contradicts itself
	ProgressNoEvidence                 // what should be there is not, which proves nothing by itself
	ProgressPending                    // accepted, and not begun
	ProgressRunning                    // in progress
	ProgressDone                       // it has ended
)

// missing reports whether what the run is followed by was not in the answer.
func (c Conclusion) missing() bool {
	return c.Progress == ProgressNoEvidence && c.Reason != ReasonNeverBegan && c.Reason != ReasonEndUnclear
}

// conclude is the one place where evidence becomes knowledge. It is a pure function of the run, what was seen, and the time.
func conclude(run Run, s Sighting, now time.Time, tick time.Duration) Conclusion {
	if !s.At.IsZero() {
		now = s.At // what was read is as of then at the latest
	}
	c := concludeFromServer(run, s, now, tick)
	if run.Attempt.ServerAtDecision.Node != "" { // the backend runs executions on nodes
		c = concludeFromExecution(run, s, tick)
	}
	c.Warning = s.Warning
	return c
}

// concludeFromExecution goes by the run's execution alone: a node that reboots or falls silent ends nothing.
func concludeFromExecution(run Run, s Sighting, tick time.Duration) Conclusion {
	mine, clear := ownExecution(run, s.Executions, tick)
	switch {
	case !clear, mine != nil && mine.ID != run.Reference && mine.RunID != run.ID && s.ExecutionsErr != nil:
		// one that cannot be read may be another
		return Conclusion{Reason: ReasonStartUnconfirmed, Detail: "more than one execution may be this run's"}
	case mine == nil && s.ExecutionsErr != nil && (run.Reference == "" || ReasonOf(s.ExecutionsErr) != ReasonNotFound):
		return Conclusion{Reason: ReasonOf(s.ExecutionsErr), Detail: s.ExecutionsErr.Error()}
	case mine == nil:
		return Conclusion{Progress: ProgressNoEvidence, Reason: ReasonExecutionGone, Detail: "the run's execution is not listed"}
	}
	c := Conclusion{Progress: ProgressRunning, Reference: mine.ID, Detail: mine.Detail, Step: mine.Step, Server: s.Server,
		Began: mine.Began || mine.State == ExecutionRunning, Stopping: mine.Stopping}
	switch mine.State {
	case ExecutionPending:
		c.Progress = ProgressPending
	case ExecutionSucceeded:
		c.Progress, c.Outcome, c.Began = ProgressDone, OutcomeSucceeded, true
	case ExecutionFailed:
		c.Progress, c.Outcome = ProgressDone, OutcomeFailed
	case ExecutionCancelled:
		c.Progress, c.Outcome, c.Reason = ProgressDone, OutcomeCancelled, ReasonStoppedElsewhere
		switch {
		case run.Stop.closed() != "":
			c.Reason = run.Stop.closed()
		case !run.Stop.At.IsZero():
			c.Reason = ReasonStopped
		}
	}
	if c.Progress == ProgressDone && !c.Began && (c.Outcome == OutcomeFailed || run.Stop.closed() != "") {
		c.Outcome, c.Reason = OutcomeFailed, ReasonNeverBegan
	}
	return c
}

// ownExecution finds the run's own execution. With a reference, every other is foreign. Our runbooks take the run's id, which alone
// decides.
// Of other runbooks an execution on the node is the run's if it began between the claim and the latest that the attempt can have been
// served; clear is false if there are several.
func ownExecution(run Run, all []Execution, tick time.Duration) (mine *Execution, clear bool) {
	from, to := run.Attempt.Claimed.Add(-serviceClockSkew), run.Attempt.Ends.Add(lagTicks*tick+serviceClockSkew)
	for i, e := range all {
		switch {
		case run.Reference != "" && e.ID != run.Reference:
			continue
		case run.Reference != "":
			return &all[i], true
		case (e.TakesRunID || run.Attempt.ServerAtDecision.TakesRunID) && e.RunID != run.ID, e.RunID != "" && e.RunID != run.ID:
			continue
		case e.RunID == "" && (e.Node != run.Attempt.ServerAtDecision.Node || e.Started.Before(from) || e.Started.After(to)):
			continue
		}
		if mine != nil {
			return nil, false
		}
		mine = &all[i]
	}
	return mine, true
}

// serviceClockSkew is how far a service's clock may be behind the function's.
const serviceClockSkew = 2 * time.Second

// concludeFromServer goes by the server's state and events, where the service does not name what it starts. That it is over takes proof
// that it went on (seen under maintenance, or an event that can be nothing else) and a reading that cannot be from before its end:
// MaintenanceStatus alone may be last week's.
func concludeFromServer(run Run, s Sighting, now time.Time, tick time.Duration) Conclusion {
	c := Conclusion{Server: s.Server, Detail: eventText(s.Events)}
	// An event of the claim's own seconds may be from before it: clocks differ, and no maintenance ends so soon.
	proves := func(e Event) bool { return e.Maintenance && e.At.After(run.Attempt.Claimed.Add(serviceClockSkew)) }
	succeeds := func(e Event) bool { return proves(e) && e.Succeeded }
	c.Began = !run.Began.IsZero() || slices.ContainsFunc(s.Events, proves)
	lag := lagTicks*tick + serviceClockSkew
	old := now.Before(run.Attempt.Claimed.Add(lag)) // what is read now may be from before the claim
	switch {
	case s.ServerErr != nil && ReasonOf(s.ServerErr) == ReasonNotFound:
		c.Progress, c.Reason, c.Detail = ProgressNoEvidence, ReasonServerGone, s.ServerErr.Error()
	case s.ServerErr != nil:
		c.Reason, c.Detail = ReasonOf(s.ServerErr), s.ServerErr.Error()
	case s.Server.Status == StatusUnderMaintenance && old && run.Accepted.IsZero():
		c.Reason, c.Detail = ReasonStartUnconfirmed, "the server is under maintenance, or was shortly before"
	case s.Server.Status == StatusUnderMaintenance:
		c.Progress, c.Began = ProgressRunning, c.Began || !old
	case !s.Server.Status.Settled() && !run.Accepted.IsZero():
		c.Progress = ProgressRunning // it passes through states such as BACKING_UP, which end nothing
	case !s.Server.Status.Settled():
		c.Reason, c.Detail = ReasonWrongState, "the server is "+string(s.Server.Status)
	case slices.ContainsFunc(s.Events, succeeds):
		c.Progress, c.Outcome = ProgressDone, OutcomeSucceeded
	case c.Began && now.Before(later(run.LastUnderMaintenance, run.Attempt.Claimed).Add(lag)):
		c.Progress = ProgressRunning // for all that can be known
	case !c.Began && !old && failedSince(run, s.Server):
		c.Progress, c.Outcome, c.Began = ProgressDone, OutcomeFailed, true
	case c.Began && s.Server.Status.Startable() && s.Server.MaintenanceStatus == MaintenanceSuccess: // of what is gone it is last week's
		c.Progress, c.Outcome = ProgressDone, OutcomeSucceeded
	case c.Began:
		c.Progress, c.Outcome = ProgressDone, OutcomeFailed
	case run.Accepted.IsZero() && (len(s.Events) > 0 || s.Server.MaintenanceStatus != run.Attempt.ServerAtDecision.MaintenanceStatus):
		c.Progress, c.Reason = ProgressNoEvidence, ReasonEndUnclear // something was recorded since the claim, and nothing says what
	case s.EventsErr != nil:
		c.Reason, c.Detail = ReasonOf(s.EventsErr), s.EventsErr.Error()
	default:
		c.Progress, c.Reason = ProgressNoEvidence, ReasonNeverBegan
	}
	return c
}

// failedSince reports whether maintenance failed since the claim, though nobody saw it go on: the one before had succeeded.
func failedSince(run Run, s Server) bool {
	return run.Attempt.ServerAtDecision.MaintenanceStatus == MaintenanceSuccess && s.MaintenanceStatus == MaintenanceFailed
}

// eventText puts events on one line, newest first.
func eventText(events []Event) string {
	texts := make([]string, len(events))
	for i, e := range events {
		texts[i] = fmt.Sprintf("%s %s", e.At.UTC().Format(time.RFC3339), e.Message)
	}
	return joinFirst(texts, 10, "; ")
}

// joinFirst are the first of several texts as one, with a mark if there are more.
func joinFirst(texts []string, most int, separator string) string {
	if len(texts) <= most {
		return strings.Join(texts, separator)
	}
	return strings.Join(texts[:most], separator) + separator + "…"
}
