package function

import (
	"errors"

	"opsworks-maintenance/lambda/maintenance"
)

// queryReport is the report of a request that only looks. It has no outcome unless the look failed: nothing was asked for, and nothing
// refused.
func (in invocation) queryReport(serverName string, err error) maintenance.Report {
	report := maintenance.Report{Trigger: in.manual(""), At: in.Now}
	if maintenance.ValidServerName(serverName) {
		report.ServerName = serverName
	}
	if err == nil {
		return report
	}
	report.Outcome, report.Reason, report.Detail, report.Count = maintenance.OutcomeError, maintenance.ReasonOf(err), err.Error(), true
	if report.Reason == maintenance.ReasonInvalidRequest {
		report.Outcome = maintenance.OutcomeRefused
	}
	return report
}

// invalidName says what is wrong with a server's name; nil if nothing is.
func invalidName(name string) error {
	if maintenance.ValidServerName(name) {
		return nil
	}
	return &maintenance.Error{Op: "read the request", Reason: maintenance.ReasonInvalidRequest, Err: errors.New(noServerName(name))}
}
