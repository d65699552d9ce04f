package message

import "opsworks-maintenance/lambda/maintenance"

// words are all that is said of one reason. A new reason needs a row of reasons with why, and what else is not said of it as of others.
type words struct {
	// why is a clause that follows a colon. In its place stand whySSM, where Systems Manager has other words, whyStop, where the request
	// was to end a run, and what figure makes of a report that has the figure that decides.
	why, whySSM, whyStop string
	figure               func(v view) string
	// summary is the first sentence, in place of the outcome's; {maintenance} and {why} stand for these.
	summary string

	// do is what an operator can do about it, a sentence or two; doSSM stands in its place on Systems Manager. It is said where a trigger
	// came to nothing and where a run failed, and, if these are set, where a run waits or has expired.
	do, doSSM           string
	doWaiting, doMissed bool
	// again stands in place of do where nothing helps but another request, and is said to an operator whose request came to nothing.
	again string
	// look makes a refusal say how to look at the server.
	look bool
	// noExecution is true where there is no page of the execution to look at.
	noExecution bool
	// steps are all that a message says of what to do, in place of the outcome's.
	steps func(v view, f Function) []step

	// idle is what happens to a run that waits if nobody does anything; unless, followed by a time, is when it expires.
	idle, unless string
	// start introduces the command that lets a run that waits go on now, or, if it is another than start, what verb names; override is
	// what that overrides. A hold, an order and an
	// alarm that blocks are somebody's intention, which a message does not advise to pass over.
	start    string
	verb     string
	override []string
}

// reasons has words for every reason of the domain, in the order of its lists.
var reasons = map[maintenance.Reason]words{
	maintenance.ReasonInvalidEvent: {why: "the event cannot be read",
		do: "Find what sends this event to the function, and correct or remove it. It is not tried again."},
	maintenance.ReasonInvalidRequest: {why: "the request cannot be carried out as it is",
		do: "Correct the request as Detail says, and send a new one."},
	maintenance.ReasonForeignEvent: {why: "the event comes from another account or Region than the function's",
		do: "Find what sends this event to the function, and correct or remove it. It is not tried again."},
	maintenance.ReasonNoServer: {why: "nothing says which server the event is about", do: agree},
	maintenance.ReasonAmbiguous: {why: "what names the server does not agree", whySSM: "several managed nodes have its tag",
		do: agree, doSSM: "Leave the tag on one node, the right one.", doWaiting: true},
	maintenance.ReasonNotAllowed: {why: "the server is not in the settings",
		do: `If it should be maintained, add it to "servers" in the settings and deploy.`},
	maintenance.ReasonDisabled: {why: "maintenance of the server is disabled in the settings",
		do: `If it should be maintained, remove "enabled": false from its settings and deploy.`},
	maintenance.ReasonUnsupported: {why: "this version, or the server's backend, cannot do that"},
	maintenance.ReasonStale:       {why: "the trigger is too old, or dated in the future", figure: age},
	maintenance.ReasonNewAlarm: {why: "the alarm has only just been created, and this is its first state",
		do: "If the server needs maintenance, start it by hand."},
	maintenance.ReasonDuplicate: {why: "the same trigger was decided before"},
	maintenance.ReasonHeld: {why: "an operator's hold forbids it",
		again: "Wait until the hold ends, or release it; then send a new request."},
	maintenance.ReasonApprovalNeeded: {why: "an operator has to approve it",
		idle: "Without an approval this trigger starts nothing.", unless: "it has none",
		start: "To approve it; it starts when nothing else is in its way:", verb: "approve"},
	maintenance.ReasonAfterRunning: {why: "the run of the server before it goes on", again: "Send a new request when that run is over."},
	maintenance.ReasonBlocked:      {why: "an alarm that blocks it is in ALARM", again: "Send a new request when that alarm is OK."},
	maintenance.ReasonOutsideWindow: {why: "it is outside the server's maintenance window",
		again: `Send a new request when the window is open, or one with "override": ["window"].`,
		start: startNow, override: []string{maintenance.OverrideWindow}},
	maintenance.ReasonCalendarClosed: {why: "a change calendar is closed, or cannot be read",
		again: `Send a new request when the calendar is open, or one with "override": ["calendar"].`,
		start: startNow, override: []string{maintenance.OverrideCalendar}},
	maintenance.ReasonNotFound: {why: "OpsWorks CM does not show the server", whySSM: "Systems Manager shows no managed node for it",
		do:        "Check the name in the settings, and the Region and endpoint that the function asks.",
		doSSM:     "Give one node the tag that Detail names, and see that it runs and its SSM Agent answers.",
		doWaiting: true, doMissed: true, look: true},
	maintenance.ReasonWrongState: {why: "the server is in a state that it cannot start from", figure: stateNow,
		do:       "Maintenance can start when the server is HEALTHY or UNHEALTHY.",
		doSSM:    "Maintenance can start when the node's SSM Agent is online.",
		doMissed: true, look: true},
	maintenance.ReasonInProgress: {why: "the server is under maintenance already",
		whyStop: "it is followed, and not past its deadline"},
	maintenance.ReasonCoolingDown:      {why: "its last maintenance ended within the cooldown"},
	maintenance.ReasonDailyLimit:       {why: "alarms have started it as often as the daily limit allows"},
	maintenance.ReasonConcurrencyLimit: {why: "the concurrency limit is reached", again: "Send a new request when a slot is free."},

	maintenance.ReasonDenied: {why: "the function's role lacks a permission",
		do: "Allow the function's role what Detail says it was denied.", doWaiting: true, doMissed: true},
	maintenance.ReasonThrottled:    {why: "AWS throttled the calls", again: later},
	maintenance.ReasonServiceLimit: {why: "a quota of the service is reached", again: later},
	maintenance.ReasonUnavailable:  {why: "the service did not answer, or answered with an internal error", again: later},
	maintenance.ReasonLedgerUnavailable: {why: "the table of runs cannot be reached, and without it nothing is done",
		do: "Look at the table of runs, and at the function's log."},
	maintenance.ReasonStartUnconfirmed: {why: "the answer to StartMaintenance was lost, and nothing shows yet whether it began",
		whySSM:  "the answer to StartAutomationExecution was lost, and nothing shows yet whether it began",
		summary: "{maintenance} may or may not have started: {why}.", steps: unconfirmed},
	maintenance.ReasonRunbookUnusable: {why: "its runbook cannot be started as the settings have it", doWaiting: true,
		do: "Correct the server's runbook, its version or its parameters in the settings as Detail says, and deploy."},
	maintenance.ReasonUnexpected: {why: "something unexpected happened", do: "Look for the run's id in the function's log."},

	maintenance.ReasonNeverBegan: {why: "nothing shows that it ever began"},
	maintenance.ReasonEndUnclear: {why: "what was seen does not tell whether it began, or how it ended",
		do: "See on the server itself how it is, before it is maintained again."},
	maintenance.ReasonServerGone: {why: "OpsWorks CM no longer shows the server", whySSM: "Systems Manager no longer shows the node",
		do: "If it was deleted on purpose, remove it from the settings and deploy.", steps: lookAndDo},
	maintenance.ReasonExecutionGone: {why: "Systems Manager no longer shows its execution, so that its end is unknown",
		do: "See on the node itself how far it came, before it is maintained again.", noExecution: true},
	maintenance.ReasonClosedByHand: {why: "an operator closed its record",
		do: "The server is free for its next run. What goes on there goes on, and is not followed.", steps: onlyDo},
	maintenance.ReasonAlarmCleared:     {why: "its alarm returned to OK"},
	maintenance.ReasonStopped:          {why: "an operator asked for that"},
	maintenance.ReasonStoppedElsewhere: {why: "it was stopped, and not by this function", steps: lookAndDo},
	maintenance.ReasonNoSuccess: {why: "it has not succeeded for longer than expectEvery allows",
		summary: "{maintenance} is missed: {why}.", steps: lookAndDo,
		do: "Find what keeps it from starting or from succeeding: its schedule, its window, its last end."},

	maintenance.ReasonStopping:      {why: "it is being stopped", summary: "{maintenance} is asked to stop."},
	maintenance.ReasonNotRunning:    {why: "the run that was named is over", whyStop: "nothing of it runs that could be ended"},
	maintenance.ReasonAttemptAlive:  {why: "an attempt to start it may still be alive", do: "Send a new request when that attempt is over."},
	maintenance.ReasonUnknownRun:    {why: "no run has that id"},
	maintenance.ReasonHoldUnchanged: {why: "no hold was changed", summary: "No hold was changed."},
	maintenance.ReasonHoldExpired:   {why: "the hold ran out", summary: "{maintenance} is held no longer: {why}."},
	maintenance.ReasonNotAsked: {why: "it does not wait for an approval",
		summary: "Nothing was approved: {why}."},
	maintenance.ReasonWorkChanged: {why: "what it would run is not what approval was asked for",
		summary: "{maintenance} was not approved: {why}. Approval is asked for anew."},
	maintenance.ReasonUnknownStatus: {why: "its status is one that this version does not know",
		do: "Look into it, and deploy a newer version if there is one.", steps: lookAndDo},
	maintenance.ReasonManyRefusals: {why: "more events were refused today than are notified one by one",
		summary: "Nothing was started: {why}.",
		do:      "Find what sends them. Further ones of today are not notified; the function's log has them."},

	maintenance.ReasonOwnAlarm:         {why: "it is an alarm of this function's own"},
	maintenance.ReasonUnknownExecution: {why: "the execution is of no run that is known"},
	maintenance.ReasonNothingNew:       {why: "nothing new is to be seen of the run"},
}

const (
	agree = "Make all that names the server name the same one: the settings, an alarm's tag maintenance-server and its " +
		"dimension ServerName, a schedule's serverNames."
	later    = "Send a new request a little later."
	startNow = "To start it now:"
)

// age is how old a trigger is, or how far in the future.
func age(v view) string {
	switch age := v.At.Sub(v.Trigger.Time); {
	case v.Trigger.Time.IsZero():
		return ""
	case age < 0:
		return "the trigger is dated " + span(-age) + " in the future"
	default:
		return "the trigger is " + span(age) + " old, which is too old"
	}
}

// stateNow is the state that the server was last seen in.
func stateNow(v view) string {
	switch {
	case v.Server.Status == "":
		return ""
	case v.ssm():
		return "the node's state is: " + v.state(v.Server.Status)
	default:
		return "the server is " + v.state(v.Server.Status)
	}
}

// why says a reason in words.
func why(v view) string {
	if v.said.figure != nil {
		if text := v.said.figure(v); text != "" {
			return text
		}
	}
	switch {
	case v.Stop && v.said.whyStop != "":
		return v.said.whyStop
	case v.ssm() && v.said.whySSM != "":
		return v.said.whySSM
	case v.said.why != "":
		return v.said.why
	default:
		return "the reason is " + string(v.Reason)
	}
}

// advice is what an operator can do about a reason; empty if there is nothing.
func advice(v view) string {
	if v.ssm() && v.said.doSSM != "" {
		return v.said.doSSM
	}
	return v.said.do
}
