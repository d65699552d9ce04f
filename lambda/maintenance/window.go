package maintenance

import (
	"iter"
	"time"
)

// Hours says which minutes of the week are open, by the wall clock: day is the weekday, minute the minutes since midnight.
type Hours interface {
	Covers(day time.Weekday, minute int) bool
}

// Steady is Hours that say at which minutes of a day they may change, in order.
type Steady interface{ Changes() []int }

// Window is when maintenance may start, by the wall clock of a place. The zero value is always open.
//
// Because only the wall clock counts, the changes to and from daylight saving time need no rule of their own: an hour that is
// skipped is never open, an hour that comes twice is open twice.
type Window struct {
	Hours    Hours
	Location *time.Location
}

// Contains reports whether the window is open at t.
func (w Window) Contains(t time.Time) bool {
	if w.Hours == nil {
		return true
	}
	local := t.In(w.location())
	return w.Hours.Covers(local.Weekday(), local.Hour()*60+local.Minute())
}

// searchDays bounds the search for an opening. A window opens weekly at the latest; two weeks and a day also find one whose
// only minutes this week are skipped by daylight saving time.
const searchDays = 15

// Opens is the first minute after t at which the window is open; false if there is none.
func (w Window) Opens(t time.Time) (time.Time, bool) { return w.change(t, true) }

// Closes is the first minute after t at which the window is closed; fifteen days later for one that never closes.
func (w Window) Closes(t time.Time) time.Time {
	closes, ok := w.change(t, false)
	if !ok {
		return t.AddDate(0, 0, searchDays)
	}
	return closes
}

// change is the first minute after t at which the window is open, or closed.
//
// Where the clock runs evenly to the end of the day, only the minutes at which the window may change are looked at; on the days on which
// it is put forward or back, every minute is.
func (w Window) change(t time.Time, open bool) (time.Time, bool) {
	if w.Hours == nil {
		return time.Time{}, false
	}
	minute := t.Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(0, 0, searchDays); minute.Before(end); {
		local := minute.In(w.location())
		weekday, of := local.Weekday(), local.Hour()*60+local.Minute()
		_, offset := local.Zone()
		left := 24*60 - of // minutes until midnight, if the clock runs evenly
		if _, later := minute.Add(time.Duration(left-1) * time.Minute).In(w.location()).Zone(); later != offset {
			if w.Hours.Covers(weekday, of) == open {
				return local, true
			}
			minute = minute.Add(time.Minute)
			continue
		}
		for at := range w.steps(of) {
			if w.Hours.Covers(weekday, at) == open {
				return minute.Add(time.Duration(at-of) * time.Minute).In(w.location()), true
			}
		}
		minute = minute.Add(time.Duration(left) * time.Minute)
	}
	return time.Time{}, false
}

// steps are the minutes of a day, from one on, at which the window may change; that one first.
func (w Window) steps(from int) iter.Seq[int] {
	return func(yield func(int) bool) {
		steady, ok := w.Hours.(Steady)
		if !ok {
			for at := from; at < 24*60 && yield(at); at++ {
			}
			return
		}
		if !yield(from) {
			return
		}
		for _, at := range steady.Changes() {
			if at > from && !yield(at) {
				return
			}
		}
	}
}

func (w Window) location() *time.Location {
	if w.Location == nil {
		return time.UTC
	}
	return w.Location
}
