package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cronField is one of the six fields of a cron expression, as the EventBridge
// user guide lists them (Cron expressions reference).
type cronField struct {
	name      string
	low, high int
	names     []string // for low and the values after it
	steps     bool
}

var (
	cronMinute = cronField{name: "minute", low: 0, high: 59, steps: true}
	cronHour   = cronField{name: "hour", low: 0, high: 23, steps: true}
	cronDate   = cronField{name: "day-of-month", low: 1, high: 31, steps: true}
	cronMonth  = cronField{name: "month", low: 1, high: 12, steps: true, names: []string{
		"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}}
	cronDay = cronField{name: "day-of-week", low: 1, high: 7, names: []string{
		"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
	cronYear = cronField{name: "year", low: 1970, high: 2199, steps: true}
)

// set reads a field of at most 64 values. Bit 0 stands for the lowest. Wrapped
// are those of the set that a range reached by running on past the highest.
func (f cronField) set(text string) (set, wrapped uint64, wrong problem) {
	wrong = f.each(text, func(n int) {
		bit := uint64(1) << ((n - f.low) % f.size())
		set |= bit
		if n > f.high {
			wrapped |= bit
		}
	})
	return set, wrapped, wrong
}

// each reads lists, ranges and steps, and gives their values one by one.
func (f cronField) each(text string, take func(n int)) problem {
	items := strings.Split(text, ",")
	for _, item := range items {
		if item == "*" && len(items) > 1 {
			return f.refuse(text, "* stands alone")
		}
		first, last, step, wrong := f.span(text, item)
		if wrong != "" {
			return wrong
		}
		for n := first; n <= last; n += step {
			take(n)
		}
	}
	return ""
}

func (f cronField) size() int { return f.high - f.low + 1 }

func (f cronField) span(text, item string) (first, last, step int, wrong problem) {
	values, stepText, hasStep := strings.Cut(item, "/")
	step = 1
	if hasStep {
		if !f.steps {
			return 0, 0, 0, f.refuse(text, "it takes no steps; list the days")
		}
		ok := false
		if step, ok = cronNumber(stepText); !ok || step < 1 || step > f.longestStep() {
			return 0, 0, 0, f.refuse(text, fmt.Sprintf("after / write 1 to %d", f.longestStep()))
		}
	}
	if values == "*" {
		return f.low, f.high, step, ""
	}
	from, to, isRange := strings.Cut(values, "-")
	first, ok := f.number(from)
	last = first
	switch {
	case isRange && ok:
		last, ok = f.number(to)
	case hasStep:
		last = f.high
	}
	if !ok {
		return 0, 0, 0, f.refuse(text, "write "+f.allowed())
	}
	if last >= first {
		return first, last, step, ""
	}
	// AWS's own examples have the hours 20-2; years do not come round.
	if f.name == cronYear.name {
		return 0, 0, 0, f.refuse(text, "the range runs backwards")
	}
	return first, last + f.size(), step, ""
}

// longestStep is Quartz's rule. That EventBridge has the same is assumed; a
// longer step would come to one value only.
func (f cronField) longestStep() int { return min(f.high, f.size()) }

func (f cronField) number(text string) (int, bool) {
	if i := slices.Index(f.names, text); i >= 0 {
		return f.low + i, true
	}
	n, ok := cronNumber(text)
	return n, ok && n >= f.low && n <= f.high
}

func (f cronField) allowed() string {
	allowed := fmt.Sprintf("%d to %d", f.low, f.high)
	if f.names != nil {
		allowed += " or " + f.names[0] + " to " + f.names[len(f.names)-1]
	}
	return allowed
}

func (f cronField) refuse(text, what string) problem {
	return problem("has " + quoted(text) + " for " + f.name + "; " + what)
}

func cronNumber(text string) (int, bool) {
	if text == "" || len(text) > 4 || !onlyDigits(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

func onlyDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }

// quoted keeps one wrong value short, and on one line.
func quoted(text string) string { return fmt.Sprintf("%.60q", text) }
