package notify

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Answer is the summary with what an operator who asked has to know besides: what exactly is wrong, and when it may start.
func Answer(report maintenance.Report) string {
	v := viewOf(report)
	answer := summary(v)
	switch v.Outcome {
	case maintenance.OutcomeRefused, maintenance.OutcomeError, maintenance.OutcomeInProgress:
		answer += sentence(v.Detail)
	}
	answer += timing(v)
	if v.Decided {
		answer += " That was decided when the same trigger came before; nothing was done now."
	}
	return answer
}

// Planned is what would happen, in one sentence or two.
func Planned(report maintenance.Report) string {
	v := viewOf(report)
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		if v.RunID != "" {
			return fmt.Sprintf("The run %s would start now.", v.RunID)
		}
		return "It would start now."
	case maintenance.OutcomeWaiting:
		return fmt.Sprintf("It would wait: %s.", why(v)) + timing(v)
	case maintenance.OutcomeJoined:
		text := "It would join the open run" + after(" ", v.RunID)
		if v.Reason != "" {
			text += ": " + why(v)
		}
		return text + "." + timing(v)
	case maintenance.OutcomeMissed:
		return fmt.Sprintf("It would expire before it could start. In its way: %s.", why(v)) + timing(v)
	case maintenance.OutcomeInProgress:
		if v.RunID != "" {
			return fmt.Sprintf("It would not start: the run %s has the server.", v.RunID)
		}
		return "It would not start: the server is under maintenance already." + sentence(v.Detail)
	case maintenance.OutcomeError:
		return fmt.Sprintf("It could not start: %s.", why(v)) + sentence(v.Detail)
	default:
		return fmt.Sprintf("It would not start: %s.", why(v)) + sentence(v.Detail) + timing(v)
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
