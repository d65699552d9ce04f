package maintenance

import "time"

// Hours says which minutes of the week are open, by the wall clock: day is the weekday, minute the minutes since midnight.
type Hours interface {
	Covers(day time.Weekday, minute int) bool
}

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
//
// It looks at every minute: some ten thousand steps of simple arithmetic, and only when a window is closed. Computing the
// opening from its wall time would have to know what Go does with times that do not exist or exist twice.
func (w Window) Opens(t time.Time) (time.Time, bool) {
	minute := t.Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(0, 0, searchDays); minute.Before(end); minute = minute.Add(time.Minute) {
		if w.Contains(minute) {
			return minute.In(w.location()), true
		}
	}
	return time.Time{}, false
}

func (w Window) location() *time.Location {
	if w.Location == nil {
		return time.UTC
	}
	return w.Location
}
