package message

import (
	"strconv"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// phrases are ways to say one thing, the most exact first. Each may have blanks for figures, {limit}; one is said if all of its figures are
// known.
type phrases []string

// say makes phrases of texts.
func say(texts ...string) phrases { return texts }

// fill is the first of the phrases whose figures are all known, with them in it; empty if there is none.
func fill(v view, p phrases) string {
	for _, text := range p {
		if filled, ok := fillOne(v, text); ok {
			return filled
		}
	}
	return ""
}

func fillOne(v view, text string) (string, bool) {
	var b strings.Builder
	for {
		before, rest, more := strings.Cut(text, "{")
		b.WriteString(before)
		if !more {
			return b.String(), true
		}
		name, left, _ := strings.Cut(rest, "}")
		figure := figureOf(v, name)
		if figure == "" && name != "unless" && name != "others" { // nothing may call a run off, and one alarm may be the only one
			return "", false
		}
		b.WriteString(figure)
		text = left
	}
}

// figureOf is what stands for a blank; empty if it is not known.
func figureOf(v view, name string) string {
	switch name {
	case "unless":
		return unlessCleared(v)
	case "server":
		return v.ServerName
	case "maintenance":
		return v.maintenance()
	case "why":
		return why(v)
	case "kind":
		return string(v.Trigger.Kind)
	case "age":
		return spanOver(v.At.Sub(v.Trigger.Time))
	case "ahead":
		return spanOver(v.Trigger.Time.Sub(v.At))
	case "limit":
		return spanOver(v.Figures.Limit)
	case "most":
		return number(v.Figures.Most)
	case "holders":
		return holdersOf(v)
	case "alarm":
		if len(v.Figures.Alarms) == 0 {
			return ""
		}
		return v.Figures.Alarms[0]
	case "others":
		return known(v.Figures.Most > 1, ", and "+strconv.Itoa(v.Figures.Most-1)+" more")
	case "state":
		return v.state(v.Server.Status)
	case "stopped":
		return v.when(v.StopAsked)
	case "condition":
		return v.condition()
	case "since":
		return v.when(v.Figures.Since)
	case "deadline":
		return v.when(v.Deadline)
	case "expires":
		return v.when(v.Expires)
	case "until":
		return v.when(v.Until)
	case "starts":
		return v.when(v.mayStart())
	case "then":
		return known(!v.mayStart().IsZero(), name)
	case "in":
		return after("in ", spanOver(v.Until.Sub(v.At)))
	case "ended":
		if v.Figures.Limit == 0 || v.Until.IsZero() {
			return ""
		}
		return v.when(v.Until.Add(-v.Figures.Limit))
	default:
		return ""
	}
}

// holdersOf are the runs that have the slots: two of them, and how many more.
func holdersOf(v view) string {
	const shown = 2
	all := v.Figures.Holders
	if len(all) <= shown {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:shown], ", ") + ", and " + strconv.Itoa(max(len(all), v.Figures.Most)-shown) + " more"
}

// unlessCleared is what calls a run off that waits for alarms alone, if it knows them all.
func unlessCleared(v view) string {
	if v.KeepWhenCleared || v.More > 0 {
		return ""
	}
	for _, t := range v.Triggers {
		if t.Kind != maintenance.TriggerAlarm {
			return ""
		}
	}
	switch len(v.Triggers) {
	case 0:
		return ""
	case 1:
		return ", unless the alarm returns to OK"
	default:
		return ", unless all its alarms return to OK"
	}
}

func number(n int) string { return known(n != 0, strconv.Itoa(n)) }

// known is a text if what it tells of is known.
func known(is bool, text string) string {
	if !is {
		return ""
	}
	return text
}
