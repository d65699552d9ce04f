package maintenance

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// turn is one invocation's share of the work: its time, its lease, and what it published.
type turn struct {
	*Runner
	// id names the leases of this invocation.
	id string
	// callCtx ends early enough that what a service that hangs did not answer can still be recorded; publishCtx early
	// enough to clear what was published; recordCtx early enough that the response gets out.
	callCtx, publishCtx, recordCtx context.Context
	// ends is when this turn sends nothing any more, leaseEnds when others may take what it holds.
	ends, leaseEnds time.Time
	// longest is how long an invocation lasts at most, by any clock.
	longest time.Duration
	// shared are the backends for the looks of one sweep.
	shared map[string]Backend
	// alarms are what it has read of alarms.
	alarms     *alarmReads
	published  *tally
	prefetched *prefetchedLook
	// behindOthers are the runs that wait for a slot and for others to have theirs first.
	behindOthers map[string]bool
}

// whole reads a queue to its end: no look is set ten years ahead.
func whole(t *turn, queue Queue) ([]Due, error) {
	return t.Ledger.Due(t.callCtx, queue, t.Now().AddDate(10, 0, 0), 0)
}

// tally counts what was published.
type tally struct {
	sync.Mutex
	Publishing
	// postponed are the runs that a sweep publishes of once it has moved all, so that no topic stands in the way of a state.
	postponed []Run
	postpones bool
}

// postpone keeps a run for later, if the turn postpones its publishing. Of one that moves twice, the later version owes all that is owed.
func (c *tally) postpone(run Run) bool {
	c.Lock()
	defer c.Unlock()
	if !c.postpones {
		return false
	}
	switch i := slices.IndexFunc(c.postponed, func(other Run) bool { return other.ID == run.ID }); {
	case i < 0:
		c.postponed = append(c.postponed, run)
	case c.postponed[i].Version < run.Version:
		c.postponed[i] = run
	}
	return true
}

// takePostponed ends the postponing, and gives what was postponed in an order that does not depend on chance.
func (c *tally) takePostponed() []Run {
	c.Lock()
	defer c.Unlock()
	c.postpones = false
	slices.SortFunc(c.postponed, func(a, b Run) int { return strings.Compare(a.ID, b.ID) })
	return c.postponed
}

func (c *tally) add(p Publishing) {
	c.Lock()
	defer c.Unlock()
	c.Published, c.Failed, c.Dropped, c.Errs = c.Published+p.Published, c.Failed+p.Failed, c.Dropped+p.Dropped, append(c.Errs, p.Errs...)
}

// addTo puts what was published, and what could not be, into the last of an invocation's reports.
func (c *tally) addTo(reports []Report) {
	if n := len(reports); n > 0 {
		reports[n-1].Publishing = c.Publishing
	}
}

// The margin on a turn's own deadline, for clocks that differ, and the deadline where there is none: Lambda's longest.
const (
	leaseMargin = 15 * time.Second
	maxTurn     = 15 * time.Minute
)

func (r *Runner) turn(ctx context.Context) (*turn, context.CancelFunc) {
	now := r.Now()
	t := &turn{Runner: r, id: r.NewID("turn", now), callCtx: ctx, publishCtx: ctx, recordCtx: ctx, published: &tally{},
		alarms: &alarmReads{from: r.Alarms}}
	left := maxTurn
	cancel := func() {}
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline)
		var cancelRecord, cancelPublish, cancelCall context.CancelFunc
		t.recordCtx, cancelRecord = context.WithDeadline(ctx, deadline.Add(-min(500*time.Millisecond, left/12)))
		t.publishCtx, cancelPublish = context.WithDeadline(t.recordCtx, deadline.Add(-min(2500*time.Millisecond, left/6)))
		t.callCtx, cancelCall = context.WithDeadline(t.publishCtx, deadline.Add(-min(7*time.Second, left/3)))
		cancel = func() { cancelCall(); cancelPublish(); cancelRecord() }
	}
	t.ends, t.leaseEnds, t.longest = now.Add(left), now.Add(left+leaseMargin), left+leaseMargin
	return t, cancel
}

// lane is the turn for one share of its parallel work.
func (t *turn) lane(name string) *turn {
	lane := *t
	if outer := LaneOf(t.callCtx); outer != "" {
		name = outer + "." + name
	}
	in := func(ctx context.Context) context.Context { return context.WithValue(ctx, laneKey{}, name) }
	lane.callCtx, lane.publishCtx, lane.recordCtx = in(t.callCtx), in(t.publishCtx), in(t.recordCtx)
	return &lane
}

// backend is the one that a run or a policy names; false if this version has none.
func (t *turn) backend(name string) (Backend, bool) {
	if b, ok := t.shared[name]; ok {
		return b, true
	}
	b, ok := t.Backends[name]
	return b, ok
}

// maxParallel bounds how many runs of one backend are worked on at the same time.
const maxParallel = 8

// inParallel does n things, atOnce at the same time, each in a lane of its own. A panic is one thing's fault and ends no other.
func (t *turn) inParallel(n int, do func(lane *turn, i int)) {
	if n == 1 {
		do(t, 0)
		return
	}
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for range min(n, maxParallel) {
		all.Go(func() {
			for i := range next {
				do(t.lane(strconv.Itoa(i)), i)
			}
		})
	}
	all.Wait()
}

// pause waits before a move is tried again, longer each time and not as long as others do.
func (t *turn) pause(try int) {
	if try == 0 {
		return
	}
	most := 10 * time.Millisecond << min(try, 6)
	timer := time.NewTimer(most/2 + time.Duration(freeSlot(make([]string, 64), t.id+LaneOf(t.callCtx)))*most/128)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.recordCtx.Done():
	}
}

// safely turns a panic about one server into its report.
func (t *turn) safely(serverName, runID string, do func() Report) (report Report) {
	defer func() {
		if mistake := recover(); mistake != nil {
			report = Report{Outcome: OutcomeError, Reason: ReasonUnexpected, ServerName: serverName, RunID: runID, At: t.Now(), Count: true,
				Detail: fmt.Sprint("internal error: ", mistake), Retry: true}
		}
	}()
	return do()
}
