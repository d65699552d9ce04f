package simulator

import "net/http"

// The exceptions that the service model lists for the operations here, other than ValidationException, which every operation
// has. 400 is the protocol's default for client faults.

func refused(code, message string) error { return &apiError{http.StatusBadRequest, code, message} }

func noRunbook(name string) error {
	return refused("AutomationDefinitionNotFoundException", "No Automation runbook "+name+" exists in this account and Region.")
}

func noRunbookVersion(name, version string) error {
	return refused("AutomationDefinitionVersionNotFoundException", "Automation runbook "+name+" has no version "+version+".")
}

func badParameters(message string) error {
	return refused("InvalidAutomationExecutionParametersException", message)
}

func tooManyExecutions() error {
	return refused("AutomationExecutionLimitExceededException", "The limit of concurrent Automation executions is reached.")
}

func noExecution(id string) error {
	return refused("AutomationExecutionNotFoundException", "No Automation execution "+id+" exists.")
}

func tokenMismatch(message string) error { return refused("IdempotentParameterMismatch", message) }

func badStatusUpdate(status string) error {
	return refused("InvalidAutomationStatusUpdateException", "The execution has the status "+status+" and cannot be stopped.")
}

func badFilterKey(message string) error   { return refused("InvalidFilterKey", message) }
func badFilterValue(message string) error { return refused("InvalidFilterValue", message) }

func badNodeFilterValue(message string) error {
	return refused("InvalidInstanceInformationFilterValue", message)
}

func badNodeID(id string) error {
	return refused("InvalidInstanceId", "No managed node "+id+" exists in this account and Region.")
}

// badPage is spelled without the suffix that OpsWorks CM's own has.
func badPage() error { return refused("InvalidNextToken", "The next token is not valid.") }
