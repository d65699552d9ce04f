package simulation

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// What Lambda does (docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html): an asynchronous event whose invocation
// failed comes again after a minute, and after two more; it may come twice though nothing failed. timeout is the function's own.
const (
	timeout = 30 * time.Second
	retries = 2
)

// flight is one invocation of the function.
type flight struct {
	id    string
	key   key
	event Event
	tries int
	began time.Time
	box   *container
	open  []*call
	nth   map[key]int // how often each call was made, under driver.mu
	ids   map[string]int

	dead     bool // written by the driver, under driver.mu
	expired  bool // it could not, or would not, wait for a call any more; under driver.mu
	over     bool // its goroutine is done
	returned bool // by returning
	err      error
	reports  []maintenance.Report
	facts
}

type flightKey struct{}

// container serves one invocation at a time, by a clock of its own and the settings that were deployed when it began.
type container struct {
	skew     time.Duration
	settings *settings
	busy     bool
	code     *code // at the deep depth
}

func (c *container) now() time.Time { return time.Now().Round(0).UTC().Add(c.skew) }

// invoke sends an event to the function. Its id names everything that it does.
func (w *world) invoke(id string, event Event) { w.try(id, event, 0) }

func (w *world) try(id string, event Event, tries int) {
	if w.grounded {
		return
	}
	w.arrive(event)
	f := &flight{id: id, key: named(id), event: event, tries: tries, nth: map[key]int{}, ids: map[string]int{}, facts: newFacts()}
	f.box = w.take(f)
	f.box.busy = true
	w.after(roll(w.story.Seed, f.key).between(5*time.Millisecond, 60*time.Millisecond), func() { w.fly(f) })
}

// arrive notes when a trigger came first.
func (w *world) arrive(event Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range event.requests() {
		key := r.Trigger.Key(r.ServerName)
		first := w.arrived[key].IsZero()
		if first {
			w.arrived[key] = w.now()
		}
		w.onlyNew[key] = r.Trigger.NewAlarm && (first || w.onlyNew[key])
	}
}

// take finds a container that is free and of today's settings, or starts one.
func (w *world) take(f *flight) *container {
	for _, c := range w.boxes {
		if !c.busy && c.settings == w.settings {
			return c
		}
	}
	c := &container{settings: w.settings}
	if skew, ok := w.oddly(w.knobs.Skew, lasts("skew", -2*time.Second, 2*time.Second), f.id, "skew"); ok {
		c.skew = skew
	}
	w.boxes = append(slices.DeleteFunc(w.boxes, func(c *container) bool { return !c.busy && c.settings != w.settings }), c)
	return c
}

func (w *world) fly(f *flight) {
	f.began = w.now()
	w.flights = append(w.flights, f)
	w.flying++
	w.flown++
	w.note(f.key, f.tries)
	if w.trace != nil {
		w.trace(f.id, "-> "+f.event.String(), "")
	}
	deadline := f.began.Add(timeout)
	w.run(func() {
		defer func() {
			if mistake := recover(); mistake != nil {
				f.err = fmt.Errorf("panic: %v\n%s", mistake, debug.Stack())
			}
			w.mu.Lock()
			f.over = true
			w.landed = append(w.landed, f)
			w.mu.Unlock()
			w.wake()
		}()
		// It ends a millisecond before Lambda ends the process, so that which of the two was first is no matter of chance.
		ctx, cancel := context.WithDeadline(context.WithValue(context.Background(), flightKey{}, f), deadline.Add(-time.Millisecond))
		defer cancel()
		f.reports, f.err = w.target.handle(ctx, w, f)
		f.returned = true
	})
	w.at(deadline, func() {
		if !f.over {
			w.kill(f)
		}
	})
}

// kill ends a flight: its open calls die now, what runs dies at its next call. What it had sent may be served later.
func (w *world) kill(f *flight) {
	if f.dead {
		return
	}
	w.mu.Lock()
	f.dead = true
	w.mu.Unlock()
	w.watchDeath(f)
	for _, c := range f.open {
		if !c.over {
			c.reply <- dieBefore
			w.orphan(c)
		}
	}
	f.open = nil
}

// land takes in a flight that is over. A process that died is gone, and so is its container.
func (w *world) land(f *flight) {
	f.box.busy = false
	if f.dead {
		w.boxes = slices.DeleteFunc(w.boxes, func(c *container) bool { return c == f.box })
	}
	w.flights = slices.DeleteFunc(w.flights, func(other *flight) bool { return other == f })
	failed := f.dead || !f.returned || f.err != nil
	if w.trace != nil {
		w.trace(f.id, "<-", map[bool]string{true: fmt.Sprint("failed: ", f.err), false: "done"}[failed])
	}
	w.note(f.key, len(f.reports))
	w.watchLanding(f, failed)
	if f.event.Async && failed && f.tries < retries {
		pause := time.Duration(f.tries+1) * time.Minute
		w.after(pause, func() { w.try(f.id+"'", f.event, f.tries+1) })
	}
}

// newID names runs and attempts after the flight, so that they are the same whenever the story is run.
func (f *flight) newID(mu *sync.Mutex) func(string, time.Time) string {
	return func(serverName string, _ time.Time) string {
		mu.Lock()
		defer mu.Unlock()
		f.ids[serverName]++
		return serverName + "-" + f.id + "." + strconv.Itoa(f.ids[serverName])
	}
}
