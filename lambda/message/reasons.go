package message

import "opsworks-maintenance/lambda/maintenance"

// words are all that is said of one reason. A new reason needs a row of reasons with why and short, and what else is not said of it as of
// others.
type words struct {
	// why is a clause that follows a colon. In its place stand whySSM, where Systems Manager has other words, whyStop, where the request
	// was to end a run, and whyCancelled, where it ended one. short is why in a subject, in few words.
	why, whySSM, whyStop, whyCancelled, short phrases
	// summary is the first sentence, in place of the outcome's, and subject what the subject says after the server's name.
	summary, subject phrases
	// idle is what happens if nobody does anything. Of a run that waits, waitsIdle is that, waits the first sentence, and waitsFor what
	// the subject says after "waits".
	idle, waitsIdle, waits, waitsFor phrases

	// do is what an operator can do about it, a sentence or two; doSSM stands in its place on Systems Manager. It is said where a trigger
	// came to nothing and where a run failed, and, if these are set, where a run waits or has expired.
	do, doSSM           string
	doWaiting, doMissed bool
	// again stands in place of do where nothing helps but another request, and is said to an operator whose request came to nothing.
	again string

	// startable offers a start now: of a run that waits, or of the server where nothing runs. overrides is what that leaves out. A hold, an
	// order and an alarm that blocks are somebody's intention, which a message does not advise to pass over.
	startable bool
	// verb is the command that lets a run that waits go on, where it is another than start, and lets says what it does.
	verb, lets string
	overrides  []string
	// plannable offers to see what would happen now, where a start comes too early.
	plannable bool
	// figured is true where the detail says in other words what the figures say.
	figured bool
	// noExecution is true where there is no page of the execution to look at, log where the function's log says more than any page.
	noExecution, log bool
	// logged is what the log's lines about it have, where that is not the run's id.
	logged string
}

// reasons has words for every reason of the domain, in the order of its lists.
var reasons = map[maintenance.Reason]words{
	maintenance.ReasonInvalidEvent: {why: say("the event cannot be read"), short: say("unreadable event"), do: correctSender, log: true},
	maintenance.ReasonInvalidRequest: {why: say("the request cannot be carried out as it is"), short: say("invalid request"),
		summary: say("The request was not carried out: {why}."), do: "Correct the request as it says above, and send a new one."},
	maintenance.ReasonForeignEvent: {why: say("the event comes from another account or Region than the function's"),
		short: say("event of another account or Region"), do: correctSender, log: true},
	maintenance.ReasonNoServer: {why: say("nothing says which server the event is about"), short: say("no server named"), do: agree},
	maintenance.ReasonAmbiguous: {why: say("what names the server does not agree"), whySSM: say("several managed nodes have its tag"),
		short: say("more than one server may be meant"), do: agree, doSSM: "Leave the tag on one node, the right one.", doWaiting: true,
		plannable: true},
	maintenance.ReasonNotAllowed: {why: say("the server is not in the settings"), short: say("not in the settings"),
		do: `If it should be maintained, add it to "servers" in the settings and deploy.`},
	maintenance.ReasonDisabled: {why: say("maintenance of the server is disabled in the settings"), short: say("disabled in the settings"),
		do: `If it should be maintained, remove "enabled": false from its settings and deploy.`},
	maintenance.ReasonUnsupported: {why: say("this version, or the server's backend, cannot do that"), short: say("not supported")},
	maintenance.ReasonStale: {why: say("the {kind} is {age} old; the limit is {limit}",
		"the {kind} is dated {ahead} in the future; the limit is {limit}", "the trigger is too old, or dated in the future"),
		short: say("{kind} is {age} old, the limit is {limit}", "{kind} is dated {ahead} ahead, the limit is {limit}", "too old, or dated ahead"),
		do:    "If the server needs it today, start it by hand.", startable: true, plannable: true, figured: true},
	maintenance.ReasonNewAlarm: {why: say("the alarm has only just been created, and this is its first state"),
		short: say("first state of a new alarm"), do: "If the server needs it, start it by hand.", startable: true, plannable: true},
	maintenance.ReasonDuplicate: {why: say("the same trigger was decided before"), short: say("decided before")},
	maintenance.ReasonHeld: {why: say("an operator's hold lasts until {until}", "an operator's hold forbids it"),
		short: say("held until {until}", "held"), again: "Wait until the hold ends, or release it; then send a new request."},
	maintenance.ReasonApprovalNeeded: {why: say("an operator has to approve it"), short: say("approval needed"),
		waitsFor: say(" for your approval until {expires}", " for your approval"), verb: "approve", lets: "approve it",
		waitsIdle: say("If you do nothing, it starts nothing, and expires {expires}.", "If you do nothing, it starts nothing.")},
	maintenance.ReasonAfterRunning: {why: say("the run of the server before it is not over"), short: say("the server before it is not done"),
		again: "Send a new request when that run is over."},
	maintenance.ReasonBlocked: {why: say("the alarm {alarm} is in ALARM since {since}{others}", "the alarm {alarm} is in ALARM{others}",
		"an alarm that blocks it is in ALARM"), short: say("alarm {alarm}", "blocked by an alarm"), figured: true,
		again: "Send a new request when that alarm is OK."},
	maintenance.ReasonOutsideWindow: {why: say("its maintenance window is closed until {until}", "its maintenance window is closed"),
		short: say("window opens {until}", "window closed"), whyCancelled: say("its maintenance window closed before it was seen to begin"),
		waits:    say("{server} will be maintained when its window opens, {starts}, {in}."),
		waitsFor: say(" for its window: {starts}"),
		waitsIdle: say("If you do nothing, it starts {then}{unless}.", "If you do nothing, it starts nothing, and expires {expires}.",
			"If you do nothing, it is tried again when that is over{unless}."),
		again: "Send a new request when the window is open, or leave the window out.", startable: true,
		overrides: []string{maintenance.OverrideWindow}},
	maintenance.ReasonCalendarClosed: {why: say("a change calendar is closed until {until}", "a change calendar is closed, or cannot be read"),
		whyCancelled: say("a change calendar closed before it was seen to begin"),
		short:        say("calendar closed until {until}", "calendar closed"), startable: true, overrides: []string{maintenance.OverrideCalendar},
		again: "Send a new request when the calendar is open, or leave the calendar out."},
	maintenance.ReasonNotFound: {why: say("OpsWorks CM does not show the server"), whySSM: say("Systems Manager shows no managed node for it"),
		short: say("server not found"), do: "Check the name in the settings, and the Region and endpoint that the function asks.",
		doSSM: "Give its node the tag, and see that its SSM Agent answers.", doWaiting: true, doMissed: true, plannable: true},
	maintenance.ReasonWrongState: {why: say("the server is {state}", "the server is in a state that it cannot start from"),
		whySSM: say(`its node's state is "{state}"`, "the node is in a state that it cannot start from"),
		short:  say("{condition}", "wrong state"), do: "It can start when the server is HEALTHY or UNHEALTHY.",
		doSSM: "It can start when the node's SSM Agent is online.", doMissed: true, plannable: true},
	maintenance.ReasonInProgress: {why: say("the server is under maintenance already"), short: say("under maintenance already"),
		whyStop: say("it is still looked for, and its record can be given up from {until}",
			"it is followed, and not overdue before {deadline}", "it is followed, and not past its deadline")},
	maintenance.ReasonCoolingDown: {why: say("its last maintenance ended {ended}; the cooldown ({limit}) lasts until {until}",
		"its last maintenance ended within the cooldown"), short: say("cooldown until {until}", "cooldown"),
		do: "If it is needed sooner, start it by hand.", startable: true, plannable: true},
	maintenance.ReasonDailyLimit: {why: say("alarms have started it {most} times today, the daily limit, which counts anew {until}",
		"alarms have started it as often as the daily limit allows"), short: say("daily limit ({most}) reached", "daily limit reached"),
		do: "If it is needed sooner, start it by hand.", startable: true, plannable: true},
	maintenance.ReasonConcurrencyLimit: {why: say("the concurrency limit ({most}) is reached by {holders}",
		"the concurrency limit ({most}) is reached", "the concurrency limit is reached"),
		short: say("concurrency limit ({most}) reached", "concurrency limit reached"),
		again: "Send a new request when a slot is free.", plannable: true, figured: true},

	maintenance.ReasonDenied: {why: say("the function's role lacks a permission"), short: say("permission denied"),
		do: "Allow the function's role what it was denied.", doWaiting: true, doMissed: true, plannable: true},
	maintenance.ReasonThrottled: {why: say("AWS throttled the calls"), short: say("AWS throttled the calls"), again: later,
		plannable: true},
	maintenance.ReasonServiceLimit: {why: say("a quota of the service is reached"), short: say("quota reached"), again: later,
		plannable: true},
	maintenance.ReasonUnavailable: {why: say("the service did not answer, or answered with an internal error"),
		short: say("service did not answer"), again: later, plannable: true},
	maintenance.ReasonLedgerUnavailable: {why: say("the table of runs cannot be reached, and without it nothing is done"),
		short: say("table of runs not reached"), do: "Look at the table of runs, and at the function's log.", log: true},
	maintenance.ReasonStartUnconfirmed: {why: say("the answer to StartMaintenance was lost, and nothing shows yet whether it began"),
		whySSM:  say("the answer to StartAutomationExecution was lost, and nothing shows yet whether it began"),
		short:   say("answer lost"),
		summary: say("{maintenance} may or may not have started: {why}."), subject: say("maintenance may have started: answer lost"),
		idle: say("If you do nothing, the server stays reserved for this run until it shows whether it began.")},
	maintenance.ReasonRunbookUnusable: {why: say("its runbook cannot be started as the settings have it"), short: say("runbook unusable"),
		do: "Correct its runbook, version or parameters in the settings, and deploy.", doWaiting: true, plannable: true},
	maintenance.ReasonUnexpected: {why: say("something unexpected happened"), short: say("unexpected error"),
		do: "The function's log has the whole error.", log: true},

	maintenance.ReasonNeverBegan: {why: say("nothing shows that it ever began"),
		short: say("it never began"), startable: true, plannable: true},
	maintenance.ReasonEndUnclear: {why: say("what was seen does not show whether it began, or how it ended"),
		short: say("its end is unclear"),
		do:    "See on the server itself how it is, before it is maintained again.", plannable: true},
	maintenance.ReasonServerGone: {why: say("OpsWorks CM no longer shows the server"), whySSM: say("Systems Manager no longer shows the node"),
		short: say("the server is gone"), do: "If it was deleted on purpose, remove it from the settings and deploy."},
	maintenance.ReasonExecutionGone: {why: say("Systems Manager no longer shows its execution, so that its end is unknown"),
		short: say("its execution is gone"), do: "See on the node itself how far it came, before it is maintained again.", noExecution: true,
		plannable: true},
	maintenance.ReasonClosedByHand: {why: say("an operator closed its record"), short: say("closed by an operator"), plannable: true,
		do: "The server is free. What goes on there goes on, and is not followed."},
	maintenance.ReasonAlarmCleared: {why: say("its alarm returned to OK"), short: say("its alarm is OK")},
	maintenance.ReasonStopped: {why: say("an operator asked for that {stopped}", "an operator asked for that"),
		short: say("stopped by an operator")},
	maintenance.ReasonStoppedElsewhere: {why: say("it was stopped, and not by this function"), short: say("stopped, and not from here"),
		plannable: true},
	maintenance.ReasonNoSuccess: {why: say("it has not succeeded since {since}; expectEvery allows {limit}",
		"it has not succeeded for longer than expectEvery allows"), short: say("no success since {since}", "no success for too long"),
		summary: say("{maintenance} is missed: {why}."), plannable: true, figured: true,
		do: "Find what keeps it from starting or from succeeding: its schedule, its window, its last end."},

	maintenance.ReasonStopping: {why: say("it is being stopped"), short: say("stopping"), summary: say("{maintenance} is asked to stop.")},
	maintenance.ReasonNotRunning: {why: say("the run that was named is over"), whyStop: say("nothing of it runs that could be ended"),
		short: say("not running")},
	maintenance.ReasonAttemptAlive: {
		why:   say("another invocation may be at work on it until {until}", "another invocation may be at work on it"),
		short: say("another invocation is at work on it"), do: "Send a new request then.",
		waits: say("{maintenance} is approved, and is looked at again within a minute: {why}.")},
	maintenance.ReasonUnknownRun:    {why: say("no run has that id"), short: say("unknown run")},
	maintenance.ReasonHoldUnchanged: {why: say("no hold was changed"), short: say("no hold changed"), summary: say("No hold was changed.")},
	maintenance.ReasonHoldExpired: {why: say("the hold ran out"), short: say("the hold ran out"),
		summary: say("The hold on maintenance of {server} ran out.", "The hold on maintenance of all servers ran out."),
		subject: say("{why}")},
	maintenance.ReasonNotAsked: {why: say("it does not wait for an approval"), short: say("no approval is asked for"),
		summary: say("Nothing was approved: {why}.")},
	maintenance.ReasonWorkChanged: {why: say("what it would run is not what approval was asked for"), short: say("the work has changed"),
		summary: say("{maintenance} was not approved: {why}. Approval is asked for anew.")},
	maintenance.ReasonUnknownStatus: {why: say("its status is one that this version does not know"), short: say("unknown status"),
		do: "Look into it, and deploy a newer version if there is one."},
	maintenance.ReasonManyRefusals: {why: say("more events were refused today than are notified one by one"),
		short:   say("too many to notify today"),
		summary: say("Nothing was started: {why}."), do: "Find what sends them.", log: true, logged: string(maintenance.OutcomeRefused),
		idle: say("If you do nothing, further ones of today are not notified; the log has them.")},

	maintenance.ReasonOwnAlarm:         {why: say("it is an alarm of this function's own"), short: say("own alarm")},
	maintenance.ReasonUnknownExecution: {why: say("the execution is of no run that is known"), short: say("unknown execution")},
	maintenance.ReasonNothingNew:       {why: say("nothing new is to be seen of the run"), short: say("nothing new")},
}

const (
	agree = "Make all that names the server name the same one: the settings, an alarm's tag maintenance-server and its " +
		"dimension ServerName, a schedule's serverNames."
	later         = "Send a new request a little later."
	correctSender = "Find what sends this event to the function, and correct or remove it."
)

// why says a reason in words.
func why(v view) string {
	var text string
	switch {
	case v.Stop:
		text = fill(v, v.said.whyStop)
	case v.Outcome == maintenance.OutcomeCancelled:
		text = fill(v, v.said.whyCancelled)
	}
	if text == "" && v.ssm() {
		text = fill(v, v.said.whySSM)
	}
	if text == "" {
		text = fill(v, v.said.why)
	}
	if text == "" {
		text = "the reason is " + string(v.Reason)
	}
	return text
}

// remedy is what an operator can do about a reason; empty if there is nothing.
func remedy(v view) string {
	if v.ssm() && v.said.doSSM != "" {
		return v.said.doSSM
	}
	return v.said.do
}
