package check

import (
	"fmt"
	"time"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/cron"
)

// stray is a time at which a schedule would ask while the window is closed.
type stray struct {
	day    time.Weekday
	minute int
	fires  string // when the schedule is due, if flexibility led from there to the stray
}

// strayFrom looks for the first such time. Scheduler promises no second, so with
// a flexibility of 15 minutes a schedule of 22:00 may still ask during 22:15.
func strayFrom(firing cron.Firing, window settings.Window, flexible int) (stray, bool) {
	if window.Always() {
		return stray{}, false
	}
	for day, minute := range firing.Week() {
		if open := open(window, day, minute); open <= flexible {
			return strayAfter(day, minute, open), true
		}
	}
	return stray{}, false
}

// open is how many minutes the window stays open from this one on. Whole days
// (00:00 to 24:00) join; it looks no farther than a flexible schedule reaches,
// which is a day.
func open(window settings.Window, day time.Weekday, minute int) int {
	total := 0
	for total <= minutesOfDay {
		left := window.Left(day, minute)
		if left == 0 {
			break
		}
		total += left
		day = (day + time.Weekday((minute+left)/minutesOfDay)) % 7
		minute = (minute + left) % minutesOfDay
	}
	return total
}

func strayAfter(day time.Weekday, minute, open int) stray {
	after := stray{
		day:    (day + time.Weekday((minute+open)/minutesOfDay)) % 7,
		minute: (minute + open) % minutesOfDay,
	}
	if open > 0 {
		after.fires = moment(day, minute)
	}
	return after
}

func (s stray) problem(expression string, window settings.Window, flexible int) string {
	text := quoted(expression) + " can fire on " + moment(s.day, s.minute)
	if s.fires != "" {
		text += fmt.Sprintf(" (due %s, flexible by %d minutes)", s.fires, flexible)
	}
	return text + ", outside the window " + window.String() + "; move the schedule or the window"
}

func moment(day time.Weekday, minute int) string {
	return day.String()[:3] + " " + settings.Clock(minute)
}
