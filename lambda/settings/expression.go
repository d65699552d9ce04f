package settings

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// firing is the wall-clock minutes of a week at which a schedule can fire: any
// of the minutes in any of the hours of any of the days.
type firing struct {
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

// parseExpression reads a schedule expression of EventBridge Scheduler. Its
// problem completes the sentence "<expression> …".
func parseExpression(text string) (firing, problem) {
	name, inside, found := strings.Cut(text, "(")
	inside, closed := strings.CutSuffix(inside, ")")
	if found && closed {
		switch name {
		case "cron":
			return parseCron(inside)
		case "rate":
			return firing{drifts: true}, rateProblem(inside)
		case "at":
			return parseAt(inside)
		}
	}
	return firing{}, "is not a schedule expression; write cron(…), rate(…) or at(…)"
}

// rateProblem knows the rule that the unit is singular for one, plural for more.
func rateProblem(inside string) problem {
	const how = "; write for example rate(1 hour) or rate(7 days)"
	fields := strings.Fields(inside)
	if len(fields) != 2 {
		return "is not a number and a unit" + how
	}
	number, err := strconv.ParseInt(fields[0], 10, 32)
	if err != nil || number < 1 || !onlyBytes(fields[0], isDigit) {
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

func parseAt(inside string) (firing, problem) {
	const layout = "2006-01-02T15:04:05"
	at, err := time.Parse(layout, inside)
	if err != nil || len(inside) != len(layout) { // Parse would take fractions of a second too
		return firing{}, "has no date and time as in at(2026-11-30T22:00:00)"
	}
	once := firing{hours: 1 << at.Hour(), minutes: 1 << at.Minute(), once: at}
	once.days.add(at.Weekday())
	return once, ""
}

// stray is a time at which a schedule would ask while the window is closed.
type stray struct {
	day    time.Weekday
	minute int
	fires  string // when the schedule is due, if flexibility led from there to the stray
}

// strayFrom looks for the first such time. Scheduler promises no second, so with
// a flexibility of 15 minutes a schedule of 22:00 may still ask during 22:15.
func (f firing) strayFrom(window Window, flexible int) (stray, bool) {
	if window.Always() || f.drifts {
		return stray{}, false
	}
	if f.afterMidnight != 0 {
		following := firing{days: f.days.following(), hours: f.afterMidnight, minutes: f.minutes}
		if found, strays := following.strayFrom(window, flexible); strays {
			return found, true
		}
	}
	for _, day := range week {
		for hour := 0; hour < 24 && f.days.has(day); hour++ {
			for minute := 0; minute < 60 && f.hours&(1<<hour) != 0; minute++ {
				if f.minutes&(1<<minute) == 0 {
					continue
				}
				if open := window.open(day, hour*60+minute); open <= flexible {
					return strayAfter(day, hour*60+minute, open), true
				}
			}
		}
	}
	return stray{}, false
}

func strayAfter(day time.Weekday, minute, open int) stray {
	after := stray{
		day:    (day + time.Weekday((minute+open)/minutesOfDay)) % 7,
		minute: (minute + open) % minutesOfDay,
	}
	if open > 0 {
		after.fires = shortDay(day) + " " + clock(minute)
	}
	return after
}

func (s stray) problem(expression string, window Window, flexible int) string {
	text := quoted(expression) + " can fire on " + shortDay(s.day) + " " + clock(s.minute)
	if s.fires != "" {
		text += fmt.Sprintf(" (due %s, flexible by %d minutes)", s.fires, flexible)
	}
	return text + ", outside the window " + window.String() + "; move the schedule or the window"
}
