package message

import (
	"cmp"
	"fmt"
	"slices"

	"opsworks-maintenance/lambda/maintenance"
)

// step is one thing that an operator can do, or need not; line is what to open or type for it, if anything.
type step struct{ text, line string }

func say(text string) step { return step{text: text} }

// nextSteps is what happens if nobody does anything, and what an operator can do: a link first, then at most two commands.
func nextSteps(v view, f Function) []step {
	steps := outcomeSteps
	if v.said.steps != nil {
		steps = v.said.steps
	}
	return slices.DeleteFunc(steps(v, f), func(s step) bool { return s.text == "" })
}

func outcomeSteps(v view, f Function) []step {
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		return []step{started(v)}
	case maintenance.OutcomeWaiting:
		return waits(v, f)
	case maintenance.OutcomeJoined:
		return []step{say("Nothing. One run serves all its triggers, and its end is notified.")}
	case maintenance.OutcomeInProgress:
		return goesOn(v)
	case maintenance.OutcomeFailed:
		return failed(v, f)
	case maintenance.OutcomeOverdue:
		return overdue(v, f)
	case maintenance.OutcomeMissed:
		return missed(v, f)
	case maintenance.OutcomeHeld:
		return []step{say("Nothing. No start is claimed until then; what was claimed before goes on, and its end is notified.")}
	case maintenance.OutcomeRefused, maintenance.OutcomeError:
		return notStarted(v, f)
	default:
		return nil
	}
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
	if v.said.doWaiting { // what does not pass by itself
		steps = append(steps, say(advice(v)))
	}
	if v.said.start != "" {
		steps = append(steps, offer(v.said.start, order(v, f, cmp.Or(v.said.verb, "start"), v.said.override...)))
	}
	return append(steps, offer("To cancel it:", order(v, f, "stop")))
}

// idle is what happens to a run that waits if nobody does anything.
func idle(v view) string {
	text := cmp.Or(v.said.idle, "Nothing. It starts when nothing is in its way any more.")
	if expires := v.when(v.Expires); expires != "" {
		text += fmt.Sprintf(" If %s before %s, it expires, and that is notified.", cmp.Or(v.said.unless, "that is not"), expires)
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

func goesOn(v view) []step {
	if !v.followed() {
		return nil
	}
	return []step{say("Nothing. The end of that run is notified.")}
}

func failed(v view, f Function) []step {
	steps := []step{lookAt(v, f), say(advice(v))}
	if v.Reason == "" && v.Detail != "" {
		steps = append(steps, say("Detail is what the service recorded; put that right before the server is maintained again."))
	}
	return append(steps, alarmStays(v))
}

// lookAndDo is all there is to say where what happens next depends on what is found there.
func lookAndDo(v view, f Function) []step { return []step{lookAt(v, f), say(advice(v))} }

// onlyDo is all there is to say where nothing is to be seen.
func onlyDo(v view, _ Function) []step { return []step{say(advice(v))} }

// unconfirmed is about a start that may or may not have happened.
func unconfirmed(v view, f Function) []step {
	return []step{say("Nothing. The server stays reserved for this run, which is looked into until that shows."), lookFor(v, f),
		offer("If you know that nothing was started, give up its record and free the server:", order(v, f, "close"))}
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
	steps := []step{say("Nothing. The server waits for its next trigger.")}
	if v.said.doMissed {
		steps = append(steps, lookAt(v, f), say(advice(v)))
	}
	return append(steps, alarmStays(v))
}

// notStarted is for refusals and errors: of a start, of the end of a run, of following one.
func notStarted(v view, f Function) []step {
	switch {
	case v.Stop:
		return []step{say(repair(v))}
	case v.Outcome == maintenance.OutcomeError && v.followed():
		return []step{say("Nothing. It is tried on, and its end is notified once it is seen."), say(repair(v)), lookAt(v, f), giveUp(v, f)}
	}
	var steps []step
	if v.said.look {
		steps = append(steps, lookAt(v, f))
	}
	return append(steps, say(repair(v)), alarmStays(v))
}

// repair is the advice for a reason, or, where an operator's own request came to nothing, that to send another.
func repair(v view) string {
	if v.said.again == "" {
		return advice(v)
	}
	if v.Trigger.Kind != maintenance.TriggerManual || v.followed() {
		return ""
	}
	return v.said.again
}

// alarmStays is the one thing about alarms that surprises everybody.
func alarmStays(v view) step {
	if v.Trigger.Kind != maintenance.TriggerAlarm {
		return step{}
	}
	return say("An alarm that stays in ALARM does not ask again: it asks when it goes into ALARM the next time.")
}
