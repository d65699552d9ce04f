package function

import (
	"context"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/settings"
)

// PlanResponse answers {"plan": …}. Its fields are only added to.
type PlanResponse struct {
	ServerName        string `json:"serverName"`
	Status            string `json:"status"`
	MaintenanceStatus string `json:"maintenanceStatus"`
	Node              string `json:"node,omitempty"`    // of Systems Manager
	Runbook           string `json:"runbook,omitempty"` // what would be run on it
	// RunID is the server's open run, State how far it has come, WaitsFor what it waits for.
	RunID    string               `json:"runId"`
	State    maintenance.RunState `json:"state,omitempty"`
	WaitsFor *Waiting             `json:"waitsFor,omitempty"`
	waits    string               // the same in words, for the widget
	// Answers are what would happen now, by kind of trigger.
	Answers []PlanAnswer       `json:"answers"`
	Reason  maintenance.Reason `json:"reason,omitempty"` // why it could not be planned
	Message string             `json:"message"`
}

// PlanAnswer is what would happen if a trigger of this kind asked now.
type PlanAnswer struct {
	Trigger  maintenance.TriggerKind `json:"trigger"`
	Outcome  maintenance.Outcome     `json:"outcome"`
	Reason   maintenance.Reason      `json:"reason"`
	MayStart *time.Time              `json:"mayStart,omitempty"`
	Expires  *time.Time              `json:"expires,omitempty"`
	RunID    string                  `json:"runId,omitempty"` // the run that it would join, or that is in the way
	Detail   string                  `json:"detail,omitempty"`
	Message  string                  `json:"message"`
}

func (h *Handler) plan(ctx context.Context, in invocation, serverName string) answer {
	if !maintenance.ValidServerName(serverName) {
		report := in.queryReport(serverName, invalidName(serverName))
		body := PlanResponse{Answers: []PlanAnswer{}, Reason: report.Reason, Message: report.Detail}
		return answer{Reports: []maintenance.Report{report}, Body: body}
	}
	plan := h.Runner.Plan(ctx, serverName)
	out := PlanResponse{
		ServerName: serverName, Status: string(plan.Server.Status), MaintenanceStatus: string(plan.Server.MaintenanceStatus),
		Node: plan.Server.Node, Runbook: plan.Server.Runbook, RunID: plan.Run.ID, WaitsFor: in.waiting(plan.Run), Answers: []PlanAnswer{},
		Message: "Nothing was changed.",
	}
	if plan.Run.ID != "" {
		out.State = plan.Run.State
	}
	if plan.Run.State == maintenance.RunWaiting {
		out.waits = stands(in.Settings, plan.Run, in.Now)
	}
	for _, a := range plan.Answers {
		report := maintenance.Report{
			Outcome: a.Outcome, Reason: a.Reason, ServerName: serverName, Trigger: maintenance.Trigger{Kind: a.Trigger, Time: in.Now},
			RunID: a.RunID, Server: plan.Server, Until: a.Until, Expires: a.Expires, Detail: a.Detail, Figures: a.Figures, At: in.Now,
			Zone: zoneOf(in.Settings, serverName),
		}
		out.Answers = append(out.Answers, PlanAnswer{
			Trigger: a.Trigger, Outcome: a.Outcome, Reason: a.Reason, MayStart: moment(a.Until), Expires: moment(a.Expires),
			RunID: a.RunID, Detail: a.Detail, Message: message.Planned(report),
		})
	}
	report := in.queryReport(serverName, plan.Err)
	if plan.Err != nil {
		out.Reason, out.Message = report.Reason, report.Detail
	}
	return answer{Reports: []maintenance.Report{report}, Body: out}
}

// stands is how a run stands, in the words of messages.
func stands(doc *settings.Settings, r maintenance.Run, now time.Time) string {
	var today *maintenance.Policy
	if policy, ok := policies(doc, "")(r.ServerName); ok {
		today = &policy
	}
	return message.Answer(maintenance.Stands(r, now, today))
}
