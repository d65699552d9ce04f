package main

import (
	"context"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
)

// Response is what an invocation answers with, one for each server the event names.
type Response struct {
	Outcome    maintenance.Outcome   `json:"outcome"`
	Reason     maintenance.Reason    `json:"reason"`
	ServerName string                `json:"serverName"`
	Cause      maintenance.CauseKind `json:"cause"`
	RunID      string                `json:"runId"`
	Message    string                `json:"message"`
}

// response is an object, or an array where the event names several servers. A sweep answers with an array always.
func response(event events.Event, reports []maintenance.Report) any {
	all := make([]Response, len(reports))
	for i, r := range reports {
		all[i] = Response{
			Outcome: r.Outcome, Reason: r.Reason, ServerName: r.Request.ServerName, Cause: r.Request.Cause.Kind, RunID: r.RunID, Message: notify.Answer(r),
		}
		if r.PublishErr != nil {
			all[i].Message += " The message about it could not be published."
		}
	}
	if _, sweep := event.(events.Sweep); len(all) == 1 && !sweep {
		return all[0]
	}
	return all
}

// PlanResponse answers {"plan": …}.
type PlanResponse struct {
	ServerName        string       `json:"serverName"`
	Status            string       `json:"status"`
	MaintenanceStatus string       `json:"maintenanceStatus"`
	Node              string       `json:"node,omitempty"`    // of Systems Manager
	Runbook           string       `json:"runbook,omitempty"` // what would be run on it
	Lease             string       `json:"lease"`             // the run that holds the server
	Answers           []PlanAnswer `json:"answers"`
	Reason            string       `json:"reason,omitempty"` // why it could not be planned
	Message           string       `json:"message"`
}

// PlanAnswer is what would happen if a cause of this kind asked now.
type PlanAnswer struct {
	Cause    maintenance.CauseKind `json:"cause"`
	Outcome  maintenance.Outcome   `json:"outcome"`
	Reason   maintenance.Reason    `json:"reason"`
	MayStart *time.Time            `json:"mayStart,omitempty"`
	Message  string                `json:"message"`
}

// HistoryResponse answers {"history": …}.
type HistoryResponse struct {
	ServerName string       `json:"serverName"`
	Runs       []HistoryRun `json:"runs"`
	Reason     string       `json:"reason,omitempty"` // why it could not be read
	Message    string       `json:"message,omitempty"`
}

// HistoryRun is one run, newest first.
type HistoryRun struct {
	RunID             string                `json:"runId"`
	State             maintenance.RunState  `json:"state"`
	Outcome           maintenance.Outcome   `json:"outcome"`
	Reason            maintenance.Reason    `json:"reason"`
	Cause             maintenance.CauseKind `json:"cause"`
	CauseName         string                `json:"causeName"`
	Override          []string              `json:"override,omitempty"`
	EngineAttributes  []string              `json:"engineAttributes,omitempty"`
	Created           time.Time             `json:"created"`
	Started           *time.Time            `json:"started,omitempty"`
	Ended             *time.Time            `json:"ended,omitempty"`
	Status            maintenance.Status    `json:"status"`
	MaintenanceStatus string                `json:"maintenanceStatus"`
	Detail            string                `json:"detail,omitempty"`
	ExecutionID       string                `json:"executionId,omitempty"` // of Systems Manager
}

// people answers the requests that only look.
func (h *Handler) people(ctx context.Context, event events.Event) (any, bool) {
	switch event := event.(type) {
	case events.Plan:
		return h.plan(ctx, event.ServerName), true
	case events.History:
		return h.history(ctx, event.ServerName), true
	default:
		return nil, false
	}
}

func (h *Handler) plan(ctx context.Context, serverName string) PlanResponse {
	plan := h.Runner.Plan(ctx, serverName)
	out := PlanResponse{
		ServerName: serverName, Status: string(plan.Server.Status), MaintenanceStatus: string(plan.Server.MaintenanceStatus), Lease: plan.Lease,
		Node: plan.Server.Node, Runbook: plan.Server.Runbook, Answers: []PlanAnswer{}, Message: "Nothing was changed.",
	}
	if plan.Detail != "" {
		out.Message += " " + plan.Detail + "."
	}
	if plan.Err != nil {
		out.Reason, out.Message = string(maintenance.ReasonOf(plan.Err)), plan.Err.Error()
		return out
	}
	for _, a := range plan.Answers {
		report := maintenance.Report{Outcome: a.Outcome, Reason: a.Reason, Until: a.Until, Server: plan.Server,
			Request: maintenance.Request{ServerName: serverName, Cause: maintenance.Cause{Kind: a.Cause}}}
		out.Answers = append(out.Answers, PlanAnswer{Cause: a.Cause, Outcome: a.Outcome, Reason: a.Reason, MayStart: moment(a.Until), Message: notify.Planned(report)})
	}
	return out
}

func (h *Handler) history(ctx context.Context, serverName string) HistoryResponse {
	out := HistoryResponse{ServerName: serverName, Runs: []HistoryRun{}}
	runs, err := h.Runner.History(ctx, serverName)
	if err != nil {
		out.Reason, out.Message = string(maintenance.ReasonOf(err)), err.Error()
	}
	for _, r := range runs {
		out.Runs = append(out.Runs, HistoryRun{
			RunID: r.ID, State: r.State, Outcome: r.Outcome, Reason: r.Reason, Cause: r.Cause.Kind, CauseName: r.Cause.Name, Override: r.Overrides,
			EngineAttributes: r.Attributes, Created: r.Created, Started: moment(r.Started), Ended: moment(r.Ended), Status: r.Status,
			MaintenanceStatus: string(r.MaintenanceStatus), Detail: r.Detail, ExecutionID: r.Reference,
		})
	}
	return out
}

// moment is a time that may not be there.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
