package maintenance

import (
	"errors"
	"fmt"
	"time"
)

// Error is a call to a backend or the ledger that failed, with the reason in the domain's words.
type Error struct {
	// Op is what was tried, a verb phrase: "describe server automate-06".
	Op     string
	Reason Reason
	Err    error
	// Until is when it may go otherwise, where that is known.
	Until time.Time
	// Holder is the run that is in the way, where that is known.
	Holder string
	// Decided is what came of the trigger, where the reason is ReasonDuplicate.
	Decided Decided
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Op, e.Reason)
	}
	return fmt.Sprintf("%s: %s: %v", e.Op, e.Reason, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// ReasonOf is the reason an error carries, ReasonUnexpected if it carries none, empty for nil.
func ReasonOf(err error) Reason {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Reason
	default:
		return ReasonUnexpected
	}
}
