package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// anyContent is a runbook of ours, whatever its hash.
const anyContent = `[\w-]+-(chef-automate|puppet-(enterprise|server))-\*`

// wildcards are the stars in what is allowed, each with its reason.
var wildcards = []struct{ what, reason string }{
	{`^TopicsKey\S* kms:\* \*$`,
		"the root user of the account administers the key; without this statement nobody could, and IAM policies would not count"},
	{`^TopicsKey\S* kms:(GenerateDataKey|Decrypt) \*$`, "in a key's policy * is this key"},
	{`^PermissionsNodes\S* ssm:(DescribeInstanceInformation|DescribeAutomationExecutions) \*$`, "both list, and take no resource"},
	{`^PermissionsNodes\S* ssm:StartAutomationExecution \S+:automation-definition/([\w-]+|` + anyContent + `):\*$`,
		"any version of the runbook"},
	{`^PermissionsNodes\S* ssm:(DescribeDocument|StartAutomationExecution) \S+:document/` + anyContent + `$`,
		"during an update the function asks for the content of before"},
	{`^PermissionsNodes\S* ssm:(Start|Get|Stop)AutomationExecution \S+:automation-execution/\*$`,
		"an execution's id is known when it has begun; they are of this account"},
	{`^AutomationPolicy\S* ssm:SendCommand \S+:(instance|managed-instance)/\*$`, "the condition on the tag says which"},
	{`^AutomationPolicy\S* ssm:(CancelCommand|DescribeInstanceInformation|GetCommandInvocation|ListCommandInvocations|ListCommands) \*$`,
		"they take no resource"},
	{`^(Permissions|Page)Policy\S* logs:(CreateLogStream|PutLogEvents) \S+:log-group:/company/maintenance:\*$`,
		"the streams of a log group of one's own"},
	{`^(Permissions|Page)Policy\S* ec2:\w+(NetworkInterfaces?|Subnets|PrivateIpAddresses) \*$`,
		"what Lambda does to join subnets; the function's own code is denied it"},
	{`^PermissionsPolicy\S* cloudwatch:DescribeAlarms \*$`, "of composite alarms CloudWatch says nothing to who may ask for less than all"},
	{`^PermissionsPolicy\S* opsworks-cm:DescribeServers \*$`, "a sweep looks at all servers in one call, which names none"},
	{`^PermissionsPolicy\S* opsworks-cm:DescribeEvents \S+:server/\*$`, "a run is followed when its server has left the settings"},
	{`^PermissionsPolicy\S* opsworks-cm:StartMaintenance \S+:server/[a-zA-Z][a-zA-Z0-9-]*/\*$`,
		"the rest of a server's ARN is an id that only OpsWorks CM knows"},
	{`^PermissionsPolicy\S* opsworks-cm:StartMaintenance \S+:server/\*$`,
		"too many servers for a role's policy; the allow-list in the settings is the gate"},
}

func wildcardsHaveReasons(t *testing.T, tmpl template) {
	statements := tmpl.statements()
	if len(statements) < 10 {
		t.Fatalf("found %d statements", len(statements))
	}
	for _, s := range statements {
		if len(s.Not) > 0 {
			t.Errorf("%s: allows all but %v", s.Resource, s.Not)
		}
		if s.Effect != "Allow" {
			continue
		}
		for _, who := range s.Principals {
			if strings.Contains(who, "*") {
				t.Errorf("%s %s: anybody may", s.Resource, s.Sid)
			}
		}
		for _, action := range s.Actions {
			for _, on := range append(s.Resources, "")[:max(1, len(s.Resources))] {
				what := s.Resource + " " + action + " " + on
				if strings.Contains(what, "*") && !slices.ContainsFunc(wildcards, func(w struct{ what, reason string }) bool {
					return regexp.MustCompile(w.what).MatchString(what)
				}) {
					t.Errorf("a wildcard without a reason: %s", what)
				}
			}
		}
	}
}
