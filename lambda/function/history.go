package function

import (
	"context"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// maxHistory is how many runs and refusals a history shows.
const maxHistory = 20

// HistoryResponse answers {"history": …}. Its fields are only added to.
type HistoryResponse struct {
	ServerName string             `json:"serverName"`
	Runs       []HistoryRun       `json:"runs"`             // runs and refusals, newest first
	Reason     maintenance.Reason `json:"reason,omitempty"` // why it could not be read
	Message    string             `json:"message,omitempty"`
}

// HistoryRun is one run, or one refusal.
type HistoryRun struct {
	RunID   string               `json:"runId"`
	State   maintenance.RunState `json:"state"`
	Outcome maintenance.Outcome  `json:"outcome"`
	Reason  maintenance.Reason   `json:"reason"`
	// Trigger is the kind of the trigger that let it start, else of the latest; Triggers are all that it holds.
	Trigger           maintenance.TriggerKind `json:"trigger"`
	TriggerName       string                  `json:"triggerName"`
	Override          []string                `json:"override,omitempty"`
	Triggers          []RunTrigger            `json:"triggers"`
	EngineAttributes  []string                `json:"engineAttributes,omitempty"` // names; values are kept nowhere
	Created           time.Time               `json:"created"`
	WaitsFor          *Waiting                `json:"waitsFor,omitempty"`
	Started           *time.Time              `json:"started,omitempty"` // when the backend accepted it
	Began             *time.Time              `json:"began,omitempty"`   // when it was first seen to go on
	Ended             *time.Time              `json:"ended,omitempty"`
	Status            maintenance.Status      `json:"status"`
	MaintenanceStatus string                  `json:"maintenanceStatus"`
	Detail            string                  `json:"detail,omitempty"`
	ExecutionID       string                  `json:"executionId,omitempty"` // of Systems Manager
}

// RunTrigger is one trigger of a run.
type RunTrigger struct {
	Trigger maintenance.TriggerKind `json:"trigger"`
	Name    string                  `json:"name,omitempty"`
	Time    time.Time               `json:"time"`
}

func (h *Handler) history(ctx context.Context, in invocation, serverName string) answer {
	out := HistoryResponse{Runs: []HistoryRun{}}
	err := invalidName(serverName)
	if err == nil {
		out.ServerName = serverName
		var runs []maintenance.Run
		runs, err = h.Runner.History(ctx, serverName, maxHistory)
		for _, r := range runs {
			out.Runs = append(out.Runs, in.historyRun(r))
		}
	}
	report := in.queryReport(serverName, err)
	if err != nil {
		out.Reason, out.Message = report.Reason, report.Detail
	}
	return answer{Reports: []maintenance.Report{report}, Body: out}
}

func (in invocation) historyRun(r maintenance.Run) HistoryRun {
	t := r.Trigger()
	return HistoryRun{
		RunID: r.ID, State: r.State, Outcome: r.Outcome, Reason: r.Reason, Trigger: t.Kind, TriggerName: t.Name, Override: t.Overrides,
		Triggers: runTriggers(r), EngineAttributes: r.Attempt.Attributes, Created: r.Created.UTC(), WaitsFor: in.waiting(r),
		Started: moment(r.Accepted), Began: moment(r.Began), Ended: moment(r.Ended), Status: r.Server.Status,
		MaintenanceStatus: string(r.Server.MaintenanceStatus), Detail: r.Detail, ExecutionID: r.Reference,
	}
}

func runTriggers(r maintenance.Run) []RunTrigger {
	triggers := r.Triggers
	if len(triggers) == 0 && r.Attempt.ID != "" { // an operator's, which a run does not hold
		triggers = []maintenance.Trigger{r.Attempt.Trigger}
	}
	all := make([]RunTrigger, len(triggers))
	for i, t := range triggers {
		all[i] = RunTrigger{Trigger: t.Kind, Name: t.Name, Time: t.Time.UTC()}
	}
	return all
}
