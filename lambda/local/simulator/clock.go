package simulator

import (
	"slices"
	"sync"
	"time"
)

// Clock is what guards the state of a service, and what happens to it by itself. The one who comes first, a call or the time, does what is
// due, in one order: otherwise a call and a timer of the same moment would race.
type Clock struct {
	mu      sync.Mutex
	agenda  []task // by its time
	stopped bool

	telling sync.Mutex // guards what follows
	pending []func()
	busy    bool
}

// task is something that happens by itself at a time.
type task struct {
	at time.Time
	do func(at time.Time)
}

// Enter locks the state, as it is by now; leave unlocks it and tells what came of it: defer c.Enter()().
func (c *Clock) Enter() (leave func()) {
	c.mu.Lock()
	for now := time.Now(); len(c.agenda) > 0 && !c.agenda[0].at.After(now); {
		next := c.agenda[0]
		c.agenda = c.agenda[1:]
		next.do(next.at)
	}
	return func() {
		c.mu.Unlock()
		c.tell()
	}
}

// Later lets something happen at a time, with the state locked, unless the clock is stopped by then. The state is locked.
func (c *Clock) Later(at time.Time, do func(at time.Time)) {
	if c.stopped {
		return
	}
	c.agenda = append(c.agenda, task{at: at, do: do})
	slices.SortStableFunc(c.agenda, func(a, b task) int { return a.at.Compare(b.at) })
	time.AfterFunc(time.Until(at), func() { c.Enter()() })
}

// Stop lets nothing happen by itself any more. The state is locked.
func (c *Clock) Stop() { c.agenda, c.stopped = nil, true }

// Tell lets somebody be told when the state is unlocked. The state is locked.
func (c *Clock) Tell(what func()) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.pending = append(c.pending, what)
}

// tell tells what is pending, one thing at a time, in the order it was added. The one who does so already does it for the others too: that
// keeps the order, and lets those who are told cause further things to tell.
func (c *Clock) tell() {
	c.telling.Lock()
	defer c.telling.Unlock()
	if c.busy {
		return
	}
	c.busy = true
	for len(c.pending) > 0 {
		next := c.pending[0]
		c.pending = c.pending[1:]
		c.telling.Unlock()
		next()
		c.telling.Lock()
	}
	c.busy = false
}
