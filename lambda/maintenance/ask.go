package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// intake is the part of a turn that takes requests in: what asks for maintenance, and what takes that back.
type intake struct{ *turn }

// Ask decides on the requests of one event. Where it is for several servers, a waiting run is recorded for each first, without a look,
// so that none is lost when the time of the invocation ends; then what time allows is started, and the sweep goes on. A server is recorded
// after the one that goes before it, and not at all where that one could not be: the event, delivered again, is for both.
func (r *Runner) Ask(ctx context.Context, requests []Request) []Report {
	t, done := r.turn(ctx)
	defer done()
	reports := make([]Report, len(requests))
	several := len(requests) > 1
	for _, round := range (intake{t}).rounds(requests) {
		t.inParallel(len(round), func(lane *turn, n int) {
			i := round[n]
			q := requests[i]
			if before := (intake{lane}).notRecorded(q, requests, reports); before.Retry {
				reports[i] = q.failed(&Error{Op: "ask for " + before.ServerName + ", which goes before", Reason: before.Reason,
					Err: errors.New(before.Detail)}, t.Now())
				return
			}
			reports[i] = lane.safely(q.ServerName, "", func() Report { return intake{lane}.ask(q, !several) })
		})
	}
	if several {
		t.inParallel(len(requests), func(lane *turn, i int) {
			if r := reports[i]; r.Outcome == OutcomeWaiting && !r.Redelivered && lane.callCtx.Err() == nil {
				reports[i] = lane.safely(r.ServerName, r.RunID, func() Report { return intake{lane}.startRecorded(r) })
			}
		})
	}
	t.published.addTo(reports)
	return reports
}

// rounds are the places of one event's requests: a round is of those whose server that goes before is in none to come.
func (t intake) rounds(requests []Request) (rounds [][]int) {
	left := make([]int, len(requests))
	for i := range left {
		left[i] = i
	}
	for len(left) > 0 {
		names := map[string]bool{}
		for _, i := range left {
			names[requests[i].ServerName] = true
		}
		var now, later []int
		for _, i := range left {
			if names[t.before(requests[i].ServerName)] {
				later = append(later, i)
			} else {
				now = append(now, i)
			}
		}
		if len(now) == 0 { // an order that is a circle, which the check of the settings does not let pass
			now, later = later, nil
		}
		rounds, left = append(rounds, now), later
	}
	return rounds
}

// before is the server that goes before another; empty if none does.
func (t intake) before(serverName string) string {
	policy, _ := t.Policy(serverName)
	return policy.After
}

// notRecorded is what the same trigger came to for the server that goes before, if that could not be recorded; else the zero value.
func (t intake) notRecorded(q Request, requests []Request, reports []Report) Report {
	before := t.before(q.ServerName)
	for i, other := range requests {
		if before != "" && other.ServerName == before && other.Trigger.Key(before) == q.Trigger.Key(before) && reports[i].Retry {
			return reports[i]
		}
	}
	return Report{}
}

// startRecorded starts a run that was recorded a moment ago.
func (t intake) startRecorded(recorded Report) Report {
	lane, stop := t.prefetchLook(recorded.ServerName, []Trigger{recorded.Trigger}, t.facts(recorded.ServerName))
	defer stop()
	t.turn = lane
	snapshot, err := t.Ledger.Read(t.callCtx, recorded.ServerName)
	if err != nil || snapshot.Open.ID != recorded.RunID {
		return recorded // the sweep takes it up
	}
	f := t.facts(recorded.ServerName)
	f.Snapshot = snapshot
	_, report, err := t.advance(snapshot.Open, f, moveOptions{})
	if err != nil || report.Outcome == "" {
		return recorded
	}
	return report
}

// ask decides on one request: it joins the server's open run, or begins one, which starts if every gate lets it pass. Without look,
// a run is begun that waits, and nothing is looked at.
func (t intake) ask(q Request, look bool) Report {
	if q.RunID != "" {
		var no Report
		if q, no = t.resolveRunID(q); no.Outcome != "" {
			return no
		}
	}
	f := t.facts(q.ServerName)
	if v := admit(arrivalGates, Run{}, q.Trigger, f); v.Ruling == RulingRefuse {
		v.Detail = notMaintained(v.Detail, q.Trigger.Kind.chains(), f)
		return t.refuse(refusal(q, v, f))
	}
	if look {
		var stop func()
		t.turn, stop = t.prefetchLook(q.ServerName, []Trigger{q.Trigger}, f)
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
			return q.failed(err, t.Now())
		}
		if f.Snapshot.Fleet, err = t.initFleetLimit(f.Snapshot.Fleet); ReasonOf(err) == ReasonMoved {
			continue
		} else if err != nil {
			return q.failed(err, t.Now())
		}
		report, err := t.joinOrOpen(q, f, look)
		switch reason := ReasonOf(err); {
		case err == nil:
			return report
		case reason == ReasonDuplicate:
			return t.answerDuplicate(q, q.digest(), err)
		case reason == ReasonOpenRun, reason == ReasonMoved, reason == ReasonHeld, reason == ReasonCoolingDown, reason == ReasonDailyLimit:
			f = t.facts(q.ServerName) // another invocation was faster
		case reason == ReasonAttemptAlive:
			return busy(q, err, f.Snapshot.Open.Zone, t.Now())
		case errors.Is(err, errNoTime) && q.Trigger.Kind != TriggerManual:
			look = false
		default:
			return q.failed(err, t.Now())
		}
	}
	return q.failed(&Error{Op: "ask for " + q.ServerName, Reason: ReasonLedgerUnavailable, Err: errContention}, t.Now())
}

// busy answers an operator whose run another invocation is at work on.
func busy(q Request, err error, zone string, now time.Time) Report {
	var e *Error
	errors.As(err, &e)
	return Report{Outcome: OutcomeRefused, Reason: ReasonAttemptAlive, ServerName: q.ServerName, RunID: q.RunID, Trigger: q.Trigger, At: now,
		Zone: zone, Until: e.Until, Detail: "another invocation holds the run's lease", Count: true}
}

// resolveRunID is a request with the server of the run that it names, or the answer that there is none.
func (t intake) resolveRunID(q Request) (Request, Report) {
	run, err := t.Ledger.Run(t.callCtx, q.RunID)
	no := Report{Outcome: OutcomeRefused, ServerName: q.ServerName, RunID: q.RunID, Trigger: q.Trigger, At: t.Now(), Count: true}
	switch {
	case ReasonOf(err) == ReasonUnknownRun:
		no.Reason = ReasonUnknownRun
		return q, no
	case err != nil:
		return q, q.failed(err, t.Now())
	case q.ServerName != "" && q.ServerName != run.ServerName:
		no.Reason, no.Detail = ReasonInvalidRequest, otherServer(run)
		return q, no
	case !run.Open():
		no.Reason, no.ServerName, no.State, no.Detail, no.Zone = ReasonNotRunning, run.ServerName, run.State, overText(run), run.Zone
		return q, no
	}
	q.ServerName = run.ServerName
	return q, Report{}
}

func otherServer(run Run) string {
	return fmt.Sprintf("the run %s is of the server %s", run.ID, run.ServerName)
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
func (q Request) failed(err error, now time.Time) Report {
	return Report{Outcome: OutcomeError, Reason: ReasonOf(err), ServerName: q.ServerName, Trigger: q.Trigger, At: now, Detail: err.Error(),
		Count: true, Retry: q.Trigger.Kind != TriggerManual}
}

// answerDuplicate answers a second delivery with what came of the first: if that was in progress, with how its run ended. A key that an
// operator used for something else is no repetition: asks is the digest of all that is asked for.
func (t intake) answerDuplicate(q Request, asks string, err error) Report {
	var e *Error
	errors.As(err, &e)
	d := e.Decided
	if d.Outcome == OutcomeInProgress && d.RunID != "" {
		if run, err := t.Ledger.Run(t.recordCtx, d.RunID); err == nil && !run.Open() {
			d.Outcome, d.Reason = run.Outcome, run.Reason
		}
	}
	report := Report{Outcome: d.Outcome, Reason: ReasonDuplicate, ServerName: q.ServerName, Trigger: q.Trigger, RunID: d.RunID, At: t.Now(),
		Redelivered: true}
	if d.Reason != "" {
		report.Detail = "decided before: " + string(d.Reason)
	}
	if q.Trigger.Kind == TriggerManual && d.RequestDigest != "" && d.RequestDigest != asks {
		report.Outcome, report.Reason, report.Redelivered = OutcomeRefused, ReasonInvalidRequest, false
		report.Detail = fmt.Sprintf("an earlier request with the key asked for something else, and came to %s %s", d.Outcome, d.RunID)
	}
	return report
}
