package cron

import (
	"math/bits"
	"strings"
	"time"
)

// dates are the fields of a cron expression that say on which dates it fires. They have been read once and are right; months are
// bits 0 to 11.
type dates struct {
	date, day, year string
	months          uint64
}

// FiresAfter tells whether a schedule fires after now, which is in its time zone. Where the user guide leaves open which date is meant (the
// weekday nearest to a date, hours past midnight), each of them counts: a schedule is refused only if it certainly stays silent.
func (f Firing) FiresAfter(now time.Time) bool {
	wall := time.Date(now.Year(), now.Month(), now.Day(), now.Hour(), now.Minute(), 0, 0, time.UTC)
	switch {
	case f.drifts:
		return true
	case !f.once.IsZero():
		return f.once.After(wall)
	}
	years := map[int]bool{}
	cronYear.each(f.dates.year, func(year int) { years[year] = true })
	matches := f.dates.matcher()
	date := time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, time.UTC) // yesterday's hours may run past midnight
	for ; date.Year() <= cronYear.high; date = date.AddDate(0, 0, 1) {
		switch {
		case !years[date.Year()]:
			date = time.Date(date.Year(), time.December, 31, 0, 0, 0, 0, time.UTC)
		case f.dates.months&(1<<(date.Month()-1)) != 0 && matches(date) && date.Add(f.latest()).After(wall):
			return true
		}
	}
	return false
}

// latest is the time of day at which a firing's day is over.
func (f Firing) latest() time.Duration {
	hour := bits.Len64(f.hours) - 1
	if f.afterMidnight != 0 {
		hour = 24 + bits.Len64(f.afterMidnight) - 1
	}
	return time.Duration(hour)*time.Hour + time.Duration(bits.Len64(f.minutes)-1)*time.Minute
}

// matcher tells whether the two day fields take a date.
func (d dates) matcher() func(date time.Time) bool {
	if d.date == "?" {
		return d.weekday()
	}
	before, hasWeekday := strings.CutSuffix(d.date, "W")
	if before == "L" && hasWeekday {
		return func(date time.Time) bool { return daysLeft(date) <= 2 }
	}
	if n, ok := cronNumber(before); ok && hasWeekday { // at most two days from a date that there is
		return func(date time.Time) bool { return date.Day() >= n-2 && date.Day() <= n+2 }
	}
	if before, found := strings.CutPrefix(d.date, "L"); found {
		n, _ := cronNumber(strings.TrimPrefix(before, "-")) // none of L alone: 0
		return func(date time.Time) bool { return daysLeft(date) == n }
	}
	set, _, _ := cronDate.set(d.date)
	return func(date time.Time) bool { return set&(1<<(date.Day()-1)) != 0 }
}

func (d dates) weekday() func(date time.Time) bool {
	days, _ := cronWeekdays(d.day)
	_, text, _ := strings.Cut(d.day, "#")
	if nth, ok := cronNumber(text); ok {
		return func(date time.Time) bool { return days.has(date.Weekday()) && (date.Day()+6)/7 == nth }
	}
	if len(d.day) > 1 && strings.HasSuffix(d.day, "L") {
		return func(date time.Time) bool { return days.has(date.Weekday()) && daysLeft(date) < 7 }
	}
	return func(date time.Time) bool { return days.has(date.Weekday()) }
}

// daysLeft is how many days of its month follow a date.
func daysLeft(date time.Time) int {
	return time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() - date.Day()
}

// Between lists when the schedule fires from a time on and before another, by the clock of the first one's place, at most so many. It is
// false where that is not certain: of one that drifts, and of the weekday nearest to a date.
func (f Firing) Between(from, until time.Time, most int) ([]time.Time, bool) {
	if f.drifts || strings.HasSuffix(f.dates.date, "W") {
		return nil, false
	}
	var all []time.Time
	add := func(date time.Time, hours uint64) {
		for minute := 0; minute < 24*60 && len(all) < most; minute++ {
			if hours&(1<<(minute/60)) == 0 || f.minutes&(1<<(minute%60)) == 0 {
				continue
			}
			at := time.Date(date.Year(), date.Month(), date.Day(), minute/60, minute%60, 0, 0, from.Location())
			if at.Hour() == minute/60 && !at.Before(from) && at.Before(until) { // an hour that is skipped does not come
				all = append(all, at)
			}
		}
	}
	if !f.once.IsZero() {
		add(f.once, f.hours)
		return all, true
	}
	years := map[int]bool{}
	cronYear.each(f.dates.year, func(year int) { years[year] = true })
	matches := f.dates.matcher()
	fires := func(date time.Time) bool {
		return years[date.Year()] && f.dates.months&(1<<(date.Month()-1)) != 0 && matches(date)
	}
	date := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC)
	for ; date.Before(until.Add(24*time.Hour)) && len(all) < most; date = date.AddDate(0, 0, 1) {
		if fires(date.AddDate(0, 0, -1)) {
			add(date, f.afterMidnight) // as the user guide's text has it
		}
		if fires(date) {
			add(date, f.hours&^f.afterMidnight)
		}
	}
	return all, true
}
