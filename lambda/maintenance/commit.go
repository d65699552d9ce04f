package maintenance

import (
	"errors"
	"reflect"
)

// commit writes what was decided, in one conditional write: the new state, the notifications it owes, and the lease of whoever
// publishes them, which is this turn unless another's lease binds it.
func (t *turn) commit(run Run, next Next, a asked) (Run, error) {
	now := t.Now()
	if run.Edition > Edition {
		return run, &Error{Op: "move run " + run.ID, Reason: ReasonUnsupported, Err: errors.New("it needs a later edition of the rules")}
	}
	change := Change{Key: a.key, From: run, To: next.Run, Open: next.Open, Claim: next.Claim, Free: next.Free, Now: now}
	if next.Claim != nil && change.To.Attempt.ID == "" {
		if t.callCtx.Err() != nil { // who claims has time to start
			return run, &Error{Op: "claim " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}
		}
		change.To.Attempt.ID, change.To.Attempt.Ends = t.NewID(run.ServerName, now), t.ends
		change.To.Lease, change.To.Look = Lease{By: t.id, Until: t.leaseEnds}, t.leaseEnds
		for _, attribute := range a.attributes {
			change.To.Attempt.Attributes = append(change.To.Attempt.Attributes, attribute.Name)
		}
	}
	if change.Key != "" {
		change.Decided = Decided{Outcome: OutcomeInProgress, RunID: change.To.ID, Wishes: a.wishes}
		if next.Claim == nil {
			change.Decided.Outcome, change.Decided.Reason = next.Report.Outcome, next.Report.Reason
		}
	}
	to, dropped := change.To.prune(now, t.Notifier.Topics())
	if next.Claim == nil && t.publishCtx.Err() == nil {
		to = to.lend(Lease{By: t.id, Until: t.leaseEnds}, now, t.tick())
	}
	to.Edition = Edition
	change.To = to.schedule(now)
	if run.Version > 0 && !change.alters() {
		return run, nil
	}
	moved, err := t.Ledger.Commit(t.recordCtx, change)
	if err == nil {
		t.published.add(Publishing{Dropped: dropped})
	}
	return moved, err
}

// alters reports whether a change is worth a write: when a run is looked at next alone is not, for that has been moved before.
func (c Change) alters() bool {
	if c.Key != "" || c.Open || c.Claim != nil || c.Free {
		return true
	}
	from, to := c.From, c.To
	from.Look, from.Next, from.Queue = to.Look, to.Next, to.Queue
	return !reflect.DeepEqual(from, to) || c.From.Next.IsZero() != c.To.Next.IsZero() || c.From.Queue != c.To.Queue
}
