package maintenance

import (
	"errors"
	"fmt"
	"time"
)

// Error is a call to a backend that did not do what was asked, with the reason in the domain's words.
type Error struct {
	// Op is what was tried, a verb phrase: "describe server automate-06".
	Op     string
	Reason Reason
	Err    error
	// Until is when it may go otherwise, where that is known.
	Until time.Time
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Op, e.Reason)
	}
	return fmt.Sprintf("%s: %s: %v", e.Op, e.Reason, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf is the reason an error carries, Unexpected if it carries none.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return Unexpected
}

// Retryable reports whether asking again later can help. A start that is unconfirmed is not retryable: it may have happened,
// and only somebody who looks at the server can tell.
func (r Reason) Retryable() bool { return r == Throttled || r == Unavailable || r == LedgerUnavailable }

// outcome is what ends for this reason: an error where something should have worked and did not, a refusal where somebody or
// something says no, and asking again as it is would be refused again.
func (r Reason) outcome() Outcome {
	switch r {
	case Denied, Throttled, Unavailable, LedgerUnavailable, StartUnconfirmed, RunbookUnusable, Unexpected, "":
		return Errored
	default:
		return Refused
	}
}
