package simulation

import (
	"context"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// flightOf is the invocation that a call comes from; nil outside any.
func flightOf(ctx context.Context) *flight { f, _ := ctx.Value(flightKey{}).(*flight); return f }

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
	o, _ := p.oddOf(c, "start", "refuse", p.knobs.Refuse, func(r *roller) oddity {
		reasons := []maintenance.Reason{maintenance.ReasonThrottled, maintenance.ReasonThrottled, maintenance.ReasonUnavailable,
			maintenance.ReasonDenied}
		if kind == "ssm" {
			reasons = append(reasons, maintenance.ReasonServiceLimit, maintenance.ReasonServiceLimit, maintenance.ReasonRunbookUnusable)
		}
		return oddity{what: string(reasons[r.below(len(reasons))])}
	})
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

// rival is an execution of the same runbook that others start about when the answer to ours is lost.
func (p *plant) rival(run maintenance.Run) {
	id := "rival-" + run.Attempt.ID
	pause, ok := p.oddly(p.knobs.Rival, lasts("rival", 0, 10*time.Minute), id, "rival")
	if !ok {
		return
	}
	p.after(pause, func() {
		server := p.server(run.ServerName)
		if p.grounded || !p.room(server) {
			return
		}
		now := p.now()
		p.others(&job{id: id, server: server.Name, node: server.Node, takesRun: server.Own, created: now, begins: now,
			ends: now.Add(duration(roll(p.story.Seed, named(id)))), result: maintenance.ExecutionSucceeded})
	})
}

// leaves takes a server away for good about when the answer to its start is lost.
func (p *plant) leaves(run maintenance.Run) {
	id := "leaves-" + run.Attempt.ID
	chance := 0.05
	if run.Backend == "opsworks-cm" { // where nothing but the server says what became of it
		chance = 0.3
	}
	if pause, ok := p.oddly(chance, func(q *roller) oddity {
		return oddity{"gone", oneOf(q, q.between(20*time.Second, 2*time.Minute), q.between(0, 10*time.Minute))}
	}, id, "gone"); ok {
		p.after(pause, func() {
			if !p.grounded && !p.gone(run.ServerName) {
				p.leave(run.ServerName)
			}
		})
	}
}
