package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Triggers is what wakes the function.
type Triggers struct {
	Rules     []awsevents.CfnRule
	Schedules *Schedules
}

// NewTriggers makes the rules, the schedules, and the permissions to invoke the function.
func NewTriggers(parent constructs.Construct, p plan, f *Function) *Triggers {
	scope := constructs.NewConstruct(parent, jsii.String("Triggers"))
	t := &Triggers{Schedules: NewSchedules(scope, p.Schedules, f)}
	for _, rule := range p.Rules {
		t.Rules = append(t.Rules, newRule(scope, rule, f))
	}
	permit(scope, p, f)
	return t
}

// newRule makes a rule that hands its events to the function as they are. It is the plain resource because the construct for
// rules would add a permission for each to the function's policy, which holds 20 KB: some fifty rules.
func newRule(scope constructs.Construct, rule eventRule, f *Function) awsevents.CfnRule {
	return awsevents.NewCfnRule(scope, jsii.String(rule.Name), &awsevents.CfnRuleProps{
		Name:         jsii.String(stackName + "-" + rule.Name),
		Description:  jsii.String("Wakes the function " + stackName),
		EventPattern: map[string]any(rule.Pattern),
		Targets: &[]*awsevents.CfnRule_TargetProperty{{
			Id:               jsii.String("function"),
			Arn:              f.Function.FunctionArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: f.DeadLetters.QueueArn()},
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumRetryAttempts:     jsii.Number(attempts),
				MaximumEventAgeInSeconds: jsii.Number(eventAge * 3600),
			},
		}},
	})
}

// attempts bounds how often a rule or a schedule tries to hand an event to Lambda. What Lambda has taken is Lambda's to repeat.
const attempts = 20

// permit lets the rules invoke the function and keep what they could not deliver.
func permit(scope constructs.Construct, p plan, f *Function) {
	ours := arnOf(scope, "events", "rule", stackName+"-*", awscdk.ArnFormat_SLASH_RESOURCE_NAME)
	invokers := ours
	for _, server := range p.Settings.Servers {
		if len(server.Rules) > 0 {
			// Rules of the user's own, which the settings name, have the function as target too. One permission for all of them
			// stays small; which rules count is the settings' to say, and the function refuses any other.
			invokers = arnOf(scope, "events", "rule", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME)
			break
		}
	}
	allowInvoke(scope, f, "Rules", "events.amazonaws.com", invokers)
	if reachedBy(p.Settings, settings.TriggerAction) {
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html asks for the account as well.
		allowInvoke(scope, f, "Alarms", "lambda.alarms.cloudwatch.amazonaws.com",
			arnOf(scope, "cloudwatch", "alarm", "*", awscdk.ArnFormat_COLON_RESOURCE_NAME)).SetSourceAccount(awscdk.Stack_Of(scope).Account())
	}
	f.DeadLetters.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("RulesOfThisStack"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{f.DeadLetters.QueueArn()},
		Conditions: from(ours),
	}))
}

func allowInvoke(scope constructs.Construct, f *Function, id, principal string, source *string) awslambda.CfnPermission {
	return awslambda.NewCfnPermission(scope, jsii.String("Invoke"+id), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: f.Function.FunctionName(),
		Principal:    jsii.String(principal),
		SourceArn:    source,
	})
}
