package message

import (
	"fmt"
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
		answer += sentence(v.Detail)
	}
	return answer + timing(v)
}

// before is the answer to a trigger that comes again: what came of it then, which may not be how things are now.
func before(v view) string {
	return "The same trigger came before, and came to: " + string(v.Outcome) + after(", run ", v.RunID) + "." + sentence(v.Detail) +
		" Nothing was done now."
}

// Planned is what a report of something that was only thought through says, in one line: what would happen now.
func Planned(report maintenance.Report) string {
	v := viewOf(report)
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		if v.RunID != "" {
			return fmt.Sprintf("The run %s would start now.", v.RunID)
		}
		return "It would start now."
	case maintenance.OutcomeWaiting:
		return "It would wait" + because(v) + timing(v)
	case maintenance.OutcomeJoined:
		return "It would join the open run" + after(" ", v.RunID) + because(v) + timing(v)
	case maintenance.OutcomeMissed:
		return "It would expire before it could start." + inTheWay(v) + timing(v)
	case maintenance.OutcomeInProgress:
		if v.RunID != "" {
			return fmt.Sprintf("It would not start: the run %s has the server.", v.RunID)
		}
		return "It would not start: the server is under maintenance already." + sentence(v.Detail)
	case maintenance.OutcomeError:
		return "It could not start" + because(v) + sentence(v.Detail)
	default:
		return "It would not start" + because(v) + sentence(v.Detail) + timing(v)
	}
}

// sentence makes one of a detail, to be set after another.
func sentence(detail string) string {
	if detail == "" {
		return ""
	}
	return " " + strings.TrimRight(detail, ".") + "."
}

// timing is when it may start, and when it gives up.
func timing(v view) string {
	var text string
	if at := v.when(v.mayStart()); at != "" {
		text += " It may start " + at + "."
	}
	if at := v.when(v.expires()); at != "" {
		text += " It expires " + at + "."
	}
	return text
}
