package torture

import (
	"fmt"
	"testing"

	"opsworks-maintenance/lambda/local/machine"
)

// The function killed after every call it makes, those of the sweep included, then the event delivered again and the sweep run: never a
// second start, never a lost end, and nothing left that would keep the next from starting. A death before a call leaves what one after
// the call before it does, but for calls that are made at the same time: one story is killed before its calls too.
func TestTorture_KilledAtEveryCall(t *testing.T) { both(t, tortureKilledAtEveryCall) }

func tortureKilledAtEveryCall(t *testing.T, b backend) {
	for i, s := range storiesOn(b) {
		deaths := []machine.Fate{machine.DeathAfter}
		if i == 0 {
			deaths = append(deaths, machine.DeathBefore)
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			calls, first := s.calls(t, b)
			t.Logf("%d calls, struck from %d: %q", len(calls), first, calls)
			for n := first; n < len(calls); n++ {
				for _, fate := range deaths {
					s.struck(t, b, calls, n, fate)
				}
			}
		})
	}
}

// struck plays the story with one of its calls struck.
func (s story) struck(t *testing.T, b backend, calls []string, n int, fate machine.Fate) {
	t.Run(fmt.Sprintf("%02d %s %s", n, fate, calls[n]), func(t *testing.T) {
		t.Parallel()
		r := s.start(t, b)
		s.play(r, 1, only(calls, n, fate))
		r.expect(s)
	})
}

// Killed a second time, at every call of whoever puts right what a death right after the start has left.
func TestTorture_KilledWhilePuttingRight(t *testing.T) { both(t, tortureKilledWhilePuttingRight) }

func tortureKilledWhilePuttingRight(t *testing.T, b backend) {
	s := stories[0]
	once := s.start(t, b)
	s.play(once, 1, only([]string{b.start}, 0, machine.DeathAfter))
	once.expect(s)
	once.end()
	began := false
	for n, call := range once.calls {
		if !began {
			began = call == b.start
			continue
		}
		t.Run(fmt.Sprintf("%02d %s", n, call), func(t *testing.T) {
			t.Parallel()
			r := s.start(t, b)
			first, second := only([]string{b.start}, 0, machine.DeathAfter), only(once.calls, n, machine.DeathAfter)
			s.play(r, 2, func(call string) machine.Fate { return max(first(call), second(call)) })
			r.expect(s)
		})
	}
}
