package maintenance

import (
	"context"
	"time"
)

// Report is what a request, or a step of a run, came to, and all that telling people of it needs.
type Report struct {
	Outcome Outcome
	Reason  Reason
	Request Request
	// Stop is true where the request was to end a run: to stop it, or to close it.
	Stop  bool
	RunID string
	// Reference is the backend's name for what it started, if it gives one.
	Reference string
	// Server is as last seen; its Name alone is set if nobody looked.
	Server Server
	// Before is the state the decision to start rested on, empty if nobody looked.
	Before Status
	// Until is when what is in the way may be out of it, zero where nobody knows.
	Until time.Time
	// Patience is when a waiting run is given up, Deadline when a run becomes overdue, Started when it started.
	Patience time.Time
	Deadline time.Time
	Started  time.Time
	At       time.Time
	// Location is the server's time zone, for messages; nil is UTC.
	Location *time.Location
	// Detail is the operator's view: what was called and what it answered, or what the backend recorded of the run.
	Detail string
	// PublishErr and LedgerErr are what went wrong beside the outcome: telling of it, and recording it.
	PublishErr error
	LedgerErr  error
	// Untold is true where people have been told of it before, or will be by whoever has the run.
	Untold bool
	// Retell is true where telling failed and nothing is recorded from which it could be told later: only the event, delivered
	// again, can.
	Retell bool
}

// Notifier tells people and machines. It is called once for each report that is told.
type Notifier interface {
	Notify(ctx context.Context, report Report) error
}

// newReport is the report on a run as it stands.
func newReport(run Run, outcome Outcome, reason Reason, now time.Time) Report {
	r := Report{
		Outcome: outcome, Reason: reason, Request: run.request(), RunID: run.ID, Reference: run.Reference, Before: run.Before, Until: run.Until, Started: run.Started,
		At: now, Detail: run.Detail, Server: Server{
			Name: run.ServerName, Backend: run.Backend, Status: run.Status, MaintenanceStatus: run.MaintenanceStatus, Node: run.Node, Runbook: run.Runbook},
	}
	if outcome == Waiting {
		r.Patience = run.PatienceEnds
	}
	if outcome == Started || outcome == Overdue {
		r.Deadline = run.Deadline
	}
	if run.Zone != "" {
		if location, err := time.LoadLocation(run.Zone); err == nil {
			r.Location = location
		}
	}
	return r
}

// seen adds the server as it was looked at.
func (r Report) seen(s Server) Report {
	if s.Name != "" {
		r.Server = s
	}
	return r
}
