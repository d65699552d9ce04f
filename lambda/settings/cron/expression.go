// Package cron reads the schedule expressions of EventBridge Scheduler, cron(…), rate(…) and at(…), and says when they fire.
//
// It is this program's own because no library counts as AWS does: weekdays from 1, which is Sunday, with L, W and #, and a field for
// years.
package cron

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Firing is when a schedule fires, by the wall clock of its time zone: in any of the minutes of any of the hours of any of the days.
type Firing struct {
	days    weekdays
	hours   uint64 // bits 0 to 23
	minutes uint64 // bits 0 to 59
	// afterMidnight are those of the hours that came from a range like 20-2.
	// The user guide's text puts them on the following day, Quartz on the same
	// one; until one of them is known to be right, a window must cover both.
	afterMidnight uint64
	drifts        bool // by rate: its time of day depends on when it was created

	dates dates     // by cron
	once  time.Time // by at, as a wall clock in UTC
}

// Parse reads a schedule expression. The error completes the sentence "<expression> …" and says what to write instead.
func Parse(text string) (Firing, error) {
	f, wrong := parse(text)
	if wrong != "" {
		return Firing{}, errors.New(string(wrong))
	}
	return f, nil
}

// Drifts tells whether the schedule fires at times of day that depend on when it was created, as by rate.
func (f Firing) Drifts() bool { return f.drifts }

// week is the order people read days in.
var week = [7]time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// Week gives each minute of a week at which the schedule can fire: the weekday and the minute of that day. Those that may be meant for
// the day after come first. One that drifts gives none.
func (f Firing) Week() iter.Seq2[time.Weekday, int] {
	return func(yield func(time.Weekday, int) bool) {
		if each(f.days.following(), f.afterMidnight, f.minutes, yield) {
			each(f.days, f.hours, f.minutes, yield)
		}
	}
}

// each is false once yield is.
func each(days weekdays, hours, minutes uint64, yield func(time.Weekday, int) bool) bool {
	for _, day := range week {
		for minute := 0; minute < 24*60 && days.has(day); minute++ {
			if hours&(1<<(minute/60)) != 0 && minutes&(1<<(minute%60)) != 0 && !yield(day, minute) {
				return false
			}
		}
	}
	return true
}

func parse(text string) (Firing, problem) {
	name, inside, found := strings.Cut(text, "(")
	inside, closed := strings.CutSuffix(inside, ")")
	if found && closed {
		switch name {
		case "cron":
			return parseCron(inside)
		case "rate":
			return Firing{drifts: true}, rateProblem(inside)
		case "at":
			return parseAt(inside)
		}
	}
	return Firing{}, "is not a schedule expression; write cron(…), rate(…) or at(…)"
}

// rateProblem knows the rule that the unit is singular for one, plural for more.
func rateProblem(inside string) problem {
	const how = "; write for example rate(1 hour) or rate(7 days)"
	fields := strings.Fields(inside)
	if len(fields) != 2 {
		return "is not a number and a unit" + how
	}
	number, err := strconv.ParseInt(fields[0], 10, 32)
	if err != nil || number < 1 || !onlyDigits(fields[0]) {
		return problem("has " + quoted(fields[0]) + " for a number of at least 1" + how)
	}
	unit := strings.TrimSuffix(fields[1], "s")
	if unit != "minute" && unit != "hour" && unit != "day" {
		return problem("has " + quoted(fields[1]) + " for a unit of minutes, hours or days" + how)
	}
	right := unit
	if number > 1 {
		right += "s"
	}
	if fields[1] != right {
		return problem(fmt.Sprintf("must say %d %s", number, right))
	}
	return ""
}

func parseAt(inside string) (Firing, problem) {
	const layout = "2006-01-02T15:04:05"
	at, err := time.Parse(layout, inside)
	if err != nil || len(inside) != len(layout) { // Parse would take fractions of a second too
		return Firing{}, "has no date and time as in at(2026-11-30T22:00:00)"
	}
	once := Firing{hours: 1 << at.Hour(), minutes: 1 << at.Minute(), once: at}
	once.days.add(at.Weekday())
	return once, ""
}
