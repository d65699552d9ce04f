package ssm

import (
	"cmp"
	"time"
)

// shareUpTo is how much of the execution's time its first steps take together.
func (e *execution) shareUpTo(total time.Duration, steps int) time.Duration {
	return time.Duration(float64(total) * (float64(steps) / float64(len(e.steps))))
}

// arm lets the execution go on after a while, if executions do by themselves. The lock is held.
func (g *engine) arm(e *execution, after time.Duration) {
	e.unarm()
	if g.config.ExecutionTime != 0 {
		g.after(e, after)
	}
}

// after lets the execution go on after a while, unless something else is arranged for it by then. The lock is held.
func (g *engine) after(e *execution, after time.Duration) {
	e.unarm()
	turn := e.turn
	g.clock.Later(time.Now().Add(after), func(time.Time) {
		if e.turn == turn {
			g.advance(e)
		}
	})
}

// advance ends the current step and begins the next, or ends the execution. The lock is held.
func (g *engine) advance(e *execution) {
	if !e.begun && e.status != executionCancelling {
		g.begin(e)
		return
	}
	if e.status == executionCancelling {
		g.endCancelled(e)
		return
	}
	plan, failed := e.plan[e.current], ""
	if message := g.failureOf(e, plan.Name); message != "" {
		failed = "Step " + plan.Name + " failed while its action was carried out. " + message
	}
	how := goOn
	if failed != "" {
		how = plan.OnFailure
		how = cmp.Or(how, abort)
	}
	if failed != "" && (!plan.Optional || how == abort) { // "Abort will fail the automation", API_StepExecution
		e.doom = cmp.Or(e.doom, failed)
	}
	next, goesOn := e.after(how)
	if !goesOn {
		g.endAfter(e, failed)
		return
	}
	e.leave(failed)
	g.enter(e, next, unlimited)
}

// endAfter ends an execution with its current step. The lock is held.
func (g *engine) endAfter(e *execution, failed string) {
	if e.doom == "" && failed == "" {
		g.finish(e, executionSuccess, "")
		return
	}
	e.leave(failed)
	status := executionSuccess // the step may fail, unless another has failed
	if e.doom != "" {
		status = executionFailed
	}
	g.finish(e, status, e.doom)
}

// complete brings the execution to its end now. The lock is held.
func (g *engine) complete(e *execution) {
	for e.ended.IsZero() {
		g.advance(e)
	}
	e.unarm()
}

// failureOf is the message that an execution's step is to fail with, of the nodes by their ids so that the answer is always the same.
func (g *engine) failureOf(e *execution, step string) (message string) {
	for _, node := range sortedKeys(g.failures) {
		if e.on(node) {
			message = cmp.Or(message, g.failures[node][step])
		}
	}
	return message
}
