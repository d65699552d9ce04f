package function

import (
	"context"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
)

// HoldResponse answers {"hold": …} and {"release": …}. Its fields are only added to.
type HoldResponse struct {
	Response
	// Until is when the hold ends, Quiet from when on nothing starts any more.
	Until *time.Time `json:"until,omitempty"`
	Quiet *time.Time `json:"quiet,omitempty"`
	// AtWork are the attempts that had claimed their servers before the hold.
	AtWork []AtWork `json:"atWork"`
}

// AtWork is an attempt that may still start something, until its own end.
type AtWork struct {
	RunID      string    `json:"runId"`
	ServerName string    `json:"serverName"`
	Until      time.Time `json:"until"`
}

// hold changes the hold of a server or the fleet.
func (h *Handler) hold(
	ctx context.Context, in invocation, request events.OperatorRequest, q maintenance.HoldRequest,
	do func(context.Context, maintenance.HoldRequest) maintenance.HoldAnswer,
) answer {
	if refusal, wrong := in.wrongName(request); wrong {
		return answerWith(h.Runner.Refuse(ctx, refusal))
	}
	q.Trigger = in.manual("")
	a := do(ctx, q)
	body := HoldResponse{Response: responses([]maintenance.Report{a.Report})[0], Quiet: moment(a.Quiet), AtWork: []AtWork{}}
	if a.Outcome == maintenance.OutcomeHeld {
		body.Until = moment(a.Until)
	}
	for _, run := range a.AtWork {
		body.AtWork = append(body.AtWork, AtWork{RunID: run.ID, ServerName: run.ServerName, Until: run.Attempt.Ends.UTC()})
	}
	return answer{Reports: []maintenance.Report{a.Report}, Body: body}
}
