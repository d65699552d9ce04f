package main

import "fmt"

// The stack's roles, by how their logical ids begin.
const function, ofPage, ofRunbooks, ofSchedules = "PermissionsRole", "Page", "AutomationRole", "TriggersSchedulesRole"

// allowedRequests are the calls that the function, the runbooks, the schedules and services make.
func (p permissions) allowedRequests() []request {
	ours := documentName(stackName, "chef-automate")
	execution := systems + "automation-execution/333ba70b-2333-48db-b17e-a5e69c6f4d1c"
	var all []request
	by := func(role string, actions []string, resources []string, context ...string) {
		for _, action := range actions {
			for _, resource := range resources {
				all = append(all, p.by(role, action, resource, context...))
			}
		}
	}
	by(function, []string{"ssm:DescribeInstanceInformation", "ssm:DescribeAutomationExecutions", "opsworks-cm:DescribeServers"}, []string{"*"})
	for _, runbook := range []string{systems + "%s/" + ours, systems + "%s/Maintain", owned + "%s/AWSConfigRemediation-X",
		owned + "%s/amazon-Y", "arn:aws-us-gov:ssm:us-gov-west-1:210987654321:%s/Shared"} {
		by(function, []string{"ssm:DescribeDocument", "ssm:StartAutomationExecution"}, []string{fmt.Sprintf(runbook, "document")})
		by(function, []string{"ssm:StartAutomationExecution"}, []string{fmt.Sprintf(runbook, "automation-definition") + ":1"})
	}
	by(function, []string{"ssm:StartAutomationExecution", "ssm:GetAutomationExecution", "ssm:StopAutomationExecution"}, []string{execution})
	by(function, []string{"iam:PassRole"}, []string{p.by(ofRunbooks, "", "").Principal,
		partition + "iam::" + accountID + ":role/Maintain"}, "iam:PassedToService", "ssm.amazonaws.com")
	by(function, []string{"cloudwatch:DescribeAlarms"}, []string{"*"})
	by(function, []string{"ssm:GetCalendarState"}, []string{systems + "document/Holidays"})
	by(function, []string{"opsworks-cm:DescribeEvents", "opsworks-cm:StartMaintenance"},
		[]string{partition + "opsworks-cm" + regional + "server/automate-06/0b3d"})
	by(function, []string{"opsworks-cm:DescribeEvents"}, []string{partition + "opsworks-cm" + regional + "server/that-left/0b3d"})
	by(function, []string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
		"dynamodb:ConditionCheckItem"}, []string{p.table})
	by(function, []string{"dynamodb:Query"}, []string{p.table + "/index/due", p.table + "/index/server", p.table + "/index/reference"})
	for _, topic := range []string{"", "-chat", "-records"} {
		by(function, []string{"sns:Publish"}, []string{partition + "sns" + regional + stackName + topic})
	}
	by(function, []string{"kms:GenerateDataKey", "kms:Decrypt"}, []string{p.key}, "kms:ViaService", "sns.us-isof-south-1.amazonaws.com")
	by(function, []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		[]string{partition + "logs" + regional + "log-group:/aws/lambda/" + stackName + ":log-stream:2026/11/26/[$LATEST]1"})
	by(function, []string{"sqs:SendMessage"}, []string{p.queue})
	by(ofPage, []string{"dynamodb:GetItem", "dynamodb:BatchGetItem"}, []string{p.table})
	by(ofPage, []string{"dynamodb:Query"}, []string{p.table + "/index/due", p.table + "/index/server"})
	by(ofPage, []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		[]string{partition + "logs" + regional + "log-group:/aws/lambda/customWidget-" + stackName + ":log-stream:2026/11/26/[$LATEST]1"})
	by(ofRunbooks, []string{"ssm:SendCommand"}, []string{owned + "document/AWS-RunShellScript", owned + "document/AWS-RunPatchBaseline"})
	by(ofRunbooks, []string{"ssm:SendCommand"}, []string{partition + "ec2" + regional + "instance/i-0123456789abcdef0",
		systems + "managed-instance/mi-0123456789abcdef0"}, "ssm:resourceTag/maintenance-server", "of-a-server-that-left")
	by(ofRunbooks, []string{"ssm:SendCommand"}, []string{systems + "managed-instance/mi-0123456789abcdef0"},
		"ssm:resourceTag/role", "puppet-02")
	by(ofRunbooks, []string{"ssm:CancelCommand", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommandInvocations",
		"ssm:ListCommands"}, []string{"*"})
	by(ofSchedules, []string{"lambda:InvokeFunction"}, []string{p.function})
	by(ofSchedules, []string{"sqs:SendMessage"}, []string{p.queue})
	rule := partition + "events" + regional + "rule/" + stackName + "-alarms-1"
	text := partition + "sns" + regional + stackName
	return append(all,
		p.service("events.amazonaws.com", "lambda:InvokeFunction", p.function, "aws:SourceArn", rule),
		p.service("lambda.alarms.cloudwatch.amazonaws.com", "lambda:InvokeFunction", p.function,
			"aws:SourceArn", partition+"cloudwatch"+regional+"alarm:any", "aws:SourceAccount", accountID),
		p.service("events.amazonaws.com", "sqs:SendMessage", p.queue, "aws:SourceArn", rule, "aws:SecureTransport", "true"),
		p.service("sns.amazonaws.com", "lambda:InvokeFunction", p.function, "aws:SourceArn", anyTopic+"alarms"),
		p.service("sns.amazonaws.com", "sqs:SendMessage", p.queue, "aws:SourceArn", anyTopic+"alarms", "aws:SecureTransport", "true"),
		p.service("cloudwatch.amazonaws.com", "sns:Publish", text,
			"aws:SourceArn", partition+"cloudwatch"+regional+"alarm:opsworks-maintenance-errors", "aws:SecureTransport", "true"),
		p.service("lambda.amazonaws.com", "sts:AssumeRole", p.by(function, "", "").Principal),
		p.service("ssm.amazonaws.com", "sts:AssumeRole", p.by(ofRunbooks, "", "").Principal,
			"aws:SourceAccount", accountID, "aws:SourceArn", execution),
		p.service("scheduler.amazonaws.com", "sts:AssumeRole", p.by(ofSchedules, "", "").Principal, "aws:SourceAccount", accountID),
		p.service("cloudwatch.amazonaws.com", "kms:GenerateDataKey", p.key),
		p.service("cloudwatch.amazonaws.com", "kms:Decrypt", p.key),
	)
}

// refusedRequests are what must not be.
func (p permissions) refusedRequests() []request {
	ours, node := p.by(ofRunbooks, "", "").Principal, partition+"ec2"+regional+"instance/i-0123456789abcdef0"
	elsewhere := partition + "ssm:us-isof-south-1:210987654321:"
	rule, alarm := partition+"events"+regional+"rule/", partition+"cloudwatch"+regional+"alarm:"
	return []request{
		p.by(function, "ssm:StartAutomationExecution", systems+"document/Another"),
		p.by(function, "ssm:StartAutomationExecution", owned+"document/AWS-RestartEC2Instance"),
		p.by(function, "ssm:StartAutomationExecution", elsewhere+"document/Maintain"),
		p.by(function, "ssm:DescribeDocument", systems+"document/Another"),
		p.by(function, "ssm:GetAutomationExecution", elsewhere+"automation-execution/333ba70b-2333-48db-b17e-a5e69c6f4d1c"),
		p.by(function, "ssm:GetCalendarState", systems+"document/Other"),
		p.by(function, "ssm:UpdateDocument", systems+"document/"+documentName(stackName, "chef-automate")),
		p.by(function, "ssm:SendCommand", node, "ssm:resourceTag/maintenance-server", "puppet-02"),
		p.by(function, "iam:PassRole", partition+"iam::"+accountID+":role/Admin", "iam:PassedToService", "ssm.amazonaws.com"),
		p.by(function, "iam:PassRole", ours, "iam:PassedToService", "ec2.amazonaws.com"),
		p.by(function, "dynamodb:Scan", p.table),
		p.by(function, "dynamodb:DeleteTable", p.table),
		p.by(function, "dynamodb:GetItem", partition+"dynamodb"+regional+"table/other"),
		p.by(function, "sns:Publish", partition+"sns"+regional+"other"),
		p.by(function, "kms:Decrypt", p.key, "kms:ViaService", "s3.us-isof-south-1.amazonaws.com"),
		p.by(function, "kms:Decrypt", p.key),
		p.by(function, "logs:PutLogEvents", partition+"logs"+regional+"log-group:/aws/lambda/other:log-stream:1"),
		p.by(function, "sqs:ReceiveMessage", p.queue),
		p.by(function, "lambda:InvokeFunction", p.function),
		p.by(function, "opsworks-cm:StartMaintenance", partition+"opsworks-cm"+regional+"server/another/0b3d"),
		p.by(function, "opsworks-cm:DeleteServer", partition+"opsworks-cm"+regional+"server/automate-06/0b3d"),
		p.by(ofPage, "lambda:InvokeFunction", p.function+":operators"),
		p.by(ofPage, "lambda:InvokeFunction", p.function),
		p.by(ofPage, "dynamodb:UpdateItem", p.table),
		p.by(ofPage, "dynamodb:PutItem", p.table),
		p.by(ofPage, "dynamodb:DeleteItem", p.table),
		p.by(ofPage, "dynamodb:GetItem", partition+"dynamodb"+regional+"table/other"),
		p.by(ofPage, "ssm:StartAutomationExecution", systems+"document/Maintain"),
		p.by(ofPage, "sns:Publish", partition+"sns"+regional+stackName),
		p.by(ofRunbooks, "ssm:SendCommand", node),
		p.by(ofRunbooks, "ssm:SendCommand", node, "ssm:resourceTag/Name", "puppet-02"),
		p.by(ofRunbooks, "ssm:SendCommand", owned+"document/AWS-ApplyAnsiblePlaybooks"),
		p.by(ofRunbooks, "ssm:GetParameter", systems+"parameter/secret"),
		p.by(ofRunbooks, "iam:PassRole", ours, "iam:PassedToService", "ssm.amazonaws.com"),
		p.by(ofSchedules, "lambda:InvokeFunction", p.function+":operators"),
		p.by(ofSchedules, "lambda:InvokeFunction", partition+"lambda"+regional+"function:other"),
		p.service("events.amazonaws.com", "lambda:InvokeFunction", p.function+":operators", "aws:SourceArn", rule+stackName+"-alarms-1"),
		p.service("events.amazonaws.com", "lambda:InvokeFunction", p.function, "aws:SourceArn", rule+"other"),
		p.service("events.amazonaws.com", "lambda:InvokeFunction", p.function, "aws:SourceArn", rule+stackName+"-other"),
		p.service("lambda.alarms.cloudwatch.amazonaws.com", "lambda:InvokeFunction", p.function,
			"aws:SourceArn", partition+"cloudwatch:us-isof-south-1:210987654321:alarm:any", "aws:SourceAccount", "210987654321"),
		p.service("s3.amazonaws.com", "lambda:InvokeFunction", p.function),
		p.service("sns.amazonaws.com", "lambda:InvokeFunction", p.function, "aws:SourceArn", anyTopic+"other"),
		p.service("sns.amazonaws.com", "lambda:InvokeFunction", p.function+":operators", "aws:SourceArn", anyTopic+"alarms"),
		p.service("sns.amazonaws.com", "sqs:SendMessage", p.queue, "aws:SourceArn", anyTopic+"other", "aws:SecureTransport", "true"),
		p.service("ssm.amazonaws.com", "sts:AssumeRole", ours, "aws:SourceAccount", "210987654321",
			"aws:SourceArn", elsewhere+"automation-execution/333ba70b-2333-48db-b17e-a5e69c6f4d1c"),
		p.service("scheduler.amazonaws.com", "sts:AssumeRole", p.by(ofSchedules, "", "").Principal, "aws:SourceAccount", "210987654321"),
		p.service("lambda.amazonaws.com", "sts:AssumeRole", ours),
		p.service("events.amazonaws.com", "sqs:SendMessage", p.queue, "aws:SourceArn", rule+"other", "aws:SecureTransport", "true"),
		p.service("cloudwatch.amazonaws.com", "sns:Publish", partition+"sns"+regional+stackName,
			"aws:SourceArn", alarm+"other", "aws:SecureTransport", "true"),
	}
}
