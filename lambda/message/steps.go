package message

import (
	"slices"

	"opsworks-maintenance/lambda/maintenance"
)

// step is one thing that an operator can do, or need not; line is what to open or type for it, if anything.
type step struct{ text, line string }

func say(text string) step { return step{text: text} }

// nextSteps is what happens if nobody does anything, and what an operator can do: a link first, then at most two commands.
func nextSteps(v view, f Function) []step {
	var steps []step
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		steps = []step{started(v)}
	case maintenance.OutcomeWaiting:
		steps = waits(v, f)
	case maintenance.OutcomeJoined:
		steps = []step{say("Nothing. One run serves all its triggers, and its end is notified.")}
	case maintenance.OutcomeInProgress:
		steps = goesOn(v, f)
	case maintenance.OutcomeFailed:
		steps = failed(v, f)
	case maintenance.OutcomeCancelled:
		if v.Reason == maintenance.ReasonStoppedElsewhere {
			steps = []step{lookAt(v, f)}
		}
	case maintenance.OutcomeOverdue:
		steps = overdue(v, f)
	case maintenance.OutcomeMissed:
		steps = missed(v, f)
	case maintenance.OutcomeHeld:
		steps = []step{say("Nothing. No start is claimed until then; what was claimed before goes on, and its end is notified.")}
	case maintenance.OutcomeRefused, maintenance.OutcomeError:
		steps = notStarted(v, f)
	}
	return slices.DeleteFunc(steps, func(s step) bool { return s.text == "" })
}

func started(v view) step {
	text := "Nothing. Its end is notified."
	if deadline := v.when(v.Deadline); deadline != "" {
		text = "Nothing. Its end is notified, and so is that it is not over by " + deadline + "."
	}
	if !v.ssm() {
		text += " The server is offline while it is maintained."
	}
	return say(text)
}

func waits(v view, f Function) []step {
	steps := []step{say(idle(v))}
	byAlarm := func(t maintenance.Trigger) bool { return t.Kind == maintenance.TriggerAlarm }
	if slices.ContainsFunc(append([]maintenance.Trigger{v.Trigger}, v.Triggers...), byAlarm) {
		steps = append(steps, say("An alarm that returns to OK takes back what it asked for, unless the settings say otherwise."))
	}
	switch v.Reason { // what does not pass by itself; the others' advice is for an operator who was refused
	case maintenance.ReasonNotFound, maintenance.ReasonAmbiguous, maintenance.ReasonDenied, maintenance.ReasonRunbookUnusable:
		steps = append(steps, say(advice(v)))
	}
	return append(steps, startNow(v, f), offer("To cancel it:", order(v, f, "stop")))
}

// startNow is offered only where an operator can let a run that waits go on now. A hold, an order and an alarm that blocks are
// somebody's intention, which a message does not advise to pass over.
func startNow(v view, f Function) step {
	switch v.Reason {
	case maintenance.ReasonOutsideWindow:
		return offer("To start it now:", order(v, f, "start", "window"))
	case maintenance.ReasonCalendarClosed:
		return offer("To start it now:", order(v, f, "start", "calendar"))
	case maintenance.ReasonApprovalNeeded:
		return offer("To approve it and start it now:", order(v, f, "start"))
	default:
		return step{}
	}
}

// idle is what happens to a run that waits if nobody does anything.
func idle(v view) string {
	text, unless := "Nothing. It starts when nothing is in its way any more.", " If that is not before "
	if v.Reason == maintenance.ReasonApprovalNeeded {
		text, unless = "Without an approval this trigger starts nothing.", " If it has none before "
	}
	if expires := v.when(v.Expires); expires != "" {
		text += unless + expires + ", it expires, and that is notified."
	}
	return text
}

// offer is a step that is there only with its command.
func offer(text, line string) step {
	if line == "" {
		return step{}
	}
	return step{text, line}
}

func goesOn(v view, f Function) []step {
	switch {
	case v.Reason == maintenance.ReasonUnknownStatus:
		return []step{lookAt(v, f), say(advice(v))}
	case v.followed():
		return []step{say("Nothing. The end of that run is notified.")}
	default:
		return nil
	}
}

func failed(v view, f Function) []step {
	switch v.Reason {
	case maintenance.ReasonClosedByHand:
		return []step{say(advice(v))}
	case maintenance.ReasonServerGone:
		return []step{lookAt(v, f), say(advice(v))}
	}
	steps := []step{lookAt(v, f), say(advice(v))}
	if v.Reason == "" && v.Detail != "" {
		steps = append(steps, say("Detail is what the service recorded; put that right before the server is maintained again."))
	}
	return append(steps, alarmStays(v))
}

// overdue: OpsWorks CM has no operation that stops maintenance (API reference, 2016-11-01).
func overdue(v view, f Function) []step {
	steps := []step{say("Nothing. It is followed on, and its end is notified."), lookAt(v, f)}
	if v.ssm() {
		steps = append(steps, offer("To stop it:", order(v, f, "stop")))
	}
	return append(steps, giveUp(v, f))
}

func giveUp(v view, f Function) step {
	return offer("To give up its record and free the server; what goes on there goes on:", order(v, f, "close"))
}

func missed(v view, f Function) []step {
	if v.Reason == maintenance.ReasonNoSuccess {
		return []step{lookAt(v, f), say(advice(v))}
	}
	steps := []step{say("Nothing. The server waits for its next trigger.")}
	switch v.Reason {
	case maintenance.ReasonNotFound, maintenance.ReasonWrongState, maintenance.ReasonDenied:
		steps = append(steps, lookAt(v, f), say(advice(v)))
	}
	return append(steps, alarmStays(v))
}

// notStarted is for refusals and errors: of a start, of the end of a run, of following one.
func notStarted(v view, f Function) []step {
	switch {
	case v.Reason == maintenance.ReasonStartUnconfirmed:
		return []step{say("Nothing. The server stays reserved for this run, which is looked into until that shows."), lookAt(v, f),
			offer("If you know that nothing was started, give up its record and free the server:", order(v, f, "close"))}
	case v.Stop:
		return []step{say(repair(v))}
	case v.Outcome == maintenance.OutcomeError && v.followed():
		return []step{say("Nothing. It is tried on, and its end is notified once it is seen."), say(repair(v)), lookAt(v, f), giveUp(v, f)}
	}
	var steps []step
	if v.Reason == maintenance.ReasonWrongState || v.Reason == maintenance.ReasonNotFound {
		steps = append(steps, lookAt(v, f))
	}
	return append(steps, say(repair(v)), alarmStays(v))
}

// repair is the advice for a reason, without that to send a request where no request was sent.
func repair(v view) string {
	switch v.Reason {
	case maintenance.ReasonHeld, maintenance.ReasonAfterRunning, maintenance.ReasonBlocked, maintenance.ReasonOutsideWindow,
		maintenance.ReasonCalendarClosed, maintenance.ReasonConcurrencyLimit, maintenance.ReasonThrottled, maintenance.ReasonServiceLimit,
		maintenance.ReasonUnavailable:
		if v.Trigger.Kind != maintenance.TriggerManual || v.followed() {
			return ""
		}
	}
	return advice(v)
}

// alarmStays is the one thing about alarms that surprises everybody.
func alarmStays(v view) step {
	if v.Trigger.Kind != maintenance.TriggerAlarm {
		return step{}
	}
	return say("An alarm that stays in ALARM does not ask again: it asks when it goes into ALARM the next time.")
}
