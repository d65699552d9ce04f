package function

import (
	"fmt"
	"strings"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// RetryError makes Lambda deliver the event again. What was recorded by then is found by its key and not done again. Lambda reports
// the type's name as errorType.
type RetryError struct{ Message string }

func (e *RetryError) Error() string { return e.Message }

// maxReasons is how many reports the error of an invocation names.
const maxReasons = 10

// retry is the error to leave the handler with: nil, unless only the event, delivered again, can help. An operator has the answer,
// and nothing is repeated behind their back; a sweep comes again by itself, and follows what an execution's event is about.
func retry(in invocation, event events.Event, reports []maintenance.Report) error {
	switch event.(type) {
	case events.Sweep, events.RunFinished:
		return nil
	}
	if in.Entrance == AliasOperators {
		return nil
	}
	var why []string
	failed := 0
	for _, r := range reports {
		if !r.Retry {
			continue
		}
		if failed++; failed <= maxReasons {
			why = append(why, message.Answer(r))
		}
	}
	if failed == 0 {
		return nil
	}
	if failed > maxReasons {
		why = append(why, fmt.Sprintf("and %d more", failed-maxReasons))
	}
	return &RetryError{Message: strings.Join(why, "\n")}
}
