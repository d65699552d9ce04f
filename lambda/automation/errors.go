package automation

import (
	"errors"

	"opsworks-maintenance/lambda/call"
	"opsworks-maintenance/lambda/maintenance"
)

// classify is a call.Classifier.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html#API_StartAutomationExecution_Errors
func classify(err error) (reason maintenance.Reason, refused bool) {
	switch call.Code(err) {
	case "AutomationExecutionLimitExceededException": // as many executions as may be at the same time
		return maintenance.Throttled, true
	case "InvalidAutomationExecutionParametersException", "InvalidTarget",
		"AutomationDefinitionNotFoundException", "AutomationDefinitionVersionNotFoundException", "AutomationDefinitionNotApprovedException":
		return maintenance.RunbookUnusable, true
	case "IdempotentParameterMismatch": // the token was used, so something of this run was started
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
