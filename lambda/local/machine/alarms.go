package machine

import (
	"slices"

	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
	"opsworks-maintenance/lambda/settings"
)

// newAlarms are the alarms that the settings match: those whose events a rule of the stack hands to the function, and those that block.
func newAlarms(document settings.Settings, onEvent func([]byte)) *cloudwatch.Service {
	return cloudwatch.New(cloudwatch.Config{Region: Region, Account: Account, OnEvent: onEvent, Exists: func(name string) bool {
		return slices.ContainsFunc(document.Servers, func(server settings.Server) bool {
			return slices.ContainsFunc(slices.Concat(server.Alarms, server.BlockedBy), func(glob settings.Glob) bool { return glob.Match(name) })
		})
	}})
}
