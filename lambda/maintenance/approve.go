package maintenance

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Work is what an operator approves: what a start would run. Parameters is a digest, since their values may be secrets.
type Work struct {
	Backend    string `json:"backend,omitempty"`
	Runbook    string `json:"runbook,omitempty"`
	Version    string `json:"version,omitempty"`
	Parameters string `json:"parameters,omitempty"`
}

func (w Work) digest() string { return digest(w.Backend, w.Runbook, w.Version, w.Parameters) }

// difference says what has changed since approval was asked for, empty if nothing has, or nothing was asked.
func (w Work) difference(today Work) string {
	if w == (Work{}) || w == today {
		return ""
	}
	var changes []string
	for _, c := range []struct{ what, was, is string }{
		{"backend", w.Backend, today.Backend}, {"runbook", w.Runbook, today.Runbook}, {"version", w.Version, today.Version},
	} {
		if c.was != c.is {
			changes = append(changes, "the "+c.what+" was "+cmp.Or(c.was, "the default")+" and is "+cmp.Or(c.is, "the default"))
		}
	}
	if w.Parameters != today.Parameters {
		changes = append(changes, "the parameters have changed")
	}
	return "since approval was asked for " + strings.Join(changes, ", ")
}

// Approval is an operator's leave to start a run.
type Approval struct {
	// Asked is the work that it was asked for.
	Asked Work `json:"asked,omitzero"`
	// At is when it was given, zero until then. By is what the operator called themselves.
	At time.Time `json:"at,omitzero"`
	By string    `json:"by,omitempty"`
}

// covers reports whether the approval was given, and for this work.
func (a Approval) covers(today Work) bool { return !a.At.IsZero() && a.Asked == today }

// Approve lets a run start that waits for approval, at once or in its window. It is refused where the work is another than approval was
// asked for: that is asked for anew.
func (r *Runner) Approve(ctx context.Context, o Operator) Report {
	o.Approves = true
	return r.operate(ctx, o, func(t *turn, run Run) (Decision, Report) { return approve(run, o, t.facts(run.ServerName)) })
}

func approve(run Run, o Operator, f Facts) (Decision, Report) {
	wanted := func(t Trigger) bool { return f.Policy != nil && slices.Contains(f.Policy.Approval, t.Kind) }
	switch {
	case f.Policy == nil:
		return Decision{}, o.answer(OutcomeRefused, ReasonNotAllowed, run, "", f.Now)
	case run.State == RunStarting:
		return Decision{}, o.answer(OutcomeRefused, ReasonNotAsked, run, "the run "+run.ID+" is being started since "+
			run.Attempt.Claimed.UTC().Format(time.RFC3339)+"; if that comes to nothing, it waits again", f.Now)
	case run.State != RunWaiting:
		return Decision{}, o.answer(OutcomeRefused, ReasonNotAsked, run, "the run "+run.ID+" was started "+
			run.Attempt.Claimed.UTC().Format(time.RFC3339), f.Now)
	case !slices.ContainsFunc(run.activeTriggers(), wanted):
		return Decision{}, o.answer(OutcomeRefused, ReasonNotAsked, run,
			"the settings want no approval for what triggered the run "+run.ID, f.Now)
	}
	n := Decision{Run: run, Proceed: true}
	if changed := run.Approval.Asked.difference(f.Policy.Work); changed != "" {
		n = keepWaiting(run, Verdict{Ruling: RulingWait, Reason: ReasonApprovalNeeded, Detail: changed}, f)
		n.Report = o.answer(OutcomeRefused, ReasonWorkChanged, n.Run, changed, f.Now)
		return n, Report{}
	}
	if !run.Approval.covers(f.Policy.Work) {
		n.Run.Approval, n.Run.LookAt = Approval{Asked: f.Policy.Work, At: f.Now, By: cut(o.By, maxName)}, f.Now
	}
	waits := Notification{Outcome: OutcomeWaiting, Reason: run.Wait.Reason, At: f.Now, Until: run.Wait.Until}
	if waits.Reason == ReasonApprovalNeeded { // which it is not any more; what is said unless it is looked at here and now
		waits.Reason, waits.Until = ReasonAttemptAlive, run.Lease.Until
	}
	n.Report = n.Run.report(waits)
	return n, Report{}
}
