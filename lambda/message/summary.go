package message

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Summary is what a report says in one sentence, as every message begins.
func Summary(report maintenance.Report) string { return summary(viewOf(report)) }

func summary(v view) string {
	of := "Maintenance"
	if v.ServerName != "" {
		of = "Maintenance of " + v.ServerName
	}
	if v.said.summary != "" {
		return strings.NewReplacer("{maintenance}", of, "{why}", why(v)).Replace(v.said.summary)
	}
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		return fmt.Sprintf("%s was started%s.", of, after(" ", bracketed(v.attempt())))
	case maintenance.OutcomeWaiting:
		return of + " waits" + because(v)
	case maintenance.OutcomeJoined:
		return joinedRun(v)
	case maintenance.OutcomeInProgress:
		return inProgress(v, of)
	case maintenance.OutcomeRefused, maintenance.OutcomeError:
		return notDone(v, of)
	case maintenance.OutcomeSucceeded:
		return of + " has succeeded."
	case maintenance.OutcomeFailed:
		if v.Reason == "" {
			return of + " has failed."
		}
		return fmt.Sprintf("%s counts as failed: %s.", of, why(v)) // which is less than to have seen it fail
	case maintenance.OutcomeCancelled:
		return cancelled(v, of)
	case maintenance.OutcomeOverdue:
		return of + " should be over by now, and is not seen to be" + because(v)
	case maintenance.OutcomeMissed:
		return of + " expired before it could start." + inTheWay(v)
	case maintenance.OutcomeHeld, maintenance.OutcomeReleased:
		return braked(v)
	case maintenance.OutcomeIgnored:
		return "The event asks for nothing" + after(": ", strings.TrimRight(nothing(v), ".")) + "."
	default:
		return fmt.Sprintf("%s: %s.", of, joined([]string{string(v.Outcome), string(v.Reason)}, ", "))
	}
}

// because ends a sentence with the reason, if there is one.
func because(v view) string {
	if v.Reason == "" {
		return "."
	}
	return ": " + why(v) + "."
}

// inTheWay is what kept a run from starting, in a sentence of its own.
func inTheWay(v view) string {
	if v.Reason == "" {
		return ""
	}
	return " In its way: " + why(v) + "."
}

// after is a text with something before it, or nothing.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

// joinedRun: one run serves all its triggers.
func joinedRun(v view) string {
	run := "the run"
	if v.State == maintenance.RunWaiting {
		run = "the waiting run"
	}
	return "Another trigger joined " + run + after(" of ", v.ServerName) + because(v)
}

// inProgress names the run that has the server, where it is one that is known.
func inProgress(v view, of string) string {
	switch {
	case v.Reason != "" && v.Reason != maintenance.ReasonInProgress:
		return fmt.Sprintf("%s goes on: %s.", of, why(v))
	case v.RunID != "" && v.followed():
		return fmt.Sprintf("%s was not started: the run %s has the server%s.", of, v.RunID, after(", accepted ", v.when(v.Started)))
	default:
		v.said = reasons[maintenance.ReasonInProgress]
		return of + " was not started: " + why(v) + "."
	}
}

func notDone(v view, of string) string {
	failed := v.Outcome == maintenance.OutcomeError
	switch {
	case v.Stop && failed:
		return of + " could not be ended" + because(v)
	case v.Stop:
		return of + " was not ended" + because(v)
	case failed && v.followed():
		return of + " cannot be followed" + because(v)
	case failed:
		return of + " could not be started" + because(v)
	default:
		return of + " was not started" + because(v)
	}
}

func cancelled(v view, of string) string {
	text := of + " was cancelled"
	if !v.accepted() {
		text += " before it started"
	}
	return text + because(v)
}

// braked is a hold or its release, of a server or, without a name, of the fleet.
func braked(v view) string {
	whom := "all servers"
	if v.ServerName != "" {
		whom = v.ServerName
	}
	if v.Outcome == maintenance.OutcomeReleased {
		return fmt.Sprintf("The hold on maintenance of %s was released.", whom)
	}
	return fmt.Sprintf("Maintenance of %s is held%s.", whom, after(" until ", v.when(v.Until)))
}

// nothing is why an event asks for nothing: in the domain's words, else in those of what decoded it.
func nothing(v view) string {
	if v.said.why != "" {
		return why(v)
	}
	return v.Detail
}
