package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Result is what a run of a story came to.
type Result struct {
	Broke []Violation
	// Story is the story that makes the same run again, with the choices that it made.
	Story Story
	Hash  uint64
	Counts
}

// Counts add up over runs.
type Counts struct {
	Stories, Flights, Calls, Skipped, Messages, Jobs int
	Lived                                            time.Duration
	Asked                                            map[string]int
	Tally                                            map[Step]int
	Active                                           map[string]int
}

// Options say how a story is run.
type Options struct {
	// Record keeps the choices that did not take the usual, Trace gets a line for each thing that happens.
	Record bool
	Trace  func(line string)
}

// Run runs a story: the same story is the same run, whatever the machine does.
func Run(t *testing.T, story Story, o Options) (out Result) {
	story.index()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(&story, runner{})
		if story.Deep {
			w.deepen()
		}
		w.record = o.Record
		if o.Trace != nil {
			w.trace = w.happened
		}
		w.play()
		w.drive()
		w.ground()
		if len(w.broke) == 0 || w.goOn {
			w.atEnd()
		}
		out = w.result()
		w.happenings(o.Trace)
	})
	return out
}

// line is one line of what happened.
type line struct{ actor, text string }

func (w *world) happened(actor, what, how string) {
	if how == "fine" && !strings.Contains(what, ".Start") && !strings.Contains(what, ".Stop") {
		return // what it came to is told where it changes something
	}
	if !strings.HasPrefix(what, "-> ") && what != "<-" {
		w.busy[actor] = true
	}
	w.lines = append(w.lines, line{actor, strings.TrimRight(fmt.Sprintf("%-12s %-22s %s %s", w.since().Truncate(time.Millisecond), actor, what,
		how), " ")})
}

// happenings are the lines, without the sweeps that changed nothing.
func (w *world) happenings(to func(string)) {
	for _, l := range w.lines {
		if w.busy[l.actor] || !strings.HasPrefix(l.actor, "sweep-") {
			to(l.text)
		}
	}
}

func (w *world) result() Result {
	explicit := *w.story
	if w.record {
		explicit.Explicit, explicit.Odds = true, w.odds
	}
	return Result{Broke: w.broke, Story: explicit, Hash: uint64(w.hash), Counts: Counts{Stories: 1, Flights: w.flown, Calls: w.calls,
		Skipped:  w.skipped,
		Messages: len(w.topics.messages), Jobs: len(w.plant.jobs), Lived: w.since(), Asked: w.asked, Tally: w.tally, Active: w.active}}
}

// Add adds the counts of another run.
func (c *Counts) Add(other Counts) {
	c.Stories, c.Flights, c.Calls, c.Skipped = c.Stories+other.Stories, c.Flights+other.Flights, c.Calls+other.Calls, c.Skipped+other.Skipped
	c.Messages, c.Jobs, c.Lived = c.Messages+other.Messages, c.Jobs+other.Jobs, c.Lived+other.Lived
	c.Asked, c.Tally, c.Active = sum(c.Asked, other.Asked), sum(c.Tally, other.Tally), sum(c.Active, other.Active)
}

func sum[K comparable](a, b map[K]int) map[K]int {
	if a == nil {
		a = map[K]int{}
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}

// mostShrinking is how long a story is shrunk at most: one of sixteen days takes half a minute to tell.
const mostShrinking = 5 * time.Minute

// Shrink leaves out what a story does not need to break the same invariant: lines, choices, servers; halves first, then ever less.
func Shrink(t *testing.T, story Story, kind string, tries int) Story {
	began := time.Now()
	breaks := func(s Story) bool {
		if tries--; time.Since(began) > mostShrinking {
			tries = 0
		}
		return tries > 0 && slices.ContainsFunc(Run(t, s, Options{}).Broke, func(v Violation) bool { return v.Kind == kind })
	}
	for again := true; again && tries > 0; {
		before := len(story.Lines) + len(story.Odds) + len(story.Servers)
		story.Odds = drop(story.Odds, func(odds []Odd) bool { s := story; s.Odds = odds; return breaks(s) })
		story.Lines = drop(story.Lines, func(lines []Line) bool { s := story; s.Lines = lines; return breaks(s) })
		story.Servers = drop(story.Servers, func(servers []Server) bool { s := story; s.Servers = servers; return breaks(s) })
		again = len(story.Lines)+len(story.Odds)+len(story.Servers) < before
	}
	story.Broke = kind
	return story
}

// drop leaves out as many of a list as it can.
func drop[T any](all []T, breaks func([]T) bool) []T {
	for size := max(len(all), 1); size >= 1; size /= 2 {
		for from := 0; from < len(all); {
			fewer := slices.Concat(all[:from], all[min(from+size, len(all)):])
			if breaks(fewer) {
				all = fewer
			} else {
				from += size
			}
		}
	}
	return all
}
