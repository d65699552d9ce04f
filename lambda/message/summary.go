package message

import (
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// Summary is what a report says in one sentence, as every message begins.
func Summary(report maintenance.Report) string { return summary(viewOf(report)) }

func summary(v view) string {
	if text := fill(v, v.said.summary); text != "" {
		return text
	}
	of := v.maintenance()
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		if v.State == maintenance.RunStarting { // which nothing has accepted yet
			return of + " is being started" + after(", since ", v.when(v.Since)) + startedAs(v)
		}
		return of + " was started" + startedAs(v)
	case maintenance.OutcomeWaiting:
		if text := fill(v, v.said.waits); text != "" {
			return text
		}
		return of + " waits" + because(v)
	case maintenance.OutcomeJoined:
		return joinedRun(v)
	case maintenance.OutcomeInProgress:
		return inProgress(v, of)
	case maintenance.OutcomeRefused, maintenance.OutcomeError:
		return notDone(v, of)
	case maintenance.OutcomeSucceeded:
		return of + " has succeeded." + tookSentence(v)
	case maintenance.OutcomeFailed:
		return hasFailed(v, of)
	case maintenance.OutcomeCancelled:
		return cancelled(v, of)
	case maintenance.OutcomeOverdue:
		return isOverdue(v, of)
	case maintenance.OutcomeMissed:
		return of + " expired" + after(" ", v.when(v.Expires)) + " before it could start." + inTheWay(v)
	case maintenance.OutcomeHeld, maintenance.OutcomeReleased:
		return braked(v)
	case maintenance.OutcomeIgnored:
		return "The event asks for nothing" + after(": ", strings.TrimRight(nothing(v), ".")) + "."
	default:
		return fmt.Sprintf("%s: %s.", of, joined([]string{string(v.Outcome), string(v.Reason)}, ", "))
	}
}

// startedAs says which attempt it was, where it is not the first: what failed before started nothing.
func startedAs(v view) string {
	switch {
	case v.Attempt < 2:
		return "."
	case v.Attempt == 2:
		return " at the second attempt; the first started nothing."
	default:
		return " at " + v.attempt() + "; those before started nothing."
	}
}

func tookSentence(v view) string {
	if took := v.took(); took != "" {
		return " It took " + took + "."
	}
	return ""
}

func hasFailed(v view, of string) string {
	if v.Reason != "" {
		return fmt.Sprintf("%s counts as failed: %s.", of, why(v)) // which is less than to have seen it fail
	}
	text := of + " has failed" + after(" in its step ", v.Figures.Step) + "." + tookSentence(v) + lastSeen(v)
	if asked := v.when(v.StopAsked); asked != "" {
		text += " An operator asked it to stop " + asked + "."
	}
	return text
}

// lastSeen is how the server was when its maintenance failed, where that says something: an agent that is online does not.
func lastSeen(v view) string {
	switch state := v.state(v.Server.Status); {
	case state == "" || v.ssm() && v.Server.Status == maintenance.StatusHealthy:
		return ""
	case v.ssm():
		return fmt.Sprintf(" Its node was last seen: %s.", state)
	default:
		return " The server was last seen " + state + "."
	}
}

func isOverdue(v view, of string) string {
	text := of + " should have been over" + after(" ", v.when(v.Deadline))
	if v.Figures.Step != "" {
		return text + ": its step " + v.Figures.Step + " goes on."
	}
	return text + ", and is not seen to be" + because(v)
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
	switch {
	case !v.accepted():
		text += " before it started"
	case v.took() != "":
		text += " after " + v.took()
	}
	return text + because(v)
}

// braked is a hold or its release, of a server or, without a name, of the fleet. A hold that says no end is one that is over.
func braked(v view) string {
	whom := "all servers"
	if v.ServerName != "" {
		whom = v.ServerName
	}
	if v.Outcome == maintenance.OutcomeReleased {
		return fmt.Sprintf("The hold on maintenance of %s was released.", whom)
	}
	if v.Until.IsZero() {
		return "Maintenance of " + whom + " was held."
	}
	return fmt.Sprintf("Maintenance of %s is held until %s.", whom, v.when(v.Until))
}

// nothing is why an event asks for nothing: in the domain's words, else in those of what decoded it.
func nothing(v view) string {
	if len(v.said.why) > 0 {
		return why(v)
	}
	return v.Detail
}
