package message

import (
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Answer is what a report says to who asked, in one line: the summary, what exactly is wrong, and when it may start.
func Answer(report maintenance.Report) string {
	v := viewOf(report)
	if v.Redelivered {
		return before(v)
	}
	answer := summary(v)
	switch v.Outcome {
	case maintenance.OutcomeRefused, maintenance.OutcomeError, maintenance.OutcomeInProgress, maintenance.OutcomeHeld,
		maintenance.OutcomeReleased:
		answer += sentence(v.detail())
	}
	return answer + timing(v, answer)
}

// Unsaid is the detail of a report where Answer leaves it out and it says more, by the same clock.
func Unsaid(report maintenance.Report) string {
	detail := viewOf(report).detail()
	if strings.Contains(strings.ToLower(Answer(report)), strings.ToLower(strings.TrimRight(detail, "."))) {
		return ""
	}
	return detail
}

// before is the answer to a trigger that comes again: what came of it then, which may not be how things are now.
func before(v view) string {
	again := ""
	if v.Trigger.Kind == maintenance.TriggerManual {
		again = " A new request has a key of its own; on the page, refresh first."
	}
	return "The same trigger came before, and came to: " + string(v.Outcome) + after(", run ", v.RunID) + "." + sentence(v.detail()) +
		" Nothing was done now." + again
}

// Planned is what a report of something that was only thought through says, in one line: what would happen now.
func Planned(report maintenance.Report) string {
	v := viewOf(report)
	text, timed := planned(v)
	if timed {
		text += timing(v, text)
	}
	return text
}

// planned is what would happen; timed is true where it matters when.
func planned(v view) (text string, timed bool) {
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		if v.RunID != "" {
			return "The run " + v.RunID + " would start now.", false
		}
		return "It would start now.", false
	case maintenance.OutcomeWaiting:
		return "It would wait" + because(v), true
	case maintenance.OutcomeJoined:
		return "It would join the open run" + after(" ", v.RunID) + because(v), true
	case maintenance.OutcomeMissed:
		return "It would expire before it could start." + inTheWay(v), true
	case maintenance.OutcomeInProgress:
		if v.RunID != "" {
			return "It would not start: the run " + v.RunID + " has the server.", false
		}
		return "It would not start: the server is under maintenance already." + sentence(v.detail()), false
	case maintenance.OutcomeError:
		return "It could not start" + because(v) + sentence(v.detail()), false
	default:
		return "It would not start" + because(v) + sentence(v.detail()), true
	}
}

// sentence makes one of a detail, to be set after another. Its first word gets a capital if it is a word, and no name.
func sentence(detail string) string {
	if detail == "" {
		return ""
	}
	first, _, _ := strings.Cut(detail, " ")
	if strings.Trim(first, "abcdefghijklmnopqrstuvwxyz") == "" {
		detail = strings.ToUpper(detail[:1]) + detail[1:]
	}
	return " " + strings.TrimRight(detail, ".") + "."
}

// timing is when it may start, and when it gives up, where the text before does not say so.
func timing(v view, before string) string {
	var text string
	if at := v.when(v.mayStart()); at != "" && !strings.Contains(before, at) {
		text += " It may start " + at + "."
	}
	if at := v.when(v.expires()); at != "" && !strings.Contains(before, at) {
		text += " It expires " + at + "."
	}
	return text
}
