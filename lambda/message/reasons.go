package message

import "opsworks-maintenance/lambda/maintenance"

// words are what is said of one reason: why is a clause that follows a colon, do what an operator can do about it, a sentence or two.
// The forms of ssm stand where Systems Manager has other words; do is empty where there is nothing to do.
type words struct{ why, whySSM, do, doSSM string }

// reasons has words for every reason of the domain, in the order of its lists.
var reasons = map[maintenance.Reason]words{
	maintenance.ReasonInvalidEvent: {why: "the event cannot be read",
		do: "Find what sends this event to the function, and correct or remove it. It is not tried again."},
	maintenance.ReasonInvalidRequest: {why: "the request cannot be carried out as it is",
		do: "Correct the request as Detail says, and send a new one."},
	maintenance.ReasonForeignEvent: {why: "the event comes from another account or Region than the function's",
		do: "Find what sends this event to the function, and correct or remove it. It is not tried again."},
	maintenance.ReasonNoServer: {why: "nothing says which server the event is about", do: agree},
	maintenance.ReasonAmbiguous: {why: "what names the server does not agree", do: agree, whySSM: "several managed nodes have its tag",
		doSSM: "Leave the tag on one node, the right one."},
	maintenance.ReasonNotAllowed: {why: "the server is not in the settings",
		do: `If it should be maintained, add it to "servers" in the settings and deploy.`},
	maintenance.ReasonDisabled: {why: "maintenance of the server is disabled in the settings",
		do: `If it should be maintained, remove "enabled": false from its settings and deploy.`},
	maintenance.ReasonUnsupported: {why: "this version, or the server's backend, cannot do that"},
	maintenance.ReasonStale:       {why: "the trigger is too old, or dated in the future"}, // said with the figure, see why
	maintenance.ReasonNewAlarm: {why: "the alarm has only just been created, and this is its first state",
		do: "If the server needs maintenance, start it by hand."},
	maintenance.ReasonDuplicate: {why: "the same trigger was decided before"},
	maintenance.ReasonHeld: {why: "an operator's hold forbids it",
		do: "Wait until the hold ends, or release it; then send a new request."},
	maintenance.ReasonApprovalNeeded: {why: "an operator has to approve it"},
	maintenance.ReasonAfterRunning:   {why: "the run of the server before it goes on", do: "Send a new request when that run is over."},
	maintenance.ReasonBlocked:        {why: "an alarm that blocks it is in ALARM", do: "Send a new request when that alarm is OK."},
	maintenance.ReasonOutsideWindow: {why: "it is outside the server's maintenance window",
		do: `Send a new request when the window is open, or one with "override": ["window"].`},
	maintenance.ReasonCalendarClosed: {why: "a change calendar is closed, or cannot be read",
		do: `Send a new request when the calendar is open, or one with "override": ["calendar"].`},
	maintenance.ReasonNotFound: {why: "OpsWorks CM does not show the server", whySSM: "Systems Manager shows no managed node for it",
		do:    "Check the name in the settings, and the Region and endpoint that the function asks.",
		doSSM: "Give one node the tag that Detail names, and see that it runs and its SSM Agent answers."},
	maintenance.ReasonWrongState: {why: "the server is in a state that it cannot start from", // said with the state, see why
		do:    "Maintenance can start when the server is HEALTHY or UNHEALTHY.",
		doSSM: "Maintenance can start when the node's SSM Agent is online."},
	maintenance.ReasonInProgress:       {why: "the server is under maintenance already"},
	maintenance.ReasonCoolingDown:      {why: "its last maintenance ended within the cooldown"},
	maintenance.ReasonDailyLimit:       {why: "alarms have started it as often as the daily limit allows"},
	maintenance.ReasonConcurrencyLimit: {why: "the concurrency limit is reached", do: "Send a new request when a slot is free."},

	maintenance.ReasonDenied: {why: "the function's role lacks a permission",
		do: "Allow the function's role what Detail says it was denied."},
	maintenance.ReasonThrottled:    {why: "AWS throttled the calls", do: later},
	maintenance.ReasonServiceLimit: {why: "a quota of the service is reached", do: later},
	maintenance.ReasonUnavailable:  {why: "the service did not answer, or answered with an internal error", do: later},
	maintenance.ReasonLedgerUnavailable: {why: "the table of runs cannot be reached, and without it nothing is done",
		do: "Look at the table of runs, and at the function's log."},
	maintenance.ReasonStartUnconfirmed: {why: "the answer to StartMaintenance was lost, and nothing shows yet whether it began",
		whySSM: "the answer to StartAutomationExecution was lost, and nothing shows yet whether it began"},
	maintenance.ReasonRunbookUnusable: {why: "its runbook cannot be started as the settings have it",
		do: "Correct the server's runbook, its version or its parameters in the settings as Detail says, and deploy."},
	maintenance.ReasonUnexpected: {why: "something unexpected happened", do: "Look for the run's id in the function's log."},

	maintenance.ReasonNeverBegan: {why: "nothing shows that it ever began"},
	maintenance.ReasonEndUnclear: {why: "what was seen does not tell whether it began, or how it ended",
		do: "See on the server itself how it is, before it is maintained again."},
	maintenance.ReasonServerGone: {why: "OpsWorks CM no longer shows the server", whySSM: "Systems Manager no longer shows the node",
		do: "If it was deleted on purpose, remove it from the settings and deploy."},
	maintenance.ReasonExecutionGone: {why: "Systems Manager no longer shows its execution, so that its end is unknown",
		do: "See on the node itself how far it came, before it is maintained again."},
	maintenance.ReasonClosedByHand: {why: "an operator closed its record",
		do: "The server is free for its next run. What goes on there goes on, and is not followed."},
	maintenance.ReasonAlarmCleared:     {why: "its alarm returned to OK"},
	maintenance.ReasonStopped:          {why: "an operator asked for that"},
	maintenance.ReasonStoppedElsewhere: {why: "it was stopped, and not by this function"},
	maintenance.ReasonNoSuccess: {why: "it has not succeeded for longer than expectEvery allows",
		do: "Find what keeps it from starting or from succeeding: its schedule, its window, its last end."},

	maintenance.ReasonStopping:     {why: "it is being stopped"},
	maintenance.ReasonNotRunning:   {why: "the run that was named is over"},
	maintenance.ReasonAttemptAlive: {why: "an attempt to start it may still be alive", do: "Send a new request when that attempt is over."},
	maintenance.ReasonUnknownRun:   {why: "no run has that id"},
	maintenance.ReasonUnknownStatus: {why: "its status is one that this version does not know",
		do: "Look into it, and deploy a newer version if there is one."},
	maintenance.ReasonManyRefusals: {why: "more events were refused today than are notified one by one",
		do: "Find what sends them. Further ones of today are not notified; the function's log has them."},

	maintenance.ReasonOwnAlarm:         {why: "it is an alarm of this function's own"},
	maintenance.ReasonUnknownExecution: {why: "the execution is of no run that is known"},
	maintenance.ReasonNothingNew:       {why: "nothing new is to be seen of the run"},
}

const (
	agree = "Make all that names the server name the same one: the settings, an alarm's tag maintenance-server and its " +
		"dimension ServerName, a schedule's serverNames."
	later = "Send a new request a little later."
)

// why says a reason in words, with the figure that decides where the report has it.
func why(v view) string {
	switch age := v.At.Sub(v.Trigger.Time); {
	case v.Reason == maintenance.ReasonStale && !v.Trigger.Time.IsZero() && age < 0:
		return "the trigger is dated " + span(-age) + " in the future"
	case v.Reason == maintenance.ReasonNotRunning && v.Stop:
		return "nothing of it runs that could be ended"
	case v.Reason == maintenance.ReasonInProgress && v.Stop:
		return "it is followed, and not past its deadline"
	case v.Reason == maintenance.ReasonStale && !v.Trigger.Time.IsZero():
		return "the trigger is " + span(age) + " old, which is too old"
	case v.Reason == maintenance.ReasonWrongState && v.ssm() && v.Server.Status != "":
		return "the node's state is: " + v.state(v.Server.Status)
	case v.Reason == maintenance.ReasonWrongState && v.Server.Status != "":
		return "the server is " + v.state(v.Server.Status)
	}
	said, ok := reasons[v.Reason]
	switch {
	case !ok:
		return "the reason is " + string(v.Reason)
	case v.ssm() && said.whySSM != "":
		return said.whySSM
	default:
		return said.why
	}
}

// advice is what an operator can do about a reason; empty if there is nothing.
func advice(v view) string {
	said := reasons[v.Reason]
	if v.ssm() && said.doSSM != "" {
		return said.doSSM
	}
	return said.do
}
