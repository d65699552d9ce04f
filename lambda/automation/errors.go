package automation

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// classify is a call.Classifier.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html#API_StartAutomationExecution_Errors
func classify(err error) (reason maintenance.Reason, refused bool) {
	var (
		limit      *types.AutomationExecutionLimitExceededException
		parameters *types.InvalidAutomationExecutionParametersException
		target     *types.InvalidTarget
		missing    *types.AutomationDefinitionNotFoundException
		version    *types.AutomationDefinitionVersionNotFoundException
		unapproved *types.AutomationDefinitionNotApprovedException
		mismatch   *types.IdempotentParameterMismatch
	)
	switch {
	case errors.As(err, &limit): // as many executions as may be at the same time
		return maintenance.Throttled, true
	case errors.As(err, &parameters), errors.As(err, &target), errors.As(err, &missing), errors.As(err, &version), errors.As(err, &unapproved):
		return maintenance.RunbookUnusable, true
	case errors.As(err, &mismatch): // the token was used, so something of this run was started
		return maintenance.StartUnconfirmed, false
	}
	return call.Classify(err)
}

// failure is an error in the domain's words; one that is already stays what it is.
func failure(op string, err error) error {
	var known *maintenance.Error
	if errors.As(err, &known) {
		return &maintenance.Error{Op: op, Reason: known.Reason, Err: known.Err}
	}
	reason, _ := classify(err)
	if errors.Is(err, errNoExecution) {
		reason = maintenance.Unexpected
	}
	return &maintenance.Error{Op: op, Reason: reason, Err: err}
}
