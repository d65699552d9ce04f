package check

import (
	"math"
	"strconv"
	"strings"
	"time"
)

const hoursOfDay = 24 * time.Hour

// parseDuration reads Go's durations with days in front of them: 12h, 8d,
// 1d12h. A day is 24 hours: the durations here are limits and cooldowns, not
// dates. Signs are refused; no duration of the settings points backwards.
func parseDuration(text string) (time.Duration, bool) {
	rest, days := text, time.Duration(0)
	if before, after, found := strings.Cut(text, "d"); found {
		count, err := strconv.ParseUint(before, 10, 32)
		if err != nil || count > uint64(math.MaxInt64/hoursOfDay) {
			return 0, false
		}
		days, rest = time.Duration(count)*hoursOfDay, after
		if rest == "" {
			return days, true
		}
	}
	if rest == "" || !isDigit(rest[0]) {
		return 0, false
	}
	duration, err := time.ParseDuration(rest)
	if err != nil || duration > math.MaxInt64-days {
		return 0, false
	}
	return days + duration, true
}

type zero bool

const (
	orZero  zero = true
	notZero zero = false
)

// duration reads a duration; a default of 0 means that there is none.
func (o object) duration(key string, byDefault time.Duration, allowed zero) time.Duration {
	text, found := o.text(key)
	if !found {
		return byDefault
	}
	duration, ok := parseDuration(text)
	switch {
	case !ok:
		o.fault(key, quoted(text)+" is not a duration; write for example 90m, 12h, 8d or 1d12h")
	case duration == 0 && allowed == notZero:
		o.fault(key, quoted(text)+" is no time at all; write a duration above zero")
	default:
		return duration
	}
	return byDefault
}
