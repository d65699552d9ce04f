package maintenance

import (
	"context"
	"sync"
	"time"
)

// turn is one invocation's share of the work: its time, and how it looks at servers.
type turn struct {
	*Runner
	// work ends early enough that a service which hangs can still be told of; tell, for telling and recording, ends early
	// enough that the response gets out.
	work, tell context.Context
	// attemptEnds is when what this turn holds is free for another: its own deadline and a margin for clocks that differ.
	attemptEnds time.Time
	// full is true where a sweep has seen that as many runs as may hold a server do.
	full bool
	look func(ctx context.Context, b Backend, name string) (Server, error)
}

// The margin on a turn's own deadline, and the deadline where there is none: Lambda's longest.
const (
	attemptMargin = 15 * time.Second
	longestTurn   = 15 * time.Minute
)

func (r *Runner) turn(ctx context.Context) (*turn, context.CancelFunc) {
	t := &turn{Runner: r, work: ctx, tell: ctx, attemptEnds: r.Now().Add(longestTurn + attemptMargin)}
	t.look = func(ctx context.Context, b Backend, name string) (Server, error) { return b.Describe(ctx, name) }
	deadline, ok := ctx.Deadline()
	if !ok {
		return t, func() {}
	}
	left := time.Until(deadline)
	tell, cancelTell := context.WithDeadline(ctx, deadline.Add(-min(500*time.Millisecond, left/10)))
	work, cancelWork := context.WithDeadline(tell, deadline.Add(-min(6*time.Second, left/3)))
	t.work, t.tell, t.attemptEnds = work, tell, r.Now().Add(left+attemptMargin)
	return t, func() { cancelWork(); cancelTell() }
}

// say publishes a report that is always told.
func (t *turn) say(r Report) Report {
	r.PublishErr = t.Notifier.Notify(t.tell, r)
	return r
}

// sayOnce publishes a report unless one with the same key has been. If the ledger cannot say, it is published: better twice
// than never.
func (t *turn) sayOnce(r Report, key string) Report {
	first, err := t.Ledger.FirstTo(t.tell, key, t.Now(), t.attemptEnds)
	if err == nil && !first {
		r.Untold = true
		return r
	}
	r = t.say(r)
	if r.LedgerErr = err; err == nil && r.PublishErr == nil {
		r.LedgerErr = t.Ledger.Told(t.tell, key, t.Now())
	}
	r.Retell = r.PublishErr != nil
	return r
}

// inParallel does n things, atOnce at the same time.
func inParallel(n int, do func(i int)) {
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}

// hold makes a run this turn's own until the turn is certainly over.
func (t *turn) hold(run Run) Run {
	run.Attempt, run.AttemptEnds = NewRunID(run.ServerName, t.Now()), t.attemptEnds
	return run
}

// letGo lets the next sweep have a run at once.
func (t *turn) letGo(run Run) Run {
	run.AttemptEnds = t.Now()
	return run
}
