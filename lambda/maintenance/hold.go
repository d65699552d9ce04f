package maintenance

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// How long a hold lasts if nobody says, and at most: nothing is held for ever by accident.
const (
	defaultHold = 24 * time.Hour
	maxHold     = 90 * 24 * time.Hour
)

// HoldRequest is an operator's request to hold a server, or to release it; without a name, the fleet.
type HoldRequest struct {
	ServerName string
	// Until is when the hold ends; zero is 24 hours from now. Of a release it is the end of the hold that is meant; zero is any.
	Until  time.Time
	Reason string
	By     string
	// Trigger is who asked and when.
	Trigger Trigger
}

// HoldAnswer is what a hold or a release came to.
type HoldAnswer struct {
	Report
	// AtWork are the attempts that claimed before the hold. Each may start something until its own end.
	AtWork []Run
	// Quiet is from when on nothing starts any more; zero if nothing is held.
	Quiet time.Time
}

// Hold brakes a server or the fleet: no start is claimed by who looks from now on. Another hold takes the place of the one before. Runs
// that wait keep waiting, and expire as always.
func (r *Runner) Hold(ctx context.Context, q HoldRequest) HoldAnswer {
	return r.brake(ctx, q, brake.hold)
}

// Release takes a hold away before its time.
func (r *Runner) Release(ctx context.Context, q HoldRequest) HoldAnswer {
	return r.brake(ctx, q, brake.release)
}

// brake is the part of a turn that changes a hold.
type brake struct {
	*turn
	request HoldRequest
}

func (r *Runner) brake(ctx context.Context, q HoldRequest, do func(brake) HoldAnswer) (answer HoldAnswer) {
	t, done := r.turn(ctx)
	defer done()
	q.Reason, q.By = cut(strings.TrimSpace(q.Reason), maxReason), cut(strings.TrimSpace(q.By), maxName)
	report := t.safely(q.ServerName, "", func() Report {
		answer = do(brake{t, q})
		return answer.Report
	})
	answer.Report, answer.Publishing = report, t.published.Publishing
	return answer
}

func (t brake) hold() HoldAnswer {
	now, q := t.Now(), t.request
	until := q.Until
	if until.IsZero() {
		until = now.Add(defaultHold).Truncate(time.Second)
	}
	_, known := t.Policy(q.ServerName)
	switch {
	case q.ServerName != "" && !known:
		return HoldAnswer{Report: t.refused("the server " + q.ServerName + " is not in the settings")}
	case !until.After(now):
		return HoldAnswer{Report: t.refused("until " + until.UTC().Format(time.RFC3339) + " is over")}
	case until.After(now.Add(maxHold)):
		return HoldAnswer{Report: t.refused("a hold lasts at most 90 days, until " + now.Add(maxHold).UTC().Format(time.RFC3339))}
	}
	answer := HoldAnswer{Report: t.change(func(was Hold, record Run, now time.Time) (Decision, Report) {
		if q.Until.IsZero() && was.Live(now) && was.Until.After(until) { // who brakes without a time ends no longer hold sooner
			return Decision{}, t.refused(joined("; ", "it is held until "+was.Until.UTC().Format(time.RFC3339)+" as it is", was.words()))
		}
		return t.held(record, was, Hold{Until: until, Reason: q.Reason, By: q.By, Since: now, RunID: record.ID}), Report{}
	})}
	if answer.Outcome == OutcomeHeld {
		t.watch(&answer)
	}
	return answer
}

// held is the record of a hold as it begins: it owes that now, and its end when that comes.
func (t brake) held(record Run, was, is Hold) Decision {
	n := Decision{Run: record, Hold: &HoldChange{ServerName: t.request.ServerName, Was: was, Is: is}}
	before := ""
	if was.Live(is.Since) {
		before = joined("; ", "it takes the place of the hold until "+was.Until.UTC().Format(time.RFC3339), was.words())
	}
	r := &n.Run
	r.Outcome, r.Reason = OutcomeHeld, ReasonHeld
	r.Detail = cut(joined("; ", is.words(), before, "runs that wait keep waiting, and expire as always"), maxDetail)
	notification := Notification{Outcome: OutcomeHeld, Reason: ReasonHeld, At: is.Since, Until: is.Until, Detail: r.Detail,
		Trigger: &t.request.Trigger}
	topics := t.Notifier.Topics()
	r.Owed = withoutExpiry(r.Owed)
	r.owe(notification, topics)
	if r.Sequence++; len(topics) > 0 {
		r.Owed = append(r.Owed, is.expiry(r.Sequence, topics))
	}
	n.Report = r.report(notification)
	n.Report.Count = true
	return n
}

func (t brake) release() HoldAnswer {
	return HoldAnswer{Report: t.change(func(was Hold, record Run, now time.Time) (Decision, Report) {
		if !was.Live(now) {
			return Decision{}, t.refused("there is no hold to release")
		}
		if until := t.request.Until; !until.IsZero() && !until.Equal(was.Until.Truncate(time.Second)) {
			return Decision{}, t.refused(joined("; ", "the hold is another now, until "+was.Until.UTC().Format(time.RFC3339), was.words()))
		}
		n := Decision{Run: record, Hold: &HoldChange{ServerName: t.request.ServerName, Was: was}}
		r := &n.Run
		r.Outcome = cmp.Or(r.Outcome, OutcomeReleased) // a hold's record stays one of a hold
		r.Detail = cut(joined("; ", after("released by ", t.request.By), "it was held until "+
			was.Until.UTC().Format(time.RFC3339), was.words()), maxDetail)
		notification := Notification{Outcome: OutcomeReleased, At: now, Detail: r.Detail, Trigger: &t.request.Trigger}
		r.Owed = withoutExpiry(r.Owed)
		r.owe(notification, t.Notifier.Topics())
		n.Report = r.report(notification)
		n.Report.Count = true
		return n, Report{}
	})}
}

// change changes a hold and its record in one write, again if another was faster.
func (t brake) change(decide func(was Hold, record Run, now time.Time) (Decision, Report)) Report {
	for try := range maxMoves {
		t.pause(try)
		snapshot, err := t.Ledger.Read(t.callCtx, t.request.ServerName)
		if err != nil {
			return t.failed(err)
		}
		was := snapshot.Fleet.Hold
		if t.request.ServerName != "" {
			was = snapshot.Server.Hold
		}
		now := t.Now()
		from, err := t.record(was, now)
		if err != nil {
			return t.failed(err)
		}
		record := from
		if record.ID == "" {
			record = t.newRecord(now)
		}
		decision, no := decide(was, record, now)
		if no.Outcome != "" {
			return no
		}
		moved, err := t.commit(from, decision, moveOptions{})
		switch {
		case ReasonOf(err) == ReasonMoved:
			continue
		case err != nil:
			return t.failed(err)
		}
		t.deliver(moved)
		return decision.Report
	}
	return t.failed(&Error{Op: "change the hold", Reason: ReasonLedgerUnavailable, Err: errContention})
}

// watch adds to the answer of a hold who claimed before it, and until when that may start something.
func (t brake) watch(answer *HoldAnswer) {
	now := t.Now()
	answer.Quiet = now
	if t.request.ServerName == "" { // what read the ledger before may claim until its own end
		answer.Quiet = now.Add(t.longest)
	}
	open, err := t.startingNow()
	if err != nil {
		answer.Err = errors.Join(answer.Err, err)
		answer.Quiet = now.Add(t.longest)
	}
	var names []string
	for _, run := range open {
		if run.State == RunStarting && now.Before(run.Attempt.Ends) {
			answer.AtWork = append(answer.AtWork, run)
			answer.Quiet = later(answer.Quiet, run.Attempt.Ends)
			names = append(names, run.ID)
		}
	}
	if len(names) > 0 {
		answer.Detail += "; claimed before it and still at work: " + joinFirst(names, maxNamed, ", ")
	}
	answer.Detail += "; nothing starts after " + answer.Quiet.UTC().Format(time.RFC3339)
}

// startingNow are the runs that may be starting: the server's, or all there are.
func (t brake) startingNow() ([]Run, error) {
	if t.request.ServerName != "" {
		snapshot, err := t.Ledger.Read(t.callCtx, t.request.ServerName)
		return []Run{snapshot.Open}, err
	}
	due, err := whole(t.turn, QueueDue)
	due = slices.DeleteFunc(due, func(d Due) bool { return d.State != RunStarting })
	runs, faults := make([]Run, len(due)), make([]error, len(due))
	t.inParallel(len(due), func(lane *turn, i int) { runs[i], faults[i] = lane.Ledger.Run(lane.callCtx, due[i].RunID) })
	return runs, errors.Join(append(faults, err)...)
}

func (t brake) refused(detail string) Report {
	policy, _ := t.Policy(t.request.ServerName)
	return Report{Outcome: OutcomeRefused, Reason: ReasonHoldUnchanged, ServerName: t.request.ServerName, Trigger: t.request.Trigger,
		At: t.Now(), Zone: policy.zone(), Detail: detail, Count: true}
}

func (t brake) failed(err error) Report {
	return Report{Outcome: OutcomeError, Reason: ReasonOf(err), ServerName: t.request.ServerName, Trigger: t.request.Trigger, At: t.Now(),
		Detail: err.Error(), Err: err, Count: true}
}
