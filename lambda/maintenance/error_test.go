package maintenance_test

import (
	"errors"
	"testing"

	"opsworks-maintenance/lambda/maintenance"
)

func TestError_SaysWhatWasTriedWhyAndHow(t *testing.T) {
	cause := errors.New("no answer")
	for want, err := range map[string]*maintenance.Error{
		"read run x: unknown-run":            {Op: "read run x", Reason: maintenance.ReasonUnknownRun},
		"read run x: unavailable: no answer": {Op: "read run x", Reason: maintenance.ReasonUnavailable, Err: cause},
	} {
		if err.Error() != want || err.Err != nil && !errors.Is(err, cause) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}
