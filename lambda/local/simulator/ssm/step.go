package ssm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is a step of a runbook: its name, and what follows it. The zero values are the service's defaults.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-branchdocs.html
type Step struct {
	Name string
	// OnFailure is Abort, the default, Continue, or step:NAME; OnCancel is Abort or step:NAME.
	OnFailure, OnCancel string
	// Optional is isCritical: false. The failure of any other step makes the whole execution Failed, whatever runs after it.
	Optional bool
	// End is isEnd: nothing follows, be it done or failed.
	End bool
}

// Always are steps of which the last runs after every other one, done, failed or cancelled, as that of this project's runbooks does.
func Always(names ...string) []Step {
	steps := make([]Step, len(names))
	for i, name := range names {
		last := "step:" + names[len(names)-1]
		steps[i] = Step{Name: name, OnFailure: last, OnCancel: last}
	}
	steps[len(steps)-1] = Step{Name: names[len(names)-1], End: true}
	return steps
}

const (
	abort      = "Abort"
	goOn       = "Continue"
	stepPrefix = "step:"
	// cancelMax is what the steps of a cancelled execution have: two minutes, by the page "Error handling with the visual design
	// experience".
	cancelMax = 2 * time.Minute
	// unlimited is for a step that has its own time.
	unlimited = time.Duration(1<<63 - 1)
)

func checkSteps(steps []Step) error {
	if len(steps) == 0 || slices.ContainsFunc(steps, func(s Step) bool { return s.Name == "" }) {
		return errors.New("a runbook has at least one step, and steps have names")
	}
	for i, s := range steps {
		for _, next := range []string{s.OnFailure, s.OnCancel} {
			name, jumps := strings.CutPrefix(next, stepPrefix)
			if at := stepNamed(steps, name); jumps && at <= i || !jumps && next != "" && next != abort && next != goOn {
				return fmt.Errorf("step %s: %q is nothing that may follow it", s.Name, next)
			}
		}
	}
	return nil
}

func stepNamed(steps []Step, name string) int {
	return slices.IndexFunc(steps, func(s Step) bool { return s.Name == name })
}

// after is the position of the step that follows, none if nothing does.
func (e *execution) after(how string) (int, bool) {
	if e.plan[e.current].End {
		return 0, false
	}
	if name, jumps := strings.CutPrefix(how, stepPrefix); jumps {
		return stepNamed(e.plan, name), true
	}
	return e.current + 1, how == goOn && e.current < len(e.plan)-1
}

// leave ends the current step, which failed if there is a reason. The lock is held.
func (e *execution) leave(failure string) {
	current := &e.steps[e.current]
	current.status, current.failure, current.ended = executionSuccess, failure, time.Now()
	if failure != "" {
		current.status = executionFailed
	}
}

// enter begins a step, which has so much time. The lock is held.
func (g *engine) enter(e *execution, next int, most time.Duration) {
	e.current = next
	e.steps[next].status, e.steps[next].started = executionInProgress, time.Now()
	g.note(e)
	g.arm(e, min(most, e.shareUpTo(g.config.ExecutionTime, next+1)-e.shareUpTo(g.config.ExecutionTime, next)))
}

// cancel winds an execution up: its current step's onCancel says with which step, if with any. One that has not begun has nothing to wind
// up. Without such a step it is Cancelling for the rest of its time. The lock is held.
func (g *engine) cancel(e *execution) {
	g.move(e, executionCancelling)
	if !e.begun {
		g.finish(e, executionCancelled, "")
		return
	}
	if next, jumps := e.after(e.plan[e.current].OnCancel); jumps {
		e.leave("")
		e.steps[e.current].status = executionCancelled
		e.winding = true
		g.enter(e, next, cancelMax)
		return
	}
	g.arm(e, time.Until(e.steps[0].started.Add(g.config.ExecutionTime)))
}

// endCancelled ends the step that a cancelled execution is in, and the execution with the last one. The lock is held.
func (g *engine) endCancelled(e *execution) {
	if e.winding {
		message := g.failureOf(e, e.plan[e.current].Name)
		e.leave(message)
		if next, goesOn := e.after(goOn); goesOn && message == "" {
			g.enter(e, next, cancelMax)
			return
		}
	}
	g.finish(e, executionCancelled, "")
}
