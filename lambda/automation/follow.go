package automation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// The statuses of an execution, of API_AutomationExecution; which of them are an end, and of what kind, is our reading.
var (
	succeeded = []types.AutomationExecutionStatus{
		types.AutomationExecutionStatusSuccess, types.AutomationExecutionStatusCompletedWithSuccess,
	}
	failed = []types.AutomationExecutionStatus{
		types.AutomationExecutionStatusFailed, types.AutomationExecutionStatusTimedout, types.AutomationExecutionStatusCancelled,
		types.AutomationExecutionStatusRejected, types.AutomationExecutionStatusCompletedWithFailure, types.AutomationExecutionStatusExited,
		types.AutomationExecutionStatusChangeCalendarOverrideRejected,
	}
	unfinished = []string{
		string(types.AutomationExecutionStatusPending), string(types.AutomationExecutionStatusInprogress), string(types.AutomationExecutionStatusWaiting),
		string(types.AutomationExecutionStatusCancelling), string(types.AutomationExecutionStatusPendingApproval),
		string(types.AutomationExecutionStatusApproved), string(types.AutomationExecutionStatusScheduled),
		string(types.AutomationExecutionStatusRunbookInprogress), string(types.AutomationExecutionStatusPendingChangeCalendarOverride),
		string(types.AutomationExecutionStatusChangeCalendarOverrideApproved),
	}
)

// ending is what a status says of how maintenance ended, empty while it goes on. known is false for a status of which nobody knew when
// this was written: then it goes on, because an end that is told too early is never told right.
func ending(status types.AutomationExecutionStatus) (end maintenance.MaintenanceStatus, known bool) {
	switch {
	case slices.Contains(succeeded, status):
		return maintenance.MaintenanceSuccess, true
	case slices.Contains(failed, status):
		return maintenance.MaintenanceFailed, true
	default:
		return "", slices.Contains(unfinished, string(status))
	}
}

// Follow implements maintenance.Backend with GetAutomationExecution. The record of the execution is the proof that the run began. The
// node is looked at when it is over: it may be away meanwhile, for a reboot.
func (c *Client) Follow(ctx context.Context, run maintenance.Run, _ maintenance.Look) (maintenance.Progress, error) {
	op := "follow the execution " + run.Reference
	half, cancel := call.Half(ctx)
	defer cancel()
	execution, err := c.execution(half, run.Reference)
	var gone *types.AutomationExecutionNotFoundException
	switch {
	case errors.As(err, &gone):
		return maintenance.Progress{}, &maintenance.Error{Op: op, Reason: maintenance.ExecutionGone, Err: err}
	case err != nil:
		return maintenance.Progress{}, failure(op, err)
	}
	p := maintenance.Progress{
		State:  maintenance.UnderWay,
		Server: maintenance.Server{Name: run.ServerName, Backend: Backend, Node: run.Node, Runbook: run.Runbook, Status: maintenance.UnderMaintenance},
	}
	end, known := ending(execution.AutomationExecutionStatus)
	if !known {
		p.Warning = fmt.Sprintf("the execution %s has the status %.40q, which this version does not know and takes for unfinished", run.Reference, execution.AutomationExecutionStatus)
	}
	if end == "" {
		return p, nil
	}
	p.State, p.Detail = maintenance.Over, tell(execution, run.Node)
	p.Server.Status = ""
	if server, err := c.look(ctx, run.ServerName); err == nil && server.Node == run.Node {
		p.Server = server
	}
	p.Server.MaintenanceStatus = end
	return p, nil
}

func (c *Client) look(ctx context.Context, name string) (maintenance.Server, error) {
	ctx, cancel := call.Half(ctx)
	defer cancel()
	return c.node(ctx, name)
}

// tell says how far an execution came, step by step, and why it failed if it did.
func tell(e *types.AutomationExecution, node string) string {
	var steps []string
	why := ""
	for _, step := range e.StepExecutions {
		steps = append(steps, aws.ToString(step.StepName)+" "+string(step.StepStatus))
		if aws.ToString(step.FailureMessage) != "" && why == "" {
			why = fmt.Sprintf("the step %s: %s", aws.ToString(step.StepName), *step.FailureMessage)
		}
	}
	if why == "" {
		why = aws.ToString(e.FailureMessage)
	}
	text := string(e.AutomationExecutionStatus)
	if e.ExecutionStartTime != nil && e.ExecutionEndTime != nil {
		text += " after " + e.ExecutionEndTime.Sub(*e.ExecutionStartTime).Round(time.Second).String()
	}
	if why != "" {
		// The values first: one that has blanks in it is not found when they have been squeezed.
		text += ": " + strings.Join(strings.Fields(withoutValues(why, e.Parameters, node)), " ")
	}
	if len(steps) > 0 {
		text = strings.TrimRight(text, ".") + ". Steps: " + strings.Join(steps, ", ")
	}
	return text
}

// withoutValues replaces the values of parameters, which may be secrets, by their names. The node's id is none, and what is too short
// to be one would make the text unreadable.
func withoutValues(text string, parameters map[string][]string, node string) string {
	const shortest = 6
	type secret struct{ name, value string }
	var secrets []secret
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		for _, value := range parameters[name] {
			if len(value) >= shortest && value != node {
				secrets = append(secrets, secret{name, value})
			}
		}
	}
	// The longest first: what is left of one whose beginning has been replaced is not found any more.
	slices.SortStableFunc(secrets, func(a, b secret) int { return len(b.value) - len(a.value) })
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s.value, "("+s.name+")")
	}
	return text
}

// Stop implements maintenance.Stopper with StopAutomationExecution, which cancels: the runbook's onCancel steps still run.
func (c *Client) Stop(ctx context.Context, run maintenance.Run) error {
	op := "stop the execution " + run.Reference
	ctx, cancel := call.Half(ctx)
	defer cancel()
	_, err := c.api.StopAutomationExecution(ctx, &ssm.StopAutomationExecutionInput{AutomationExecutionId: aws.String(run.Reference), Type: types.StopTypeCancel})
	var gone *types.AutomationExecutionNotFoundException
	var ended *types.InvalidAutomationStatusUpdateException
	switch {
	case err == nil:
		return nil
	case errors.As(err, &gone), errors.As(err, &ended):
		return &maintenance.Error{Op: op, Reason: maintenance.NotRunning, Err: err}
	default:
		return failure(op, err)
	}
}

// Open implements maintenance.Calendar with GetCalendarState: several calendars are open only if all of them are.
func (c *Client) Open(ctx context.Context, name string) (bool, time.Time, error) {
	calendars := c.servers[name].Calendars
	if len(calendars) == 0 {
		return true, time.Time{}, nil
	}
	ctx, cancel := call.Half(ctx)
	defer cancel()
	out, err := c.api.GetCalendarState(ctx, &ssm.GetCalendarStateInput{CalendarNames: calendars})
	if err != nil {
		return false, time.Time{}, failure("read the calendars "+strings.Join(calendars, ", "), err)
	}
	next, err := time.Parse(time.RFC3339, aws.ToString(out.NextTransitionTime))
	if err != nil {
		next = time.Time{} // a calendar may have no next event
	}
	return out.State == types.CalendarStateOpen, next, nil
}
