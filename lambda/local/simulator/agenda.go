package simulator

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
func (s *OpsWorksCM) later(at time.Time, do func(at time.Time)) {
	s.agenda = append(s.agenda, task{at: at, do: do})
	slices.SortStableFunc(s.agenda, func(a, b task) int { return a.at.Compare(b.at) })
	time.AfterFunc(time.Until(at), func() {
		defer s.out.deliver()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.catchUp()
	})
}

// catchUp does what is due by now. It expects the lock to be held; its caller calls deliver after releasing it.
func (s *OpsWorksCM) catchUp() {
	for now := time.Now(); len(s.agenda) > 0 && !s.agenda[0].at.After(now); {
		next := s.agenda[0]
		s.agenda = s.agenda[1:]
		next.do(next.at)
	}
}
