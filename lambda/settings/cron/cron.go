package cron

import (
	"fmt"
	"strings"
	"time"
)

// problem is why an expression is refused; it is a type to keep it apart from
// the other texts these functions return.
type problem string

// parseCron reads the fields between the brackets of cron(…).
func parseCron(inside string) (Firing, problem) {
	fields := strings.Fields(strings.ToUpper(inside)) // names are not case sensitive
	if len(fields) != 6 {
		return Firing{}, problem(fmt.Sprintf("has %d fields; cron has six: minute hour day-of-month month day-of-week year",
			len(fields)))
	}
	minutes, _, wrong := cronMinute.set(fields[0])
	if wrong != "" {
		return Firing{}, wrong
	}
	hours, afterMidnight, wrong := cronHour.set(fields[1])
	if wrong != "" {
		return Firing{}, wrong
	}
	months, _, wrong := cronMonth.set(fields[3])
	if wrong != "" {
		return Firing{}, wrong
	}
	if wrong = cronYear.each(fields[5], func(int) {}); wrong != "" {
		return Firing{}, wrong
	}
	days, wrong := cronDays(fields[2], fields[4], months)
	dates := dates{date: fields[2], months: months, day: fields[4], year: fields[5]}
	return Firing{days: days, hours: hours, afterMidnight: afterMidnight, minutes: minutes, dates: dates}, wrong
}

// cronDays is the set of weekdays that the two day fields can come to. A date
// falls on every weekday in some year.
func cronDays(date, day string, months uint64) (weekdays, problem) {
	switch {
	case date == "?" && day == "?":
		return 0, "has ? for day-of-month and for day-of-week; give one of them"
	case date != "?" && day != "?":
		return 0, "gives day-of-month and day-of-week; put ? for one of them"
	case date == "?":
		return cronWeekdays(day)
	case date == "LW":
		return workingDays, ""
	case date == "L":
		return everyDay, ""
	}
	// L-3 (as LW and 6L) are Quartz's. The user guide does not list them; people who
	// tried them in EventBridge report that it takes them.
	if before, found := strings.CutPrefix(date, "L-"); found {
		if n, ok := cronNumber(before); !ok || n < 1 || n > 30 {
			return 0, cronDate.refuse(date, "after L- write 1 to 30")
		}
		return everyDay, ""
	}
	if nearest, found := strings.CutSuffix(date, "W"); found {
		if n, ok := cronNumber(nearest); !ok || n < cronDate.low || n > cronDate.high {
			return 0, cronDate.refuse(date, "before W write one day, 1 to 31")
		}
		return workingDays, ""
	}
	dates, _, wrong := cronDate.set(date)
	if wrong == "" && !anyDateExists(dates, months) {
		wrong = cronDate.refuse(date, "no such day is in the given months, so it would never fire")
	}
	return everyDay, wrong
}

// anyDateExists refuses what is accepted by EventBridge and then stays silent
// for ever, such as 30 February.
func anyDateExists(dates, months uint64) bool {
	for month := range 12 {
		if months&(1<<month) == 0 {
			continue
		}
		// Day 0 of the next month; 2000 is a leap year.
		length := time.Date(2000, time.Month(month+2), 0, 0, 0, 0, 0, time.UTC).Day()
		if dates&(1<<length-1) != 0 {
			return true
		}
	}
	return false
}

func cronWeekdays(day string) (weekdays, problem) {
	var days weekdays
	if day == "L" { // alone: the last day of the week
		days.add(time.Saturday)
		return days, ""
	}
	name, nth, isNth := strings.Cut(day, "#")
	if isNth {
		if n, ok := cronNumber(nth); !ok || n < 1 || n > 5 {
			return 0, cronDay.refuse(day, "write one day # 1 to 5, and nothing else")
		}
	} else if last, found := strings.CutSuffix(day, "L"); found {
		name, isNth = last, true
	}
	if isNth {
		number, ok := cronDay.number(name)
		if !ok {
			return 0, cronDay.refuse(day, "before # or L write one day, 1 to 7 or SUN to SAT")
		}
		days.add(time.Weekday(number - 1))
		return days, ""
	}
	set, _, wrong := cronDay.set(day)
	return weekdays(set), wrong // bit 0 is SUN in both
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
