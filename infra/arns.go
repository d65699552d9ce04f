package main

import (
	"fmt"
	"os"
	"strings"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// placed is an ARN in the settings, with the path where it stands.
type placed struct {
	path string
	check.ARN
}

// placedARNs are all ARNs in the settings, in their order. A name has no place of its own: it is completed to where the stack is.
func placedARNs(key string, document settings.Settings) []placed {
	var all []placed
	add := func(text, format string, at ...any) {
		if a, isARN := check.ParseARN(text); isARN {
			all = append(all, placed{fmt.Sprintf(format, at...), a})
		}
	}
	for i, server := range document.Servers {
		add(server.Runbook, "servers[%d].runbook", i)
		for j, calendar := range server.Calendars {
			add(calendar, "servers[%d].calendars[%d]", i, j)
		}
		for j, role := range server.Parameters[settings.ParameterAssumeRole] {
			add(role, "servers[%d].parameters.%s[%d]", i, settings.ParameterAssumeRole, j)
		}
	}
	add(key, "deployment.key")
	for i, topic := range document.AlarmTopics {
		add(topic, "alarmTriggers.sns[%d]", i)
	}
	return all
}

// checkPlaces returns the ARNs that lead to another partition or Region than the stack's, and roles of another account, which no role can
// pass on. Documents, topics and the topics' key may be another account's, who shares them. Where the stack will be, only the CDK's CLI
// tells, and only if it has credentials; without it all ARNs have to lead to where the first does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func checkPlaces(key string, document settings.Settings) []check.Fault {
	known := stackPlace()
	var faults []check.Fault
	for _, a := range placedARNs(key, document) {
		parts := [][2]string{{"partition", a.Partition}, {"Region", a.Region}}
		if strings.HasPrefix(a.Resource, "role/") {
			parts[1] = [2]string{"account", a.Account}
		}
		for _, part := range parts {
			what, is := part[0], part[1]
			if _, found := known[what]; !found {
				known[what] = origin{is, a.path}
			}
			if first := known[what]; first.value != is {
				faults = append(faults, check.Fault{Path: a.path, Problem: fmt.Sprintf(
					"leads to the %s %s, and %s to %s; write the ARN of one there", what, is, first.whose, first.value)})
				break
			}
		}
	}
	return faults
}

// origin is a partition, Region or account, and whose it is.
type origin struct{ value, whose string }

// stackPlace is where the stack will be, as far as the CDK's CLI knows.
func stackPlace() map[string]origin {
	account, region := os.Getenv("CDK_DEFAULT_ACCOUNT"), os.Getenv("CDK_DEFAULT_REGION")
	if account == "" || region == "" {
		return map[string]origin{}
	}
	const whose = "the stack"
	return map[string]origin{"account": {account, whose}, "Region": {region, whose}, "partition": {check.PartitionOf(region), whose}}
}
