package check

import (
	"fmt"
	"strings"
	"time"

	"opsworks-maintenance/lambda/settings"
)

const minutesOfDay = 24 * 60

// readWindow returns the always open window if there is none or it has a fault, so
// that a wrong window does not make every schedule wrong as well. Its times are by
// the server's wall clock, but for those in OpsWorks CM's form.
func readWindow(o object, key string, location *time.Location) settings.Window {
	v, found := o.find(key)
	if !found {
		return settings.Window{}
	}
	if v.kind == kindText {
		return readPreferredWindow(o, key, v.text, location)
	}
	fields, ok := o.parser.open(v, o.at.member(key), keysOf[windowKeys]())
	if !ok {
		return settings.Window{}
	}
	days, daysRight := readWindowDays(fields)
	start, startRight := readTimeOfDay(fields, "start", minutesOfDay-1)
	// 24:00 ends a window of whole days, which start == end could not say.
	end, endRight := readTimeOfDay(fields, "end", minutesOfDay)
	if !startRight || !endRight {
		return settings.Window{}
	}
	if start == end {
		o.fault(key, "starts and ends at "+settings.Clock(start)+
			"; leave window out for always, or write 00:00 and 24:00 for whole days")
		return settings.Window{}
	}
	if !daysRight {
		return settings.Window{}
	}
	if end < start {
		end += minutesOfDay
	}
	if days == [7]bool{true, true, true, true, true, true, true} && end-start == minutesOfDay {
		return settings.Window{}
	}
	return settings.Window{Days: days, Start: start, End: end}
}

// readPreferredWindow reads a window as OpsWorks CM has it in PreferredMaintenanceWindow, Mon:09:15: the hour that begins then, in UTC.
func readPreferredWindow(o object, key, text string, location *time.Location) settings.Window {
	window, ok := ParsePreferredWindow(text)
	switch zone := location.String(); {
	case !ok:
		o.fault(key, quoted(text)+
			` is not a window; write {"days": ["Mon"], "start": "09:15", "end": "10:15"}, or in UTC for one hour "Mon:09:15"`)
	case zone != "UTC" && zone != "Etc/UTC":
		end := settings.Clock(window.End % minutesOfDay)
		o.fault(key, fmt.Sprintf(`%s is in UTC, and the timezone is %s; write its times, as in {"days": [%q], "start": %q, "end": %q}`,
			quoted(text), zone, text[:3], settings.Clock(window.Start), end))
	default:
		return window
	}
	return settings.Window{}
}

// ParsePreferredWindow reads OpsWorks CM's PreferredMaintenanceWindow, DDD:HH:MM: the weekly hour, in UTC, that begins then.
func ParsePreferredWindow(text string) (settings.Window, bool) {
	dayText, clock, found := strings.Cut(text, ":")
	start, isTime := parseTimeOfDay(clock)
	day, isDay := parseDay(dayText)
	if !found || !isTime || !isDay || start == minutesOfDay {
		return settings.Window{}, false
	}
	window := settings.Window{Start: start, End: start + 60}
	window.Days[day] = true
	return window, true
}

func parseDay(text string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if text == day.String()[:3] {
			return day, true
		}
	}
	return 0, false
}

func readWindowDays(o object) (days [7]bool, right bool) {
	v, found := o.find("days")
	if !o.has("days") || found && v.kind == kindList && len(v.parts) == 0 {
		o.fault("days", "name at least one day, Mon to Sun, on which the window starts")
		return days, false
	}
	n := 0
	o.texts("days", func(i int, text string) {
		day, ok := parseDay(text)
		if !ok {
			o.itemFault("days", i, quoted(text)+" is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun")
			return
		}
		days[day] = true
		n++
	})
	return days, n > 0 && n == len(v.parts)
}

func readTimeOfDay(o object, key string, last int) (int, bool) {
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
