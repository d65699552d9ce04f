package main

import (
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
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

// opsWorksCMPermissions let the function look at the servers of OpsWorks CM, follow what it started, and start maintenance of those that
// the settings name, if there are any. Who follows a run is not asked whether the settings still have its server.
//
// Sources disagree on whether OpsWorks CM takes a server's ARN here: the user guide and AWS's own managed policy say so, the Service
// Authorization Reference names no resource type. A sweep looks at all servers in one call, which names none: nothing narrower than *
// allows that.
func opsWorksCMPermissions(at place, d check.Deployment, servers []settings.Server) []permission {
	names := serversOf(servers, settings.BackendOpsWorksCM)
	if len(names) == 0 {
		return nil
	}
	room := roomFor(d) - chars(automationPermissions(longestPlace, d.Name, longestRole(d.RolePath), servers)) -
		chars(alarmPermissions(servers))
	if chars(maintenancePermissions(longestPlace, names)) > room {
		// Too many for a role's policy. What holds then is the allow-list in the settings, which the function asks before anything else.
		names = nil
	}
	return maintenancePermissions(at, names)
}

// maintenancePermissions are those to start maintenance of servers of these names, or of any if there are none.
func maintenancePermissions(at place, names []string) []permission {
	anyServer := at.arn("opsworks-cm", "server/*")
	arns := []string{anyServer}
	if len(names) > 0 {
		arns = nil
	}
	for _, name := range names {
		arns = append(arns, at.arn("opsworks-cm", "server/"+name+"/*")) // the rest is the server's id, which only OpsWorks CM knows
	}
	return []permission{
		{Sid: "DescribeServers", Action: []string{"opsworks-cm:DescribeServers"}, Resource: []string{"*"}},
		{Sid: "FollowMaintenance", Action: []string{"opsworks-cm:DescribeEvents"}, Resource: []string{anyServer}},
		{Sid: "StartMaintenance", Action: []string{"opsworks-cm:StartMaintenance"}, Resource: arns},
	}
}
