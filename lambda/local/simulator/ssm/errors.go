package ssm

import "opsworks-maintenance/lambda/local/simulator"

// The exceptions that the service model lists for the operations here, other than ValidationException, which every operation
// has.

func noRunbook(name string) error {
	return simulator.Refused("AutomationDefinitionNotFoundException", "No Automation runbook "+name+" exists in this account and Region.")
}

func noRunbookVersion(name, version string) error {
	return simulator.Refused("AutomationDefinitionVersionNotFoundException", "Automation runbook "+name+" has no version "+version+".")
}

func badParameters(message string) error {
	return simulator.Refused("InvalidAutomationExecutionParametersException", message)
}

func tooManyExecutions() error {
	return simulator.Refused("AutomationExecutionLimitExceededException", "The limit of concurrent Automation executions is reached.")
}

func noExecution(id string) error {
	return simulator.Refused("AutomationExecutionNotFoundException", "No Automation execution "+id+" exists.")
}

func tokenMismatch(message string) error {
	return simulator.Refused("IdempotentParameterMismatch", message)
}

func badStatusUpdate(status string) error {
	return simulator.Refused("InvalidAutomationStatusUpdateException", "The execution has the status "+status+" and cannot be stopped.")
}

func badFilterKey(message string) error   { return simulator.Refused("InvalidFilterKey", message) }
func badFilterValue(message string) error { return simulator.Refused("InvalidFilterValue", message) }

func badNodeFilterValue(message string) error {
	return simulator.Refused("InvalidInstanceInformationFilterValue", message)
}

func badNodeID(id string) error {
	return simulator.Refused("InvalidInstanceId", "No managed node "+id+" exists in this account and Region.")
}

// badPage is spelled without the suffix that OpsWorks CM's own has.
func badPage() error { return simulator.Refused("InvalidNextToken", "The next token is not valid.") }
