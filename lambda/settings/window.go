package settings

import (
	"math/bits"
	"slices"
	"strings"
	"time"
)

const minutesOfDay = 24 * 60

// week is the order people read days in.
var week = [7]time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// weekdays is a set of days, one bit each.
type weekdays uint8

const (
	everyDay    weekdays = 1<<7 - 1
	workingDays weekdays = everyDay &^ (1<<time.Saturday | 1<<time.Sunday)
)

func (d weekdays) has(day time.Weekday) bool { return d&(1<<uint(day)) != 0 }

func (d *weekdays) add(day time.Weekday) { *d |= 1 << uint(day) }

// following is the set of the days after these.
func (d weekdays) following() weekdays { return (d<<1 | d>>6) & everyDay }

// Window is when maintenance may start, on the server's wall clock. It knows
// no time zone and no date, so it can be decided from a weekday and a minute
// alone. The zero value is always open.
type Window struct {
	days       weekdays // the days on which it opens; none: always open
	start, end int      // minutes of the opening day; end is past 24:00 if it closes the next day
}

// Always tells whether there is no limit.
func (w Window) Always() bool { return w.days == 0 }

// Covers tells whether the window is open in that minute (0 to 1439) of that
// weekday. The minute in which it ends is outside.
func (w Window) Covers(day time.Weekday, minute int) bool {
	if day < time.Sunday || day > time.Saturday || minute < 0 || minute >= minutesOfDay {
		return false
	}
	return w.Always() || w.left(day, minute) > 0
}

// Changes are the minutes of any day at which Covers may change, in order.
func (w Window) Changes() []int {
	changes := []int{0, w.start % minutesOfDay, w.end % minutesOfDay}
	slices.Sort(changes)
	return slices.Compact(changes)
}

// left is how many minutes remain of the opening that holds this minute. Two
// openings never overlap, because none is longer than a day.
func (w Window) left(day time.Weekday, minute int) int {
	if w.days.has(day) && minute >= w.start && minute < w.end {
		return w.end - minute
	}
	yesterday := (day + 6) % 7
	if w.days.has(yesterday) && minute+minutesOfDay < w.end {
		return w.end - minutesOfDay - minute
	}
	return 0
}

// open is how many minutes the window stays open from this one on. Whole days
// (00:00 to 24:00) join; it looks no farther than a flexible schedule reaches,
// which is a day.
func (w Window) open(day time.Weekday, minute int) int {
	total := 0
	for total <= minutesOfDay {
		left := w.left(day, minute)
		if left == 0 {
			break
		}
		total += left
		day = (day + time.Weekday((minute+left)/minutesOfDay)) % 7
		minute = (minute + left) % minutesOfDay
	}
	return total
}

// String is the window as a person would say it: "Sat, Sun 22:00–04:00".
func (w Window) String() string {
	if w.Always() {
		return "always"
	}
	var days []string
	for _, day := range week {
		if w.days.has(day) {
			days = append(days, shortDay(day))
		}
	}
	end := w.end
	if end > minutesOfDay {
		end -= minutesOfDay
	}
	return strings.Join(days, ", ") + " " + clock(w.start) + "–" + clock(end)
}

func shortDay(day time.Weekday) string { return day.String()[:3] }

func clock(minute int) string {
	hour, minute := minute/60, minute%60
	return string([]byte{'0' + byte(hour/10), '0' + byte(hour%10), ':', '0' + byte(minute/10), '0' + byte(minute%10)})
}

var windowKeys = []string{"days", "start", "end"}

// window returns the always open window if there is none or it has a fault, so
// that a wrong window does not make every schedule wrong as well.
func (o object) window(key string) Window {
	v, found := o.find(key)
	if !found {
		return Window{}
	}
	fields, ok := o.parser.open(v, o.at.member(key), windowKeys)
	if !ok {
		return Window{}
	}
	days, daysRight := fields.windowDays()
	start, startRight := fields.timeOfDay("start", minutesOfDay-1)
	// 24:00 ends a window of whole days, which start == end could not say.
	end, endRight := fields.timeOfDay("end", minutesOfDay)
	if !startRight || !endRight {
		return Window{}
	}
	if start == end {
		o.fault(key, "starts and ends at "+clock(start)+
			"; leave window out for always, or write 00:00 and 24:00 for whole days")
		return Window{}
	}
	if !daysRight {
		return Window{}
	}
	if end < start {
		end += minutesOfDay
	}
	if days == everyDay && end-start == minutesOfDay {
		return Window{}
	}
	return Window{days: days, start: start, end: end}
}

func (o object) windowDays() (weekdays, bool) {
	v, found := o.find("days")
	if !o.has("days") || found && v.kind == kindList && len(v.parts) == 0 {
		o.fault("days", "name at least one day, Mon to Sun, on which the window starts")
		return 0, false
	}
	var days weekdays
	o.texts("days", func(i int, text string) {
		for _, day := range week {
			if text == shortDay(day) {
				days.add(day)
				return
			}
		}
		o.itemFault("days", i, quoted(text)+" is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun")
	})
	return days, days != 0 && bits.OnesCount8(uint8(days)) == len(v.parts)
}

func (o object) timeOfDay(key string, last int) (int, bool) {
	text, found := o.requiredText(key, "write a time of day, HH:MM")
	if !found {
		return 0, false
	}
	minute, ok := parseTimeOfDay(text)
	if !ok || minute > last {
		o.fault(key, quoted(text)+" is not a time of day; write HH:MM")
		return 0, false
	}
	return minute, true
}

// parseTimeOfDay reads 00:00 to 24:00.
func parseTimeOfDay(text string) (int, bool) {
	if len(text) != 5 || text[2] != ':' || !onlyBytes(text[:2]+text[3:], isDigit) {
		return 0, false
	}
	hour, minute := int(text[0]-'0')*10+int(text[1]-'0'), int(text[3]-'0')*10+int(text[4]-'0')
	return hour*60 + minute, minute < 60 && hour*60+minute <= minutesOfDay
}
