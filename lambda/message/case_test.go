package message_test

import (
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// cases are reports that can be published, each by the name of its golden file.
var cases = map[string]maintenance.Report{
	"started-alarm":        report(maintenance.OutcomeStarted, "", alarm, accepted),
	"started-schedule-ssm": report(maintenance.OutcomeStarted, "", weekly, onNode, accepted),
	"started-after-ssm":    report(maintenance.OutcomeStarted, "", follower, onNode, accepted),
	"started-second-attempt": report(maintenance.OutcomeStarted, "", weekly, onNode, accepted,
		func(r *maintenance.Report) { r.Attempt = 2 }),
	"started-manual": report(maintenance.OutcomeStarted, "", operator, accepted, func(r *maintenance.Report) {
		r.Attributes, r.Trigger.Overrides = []string{"CHEF_MAJOR_UPGRADE"}, []string{"window"}
		r.Triggers = []maintenance.Trigger{alarm, weekly, r.Trigger}
		r.Answer = `{"ServerName":"automate-06","Status":"UNDER_MAINTENANCE","BackupRetentionCount":8,"CreatedAt":1469799527.52,` +
			`"SubnetIds":["subnet-49436a18"]}`
	}),
	"started-late": report(maintenance.OutcomeStarted, "", alarm, accepted, func(r *maintenance.Report) { r.Late = 125 * time.Minute }),

	"waiting-outside-window": report(maintenance.OutcomeWaiting, maintenance.ReasonOutsideWindow, alarm, waits, until(time.Hour)),
	"waiting-calendar-closed-ssm": report(maintenance.OutcomeWaiting, maintenance.ReasonCalendarClosed, weekly, onNode, waits,
		detail("it could not be read: get calendar state: denied: AccessDeniedException")),
	"waiting-held": report(maintenance.OutcomeWaiting, maintenance.ReasonHeld, weekly, onNode, waits, until(5*time.Hour),
		detail("release week")),
	"waiting-approval-needed": report(maintenance.OutcomeWaiting, maintenance.ReasonApprovalNeeded, alarm, onNode, waits),
	"waiting-after-running":   report(maintenance.OutcomeWaiting, maintenance.ReasonAfterRunning, weekly, onNode, waits),
	"waiting-blocked": report(maintenance.OutcomeWaiting, maintenance.ReasonBlocked, weekly, onNode, waits,
		detail("checkout-errors is in ALARM")),
	"waiting-wrong-state": report(maintenance.OutcomeWaiting, maintenance.ReasonWrongState, weekly, waits,
		status(maintenance.StatusBackingUp),
		detail("BACKING_UP")),
	"waiting-wrong-state-ssm": report(maintenance.OutcomeWaiting, maintenance.ReasonWrongState, weekly, onNode, waits,
		status(maintenance.StatusConnectionLost), func(r *maintenance.Report) {
			r.Server.StatusReason = "its SSM Agent last answered at 2026-11-28T21:14:00Z"
		}),
	"waiting-unavailable": report(maintenance.OutcomeWaiting, maintenance.ReasonUnavailable, alarm, waits,
		detail("describe server automate-06: unavailable: EOF")),
	"waiting-not-found-ssm": report(maintenance.OutcomeWaiting, maintenance.ReasonNotFound, alarm, onNode, waits, unseen,
		detail("describe server automate-06: not-found: no managed node has the tag maintenance-server=automate-06")),

	"waiting-runbook-unusable": report(maintenance.OutcomeWaiting, maintenance.ReasonRunbookUnusable, alarm, onNode, waits,
		detail("start the runbook: runbook-unusable: BackupTo is missing")), // an operator tried, and the run waits on
	"joined-schedule": report(maintenance.OutcomeJoined, "", weekly, state(maintenance.RunWaiting), func(r *maintenance.Report) {
		r.Triggers = []maintenance.Trigger{alarm, weekly}
	}),
	"joined-starting":   report(maintenance.OutcomeJoined, "", alarm, state(maintenance.RunStarting)),
	"in-progress-alarm": report(maintenance.OutcomeInProgress, maintenance.ReasonInProgress, alarm, onNode, accepted),
	"in-progress-foreign": report(maintenance.OutcomeInProgress, maintenance.ReasonInProgress, alarm, onNode,
		detail("the execution "+execution+" goes on")),

	"refused-stale": report(maintenance.OutcomeRefused, maintenance.ReasonStale, alarm,
		func(r *maintenance.Report) { r.Trigger.Time = at.Add(-26 * time.Hour) },
		detail("it is 26h0m0s old; what arrives after 1h0m0s starts nothing")),
	"refused-stale-future": report(maintenance.OutcomeRefused, maintenance.ReasonStale, alarm,
		func(r *maintenance.Report) { r.Trigger.Time = at.Add(20 * time.Minute) }),
	"refused-new-alarm":    report(maintenance.OutcomeRefused, maintenance.ReasonNewAlarm, alarm, onNode),
	"refused-cooling-down": report(maintenance.OutcomeRefused, maintenance.ReasonCoolingDown, alarm, until(11*time.Hour)),
	"refused-daily-limit":  report(maintenance.OutcomeRefused, maintenance.ReasonDailyLimit, alarm, until(time.Hour)),
	"refused-not-allowed":  report(maintenance.OutcomeRefused, maintenance.ReasonNotAllowed, alarm),
	"refused-disabled":     report(maintenance.OutcomeRefused, maintenance.ReasonDisabled, weekly),
	"refused-wrong-state": report(maintenance.OutcomeRefused, maintenance.ReasonWrongState, weekly,
		status(maintenance.StatusFailed), detail("FAILED")),
	"refused-not-found": report(maintenance.OutcomeRefused, maintenance.ReasonNotFound, alarm,
		detail("describe server automate-06: not-found")),
	"refused-outside-window": report(maintenance.OutcomeRefused, maintenance.ReasonOutsideWindow, operator, until(6*24*time.Hour)),
	"refused-held": report(maintenance.OutcomeRefused, maintenance.ReasonHeld, operator, until(5*time.Hour),
		detail("release week")),
	"refused-concurrency": report(maintenance.OutcomeRefused, maintenance.ReasonConcurrencyLimit, operator,
		detail("held by puppet-01-20261128T223000-ABCDEFGHJK")),
	"refused-invalid-event": report(maintenance.OutcomeRefused, maintenance.ReasonInvalidEvent, alarm, nowhere, untriggered,
		detail(`read CloudWatch Alarm State Change: state.timestamp "yesterday" is not a time`)),
	"refused-no-server":     report(maintenance.OutcomeRefused, maintenance.ReasonNoServer, alarm, nowhere),
	"refused-many-refusals": report(maintenance.OutcomeRefused, maintenance.ReasonManyRefusals, alarm, nowhere, untriggered),

	"error-ambiguous-ssm": report(maintenance.OutcomeError, maintenance.ReasonAmbiguous, alarm, onNode, unseen,
		detail("describe server automate-06: ambiguous: 2 managed nodes have the tag maintenance-server=automate-06: "+
			node+", mi-0123456789abcdef1")),
	"error-denied": report(maintenance.OutcomeError, maintenance.ReasonDenied, alarm, onNode,
		detail("start the runbook: denied: operation error SSM: StartAutomationExecution")),
	"error-denied-follow": report(maintenance.OutcomeError, maintenance.ReasonDenied, weekly, onNode, accepted,
		detail("get execution: denied: AccessDeniedException")),
	"error-unavailable-follow": report(maintenance.OutcomeError, maintenance.ReasonUnavailable, weekly, accepted,
		detail("describe server automate-06: unavailable: EOF")),
	"error-throttled-manual": report(maintenance.OutcomeError, maintenance.ReasonThrottled, operator,
		detail("describe server automate-06: throttled")),
	"error-service-limit-manual": report(maintenance.OutcomeError, maintenance.ReasonServiceLimit, operator, onNode),
	"error-runbook-unusable": report(maintenance.OutcomeError, maintenance.ReasonRunbookUnusable, weekly, onNode,
		detail("start the runbook: runbook-unusable: InvalidAutomationExecutionParametersException: BackupTo is missing")),
	"error-start-unconfirmed": report(maintenance.OutcomeError, maintenance.ReasonStartUnconfirmed, alarm,
		state(maintenance.RunStarting), status(maintenance.StatusHealthy)),
	"error-start-unconfirmed-ssm": report(maintenance.OutcomeError, maintenance.ReasonStartUnconfirmed, alarm, onNode,
		state(maintenance.RunStarting)),

	"succeeded": report(maintenance.OutcomeSucceeded, "", alarm, ended(maintenance.StatusHealthy,
		"2026-11-28T22:59:58Z Maintenance completed successfully")),
	"succeeded-ssm": report(maintenance.OutcomeSucceeded, "", weekly, onNode, ended(maintenance.StatusHealthy, "Success after 41m7s")),
	"failed": report(maintenance.OutcomeFailed, "", weekly, ended(maintenance.StatusUnhealthy,
		"2026-11-28T22:59:58Z Maintenance failed")),
	"failed-ssm": report(maintenance.OutcomeFailed, "", alarm, onNode, ended(maintenance.StatusHealthy,
		"Failed after 41m7s: the step Backup: the disk is full. Steps: PreCheck Success, Backup Failed, Restore Success")),
	"failed-end-unclear": report(maintenance.OutcomeFailed, maintenance.ReasonEndUnclear, alarm, ended(maintenance.StatusHealthy, "")),
	"failed-never-began": report(maintenance.OutcomeFailed, maintenance.ReasonNeverBegan, alarm, ended(maintenance.StatusHealthy, "")),
	"failed-server-gone": report(maintenance.OutcomeFailed, maintenance.ReasonServerGone, alarm, ended("",
		"missing from three answers since 22:48")),
	"failed-execution-gone": report(maintenance.OutcomeFailed, maintenance.ReasonExecutionGone, alarm, onNode, ended("", "")),
	"failed-closed-by-hand": report(maintenance.OutcomeFailed, maintenance.ReasonClosedByHand, weekly, onNode, ended("", "")),

	"cancelled-alarm-cleared":   report(maintenance.OutcomeCancelled, maintenance.ReasonAlarmCleared, alarm, onNode),
	"cancelled-stopped-waiting": report(maintenance.OutcomeCancelled, maintenance.ReasonStopped, weekly),
	"cancelled-stopped-running": report(maintenance.OutcomeCancelled, maintenance.ReasonStopped, weekly, onNode, ended("",
		"Cancelled after 4m")),
	"cancelled-stopped-elsewhere": report(maintenance.OutcomeCancelled, maintenance.ReasonStoppedElsewhere, weekly, onNode, ended("",
		"Cancelled after 4m")),

	"overdue":            report(maintenance.OutcomeOverdue, "", alarm, accepted, ago),
	"overdue-ssm":        report(maintenance.OutcomeOverdue, "", weekly, onNode, accepted, ago, detail("the step Backup goes on")),
	"missed-concurrency": report(maintenance.OutcomeMissed, maintenance.ReasonConcurrencyLimit, weekly, onNode, expired),
	"missed-window":      report(maintenance.OutcomeMissed, maintenance.ReasonOutsideWindow, alarm, expired),
	"missed-wrong-state": report(maintenance.OutcomeMissed, maintenance.ReasonWrongState, alarm, onNode, expired,
		status(maintenance.StatusConnectionLost)),
	"missed-no-success": report(maintenance.OutcomeMissed, maintenance.ReasonNoSuccess, weekly, untriggered,
		detail("the last successful run ended 2026-11-19T23:00:01Z")),
	"held-server": report(maintenance.OutcomeHeld, maintenance.ReasonHeld, operator, onNode, until(24*time.Hour),
		detail("release week")),
	"held-all-servers":      report(maintenance.OutcomeHeld, "", operator, nowhere, until(24*time.Hour)),
	"released-server":       report(maintenance.OutcomeReleased, "", operator, onNode),
	"released-hold-expired": report(maintenance.OutcomeReleased, maintenance.ReasonHoldExpired, operator, onNode, detail("release week")),
	"released-all-servers":  report(maintenance.OutcomeReleased, "", operator, nowhere),
}

// answers are reports that an operator gets for an answer, and that are published nowhere.
var answers = map[string]maintenance.Report{
	"in-progress-stopping": report(maintenance.OutcomeInProgress, maintenance.ReasonStopping, operator, onNode, accepted, stop),
	"in-progress-unknown-status": report(maintenance.OutcomeInProgress, maintenance.ReasonUnknownStatus, weekly, onNode, accepted,
		detail("the execution's status is Rejected")),
	"refused-close-followed": report(maintenance.OutcomeRefused, maintenance.ReasonInProgress, operator, onNode, accepted, stop,
		detail("it is followed, and its deadline is 2026-11-29T03:00:01Z")),
	"refused-stop-unsupported": report(maintenance.OutcomeRefused, maintenance.ReasonUnsupported, operator, accepted, stop),
	"error-stop-throttled":     report(maintenance.OutcomeError, maintenance.ReasonThrottled, operator, onNode, accepted, stop),
}

// unseen: a node that was not found, or not one, has no name.
func unseen(r *maintenance.Report) { r.Server.Node, r.Server.Runbook = "", "" }

// ago: it was accepted longer ago than its deadline.
func ago(r *maintenance.Report) {
	r.Started, r.Deadline = r.Started.Add(-4*time.Hour), r.Deadline.Add(-4*time.Hour)
	r.Trigger.Time = r.Started
}

func expired(r *maintenance.Report) {
	r.Expires, r.Trigger.Time = at, at.Add(-6*time.Hour)
}
