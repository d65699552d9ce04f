package maintenance

import (
	"time"
)

// Report is what a request, or a step of a run, came to, and all that an answer or a message about it needs.
type Report struct {
	Outcome Outcome
	Reason  Reason
	// ServerName is empty where an event named none.
	ServerName string
	Trigger    Trigger
	// Triggers are all that the run holds, More is how many it counts beside them.
	Triggers []Trigger
	More     int
	// Attributes are the names of the engine attributes.
	Attributes []string
	// Stop is true where the request was to end a run.
	Stop  bool
	RunID string
	State RunState
	// Reference is the backend's name for what it started, if it gives one.
	Reference string
	// Server is as last seen, Before as the decision to start saw it.
	Server           Server
	ServerAtDecision Server
	// Attempt is the number of the try to start, Sequence that of the notification of its run.
	Attempt  int
	Sequence int
	// Until is when what is in the way may be out of it, zero where that is unknown. Since is since when it is in the way,
	// or since when a run is being started.
	Until time.Time
	Since time.Time
	// Expires is when a waiting run is given up, Deadline when a run becomes overdue, Started when it was accepted.
	Expires  time.Time
	Deadline time.Time
	Started  time.Time
	At       time.Time
	// Late is how much later than At it is published, if that is worth saying.
	Late time.Duration
	// Zone is the server's time zone, for messages; empty is UTC.
	Zone string
	// Detail is the operator's view: what was called and what it answered, or what the backend recorded of the run.
	Detail string
	// Figures are what the reason turns on.
	Figures Figures
	// StopAsked is when an operator asked the run to end; zero if nobody has.
	StopAsked time.Time
	// KeepWhenCleared: the run waits on though its alarm returns to OK.
	KeepWhenCleared bool
	// Answer is the Server that StartMaintenance returned, as JSON by the API's names.
	Answer string
	// Count is true where the outcome happened just now, so that it is counted once.
	Count bool
	// Err is what went wrong beside the outcome: recording it, or publishing it.
	Err error
	// Retry is true where only the event, delivered again, can help.
	Retry bool
	// Redelivered is true where the answer is that of an earlier delivery.
	Redelivered bool
	// Publishing is what the invocation came to in publishing; in the last of its reports.
	Publishing Publishing
}

// Publishing is what one invocation came to in publishing, beside its reports.
type Publishing struct {
	Published int
	Failed    int
	Dropped   int
	Errs      []error
}

// Stands is how a run stands now, or how it ended, in the words of the notification that would say so. The policy is today's; nil where the
// settings do not have its server.
func Stands(r Run, now time.Time, p *Policy) Report {
	n := Notification{At: now}
	switch {
	case r.State == RunWaiting:
		n.Outcome, n.Reason, n.Until, n.Detail, n.Figures = OutcomeWaiting, r.Wait.Reason, r.Wait.Until, r.Wait.Detail, r.Wait.Figures
	case !r.Open():
		n.Outcome, n.Reason, n.Detail, n.At = r.Outcome, r.Reason, r.Detail, r.Ended
	case r.Attempt.Unconfirmed != "":
		n.Outcome, n.Reason, n.Detail = OutcomeError, ReasonStartUnconfirmed, r.Attempt.Unconfirmed
	case !r.Unseen.Since.IsZero():
		n.Outcome, n.Reason, n.Detail = OutcomeError, r.Unseen.Reason, r.Unseen.Detail
	case !r.Deadline.IsZero() && now.After(r.Deadline):
		n.Outcome = OutcomeOverdue
	case !r.Stop.Asked().IsZero():
		n.Outcome, n.Reason, n.Stop = OutcomeInProgress, ReasonStopping, true
	default:
		n.Outcome, n.Attempt = OutcomeStarted, r.Attempt.Number
	}
	report := r.report(n)
	report.Expires = r.Expires(p)
	if r.State == RunStarting {
		report.Since = r.Attempt.Claimed
	}
	report.KeepWhenCleared = p != nil && p.KeepWhenCleared
	return report
}

// report is a notification of a run, or the run as it stands, as a Report.
func (r Run) report(n Notification) Report {
	out := Report{
		Outcome: n.Outcome, Reason: n.Reason, ServerName: r.ServerName, Trigger: r.Trigger(), Triggers: r.Triggers,
		Attributes: r.Attempt.Attributes, Stop: n.Stop, RunID: r.ID, State: r.State, Reference: r.Reference, Server: r.Server,
		ServerAtDecision: r.Attempt.ServerAtDecision, Attempt: n.Attempt, Sequence: n.Sequence, Until: n.Until, Deadline: r.Deadline,
		Started: r.Accepted, At: n.At, Zone: r.Zone, Detail: n.Detail, Answer: n.Answer,
	}
	out.Figures, out.More = n.Figures, r.More
	out.StopAsked = r.Stop.Asked()
	if n.Trigger != nil {
		out.Trigger = *n.Trigger
	}
	if n.Server != (Server{}) {
		out.Server = n.Server
	}
	if out.Server.Name == "" {
		out.Server.Name = r.ServerName
	}
	if out.Server.Backend == "" {
		out.Server.Backend = r.Backend
	}
	if n.Outcome == OutcomeWaiting {
		out.Since = r.Wait.Since
	}
	return out
}
