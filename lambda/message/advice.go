package message

import (
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// advice is what a message says of what happens next: what comes if nobody does anything, what is to be put right, and what can be typed.
type advice struct {
	idle, repair string
	commands     []command
}

// advise is what a message advises.
func advise(v view) advice {
	a, idle := adviseOutcome(v), fill(v, v.said.idle)
	if v.waiting() {
		idle = fill(v, v.said.waitsIdle)
	}
	if idle != "" {
		a.idle = idle
	}
	return a
}

func adviseOutcome(v view) advice {
	switch v.Outcome {
	case maintenance.OutcomeStarted:
		return started(v)
	case maintenance.OutcomeWaiting:
		return waits(v)
	case maintenance.OutcomeJoined:
		return advice{idle: "There is nothing to do: one run serves all its triggers, and its end is notified."}
	case maintenance.OutcomeInProgress:
		if !v.followed() {
			return advice{idle: nothingStarts(v), repair: repair(v)}
		}
		return advice{idle: "There is nothing to do: the end of that run is notified.", repair: repair(v)}
	case maintenance.OutcomeSucceeded:
		return advice{idle: "There is nothing to do."}
	case maintenance.OutcomeFailed:
		return failed(v)
	case maintenance.OutcomeCancelled:
		return cancelledNext(v)
	case maintenance.OutcomeOverdue:
		return overdue(v)
	case maintenance.OutcomeMissed:
		return missed(v)
	case maintenance.OutcomeHeld:
		return advice{idle: "If you do nothing, no start is claimed until then. What was claimed before goes on, and its end is notified.",
			commands: []command{{what: "release it", verb: "release", server: true}}}
	case maintenance.OutcomeReleased:
		return advice{idle: "There is nothing to do: what waits starts when nothing else is in its way."}
	case maintenance.OutcomeRefused, maintenance.OutcomeError:
		if v.State == maintenance.RunWaiting { // it is tried again
			return waits(v)
		}
		return notStarted(v)
	default:
		return advice{}
	}
}

// started: OpsWorks CM has no operation that stops maintenance (API reference, 2016-11-01).
func started(v view) advice {
	a := advice{idle: "If you do nothing, its end is notified."}
	if deadline := v.when(v.Deadline); deadline != "" {
		a.idle = "If you do nothing, its end is notified, or at " + deadline + " that it is overdue."
	}
	switch {
	case v.ssm():
		a.commands = []command{stop}
	case v.Server.Status == maintenance.StatusUnderMaintenance:
		a.repair = "The server is offline while it is maintained."
	}
	return a
}

func waits(v view) advice {
	idle := "If you do nothing, it is tried again when that is over" + after(", or expires ", v.when(v.Expires)) + unlessCleared(v) + "."
	a := advice{idle: idle, commands: []command{{what: "call it off", verb: "stop"}}}
	if v.said.doWaiting { // what does not pass by itself
		a.repair = repair(v)
	}
	switch {
	case v.said.verb != "":
		a.commands = append([]command{{what: v.said.lets, verb: v.said.verb}}, a.commands...)
	case v.said.startable:
		a.commands = append([]command{{what: "start it now", verb: "start", overrides: v.said.overrides}}, a.commands...)
	}
	return a
}

func failed(v view) advice {
	a := advice{idle: "If you do nothing, it is not tried again before its next trigger." + alarmStays(v), repair: repair(v)}
	if v.Reason != "" {
		a.commands = afresh(v)
		return a
	}
	a.commands = []command{plan, startAgain}
	if v.Detail != "" && v.StopAsked.IsZero() {
		a.repair = "Put that right first."
	}
	if len(v.Attributes) > 0 { // their values are kept nowhere
		a.repair = strings.TrimSpace(a.repair + " Another start needs its engine attributes again.")
	}
	return a
}

func cancelledNext(v view) advice {
	if v.accepted() {
		return advice{idle: "If you do nothing, the server stays as the run left it, until its next trigger.", commands: afresh(v)}
	}
	return advice{idle: "There is nothing to do: nothing was started, and the next trigger begins a new run."}
}

func overdue(v view) advice {
	a := advice{idle: "If you do nothing, it is followed on, and its end is notified."}
	if v.ssm() {
		a.commands = []command{stop}
	}
	a.commands = append(a.commands, giveUp)
	return a
}

func missed(v view) advice {
	a := advice{idle: "If you do nothing, nothing is started before the next trigger." + alarmStays(v), commands: []command{plan}}
	switch {
	case v.said.doMissed || v.Reason == maintenance.ReasonNoSuccess:
		a.repair = repair(v)
	case len(v.said.overrides) > 0: // a run expires as its window ends: another start would be refused by it
		a.commands = append(a.commands, startLeavingOut(v.said.overrides))
	}
	return a
}

// notStarted is for refusals and errors: of a start, of the end of a run, of following one.
func notStarted(v view) advice {
	switch {
	case v.Stop:
		return advice{repair: repair(v)}
	case v.Reason == maintenance.ReasonStartUnconfirmed:
		return advice{commands: []command{{what: "if you know that nothing was started, free the server", verb: "close"}}}
	case v.Outcome == maintenance.OutcomeError && v.followed():
		return advice{idle: "If you do nothing, it is tried on, and its end is notified once it is seen.", repair: repair(v),
			commands: []command{giveUp}}
	}
	return advice{idle: nothingStarts(v), repair: repair(v), commands: afresh(v)}
}

// nothingStarts is what comes of a trigger that came to nothing. It promises nothing of a run that waits for others.
func nothingStarts(v view) string {
	what := "it"
	switch {
	case v.ServerName == "":
		what = "the event"
	case v.Trigger.Kind == maintenance.TriggerManual:
		what = "this request"
	case v.Trigger.Kind == maintenance.TriggerAlarm:
		what = "this alarm"
	}
	return "If you do nothing, " + what + " starts nothing." + alarmStays(v)
}

// afresh are the commands where nothing runs that could be ended.
func afresh(v view) []command {
	var all []command
	if v.said.plannable || v.Trigger.Kind == maintenance.TriggerManual && len(v.said.overrides) > 0 {
		all = append(all, plan)
	}
	if v.said.startable {
		all = append(all, startLeavingOut(v.said.overrides))
	}
	return all
}

// repair is the advice for a reason, or, where an operator's own request came to nothing, that to send another.
func repair(v view) string {
	if v.said.again == "" {
		return remedy(v)
	}
	if v.Trigger.Kind != maintenance.TriggerManual || v.followed() {
		return ""
	}
	return v.said.again
}

// alarmStays is the one thing about alarms that surprises everybody.
func alarmStays(v view) string {
	if v.Trigger.Kind != maintenance.TriggerAlarm || v.ServerName == "" {
		return ""
	}
	return " An alarm that stays in ALARM does not ask again."
}

// paragraph is what comes if nobody does anything, and what is to be put right.
func (a advice) paragraph() string { return strings.TrimSpace(a.idle + " " + a.repair) }

// intro leads to the link and the commands: what they do, with the link's own purpose first where it has one. It is empty where there is
// neither.
func (a advice) intro(l link, commands []command) string {
	var all []string
	if l.what != "" {
		all = append(all, l.what)
	}
	for _, c := range commands {
		all = append(all, c.what)
	}
	if len(all) == 0 && l.address != "" {
		return "See how things stand:"
	}
	if len(all) == 0 {
		return ""
	}
	text := strings.Join(all, ", ")
	if n := len(all); n > 1 {
		text = strings.Join(all[:n-1], ", ") + ", or " + all[n-1]
	}
	return strings.ToUpper(text[:1]) + text[1:] + ":"
}
