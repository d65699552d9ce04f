package message_test

import (
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// cases are reports that can be published, each by the name of its golden file.
var cases = map[string]maintenance.Report{
	"started-alarm":        report(maintenance.OutcomeStarted, "", alarm, accepted),
	"started-schedule-ssm": report(maintenance.OutcomeStarted, "", weekly, onNode, accepted),
	"started-second-attempt": report(maintenance.OutcomeStarted, "", weekly, onNode, accepted,
		func(r *maintenance.Report) { r.Attempt = 2 }),
	"started-manual": report(maintenance.OutcomeStarted, "", operator, accepted, func(r *maintenance.Report) {
		r.Attributes, r.Trigger.Overrides = []string{"CHEF_MAJOR_UPGRADE"}, []string{"window"}
		r.Triggers = []maintenance.Trigger{alarm, weekly, r.Trigger}
		r.Answer = `{"ServerName":"automate-06","Status":"UNDER_MAINTENANCE","BackupRetentionCount":8,"CreatedAt":1469799527.52,` +
			`"SubnetIds":["subnet-49436a18"]}`
	}),
	"started-late": report(maintenance.OutcomeStarted, "", alarm, accepted, func(r *maintenance.Report) { r.Late = 125 * time.Minute }),

	"waiting-outside-window": report(maintenance.OutcomeWaiting, maintenance.ReasonOutsideWindow, alarm, waits, until(55*time.Hour),
		func(r *maintenance.Report) { r.Expires = at.Add(60 * time.Hour) }),
	"waiting-calendar-closed-ssm": report(maintenance.OutcomeWaiting, maintenance.ReasonCalendarClosed, weekly, onNode, waits,
		detail("it could not be read: read the calendars releases: denied: AccessDeniedException")),
	"waiting-held": report(maintenance.OutcomeWaiting, maintenance.ReasonHeld, weekly, onNode, waits, until(5*time.Hour),
		detail("release week")),
	"waiting-approval-needed": report(maintenance.OutcomeWaiting, maintenance.ReasonApprovalNeeded, alarm, onNode, waits),
	"waiting-blocked": report(maintenance.OutcomeWaiting, maintenance.ReasonBlocked, weekly, onNode, waits,
		figures(maintenance.Figures{Most: 1, Alarms: []string{"db-replication-lag"}, Since: at.Add(-time.Hour)}),
		detail("db-replication-lag is in ALARM since 2026-11-28T22:00:01Z")),
	"waiting-blocked-by-several": report(maintenance.OutcomeWaiting, maintenance.ReasonBlocked, alarm, onNode, waits,
		figures(maintenance.Figures{Most: 2, Alarms: []string{"db-replication-lag", "db disk <full>"}, Since: at.Add(-time.Hour)}),
		detail("db-replication-lag is in ALARM since 2026-11-28T22:00:01Z; db disk <full> is in ALARM since 2026-11-28T22:40:00Z")),
	"waiting-wrong-state": report(maintenance.OutcomeWaiting, maintenance.ReasonWrongState, weekly, waits,
		status(maintenance.StatusBackingUp)),
	"waiting-wrong-state-ssm": report(maintenance.OutcomeWaiting, maintenance.ReasonWrongState, alarm, onNode, waits,
		status(maintenance.StatusConnectionLost), func(r *maintenance.Report) {
			r.Server.StatusReason = "its SSM Agent last answered at 2026-11-28T21:14:00Z"
		}),
	"waiting-unavailable": report(maintenance.OutcomeWaiting, maintenance.ReasonUnavailable, alarm, waits,
		detail("describe server automate-06: unavailable: EOF")),
	"waiting-not-found-ssm": report(maintenance.OutcomeWaiting, maintenance.ReasonNotFound, alarm, onNode, waits, unseen,
		detail("describe server automate-06: not-found: no managed node has the tag maintenance-server=automate-06")),
	"joined-schedule": report(maintenance.OutcomeJoined, "", weekly, state(maintenance.RunWaiting), func(r *maintenance.Report) {
		r.Triggers = []maintenance.Trigger{alarm, weekly}
	}),
	"in-progress-alarm": report(maintenance.OutcomeInProgress, "", alarm, onNode, accepted, dated(time.Hour),
		func(r *maintenance.Report) {
			r.At, r.Attempt = at.Add(time.Hour+time.Second), 0
			r.Triggers = []maintenance.Trigger{weekly}
		}),
	"in-progress-foreign": report(maintenance.OutcomeInProgress, maintenance.ReasonInProgress, alarm, onNode, refusal,
		detail("the execution "+execution+" goes on")),

	"refused-stale": report(maintenance.OutcomeRefused, maintenance.ReasonStale, alarm, refusal, dated(-26*time.Hour),
		figures(maintenance.Figures{Limit: time.Hour}), detail("it is 26h0m0s old; the limit is 1h0m0s")),
	"refused-stale-future": report(maintenance.OutcomeRefused, maintenance.ReasonStale, alarm, refusal, dated(20*time.Minute),
		figures(maintenance.Figures{Limit: 5 * time.Minute})),
	"refused-new-alarm": report(maintenance.OutcomeRefused, maintenance.ReasonNewAlarm, alarm, onNode, refusal),
	"refused-cooling-down": report(maintenance.OutcomeRefused, maintenance.ReasonCoolingDown, alarm, refusal, until(11*time.Hour),
		figures(maintenance.Figures{Limit: 12 * time.Hour})),
	"refused-daily-limit": report(maintenance.OutcomeRefused, maintenance.ReasonDailyLimit, alarm, refusal, until(time.Hour),
		figures(maintenance.Figures{Most: 2})),
	"refused-not-allowed": report(maintenance.OutcomeRefused, maintenance.ReasonNotAllowed, alarm, refusal),
	"refused-wrong-state": report(maintenance.OutcomeRefused, maintenance.ReasonWrongState, weekly, refusal, status(maintenance.StatusFailed)),
	"refused-outside-window": report(maintenance.OutcomeRefused, maintenance.ReasonOutsideWindow, operator, refusal,
		until(6*24*time.Hour)),
	"refused-concurrency": report(maintenance.OutcomeRefused, maintenance.ReasonConcurrencyLimit, operator, refusal,
		figures(maintenance.Figures{Most: 5, Holders: holders}), detail("held by "+strings.Join(holders, ", "))),
	"refused-invalid-event": report(maintenance.OutcomeRefused, maintenance.ReasonInvalidEvent, alarm, nowhere, refusal, untriggered,
		detail(`read CloudWatch Alarm State Change: state.timestamp "yesterday" is not a time`)),
	"refused-many-refusals": report(maintenance.OutcomeRefused, maintenance.ReasonManyRefusals, alarm, nowhere, refusal, untriggered,
		detail("more than 50 refusals of alarms and unreadable events today; the others are in the history and the log")),

	"error-ambiguous-ssm": report(maintenance.OutcomeError, maintenance.ReasonAmbiguous, alarm, onNode, unseen, refusal,
		detail("describe server automate-06: ambiguous: 2 managed nodes have the tag maintenance-server=automate-06: "+
			node+", mi-0123456789abcdef1")),
	"error-denied": report(maintenance.OutcomeError, maintenance.ReasonDenied, alarm, onNode, refusal,
		detail("start the runbook opsworks-maintenance-chef-automate-1f0c3a9e on "+node+": denied: AccessDeniedException: not authorized")),
	"error-denied-alarms": report(maintenance.OutcomeError, maintenance.ReasonDenied, alarm, onNode, waits,
		detail("read the alarms db-replication-*: denied: AccessDenied: User is not authorized to perform: cloudwatch:DescribeAlarms")),
	"error-unexpected": report(maintenance.OutcomeError, maintenance.ReasonUnexpected, weekly, onNode,
		detail("start the runbook opsworks-maintenance-chef-automate-1f0c3a9e on "+node+": unexpected: TeapotException")),
	"error-denied-follow": report(maintenance.OutcomeError, maintenance.ReasonDenied, weekly, onNode, accepted, follows,
		detail("follow the execution "+execution+": denied: AccessDeniedException")),
	"error-unavailable-follow": report(maintenance.OutcomeError, maintenance.ReasonUnavailable, weekly, accepted, follows,
		detail("describe server automate-06: unavailable: EOF")),
	"error-runbook-unusable": report(maintenance.OutcomeError, maintenance.ReasonRunbookUnusable, weekly, onNode,
		detail("start the runbook opsworks-maintenance-chef-automate-1f0c3a9e on "+node+": runbook-unusable: "+
			"InvalidAutomationExecutionParametersException: BackupTo is missing")),
	"error-start-unconfirmed-ssm": report(maintenance.OutcomeError, maintenance.ReasonStartUnconfirmed, alarm, onNode,
		state(maintenance.RunStarting), func(r *maintenance.Report) { r.At = at.Add(10 * time.Minute) },
		detail("start the runbook opsworks-maintenance-chef-automate-1f0c3a9e on "+node+": start-unconfirmed: EOF")),

	"succeeded": report(maintenance.OutcomeSucceeded, "", alarm, ended(maintenance.StatusHealthy,
		"2026-11-28T23:49:58Z Maintenance completed successfully")),
	"succeeded-ssm": report(maintenance.OutcomeSucceeded, "", weekly, onNode, ended(maintenance.StatusHealthy,
		"Success after 49m57s. Steps: PreCheck Success, Backup Success, Patch Success, HealthCheck Success, Restore Success")),
	"failed": report(maintenance.OutcomeFailed, "", weekly, ended(maintenance.StatusUnhealthy,
		"2026-11-28T23:49:58Z Maintenance failed")),
	"failed-ssm": report(maintenance.OutcomeFailed, "", alarm, onNode, ended(maintenance.StatusHealthy,
		"Failed after 49m57s: the step Backup: the disk is full. Steps: PreCheck Success, Backup Failed, Restore Success"),
		figures(maintenance.Figures{Step: "Backup"})),
	"failed-stopped-ssm": report(maintenance.OutcomeFailed, "", weekly, onNode, ended(maintenance.StatusHealthy,
		"Failed after 49m57s: the step Patch: the command was cancelled. Steps: PreCheck Success, Backup Success, Patch Failed"), stopAsked,
		figures(maintenance.Figures{Step: "Patch"})),
	"failed-end-unclear": report(maintenance.OutcomeFailed, maintenance.ReasonEndUnclear, alarm, ended(maintenance.StatusHealthy, "")),
	"failed-never-began": report(maintenance.OutcomeFailed, maintenance.ReasonNeverBegan, alarm, ended(maintenance.StatusHealthy, "")),
	"failed-server-gone": report(maintenance.OutcomeFailed, maintenance.ReasonServerGone, alarm, ended("",
		"describe server automate-06: not-found: the response does not have the server")),
	"failed-execution-gone": report(maintenance.OutcomeFailed, maintenance.ReasonExecutionGone, alarm, onNode, ended("",
		"the run's execution is not listed")),
	"failed-closed-by-hand": report(maintenance.OutcomeFailed, maintenance.ReasonClosedByHand, weekly, onNode, ended("", ""), asksToStop,
		func(r *maintenance.Report) { r.At = at.Add(5 * time.Hour) }),

	"cancelled-alarm-cleared": report(maintenance.OutcomeCancelled, maintenance.ReasonAlarmCleared, alarm, onNode,
		func(r *maintenance.Report) { r.At = at.Add(time.Hour) }),
	"cancelled-stopped-waiting": report(maintenance.OutcomeCancelled, maintenance.ReasonStopped, weekly, asksToStop,
		func(r *maintenance.Report) { r.At = at.Add(time.Hour) }),
	"cancelled-stopped-running": report(maintenance.OutcomeCancelled, maintenance.ReasonStopped, weekly, onNode, ended("",
		"Cancelled after 49m57s"), stopAsked),
	"cancelled-calendar-closed": report(maintenance.OutcomeCancelled, maintenance.ReasonCalendarClosed, weekly, onNode, ended("",
		"Cancelled after 49m57s")),

	"cancelled-stopped-elsewhere": report(maintenance.OutcomeCancelled, maintenance.ReasonStoppedElsewhere, weekly, onNode, ended("",
		"Cancelled after 49m57s")),

	"overdue": report(maintenance.OutcomeOverdue, "", alarm, accepted, late),
	"overdue-ssm": report(maintenance.OutcomeOverdue, "", weekly, onNode, accepted, late,
		detail("InProgress. Steps: PreCheck Success, Backup InProgress"), figures(maintenance.Figures{Step: "Backup"})),
	"missed-concurrency": report(maintenance.OutcomeMissed, maintenance.ReasonConcurrencyLimit, weekly, onNode, expired,
		figures(maintenance.Figures{Most: 1, Holders: []string{holder}})),
	"missed-wrong-state": report(maintenance.OutcomeMissed, maintenance.ReasonWrongState, alarm, onNode, expired,
		status(maintenance.StatusConnectionLost)),
	"missed-no-success": report(maintenance.OutcomeMissed, maintenance.ReasonNoSuccess, weekly, untriggered,
		func(r *maintenance.Report) { r.RunID = "automate-06-no-success-20261128T230000" },
		figures(maintenance.Figures{Limit: 8 * 24 * time.Hour, Since: at.Add(-9 * 24 * time.Hour)}),
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
	"in-progress-stopping": report(maintenance.OutcomeInProgress, maintenance.ReasonStopping, operator, onNode, accepted, asksToStop),
	"in-progress-unknown-status": report(maintenance.OutcomeInProgress, maintenance.ReasonUnknownStatus, weekly, onNode, accepted,
		detail("the execution's status is Rejected")),
	"refused-close-followed":   report(maintenance.OutcomeRefused, maintenance.ReasonInProgress, operator, onNode, accepted, asksToStop),
	"refused-stop-unsupported": report(maintenance.OutcomeRefused, maintenance.ReasonUnsupported, operator, accepted, asksToStop),
	"error-stop-throttled":     report(maintenance.OutcomeError, maintenance.ReasonThrottled, operator, onNode, accepted, asksToStop),
}

// follows: it was accepted an hour ago.
func follows(r *maintenance.Report) { r.At, r.Attempt = at.Add(time.Hour), 0 }
