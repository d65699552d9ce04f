package simulation

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// fate is what a call of the code under test to the world meets.
type fate int

const (
	fine       fate = iota
	failBefore      // nothing is done, and an error comes back
	failAfter       // it is done, and the answer is lost
	hang            // nothing is done, and no answer comes until the caller gives up
	hangAfter       // it is done, and no answer comes until the caller gives up
	dieBefore       // the process dies, and the call never leaves
	dieAfter        // it is done, and the process dies before it hears of it
	dieLate         // the process dies, and what it had sent is done later
	fates
)

var fateNames = [fates]string{"fine", "fail-before", "fail-after", "hang", "hang-after", "die-before", "die-after", "die-late"}

func (f fate) String() string { return fateNames[f] }

func fateOf(name string) fate {
	for f, n := range fateNames {
		if n == name {
			return fate(f)
		}
	}
	return fine
}

// ambiguous: the caller cannot tell whether it was done.
func (f fate) ambiguous() bool { return f != fine && f != failBefore && f != dieBefore }

var errLost = errors.New("no answer")

// longestLate is how late a service serves what a dead process had sent, and how far its answers lag: it is taken to be five
// minutes; the clocks of two containers differ by four seconds of them.
const longestLate = 5*time.Minute - 5*time.Second

// call is one call of the code under test to the world. It is parked until the driver lets it go.
type call struct {
	flight *flight
	op     string
	about  string
	lane   string
	nth    int
	key    key
	sent   time.Time
	serve  func(*call)
	reply  chan fate
	fate   fate
	over   bool // answered, or its flight is dead; the driver's
	left   bool // the caller went away, as its context ended; under driver.mu
	served bool
}

// name is what a story calls the call.
func (c *call) name() []string {
	lane := c.lane
	if lane == "" {
		lane = "-"
	}
	return []string{c.flight.id, c.op, c.about, lane, strconv.Itoa(c.nth)}
}

// call is where the code under test meets the world, in its own goroutine. about is what the call is about: a run, a server, a topic.
// serve is done by the driver, at once and to the end. What comes back is never a fate that kills: then nothing comes back.
func (w *world) call(ctx context.Context, op, about string, serve func(*call)) fate {
	_, got := w.ask(ctx, op, about, serve)
	return got
}

// ask is call for who wants to know the call too.
func (w *world) ask(ctx context.Context, op, about string, serve func(*call)) (*call, fate) {
	f := flightOf(ctx)
	if f == nil { // a test asks a model by itself
		c := &call{flight: &flight{facts: newFacts(), box: &container{settings: w.settings}}}
		serve(c)
		return c, fine
	}
	if about == "" {
		about = "-"
	}
	c := &call{flight: f, op: op, about: about, lane: maintenance.LaneOf(ctx), serve: serve, reply: make(chan fate, 1), sent: w.now()}
	lane := c.lane
	if lane == "" {
		lane = "-"
	}
	base := f.key.and(op, about, lane)
	w.mu.Lock()
	if f.dead {
		w.mu.Unlock()
		runtime.Goexit() // no recover catches it; deferred functions run, and come here if they call
	}
	if ctx.Err() != nil {
		f.expired = true
		w.mu.Unlock()
		return c, hang // a client does not send what has no time left
	}
	c.nth = f.nth[base]
	f.nth[base]++
	c.key = base.and(strconv.Itoa(c.nth))
	w.parked = append(w.parked, c)
	w.mu.Unlock()
	w.wake()
	got := hang
	select {
	case got = <-c.reply:
	case <-ctx.Done():
		w.mu.Lock()
		c.left, f.expired = true, true
		dead := f.dead
		w.mu.Unlock()
		if dead {
			runtime.Goexit()
		}
	}
	if got >= dieBefore {
		runtime.Goexit()
	}
	return c, got
}

// admit decides what a call meets, and when.
func (w *world) admit(c *call) {
	if c.flight.dead || w.grounded {
		w.answer(c, dieBefore)
		return
	}
	w.calls++
	w.asked[c.op]++
	c.flight.open = append(c.flight.open, c)
	after := roll(w.story.Seed, c.key).between(2*time.Millisecond, 40*time.Millisecond)
	if o, ok := w.oddOf(c, "answer", "slow", w.knobs.Slow, lasts("slow", 100*time.Millisecond, 9*time.Second)); ok {
		after += o.long
	}
	what, wait := fine, time.Duration(0)
	if o, ok := w.odd(c.key, w.knobs.struck(c.op), c.name, w.knobs.strike); ok {
		what, wait = fateOf(o.what), o.long
		w.met(c, o.what)
	}
	if what == fine {
		what, wait = w.outage(c)
	}
	c.fate = what
	w.after(after, func() { w.grant(c, wait) })
}

// grant lets a call go. For a fate that waits, long is how long.
func (w *world) grant(c *call, long time.Duration) {
	if c.over {
		return
	}
	if c.left {
		w.watchFailed(c)
		w.orphan(c)
		return
	}
	what := c.fate
	w.note(c.key, int(what))
	if w.trace != nil {
		w.trace(c.flight.id, c.op+" "+c.about, what.String())
	}
	switch what {
	case fine, failAfter, hangAfter, dieAfter:
		w.serve(c)
	case dieLate:
		w.after(long, func() { w.serve(c) })
	}
	switch what {
	case hang, hangAfter:
		w.after(long, func() { w.answer(c, what) }) // the client gives up, if its context has not ended before
	case dieBefore, dieAfter, dieLate:
		w.answer(c, what)
		w.kill(c.flight)
	default:
		w.answer(c, what)
	}
	if what != fine {
		w.watchFailed(c)
	}
}

func (w *world) serve(c *call) {
	c.served = true
	c.serve(c)
}

func (w *world) answer(c *call, what fate) {
	if c.over {
		return
	}
	c.over = true
	c.reply <- what
}

// orphan is a call that had left when its caller went: the service may do it, and late.
func (w *world) orphan(c *call) {
	c.over = true
	if c.served {
		return
	}
	if o, ok := w.oddOf(c, "request", "late", w.knobs.Late, lateness); ok {
		c.fate = dieLate
		w.after(o.long, func() { w.serve(c) })
	}
}

func lateness(r *roller) oddity {
	if r.chance(0.7) {
		return oddity{"late", r.between(10*time.Millisecond, 20*time.Second)}
	}
	return oddity{"late", r.between(20*time.Second, longestLate)}
}

// met counts a fault at a step.
func (w *world) met(c *call, what string) { w.tally[Step{c.op, what}]++ }
