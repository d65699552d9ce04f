package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// serversOf are the names of the servers on a backend.
func serversOf(servers []settings.Server, backend settings.Backend) []string {
	var names []string
	for _, server := range servers {
		if server.Backend == backend {
			names = append(names, server.Name)
		}
	}
	return names
}

// grantOpsWorksCM lets the function look at the servers of OpsWorks CM that the settings name, and start their maintenance. Sources
// disagree on whether OpsWorks CM takes a server's ARN here: the user guide and AWS's own managed policy say so, the Service
// Authorization Reference names no resource type. A sweep looks at all servers in one call, which names none: nothing narrower than *
// allows that.
func grantOpsWorksCM(f *Function, servers []settings.Server) {
	names := serversOf(servers, settings.BackendOpsWorksCM)
	if len(names) == 0 {
		return
	}
	chars := maxServerChars
	if len(serversOf(servers, settings.BackendSSM)) > 0 {
		chars -= maxAutomationChars
	}
	paths := make([]string, 0, len(names))
	for _, name := range names {
		paths = append(paths, name+"/*") // the rest is the server's unique id, which only OpsWorks CM knows
	}
	if !fitInPolicy(names, chars) {
		// Too many for a role's policy. What holds then is the allow-list in the settings, which the function asks before anything else.
		paths = []string{"*"}
	}
	var arns []*string
	for _, path := range paths {
		arns = append(arns, arnOf(f.Construct, "opsworks-cm", "server", path, awscdk.ArnFormat_SLASH_RESOURCE_NAME))
	}
	f.Allow("DescribeServers", []string{"opsworks-cm:DescribeServers"}, []*string{jsii.String("*")}, nil)
	f.Allow("StartMaintenance", []string{"opsworks-cm:DescribeEvents", "opsworks-cm:StartMaintenance"}, arns, nil)
}
