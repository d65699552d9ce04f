package message

import (
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// subjectLimit: "must be less than 100 characters long" (API_Publish).
const subjectLimit = 99

// subject says what happened, to which server, and why, in printable ASCII, which every version of SNS's rules allows. It starts with a
// letter.
func subject(v view) string {
	text := v.whom() + " " + happened(v)
	if v.late() {
		text = "Late by " + span(v.Late) + ": " + text
	}
	ascii := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '?'
		}
		return c
	}, text)
	if len(ascii) > subjectLimit {
		ascii = ascii[:subjectLimit-3] + "..."
	}
	return ascii
}

// whom a message is about.
func (v view) whom() string {
	switch {
	case v.ServerName != "":
		return v.ServerName
	case v.Outcome == maintenance.OutcomeHeld, v.Outcome == maintenance.OutcomeReleased:
		return "All servers:"
	case v.Reason == maintenance.ReasonManyRefusals:
		return "Events"
	default:
		return "Event"
	}
}

// happened is what a subject says after whom.
func happened(v view) string {
	if text := fill(v, v.said.subject); text != "" {
		return text
	}
	short := after(": ", fill(v, v.said.short))
	of := "maintenance "
	if v.ServerName == "" {
		of = ""
	}
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		return of + "started" + after(" at the ", v.attempt()) + after(": ", asker(v.Trigger))
	case maintenance.OutcomeWaiting:
		if text := fill(v, v.said.waitsFor); text != "" {
			return "waits" + text
		}
		return "waits" + short
	case maintenance.OutcomeJoined:
		return of + "joined" + after(": ", asker(v.Trigger))
	case maintenance.OutcomeInProgress:
		return of + "already in progress" + after(" since ", v.when(v.Started)) + after(": ", asker(v.Trigger))
	case maintenance.OutcomeSucceeded:
		return of + "succeeded" + after(" after ", v.took()) + after(": ", asker(v.Trigger))
	case maintenance.OutcomeFailed:
		return of + "failed" + failedWhy(v, short)
	case maintenance.OutcomeError:
		if v.followed() {
			return of + "cannot be followed" + short
		}
		return of + "not started" + short
	case maintenance.OutcomeOverdue:
		return of + "overdue since " + v.when(v.Deadline) + after(": step ", v.Figures.Step)
	case maintenance.OutcomeHeld:
		return of + "held" + after(" until ", v.when(v.Until))
	case maintenance.OutcomeReleased:
		return of + "no longer held"
	default:
		return of + string(v.Outcome) + short
	}
}

// failedWhy is why a run failed, in few words: the reason, else the step, else who asked it to stop.
func failedWhy(v view, short string) string {
	switch {
	case short != "":
		return short
	case !v.StopAsked.IsZero():
		return ": asked to stop " + v.when(v.StopAsked)
	case v.Figures.Step != "":
		return ": step " + v.Figures.Step
	default:
		return after(" after ", v.took()) + after(": ", asker(v.Trigger))
	}
}
