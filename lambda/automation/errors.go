package automation

import (
	"errors"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// The codes of the service that mean something here.
const (
	codeNoExecution = "AutomationExecutionNotFoundException"
	codeHasEnded    = "InvalidAutomationStatusUpdateException"
)

var errNoExecution = errors.New("the response has no execution")

// classify is a awscall.Classifier.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html#API_StartAutomationExecution_Errors
func classify(err error) (reason maintenance.Reason, refused bool) {
	switch awscall.Code(err) {
	case "AutomationExecutionLimitExceededException": // as many executions as may be at the same time
		return maintenance.ReasonServiceLimit, true
	case "InvalidAutomationExecutionParametersException", "InvalidTarget",
		"AutomationDefinitionNotFoundException", "AutomationDefinitionVersionNotFoundException", "AutomationDefinitionNotApprovedException":
		return maintenance.ReasonRunbookUnusable, true
	case "IdempotentParameterMismatch": // the token was used, so something of this attempt was started
		return maintenance.ReasonStartUnconfirmed, false
	}
	if errors.Is(err, errNoExecution) {
		return maintenance.ReasonUnexpected, false
	}
	return awscall.Classify(err)
}

// failure is an error in the domain's words.
func failure(op string, err error) error {
	reason, _ := classify(err)
	return &maintenance.Error{Op: op, Reason: reason, Err: awscall.Plain(err)}
}
