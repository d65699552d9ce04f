package maintenance

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
)

// commit writes what was decided, in one conditional write: the new state, the notifications it owes, and the lease of the invocation that
// publishes them: this turn, unless another's lease binds it.
func (t *turn) commit(run Run, decision Decision, opts moveOptions) (Run, error) {
	now := t.Now()
	if run.Edition > Edition {
		return run, &Error{Op: "move run " + run.ID, Reason: ReasonUnsupported, Err: errors.New("a later version of the function wrote the run")}
	}
	change := Change{Key: opts.key, From: run, To: decision.Run, Open: decision.Open, Claim: decision.Claim, Free: decision.Free,
		Hold: decision.Hold, Now: now}
	if decision.Claim != nil && change.To.Attempt.ID == "" {
		if t.callCtx.Err() != nil { // who claims has time to start
			return run, &Error{Op: "claim " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}
		}
		change.To.Attempt.ID, change.To.Attempt.Ends = t.NewID(run.ServerName, now), t.ends
		change.To.Lease, change.To.LookAt = Lease{By: t.id, Until: t.leaseEnds}, t.leaseEnds
		for _, attribute := range opts.attributes {
			change.To.Attempt.Attributes = append(change.To.Attempt.Attributes, attribute.Name)
		}
	}
	if change.Key != "" {
		change.Decided = Decided{Outcome: OutcomeInProgress, RunID: change.To.ID, RequestDigest: opts.requestDigest}
		if decision.Claim == nil {
			change.Decided.Outcome, change.Decided.Reason = decision.Report.Outcome, decision.Report.Reason
		}
	}
	to, dropped := change.To.prune(now, t.Notifier.Topics())
	to, forgone := fit(to)
	if decision.Claim == nil && t.publishCtx.Err() == nil {
		to = to.leaseForPublishing(Lease{By: t.id, Until: t.leaseEnds}, now, t.tick())
	}
	to.Edition = Edition
	change.To = to.schedule(now)
	if run.Version > 0 && !change.alters() {
		return run, nil
	}
	moved, err := t.Ledger.Commit(t.recordCtx, change)
	if err == nil {
		t.published.add(Publishing{Dropped: dropped + forgone})
	}
	return moved, err
}

// alters reports whether a change is worth a write: when a run is looked at next alone is not, for that has been moved before.
func (c Change) alters() bool {
	if c.Key != "" || c.Open || c.Claim != nil || c.Free || c.Hold != nil {
		return true
	}
	from, to := c.From, c.To
	from.LookAt, from.DueAt, from.Queue = to.LookAt, to.DueAt, to.Queue
	return !reflect.DeepEqual(from, to) || c.From.DueAt.IsZero() != c.To.DueAt.IsZero() || c.From.Queue != c.To.Queue
}

// maxItem is how large a run may be, in bytes of JSON, which is about what it takes in the ledger, whose items stay under 16 KB.
const maxItem = 15 << 10

// fit is a run that is not too large. While a topic is away, what it has been owed longest is given up: first what no reader waits for,
// which are records and that one more trigger came; then, once it runs, triggers between the first and the last are counted only; what
// readers are owed is given up last. Where all of it would not do, nothing is given up.
func fit(r Run) (Run, int) {
	smaller, dropped := r, 0
	for !fits(smaller) {
		unread := slices.IndexFunc(smaller.Owed, func(n Notification) bool { return !n.read() })
		switch middle := (r.State == RunRunning || r.State == RunOver) && len(smaller.Triggers) > 2; {
		case unread >= 0:
			dropped += len(smaller.Owed[unread].Topics)
			smaller.Owed = slices.Delete(slices.Clone(smaller.Owed), unread, unread+1)
		case middle:
			smaller.Triggers, smaller.More = slices.Delete(slices.Clone(smaller.Triggers), 1, 2), smaller.More+1
		case len(smaller.Owed) > 1:
			dropped += len(smaller.Owed[0].Topics)
			smaller.Owed = smaller.Owed[1:]
		default:
			return r, 0
		}
	}
	return smaller, dropped
}

func fits(r Run) bool {
	text, err := json.Marshal(r)
	return err != nil || len(text) <= maxItem
}

// read reports whether readers wait for a notification.
func (n Notification) read() bool {
	return n.Outcome.supersedes() && slices.ContainsFunc(n.Topics, func(d Delivery) bool { return d.Topic == TopicText })
}
