package maintenance

// Outcome is what a request came to. The same word is the response field, the log field, the metric dimension and the SNS
// attribute; the README says what each means. The zero value is unknown and never leaves the Runner.
type Outcome string

// The outcomes.
const (
	OutcomeStarted    Outcome = "started"
	OutcomeWaiting    Outcome = "waiting"
	OutcomeJoined     Outcome = "joined"
	OutcomeInProgress Outcome = "in-progress"
	OutcomeRefused    Outcome = "refused"
	OutcomeError      Outcome = "error"
	OutcomeSucceeded  Outcome = "succeeded"
	OutcomeFailed     Outcome = "failed"
	OutcomeCancelled  Outcome = "cancelled"
	OutcomeOverdue    Outcome = "overdue"
	OutcomeMissed     Outcome = "missed"
	OutcomeHeld       Outcome = "held"
	OutcomeReleased   Outcome = "released"
	OutcomeIgnored    Outcome = "ignored"
)

// Outcomes lists them all, in the order of the README.
func Outcomes() []Outcome {
	return []Outcome{OutcomeStarted, OutcomeWaiting, OutcomeJoined, OutcomeInProgress, OutcomeRefused, OutcomeError, OutcomeSucceeded,
		OutcomeFailed, OutcomeCancelled, OutcomeOverdue, OutcomeMissed, OutcomeHeld, OutcomeReleased, OutcomeIgnored}
}

// Reason is why an outcome is what it is: a small, stable set of words to filter and alarm on.
type Reason string

// Reasons why nothing was started, though something asked for it, in the order of the gates.
const (
	ReasonInvalidEvent     Reason = "invalid-event"
	ReasonInvalidRequest   Reason = "invalid-request"
	ReasonForeignEvent     Reason = "foreign-event"
	ReasonNoServer         Reason = "no-server"
	ReasonAmbiguous        Reason = "ambiguous"
	ReasonNotAllowed       Reason = "not-allowed"
	ReasonDisabled         Reason = "disabled"
	ReasonUnsupported      Reason = "unsupported"
	ReasonStale            Reason = "stale"
	ReasonNewAlarm         Reason = "new-alarm"
	ReasonDuplicate        Reason = "duplicate"
	ReasonHeld             Reason = "held"
	ReasonApprovalNeeded   Reason = "approval-needed"
	ReasonAfterRunning     Reason = "after-running"
	ReasonBlocked          Reason = "blocked"
	ReasonOutsideWindow    Reason = "outside-window"
	ReasonCalendarClosed   Reason = "calendar-closed"
	ReasonNotFound         Reason = "not-found"
	ReasonWrongState       Reason = "wrong-state"
	ReasonInProgress       Reason = "in-progress"
	ReasonCoolingDown      Reason = "cooling-down"
	ReasonDailyLimit       Reason = "daily-limit"
	ReasonConcurrencyLimit Reason = "concurrency-limit"
)

// Reasons why it should have started and could not, or why it is unknown whether it did.
const (
	ReasonDenied            Reason = "denied"
	ReasonThrottled         Reason = "throttled"
	ReasonServiceLimit      Reason = "service-limit"
	ReasonUnavailable       Reason = "unavailable"
	ReasonLedgerUnavailable Reason = "ledger-unavailable"
	ReasonStartUnconfirmed  Reason = "start-unconfirmed"
	ReasonRunbookUnusable   Reason = "runbook-unusable"
	ReasonUnexpected        Reason = "unexpected"
)

// Reasons why a run ended as it did.
const (
	ReasonNeverBegan       Reason = "never-began"
	ReasonEndUnclear       Reason = "end-unclear" // what was seen does not tell whether it began, or how it ended
	ReasonServerGone       Reason = "server-gone"
	ReasonExecutionGone    Reason = "execution-gone"
	ReasonClosedByHand     Reason = "closed-by-hand"
	ReasonAlarmCleared     Reason = "alarm-cleared"
	ReasonStopped          Reason = "stopped"
	ReasonStoppedElsewhere Reason = "stopped-elsewhere"
	ReasonNoSuccess        Reason = "no-success" // for longer than expectEvery
)

// What requests about a run come to, and what an operator should look at in a run in progress.
const (
	ReasonStopping      Reason = "stopping"
	ReasonNotRunning    Reason = "not-running"
	ReasonAttemptAlive  Reason = "attempt-alive"
	ReasonUnknownRun    Reason = "unknown-run"
	ReasonHoldUnchanged Reason = "hold-unchanged"
	ReasonHoldExpired   Reason = "hold-expired"
	ReasonNotAsked      Reason = "not-asked"    // no approval is asked for
	ReasonWorkChanged   Reason = "work-changed" // since approval was asked for
	ReasonUnknownStatus Reason = "unknown-status"
	ReasonManyRefusals  Reason = "many-refusals" // more in a day than are notified one by one
)

// Reasons why an event asks for nothing, beside those of package events.
const (
	ReasonOwnAlarm         Reason = "own-alarm"
	ReasonUnknownExecution Reason = "unknown-execution"
	ReasonNothingNew       Reason = "nothing-new"
)

// What a Ledger answers besides; none is ever the reason of an outcome.
const (
	ReasonMoved     Reason = "moved"      // another invocation moved the run first
	ReasonOpenRun   Reason = "open-run"   // the server has another open run
	ReasonSlotTaken Reason = "slot-taken" // by another run, or by another's transaction
	ReasonNodeTaken Reason = "node-taken" // the node is another run's
)

// Reasons lists those of this package that leave it, in the order of the README.
func Reasons() []Reason {
	return []Reason{
		ReasonInvalidEvent, ReasonInvalidRequest, ReasonForeignEvent, ReasonNoServer, ReasonAmbiguous, ReasonNotAllowed, ReasonDisabled,
		ReasonUnsupported, ReasonStale, ReasonNewAlarm, ReasonDuplicate, ReasonHeld, ReasonApprovalNeeded, ReasonAfterRunning, ReasonBlocked,
		ReasonOutsideWindow, ReasonCalendarClosed, ReasonNotFound, ReasonWrongState, ReasonInProgress, ReasonCoolingDown, ReasonDailyLimit,
		ReasonConcurrencyLimit, ReasonDenied, ReasonThrottled, ReasonServiceLimit, ReasonUnavailable, ReasonLedgerUnavailable,
		ReasonStartUnconfirmed, ReasonRunbookUnusable, ReasonUnexpected, ReasonNeverBegan, ReasonEndUnclear, ReasonServerGone,
		ReasonExecutionGone, ReasonClosedByHand, ReasonAlarmCleared, ReasonStopped, ReasonStoppedElsewhere, ReasonNoSuccess,
		ReasonStopping, ReasonNotRunning, ReasonAttemptAlive, ReasonUnknownRun, ReasonHoldUnchanged, ReasonHoldExpired, ReasonNotAsked,
		ReasonWorkChanged, ReasonUnknownStatus, ReasonManyRefusals, ReasonOwnAlarm, ReasonUnknownExecution, ReasonNothingNew,
	}
}

// Retryable reports whether asking again later can help. A start that is unconfirmed is not retryable: it may have happened,
// and only evidence can tell.
func (r Reason) Retryable() bool {
	switch r {
	case ReasonThrottled, ReasonServiceLimit, ReasonUnavailable, ReasonLedgerUnavailable:
		return true
	default:
		return false
	}
}

// outcome is what ends for this reason: an error where something should have worked and did not, a refusal where a rule
// says no, and the same request would be refused again.
func (r Reason) outcome() Outcome {
	switch r {
	case ReasonInProgress:
		return OutcomeInProgress
	case ReasonAmbiguous, ReasonDenied, ReasonThrottled, ReasonServiceLimit, ReasonUnavailable, ReasonLedgerUnavailable,
		ReasonStartUnconfirmed, ReasonRunbookUnusable, ReasonUnexpected, "":
		return OutcomeError
	default:
		return OutcomeRefused
	}
}
