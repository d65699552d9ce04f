package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// nameOf is the name of the stack that a construct is in, and what the names of the stack's resources begin with, where people or other
// resources refer to them by name.
func nameOf(scope constructs.Construct) string { return *awscdk.Stack_Of(scope).StackName() }

// Stack is everything that is deployed.
type Stack struct {
	awscdk.Stack
	Topics     *Topics
	Runs       *Runs
	Automation *Automation
	Function   *Function
	Page       *Page
	Triggers   *Triggers
	Watch      *Watch
	Chat       *Chat // nil where the settings ask for none
	// Warning is what synth says beside; empty if there is nothing.
	Warning string
}

// StackProps is what the stack is built from.
type StackProps struct {
	Plan         plan
	Architecture string // of the function, as Lambda names it
	// The code of the function and of its page: the folder of each with its binary and settings, or, for a release, the name of each one's
	// zip in whatever bucket they are put.
	Asset, PageAsset, Zip, PageZip string
}

// NewStack adds the stack to the app. An id is part of the logical ids of what is under it, and stays, whatever a type is named; that of
// the stack itself is not, and is its name.
func NewStack(scope constructs.Construct, props *StackProps) *Stack {
	p := props.Plan
	s := &Stack{Stack: awscdk.NewStack(scope, jsii.String(p.Deployment.Name), &awscdk.StackProps{
		// What is deployed without the CDK must not ask for its bootstrap.
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(props.Zip == ""),
		}),
		StackName:   jsii.String(p.Deployment.Name),
		Description: jsii.String("Starts maintenance of Chef Automate and Puppet Enterprise servers on alarms and schedules"),
		// 1,000 servers make a template near the limit of 1 MB, and a third of it would be spaces.
		SuppressTemplateIndentation: jsii.Bool(true),
		TerminationProtection:       jsii.Bool(p.Deployment.TerminationProtection),
	})}
	s.Topics = NewTopics(s.Stack, "Topics", &TopicsProps{Subscriptions: p.Settings.Notify, Key: p.Deployment.Key})
	// Not "Runs": that id has the first edition's table. Under this one an update makes a new table beside the old, which is retained.
	s.Runs = NewRuns(s.Stack, "Ledger")
	s.Automation = NewAutomation(s.Stack, "Automation", &AutomationProps{Servers: p.Settings.Servers})
	code, pageCode := s.code(props)
	s.Function = NewFunction(s.Stack, "Function", &FunctionProps{Architecture: props.Architecture, Code: code, Deployment: p.Deployment})
	s.Page = NewPage(s.Stack, "Page", &PageProps{
		FunctionProps: FunctionProps{Architecture: props.Architecture, Code: pageCode, Deployment: p.Deployment}, Runs: s.Runs,
	})
	s.Runs.GrantTo(s.Function)
	s.Topics.GrantPublish(s.Function)
	grant(s.Function.Policy, opsWorksCMPermissions(placeOf(s.Stack), p.Deployment, p.Settings.Servers))
	grant(s.Function.Policy, alarmPermissions(p.Settings.Servers))
	s.Automation.GrantTo(s.Function)
	s.Triggers = NewTriggers(s.Stack, "Triggers", &TriggersProps{
		Function: s.Function, Rules: p.Rules, Schedules: p.Schedules,
		OwnRules:     slices.ContainsFunc(p.Settings.Servers, func(server settings.Server) bool { return len(server.Rules) > 0 }),
		AlarmActions: hasTrigger(p.Settings, settings.TriggerAction),
		AlarmTopics:  p.Settings.AlarmTopics,
	})
	if s.Topics.Chat != nil {
		s.Chat = NewChat(s.Stack, "Chat", &ChatProps{Topic: s.Topics.Chat, Operators: s.Function.Operators, Channels: s.Topics.Channels})
	}
	s.setRolePath(p.Deployment.RolePath)
	s.Watch = NewWatch(s.Stack, "Watch", &WatchProps{Function: s.Function, Page: s.Page, Topic: s.Topics.Text})

	if s.Warning = warnRetiredService(p.Settings); s.Warning != "" {
		awscdk.Annotations_Of(s.Stack).AddWarningV2(jsii.String(p.Deployment.Name+":opsworks-cm"), jsii.String(s.Warning))
	}
	s.output("FunctionName", s.Function.Function.FunctionName(), "the function; its name in logs and metrics")
	s.output("OperatorsFunction", s.Function.OperatorsName(), "the function's alias for operators: --function-name of aws lambda invoke")
	s.output("PageFunction", s.Page.Function.FunctionName(), "the page; who looks at it needs lambda:InvokeFunction on it")
	s.output("DeadLettersUrl", s.Function.DeadLetters.QueueUrl(),
		"events that could not be delivered or handled; make redrive FUNCTION="+p.Deployment.Name)
	s.output("RunsTable", s.Runs.Table.TableName(), "the runs; it stays when the stack is destroyed")
	for _, t := range s.Topics.All() {
		s.output(t.Output, t.Topic.TopicArn(), t.Description)
	}
	if s.Chat != nil {
		s.output("ChatButtons", s.Chat.ARNs(), "custom actions: the buttons for a channel that you configure yourself, by ARN")
	}
	return s
}

func (s *Stack) code(props *StackProps) (function, page awslambda.Code) {
	if props.Zip != "" {
		in := codeInBucket(s.Stack)
		return in(props.Zip), in(props.PageZip)
	}
	return awslambda.Code_FromAsset(jsii.String(props.Asset), nil), awslambda.Code_FromAsset(jsii.String(props.PageAsset), nil)
}

// setRolePath gives the stack's roles a path.
func (s *Stack) setRolePath(path string) {
	if path == "" {
		return
	}
	roles := []awsiam.Role{s.Function.Role, s.Page.Role, s.Automation.Role, s.Triggers.Schedules.Role}
	if s.Chat != nil && s.Chat.Role != nil {
		roles = append(roles, s.Chat.Role)
	}
	for _, role := range roles {
		role.Node().DefaultChild().(awsiam.CfnRole).SetPath(jsii.String(path))
	}
}

func (s *Stack) output(name string, value *string, description string) {
	awscdk.NewCfnOutput(s.Stack, jsii.String(name), &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}

// warnRetiredService says what a green synth would hide: a server of OpsWorks CM proper can no longer be maintained.
func warnRetiredService(document settings.Settings) string {
	if document.Endpoint != "" {
		return ""
	}
	names := serversOf(document.Servers, settings.BackendOpsWorksCM)
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
