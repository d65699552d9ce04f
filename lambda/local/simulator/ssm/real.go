package ssm

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Executor carries out an execution for real. It tells progress when a step begins and when it has ended, with one of the service's words
// and, of a step that did not succeed, why; and returns the execution's last status and outputs. When ctx is done, somebody has stopped
// the execution.
type Executor func(ctx context.Context, e Execution, progress func(step, status, failure string)) (status string,
	outputs map[string][]string)

// ExecuteOn lets the executions that begin on a node from now on be carried out by an executor. Nothing happens to them by the clock.
func (c *control) ExecuteOn(node string, executor Executor) {
	defer c.clock.Enter()()
	c.executors[node] = executor
}

// forReal begins to carry out an execution, if its node has an executor. The lock is held.
func (g *engine) forReal(e *execution) bool {
	executor := g.executors[e.node()]
	if executor == nil {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	snapshot := Execution{ID: e.id, Runbook: e.runbook, Parameters: e.parameters, Tags: e.tags, Status: e.status, Started: e.started}
	go func() {
		defer cancel()
		status, outputs := executor(ctx, snapshot, func(step, status, failure string) { g.progress(e, step, status, failure) })
		defer g.clock.Enter()()
		e.ended, e.outputs = time.Now(), outputs
		g.move(e, status)
		g.announce(e)
	}()
	return true
}

// progress of one step: it begins with InProgress.
func (g *engine) progress(e *execution, name, status, failure string) {
	defer g.clock.Enter()()
	defer g.note(e)
	i := slices.IndexFunc(e.steps, func(one step) bool { return one.Name == name })
	if i < 0 {
		return
	}
	e.current = i
	one := &e.steps[i]
	one.status, one.failure = status, failure
	if status == executionInProgress {
		one.started = time.Now()
		return
	}
	one.ended = time.Now()
	e.failure = cmp.Or(e.failure, failure)
}
