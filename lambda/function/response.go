package function

import (
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// Response is what an invocation answers with, one for each server the event names.
type Response struct {
	Outcome    maintenance.Outcome     `json:"outcome"`
	Reason     maintenance.Reason      `json:"reason"`
	ServerName string                  `json:"serverName"`
	Trigger    maintenance.TriggerKind `json:"trigger"`
	RunID      string                  `json:"runId"`
	Message    string                  `json:"message"`
}

// response is an object, or an array where the event names several servers. A sweep answers with an array always.
func response(event events.Event, reports []maintenance.Report) any {
	all := responses(reports)
	if _, sweep := event.(events.Sweep); len(all) == 1 && !sweep {
		return all[0]
	}
	return all
}

func responses(reports []maintenance.Report) []Response {
	all := make([]Response, len(reports))
	for i, r := range reports {
		all[i] = Response{
			Outcome: r.Outcome, Reason: r.Reason, ServerName: r.ServerName, Trigger: r.Trigger.Kind, RunID: r.RunID,
			Message: message.Answer(r),
		}
	}
	return all
}

// Waiting is what an open run waits for.
type Waiting struct {
	Reason maintenance.Reason `json:"reason"`
	Since  time.Time          `json:"since"`
	// Until is when that is known to be out of the way, Expires when the run is given up.
	Until   *time.Time `json:"until,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
	Detail  string     `json:"detail,omitempty"`
}

// waiting is what a run waits for; nil if it does not wait.
func (in invocation) waiting(r maintenance.Run) *Waiting {
	if r.State != maintenance.RunWaiting {
		return nil
	}
	return &Waiting{
		Reason: r.Wait.Reason, Since: r.Wait.Since.UTC(), Until: moment(r.Wait.Until), Expires: moment(expiryOf(in.Settings, r)),
		Detail: r.Wait.Detail,
	}
}

// moment is a time that may not be there.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
