package awscall

import (
	"context"
	"time"
)

// HalfRemaining bounds a call to half of the time there is, so that the other half is left to find out what a hanging call did.
func HalfRemaining(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}

// CanStillVerify reports whether there is time for a call and its answer: a second. A start that is sent with less could only be
// unconfirmed.
func CanStillVerify(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) >= time.Second)
}
