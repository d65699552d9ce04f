package maintenance

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// Backend runs maintenance on servers of one kind. Its errors are *Error.
type Backend interface {
	// Describe looks at one server. Its error carries NotFound if there is none.
	Describe(ctx context.Context, serverName string) (Server, error)
	// Start starts maintenance of a server as Describe returned it just before. It returns the server as last seen, also
	// with an error: WrongState, with what was seen, if the server no longer was in a state to start from;
	// StartUnconfirmed if nobody can tell whether maintenance started.
	Start(ctx context.Context, server Server, attributes []EngineAttribute) (Server, error)
}

// Report is what a request came to, and all that telling people of it needs.
type Report struct {
	Outcome Outcome
	Reason  Reason
	Request Request
	RunID   string
	// Server is as last seen; its Name alone is set if nobody looked.
	Server Server
	// Before is the state the decision rests on, empty if nobody looked.
	Before Status
	// Until is when a closed gate may open, zero where nobody knows.
	Until time.Time
	At    time.Time
	// Location is the server's time zone, for messages; nil is UTC.
	Location *time.Location
	// Detail is the operator's view of a failure: what was called and what it answered.
	Detail string
}

// Runner takes a request from asking to started.
type Runner struct {
	// Policy finds what is allowed for a server; false if nothing is.
	Policy   func(serverName string) (Policy, bool)
	Backends map[string]Backend
	Now      func() time.Time
	NewRunID func(serverName string, at time.Time) string
}

// Run decides on a request and, if every gate lets it pass, starts maintenance. It calls the backend only for servers that
// are allowed, and every way it can end is a Report.
func (r *Runner) Run(ctx context.Context, request Request) Report {
	now := r.Now()
	report := Report{Request: request, RunID: r.NewRunID(request.ServerName, now), Server: Server{Name: request.ServerName}, At: now}
	facts := Facts{Request: request, Now: now}
	if policy, ok := r.Policy(request.ServerName); ok {
		facts.Policy = &policy
		report.Location = policy.Window.Location
		report.Server.Backend = policy.Backend
	}
	if v := Admit(facts); v.Answer != Pass {
		return report.stopped(v)
	}
	backend, ok := r.Backends[facts.Policy.Backend]
	if !ok {
		return report.stopped(Verdict{Answer: Refuse, Reason: Unsupported})
	}

	server, err := backend.Describe(ctx, request.ServerName)
	switch {
	case err == nil:
		facts.Server = &server
		report.Server, report.Before = server, server.Status
	case ReasonOf(err) != NotFound:
		return report.failed(err)
	}
	if v := Decide(facts); v.Answer != Pass {
		return report.stopped(v)
	}

	// The ledger's claim belongs here, between the decision and the start: until it does, only the server's own state keeps
	// two deliveries of one cause apart, and a verdict to wait is a refusal.
	server, err = backend.Start(ctx, server, request.EngineAttributes)
	report.Server = server
	switch {
	case err == nil:
		report.Outcome = Started
		return report
	case ReasonOf(err) == WrongState && server.Status == UnderMaintenance:
		return report.stopped(Verdict{Answer: Join})
	default:
		return report.failed(err)
	}
}

// stopped ends a request at a gate.
func (r Report) stopped(v Verdict) Report {
	r.Reason, r.Until = v.Reason, v.Until
	switch v.Answer {
	case Join:
		r.Outcome = InProgress
	case Refuse, Wait:
		r.Outcome = Refused
	default:
		r.Outcome, r.Reason, r.Detail = Errored, Unexpected, fmt.Sprintf("a gate answered %q", v.Answer)
	}
	return r
}

// failed ends a request at a backend's error.
func (r Report) failed(err error) Report {
	r.Reason = ReasonOf(err)
	r.Outcome = r.Reason.outcome()
	r.Detail = err.Error()
	return r
}

// NewRunID makes the name of a run: the server, the second, and 50 random bits, so that runs of a server sort by time and no
// two deliveries of one event ever share a name.
func NewRunID(serverName string, at time.Time) string {
	return fmt.Sprintf("%s-%s-%s", serverName, at.UTC().Format("20060102T150405"), rand.Text()[:10])
}
