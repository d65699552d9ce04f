package maintenance

// Outcome is what a request came to. The same word is the response field, the log field, the metric dimension and the SNS
// attribute; the README says what each means. The zero value is unknown and never leaves the Runner.
type Outcome string

// The outcomes.
const (
	Started    Outcome = "started"
	Waiting    Outcome = "waiting"
	Refused    Outcome = "refused"
	InProgress Outcome = "in-progress"
	Ignored    Outcome = "ignored"
	Errored    Outcome = "error"
	Succeeded  Outcome = "succeeded"
	Ended      Outcome = "failed" // the run ended with FAILED; the name Failed is a server's state
	Overdue    Outcome = "overdue"
	Missed     Outcome = "missed"
)

// Outcomes lists them all, in the order of the README.
func Outcomes() []Outcome {
	return []Outcome{Started, Waiting, Refused, InProgress, Ignored, Errored, Succeeded, Ended, Overdue, Missed}
}

// Told reports whether people are told of the outcome at all. That a server is under maintenance already, or that an event
// asked for nothing, is for logs and metrics.
func (o Outcome) Told() bool {
	switch o {
	case InProgress, Ignored:
		return false
	default:
		return true
	}
}

// Reason is why an outcome is what it is: a small, stable set of words that people filter and alarm on.
type Reason string

// Reasons why nothing was started, though something asked for it.
const (
	InvalidEvent   Reason = "invalid-event"
	InvalidRequest Reason = "invalid-request"
	ForeignEvent   Reason = "foreign-event"
	NoServer       Reason = "no-server"
	Ambiguous      Reason = "ambiguous"
	NotAllowed     Reason = "not-allowed"
	Disabled       Reason = "disabled"
	Unsupported    Reason = "unsupported"
	Stale          Reason = "stale"
	NotFound       Reason = "not-found"
	WrongState     Reason = "wrong-state"
	OutsideWindow  Reason = "outside-window"
	CalendarClosed Reason = "calendar-closed"
	Duplicate      Reason = "duplicate"
	CoolingDown    Reason = "cooling-down"
	DailyLimit     Reason = "daily-limit"
	FleetBusy      Reason = "fleet-busy"
)

// Reasons why it should have started and could not, or nobody can tell whether it did.
const (
	Denied            Reason = "denied"
	Throttled         Reason = "throttled"
	Unavailable       Reason = "unavailable"
	StartUnconfirmed  Reason = "start-unconfirmed"
	RunbookUnusable   Reason = "runbook-unusable"
	Unexpected        Reason = "unexpected"
	LedgerUnavailable Reason = "ledger-unavailable"
)

// Reasons why a run did not end well.
const (
	NeverBegan    Reason = "never-began"
	ServerGone    Reason = "server-gone"
	ExecutionGone Reason = "execution-gone"
	ClosedByHand  Reason = "closed-by-hand"
	NoSuccess     Reason = "no-success" // for longer than expectEvery
)

// What a request to stop a run comes to.
const (
	Stopping   Reason = "stopping"
	NotRunning Reason = "not-running"
)

// UnknownStatus is why people should look at a run that goes on.
const UnknownStatus Reason = "unknown-status"

// Reasons why an event asks for nothing, beside those of package events.
const (
	OwnAlarm         Reason = "own-alarm"
	UnknownExecution Reason = "unknown-execution"
	NothingNew       Reason = "nothing-new"
)

// What a Ledger answers besides; neither is ever the reason of an outcome.
const (
	Leased Reason = "leased" // another run holds the server
	Moved  Reason = "moved"  // somebody else moved the run first
)

// Reasons lists those of this package, in the order of the README.
func Reasons() []Reason {
	return []Reason{
		InvalidEvent, InvalidRequest, ForeignEvent, NoServer, Ambiguous, NotAllowed, Disabled, Unsupported, Stale, NotFound, WrongState, OutsideWindow,
		CalendarClosed, Duplicate, CoolingDown, DailyLimit, FleetBusy,
		Denied, Throttled, Unavailable, LedgerUnavailable, StartUnconfirmed, RunbookUnusable, Unexpected,
		NeverBegan, ServerGone, ExecutionGone, ClosedByHand, NoSuccess, Stopping, NotRunning, UnknownStatus,
		OwnAlarm, UnknownExecution, NothingNew,
	}
}
