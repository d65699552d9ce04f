package settings

import (
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

const minutesOfDay = 24 * 60

// Window is when maintenance may start, on the server's wall clock. It knows
// no time zone and no date, so it can be decided from a weekday and a minute
// alone. The zero value is always open.
type Window struct {
	// Days are the weekdays, from Sunday, on which it opens; none: it is always open.
	Days [7]bool `json:"days"`
	// Start and End are minutes of the opening day; End is past 24:00 if it closes the next day.
	Start int `json:"start"`
	End   int `json:"end"`
}

// Always tells whether there is no limit.
func (w Window) Always() bool { return w.Days == [7]bool{} }

// Covers tells whether the window is open in that minute (0 to 1439) of that
// weekday. The minute in which it ends is outside.
func (w Window) Covers(day time.Weekday, minute int) bool {
	if day < time.Sunday || day > time.Saturday || minute < 0 || minute >= minutesOfDay {
		return false
	}
	return w.Always() || w.Left(day, minute) > 0
}

// Changes are the minutes of any day at which Covers may change, in order.
func (w Window) Changes() []int {
	changes := []int{0, w.Start % minutesOfDay, w.End % minutesOfDay}
	slices.Sort(changes)
	return slices.Compact(changes)
}

// Left is how many minutes remain of the opening that holds this minute, 0 if none does. Two openings never overlap, because none is
// longer than a day.
func (w Window) Left(day time.Weekday, minute int) int {
	if w.Days[day] && minute >= w.Start && minute < w.End {
		return w.End - minute
	}
	yesterday := (day + 6) % 7
	if w.Days[yesterday] && minute+minutesOfDay < w.End {
		return w.End - minutesOfDay - minute
	}
	return 0
}

// String is the window as a person would say it: "Sat, Sun 22:00–04:00".
func (w Window) String() string {
	if w.Always() {
		return "always"
	}
	var days []string
	for i := range w.Days {
		if day := time.Weekday(i+1) % 7; w.Days[day] { // people's week begins on Monday
			days = append(days, day.String()[:3])
		}
	}
	end := w.End
	if end > minutesOfDay {
		end -= minutesOfDay
	}
	return strings.Join(days, ", ") + " " + Clock(w.Start) + "–" + Clock(end)
}

// Clock is a minute of the day as people write it, "22:00".
func Clock(minute int) string {
	hour, minute := minute/60, minute%60
	return string([]byte{'0' + byte(hour/10), '0' + byte(hour%10), ':', '0' + byte(minute/10), '0' + byte(minute%10)})
}

// Opens is the server's window on its own clock.
func (s *Server) Opens() maintenance.Window {
	w := maintenance.Window{Location: s.Location}
	if !s.Window.Always() { // no hours are a window that is always open, by which a trigger expires after a time of its own
		w.Hours = s.Window
	}
	return w
}
