package maintenance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Runner takes requests from asking to the end. It holds nothing between two calls: everything it knows is in the ledger.
type Runner struct {
	// Policy finds what is allowed for a server; false if nothing is.
	Policy   func(serverName string) (Policy, bool)
	Backends map[string]Backend
	Ledger   Ledger
	Notifier Notifier
	// MaxConcurrent is how many runs may hold a server at the same time; 0 is any number.
	MaxConcurrent int
	// Expected are the servers that must have a successful run at least so often.
	Expected map[string]time.Duration
	Now      func() time.Time
	NewRunID func(serverName string, at time.Time) string
}

// Ask decides on one request and, if every gate lets it pass, starts maintenance. What may start later is recorded and
// started by the sweep. Every way it can end is a Report.
func (r *Runner) Ask(ctx context.Context, request Request) Report {
	t, done := r.turn(ctx)
	defer done()
	return t.attempt(t.newRun(request), request.EngineAttributes)
}

// AskAll decides on the requests of an event that names several servers. All are recorded as waiting before the first is
// started, so that none is lost when the time of the invocation ends before the last has its turn: the sweep goes on.
func (r *Runner) AskAll(ctx context.Context, requests []Request) []Report {
	t, done := r.turn(ctx)
	defer done()
	reports := make([]Report, len(requests))
	runs := make([]Run, len(requests))
	inParallel(len(requests), func(i int) {
		run := t.newRun(requests[i])
		if Admit(t.facts(run)).Answer != Pass { // which is told below, when the others are safe
			runs[i] = run
			return
		}
		recorded, err := t.Ledger.Record(t.work, run.to(RunWaiting))
		if err != nil {
			reports[i] = t.notRecorded(run, err)
			return
		}
		runs[i] = recorded
	})
	inParallel(len(requests), func(i int) {
		switch run := runs[i]; {
		case run.ID == "":
		case run.State == RunWaiting && t.work.Err() != nil:
			reports[i] = newReport(run, Waiting, "", t.Now())
			reports[i].Untold = true
		default:
			reports[i] = t.attempt(run, nil)
		}
	})
	return reports
}

func (t *turn) newRun(request Request) Run {
	now := t.Now()
	run := Run{
		ID: t.NewRunID(request.ServerName, now), ServerName: request.ServerName, Cause: request.Cause, Key: request.Cause.Key(request.ServerName),
		Overrides: request.Overrides, Created: now, PatienceEnds: now,
	}
	for _, a := range request.EngineAttributes {
		run.Attributes = append(run.Attributes, a.Name)
	}
	if policy, ok := t.Policy(request.ServerName); ok {
		run.Backend = policy.Backend
		run.PatienceEnds, run.Allowance = now.Add(policy.Patience), policy.Deadline
		if policy.Window.Location != nil {
			run.Zone = policy.Window.Location.String()
		}
	}
	return run
}

// attempt asks every gate for a run that is new or waits, claims it and starts it.
func (t *turn) attempt(run Run, attributes []EngineAttribute) Report {
	facts := t.facts(run)
	if v := Admit(facts); v.Answer != Pass {
		return t.stop(run, v, Server{})
	}
	policy := *facts.Policy
	if v := t.still(run, facts); v.Answer != Pass {
		return t.stop(run, v, Server{})
	}
	backend, ok := t.Backends[policy.Backend]
	if !ok {
		return t.stop(run, Verdict{Answer: Refuse, Reason: Unsupported}, Server{})
	}
	server, err := t.look(t.work, backend, run.ServerName)
	switch {
	case err == nil:
		facts.Server = &server
		run.Before = server.Status
	case ReasonOf(err) != NotFound:
		return t.fail(run, err, Server{})
	}
	facts.Calendar = t.calendar(backend, run.ServerName)
	if v := Decide(facts); v.Answer != Pass {
		return t.stop(run, v, server)
	}

	limits := Limits{MaxConcurrent: t.MaxConcurrent, Now: facts.Now}
	if run.Cause.Kind == CauseAlarm {
		limits.Cooldown, limits.DailyLimit = policy.Cooldown, policy.DailyLimit
	}
	claim := t.hold(run.to(RunStarting))
	claim.Backend, claim.Node, claim.Runbook = policy.Backend, server.Node, server.Runbook // the settings may have changed while it waited
	claim.Claimed, claim.Reason, claim.Until = facts.Now, "", time.Time{}
	claimed, err := t.Ledger.Claim(t.work, claim, limits)
	if err != nil {
		return t.notClaimed(run, err, server)
	}
	server, reference, err := backend.Start(t.work, claimed, server, attributes)
	claimed.Reference = reference
	return t.afterStart(claimed, server, err)
}

// facts are those that are known before the server is looked at.
func (t *turn) facts(run Run) Facts {
	facts := Facts{Request: run.request(), Now: t.Now()}
	if policy, ok := t.Policy(run.ServerName); ok {
		facts.Policy = &policy
	}
	if run.State == RunWaiting { // it was fresh when it came, and its patience is asked elsewhere
		facts.Request.Cause.Time = facts.Now
	}
	return facts
}

// still answers for a run that waits, where it is plain without a look at the server that it waits for the same thing as before. So
// a thousand servers that wait for their window or for each other cost no calls.
func (t *turn) still(run Run, facts Facts) Verdict {
	switch {
	case run.State == RunWaiting && run.Reason == OutsideWindow:
		return open(facts)
	case run.State == RunWaiting && run.Reason == FleetBusy && t.full:
		return Verdict{Answer: Wait, Reason: FleetBusy}
	default:
		return pass
	}
}

// calendar asks the server's calendars, where its backend has such. One that cannot be read is closed.
func (t *turn) calendar(backend Backend, serverName string) Verdict {
	calendar, ok := backend.(Calendar)
	if !ok {
		return Verdict{}
	}
	open, next, err := calendar.Open(t.work, serverName)
	v := Verdict{Answer: Wait, Reason: CalendarClosed, Until: next}
	switch {
	case err != nil:
		v.Detail = err.Error()
	case open:
		return Verdict{}
	}
	return v
}

// notClaimed says what a claim that was not granted comes to.
func (t *turn) notClaimed(run Run, err error, server Server) Report {
	var e *Error
	until := time.Time{}
	if errors.As(err, &e) {
		until = e.Until
	}
	switch reason := ReasonOf(err); reason {
	case Leased, Moved:
		return t.stop(run, Verdict{Answer: Join}, server)
	case Duplicate:
		r := newReport(run, Refused, Duplicate, t.Now())
		r.Untold = true
		return r
	case CoolingDown, DailyLimit:
		return t.stop(run, Verdict{Answer: Refuse, Reason: reason, Until: until}, server)
	case FleetBusy:
		return t.stop(run, Verdict{Answer: Wait, Reason: reason}, server)
	default:
		return t.fail(run, err, server)
	}
}

// afterStart records what StartMaintenance of a claimed run came to. Tell, then record.
func (t *turn) afterStart(run Run, server Server, err error) Report {
	switch reason := ReasonOf(err); {
	case err == nil:
		run.Accepted, run.Began, run.Started = true, server.Status == UnderMaintenance, t.Now()
		run.Deadline = run.Started.Add(run.Allowance)
		return t.tellStart(run, server)
	case reason == StartUnconfirmed:
		// The attempt ends by itself. Then the sweep looks for evidence, which one call more or less does not give now.
		r := newReport(run, Errored, reason, t.Now()).seen(server)
		r.Detail, r.Untold = err.Error(), true
		return r
	case reason == WrongState && server.Status == UnderMaintenance:
		return t.free(run, Verdict{Answer: Join}, server, "")
	case reason == WrongState:
		return t.free(run, Verdict{Answer: Wait, Reason: reason}, server, err.Error())
	case reason.Retryable():
		return t.free(run, Verdict{Answer: Wait, Reason: reason}, server, err.Error())
	default:
		return t.free(run, Verdict{Answer: Refuse, Reason: reason}, server, err.Error())
	}
}

// tellStart tells that maintenance has started and records the run as running. If it cannot be told, the run stays as it is,
// with what is known of it, and the next sweep tells it.
func (t *turn) tellStart(run Run, server Server) Report {
	r := t.say(newReport(run, Started, "", t.Now()).seen(server))
	if r.PublishErr != nil {
		_, r.LedgerErr = t.Ledger.Save(t.tell, t.letGo(run.to(RunStarting)))
		return r
	}
	_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunRunning))
	return r
}

// NewRunID makes the name of a run: the server, the second, and 50 random bits, so that runs of a server sort by time and no
// two deliveries of one event ever share a name.
func NewRunID(serverName string, at time.Time) string {
	return fmt.Sprintf("%s-%s-%s", serverName, at.UTC().Format("20060102T150405"), rand.Text()[:10])
}
