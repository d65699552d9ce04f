package automation

import (
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/maintenance"
)

// states are the statuses of an execution (API_AutomationExecution), and how far each says that it has come: our reading of their
// names. One that is not here was not known when this was written. It counts as in progress, because an end that is notified too early is
// wrong.
var states = map[types.AutomationExecutionStatus]maintenance.ExecutionState{
	types.AutomationExecutionStatusPending:                        maintenance.ExecutionPending,
	types.AutomationExecutionStatusScheduled:                      maintenance.ExecutionPending,
	types.AutomationExecutionStatusPendingApproval:                maintenance.ExecutionPending,
	types.AutomationExecutionStatusPendingChangeCalendarOverride:  maintenance.ExecutionPending,
	types.AutomationExecutionStatusApproved:                       maintenance.ExecutionPending,
	types.AutomationExecutionStatusChangeCalendarOverrideApproved: maintenance.ExecutionPending,
	types.AutomationExecutionStatusCancelling:                     maintenance.ExecutionPending,
	types.AutomationExecutionStatusInprogress:                     maintenance.ExecutionRunning,
	types.AutomationExecutionStatusWaiting:                        maintenance.ExecutionRunning,
	types.AutomationExecutionStatusRunbookInprogress:              maintenance.ExecutionRunning,
	types.AutomationExecutionStatusSuccess:                        maintenance.ExecutionSucceeded,
	types.AutomationExecutionStatusCompletedWithSuccess:           maintenance.ExecutionSucceeded,
	types.AutomationExecutionStatusCancelled:                      maintenance.ExecutionCancelled,
	types.AutomationExecutionStatusFailed:                         maintenance.ExecutionFailed,
	types.AutomationExecutionStatusTimedout:                       maintenance.ExecutionFailed,
	types.AutomationExecutionStatusRejected:                       maintenance.ExecutionFailed,
	types.AutomationExecutionStatusCompletedWithFailure:           maintenance.ExecutionFailed,
	types.AutomationExecutionStatusExited:                         maintenance.ExecutionFailed,
	types.AutomationExecutionStatusChangeCalendarOverrideRejected: maintenance.ExecutionFailed,
}

// unfinished are the statuses to list what is in progress by. A filter takes ten values, and there are ten.
func unfinished() []string {
	var values []string
	for _, status := range types.AutomationExecutionStatus("").Values() {
		if !states[status].Over() {
			values = append(values, string(status))
		}
	}
	return values
}

// stateOf is how far an execution has come: past pending as soon as a step has begun. Cancelling is therefore pending for one that was
// stopped before its first step.
func stateOf(status types.AutomationExecutionStatus, began bool) maintenance.ExecutionState {
	state := states[status]
	if state == maintenance.ExecutionPending && began {
		return maintenance.ExecutionRunning
	}
	return state
}

// stopping reports whether an execution is being stopped, which may take long.
func stopping(status types.AutomationExecutionStatus) bool {
	return status == types.AutomationExecutionStatusCancelling
}

// anyStepBegan reports whether a step has begun. A step that is pending has no start time (API_StepExecution); one that never ran may be
// called cancelled with the rest.
func anyStepBegan(steps []types.StepExecution) bool {
	for _, step := range steps {
		if step.ExecutionStartTime != nil {
			return true
		}
		switch state := states[step.StepStatus]; {
		case step.StepStatus == "", state == maintenance.ExecutionPending, state == maintenance.ExecutionCancelled:
		default:
			return true
		}
	}
	return false
}
