package ssm

import (
	"slices"
	"time"
)

// Lag is how far behind the service's answers are. No document promises that a list, a read or a status is up to date; that they are so
// within five minutes is what the function rests on, and nothing that AWS says.
type Lag struct {
	List  time.Duration // so long after its start no list shows an execution
	Read  time.Duration // so long after its start GetAutomationExecution does not find it
	State time.Duration // lists and reads show the status and the steps of so long ago
}

// SetLag changes how far the answers are behind from now on.
func (c *control) SetLag(lag Lag) {
	defer c.clock.Enter()()
	c.lag = lag
}

// view is what changes of an execution, as it was from a moment on.
type view struct {
	at              time.Time
	status, failure string
	steps           []step
	current         int
	ended           time.Time
}

const viewsKept = 10 * time.Minute

// note keeps what an execution has become. The lock is held.
func (g *engine) note(e *execution) {
	now := time.Now()
	for len(e.seen) > 1 && e.seen[1].at.Before(now.Add(-max(viewsKept, g.lag.State))) {
		e.seen = e.seen[1:]
	}
	e.seen = append(e.seen, view{
		at: now, status: e.status, failure: e.failure, steps: slices.Clone(e.steps), current: e.current, ended: e.ended})
}

// view is what the answers show with a lag: as it was, or as it began. The lock is held.
func (e *execution) view(lag time.Duration) view {
	shown := e.seen[0]
	for _, later := range e.seen[1:] {
		if !later.at.After(time.Now().Add(-lag)) {
			shown = later
		}
	}
	return shown
}

// hidden reports whether an execution is too young to be seen. The lock is held.
func (e *execution) hidden(lag time.Duration) bool {
	return e.forgotten || lag > 0 && time.Since(e.started) < lag
}
