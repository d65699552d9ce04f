package simulation

import (
	"context"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func flightOf(ctx context.Context) *flight { return ctx.Value(flightKey{}).(*flight) }

// clockOf is the clock of the container that a call comes from.
func clockOf(ctx context.Context) time.Time { return flightOf(ctx).box.now() }

// mayStart is what both adapters ask before a start: that there is time to hear of it, and that the attempt has not ended.
func (p *plant) mayStart(ctx context.Context, run maintenance.Run) error {
	deadline, ok := ctx.Deadline()
	if ok && time.Until(deadline) < time.Second || !clockOf(ctx).Before(run.Attempt.Ends) {
		return backendError("start: no time is left", maintenance.ReasonUnavailable)
	}
	return nil
}

// refused is why a service says no to a start, certainly.
func (p *plant) refused(c *call, kind string) maintenance.Reason {
	name := func() []string { return append(c.name(), "refuse") }
	o, ok := p.odd(c.key.and("refuse"), p.knobs.Refuse, name, func(r *roller) oddity {
		reasons := []maintenance.Reason{maintenance.ReasonThrottled, maintenance.ReasonThrottled, maintenance.ReasonUnavailable, maintenance.ReasonDenied}
		if kind == "ssm" {
			reasons = append(reasons, maintenance.ReasonServiceLimit, maintenance.ReasonServiceLimit, maintenance.ReasonRunbookUnusable)
		}
		return oddity{what: string(reasons[r.below(len(reasons))])}
	})
	if ok {
		p.met(c, "refuse")
	}
	return maintenance.Reason(o.what)
}

// answered is what an adapter makes of an answer, or of none: only what certainly came to nothing is said to.
func (p *plant) answered(got fate, a maintenance.Answer, server maintenance.Server) maintenance.Answer {
	switch got {
	case fine:
		return a
	case failBefore:
		return maintenance.Answer{Err: backendError("start", maintenance.ReasonThrottled), Server: server}
	default:
		return maintenance.Answer{Err: backendError("start", maintenance.ReasonStartUnconfirmed), Server: server}
	}
}
