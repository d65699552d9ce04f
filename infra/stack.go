package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// stackName is the stack, and what the names of its resources begin with, where people or other resources refer to them by
// name. An account has one such stack in a Region.
const stackName = "opsworks-maintenance"

// Stack is everything that is deployed.
type Stack struct {
	awscdk.Stack
	Topics      *Topics
	Runs        *Runs
	Automation  *Automation
	Permissions *Permissions
	Function    *Function
	Triggers    *Triggers
	Watch       *Watch
	// Warning is what synth says beside; empty if there is nothing.
	Warning string
}

// NewStack adds the stack to the app. The asset is the folder with the function's binary and settings.
func NewStack(app constructs.Construct, p plan, architecture awslambda.Architecture, asset string) *Stack {
	s := &Stack{Stack: awscdk.NewStack(app, jsii.String(stackName), &awscdk.StackProps{
		StackName:   jsii.String(stackName),
		Description: jsii.String("Starts maintenance of Chef Automate and Puppet Enterprise servers on alarms and schedules"),
		// 1,000 servers make a template near the limit of 1 MB, and a third of it would be spaces.
		SuppressTemplateIndentation: jsii.Bool(true),
	})}
	s.Topics = NewTopics(s.Stack, p.Settings.Notify)
	s.Runs = NewRuns(s.Stack)
	s.Automation = NewAutomation(s.Stack, p.Settings.Servers)
	s.Permissions = NewPermissions(s.Stack)
	s.Function = NewFunction(s.Stack, s.Permissions, architecture, asset)
	s.Permissions.WriteLogs(s.Function.LogGroup)
	s.Permissions.KeepDeadLetters(s.Function.DeadLetters)
	s.Permissions.KeepRuns(s.Runs)
	s.Permissions.Notify(s.Topics)
	s.Permissions.MaintainServers(p.Settings.Servers)
	s.Permissions.MaintainNodes(p.Settings.Servers, s.Automation)
	s.Permissions.Grant(s.Function)
	s.Triggers = NewTriggers(s.Stack, p, s.Function)
	s.Watch = NewWatch(s.Stack, s.Function, s.Topics)

	if s.Warning = theEnd(p.Settings); s.Warning != "" {
		awscdk.Annotations_Of(s.Stack).AddWarningV2(jsii.String(stackName+":opsworks-cm"), jsii.String(s.Warning))
	}
	s.output("FunctionName", s.Function.Function.FunctionName(), "the function; its name in logs and metrics")
	s.output("OperatorsFunction", s.Function.ForOperators(), "the function's alias for operators: --function-name of aws lambda invoke")
	s.output("DeadLettersUrl", s.Function.DeadLetters.QueueUrl(), "events that could not be delivered or handled; make redrive")
	s.output("RunsTable", s.Runs.Table.TableName(), "the runs; it stays when the stack is destroyed")
	for _, t := range s.Topics.All() {
		s.output(t.Output, t.Topic.TopicArn(), t.Use)
	}
	return s
}

func (s *Stack) output(name string, value *string, description string) {
	awscdk.NewCfnOutput(s.Stack, jsii.String(name), &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}

// theEnd says what a green synth would hide: a server of OpsWorks CM proper can no longer be maintained.
func theEnd(document settings.Settings) string {
	if document.Endpoint != "" {
		return ""
	}
	var names []string
	for _, server := range document.Servers {
		if server.Backend == settings.BackendOpsWorksCM {
			names = append(names, server.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	const shown = 5
	more := ""
	if len(names) > shown {
		more = fmt.Sprintf(" and %d more", len(names)-shown)
		names = names[:shown]
	}
	return fmt.Sprintf("AWS disabled OpsWorks CM in spring 2024, and the settings give no other endpoint: maintenance of %s%s cannot start. "+
		`Write "endpoint" into the settings if one speaks the OpsWorks CM API; README.md says more.`, strings.Join(names, ", "), more)
}
