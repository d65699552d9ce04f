package opsworkscm

import (
	"slices"
	"time"
)

// task is something that happens by itself at a time.
type task struct {
	at time.Time
	do func(at time.Time)
}

// later expects the lock to be held. The timer only wakes: whoever comes first does what is due, in one order. Otherwise a call and
// a timer of the same moment would race.
func (f *fleet) later(at time.Time, do func(at time.Time)) {
	f.agenda = append(f.agenda, task{at: at, do: do})
	slices.SortStableFunc(f.agenda, func(a, b task) int { return a.at.Compare(b.at) })
	time.AfterFunc(time.Until(at), func() {
		defer f.out.Deliver()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.catchUp()
	})
}

// catchUp does what is due by now. It expects the lock to be held; its caller calls deliver after releasing it.
func (f *fleet) catchUp() {
	for now := time.Now(); len(f.agenda) > 0 && !f.agenda[0].at.After(now); {
		next := f.agenda[0]
		f.agenda = f.agenda[1:]
		next.do(next.at)
	}
}
