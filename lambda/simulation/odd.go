package simulation

import (
	"strings"
	"time"
)

// oddity is what a choice came to that did not take the usual, and how long that lasts.
type oddity struct {
	what string
	long time.Duration
}

// draw draws an oddity.
type draw func(*roller) oddity

// lasts draws how long something lasts.
func lasts(what string, least, most time.Duration) draw {
	return func(r *roller) oddity { return oddity{what, r.between(least, most)} }
}

// happens draws something that has no length.
func happens(what string) draw { return func(*roller) oddity { return oddity{what: what} } }

// odd asks whether the choice of this name takes another than the usual, with the probability p, and what. A story that names its
// choices answers for itself. name is asked only where somebody wants to read it; its parts are those of the key.
func (w *world) odd(k key, p float64, name func() []string, d draw) (oddity, bool) {
	var o oddity
	switch {
	case w.story.Explicit:
		named, ok := w.story.named[k]
		if !ok {
			return oddity{}, false
		}
		o = named
	case p <= 0 || !w.calm.After(w.now()):
		return oddity{}, false
	default:
		r := roll(w.story.Seed, k)
		if !r.chance(p) {
			return oddity{}, false
		}
		o = d(r)
	}
	if w.record && !w.recorded[k] {
		w.recorded[k] = true
		w.odds = append(w.odds, Odd{Name: strings.Join(name(), " "), What: o.what, Long: o.long})
	}
	return o, true
}

// oddly asks a choice of the world's.
func (w *world) oddly(p float64, d draw, name ...string) (time.Duration, bool) {
	o, ok := w.odd(named(name...), p, func() []string { return name }, d)
	if ok {
		w.tally[Step{"world", name[len(name)-1]}]++
	}
	return o.long, ok
}

// oddOf asks a choice about a call that has been let go: what, of what it is about.
func (w *world) oddOf(c *call, of, what string, p float64, d draw) (oddity, bool) {
	o, ok := w.odd(c.key.and(of, what), p, func() []string { return append(c.name(), of, what) }, d)
	if ok {
		w.met(c, what)
	}
	return o, ok
}
