package main

import (
	"slices"

	"opsworks-maintenance/lambda/settings"
)

// alarmPermissions let the function read which alarms are in ALARM, where a server is blocked by some. Of composite alarms CloudWatch says
// nothing to who may ask for less than all.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func alarmPermissions(servers []settings.Server) []permission {
	if !slices.ContainsFunc(servers, func(s settings.Server) bool { return len(s.BlockedBy) > 0 }) {
		return nil
	}
	return []permission{{Sid: "ReadAlarms", Action: []string{"cloudwatch:DescribeAlarms"}, Resource: []string{"*"}}}
}
