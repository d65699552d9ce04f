package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Triggers is what invokes the function by itself.
type Triggers struct {
	constructs.Construct
	Rules     []awsevents.CfnRule
	Schedules *Schedules
}

// TriggersProps is what triggers the function.
type TriggersProps struct {
	Function  *Function
	Rules     []eventRule
	Schedules []schedule
	// OwnRules is true if rules that the user makes have the function as target too.
	OwnRules bool
	// AlarmActions is true if alarms may have the function as action.
	AlarmActions bool
	// AlarmTopics are the ARNs of topics that alarms publish to.
	AlarmTopics []string
}

// NewTriggers makes the rules, the schedules, the subscriptions, and the permissions to invoke the function.
func NewTriggers(scope constructs.Construct, id string, props *TriggersProps) *Triggers {
	t := &Triggers{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	t.Schedules = NewSchedules(t.Construct, "Schedules", &SchedulesProps{Function: props.Function, Schedules: props.Schedules})
	for _, rule := range props.Rules {
		t.Rules = append(t.Rules, t.newRule(rule, props.Function))
	}
	t.permit(props)
	t.subscribe(props.Function, props.AlarmTopics)
	return t
}

// newRule makes a rule that hands its events to the function as they are. It is the plain resource because the construct for
// rules would add a permission for each to the function's policy, which holds 20 KB: some fifty rules.
func (t *Triggers) newRule(rule eventRule, f *Function) awsevents.CfnRule {
	return awsevents.NewCfnRule(t.Construct, jsii.String(rule.Name), &awsevents.CfnRuleProps{
		Name:         jsii.String(nameOf(t.Construct) + "-" + rule.Name),
		Description:  jsii.String("Invokes the function " + nameOf(t.Construct)),
		EventPattern: map[string]any(rule.Pattern),
		Targets: &[]*awsevents.CfnRule_TargetProperty{{
			Id:               jsii.String("function"),
			Arn:              f.Function.FunctionArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: f.DeadLetters.QueueArn()},
			RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
				MaximumRetryAttempts:     jsii.Number(maxDeliveryRetries),
				MaximumEventAgeInSeconds: jsii.Number(maxEventAge.Seconds()),
			},
		}},
	})
}

// maxDeliveryRetries bounds how often a rule or a schedule tries again to hand an event to Lambda. What Lambda has taken is Lambda's to
// repeat.
const maxDeliveryRetries = 20

// maxRulePermissions keeps the function's policy within its 20 KB, also while an update has old permissions beside new ones. A topic,
// whose name may be long, takes the room of two rules.
const maxRulePermissions = 20

// permit lets the rules invoke the function and keep what they could not deliver: each by its ARN, or all by what their names begin with
// where they are too many.
func (t *Triggers) permit(props *TriggersProps) {
	f := props.Function
	ruleARN := func(name string) *string {
		return arnOf(t.Construct, "events", "rule", name, awscdk.ArnFormat_SLASH_RESOURCE_NAME)
	}
	ours, each := []*string{ruleARN(nameOf(t.Construct) + "-*")}, len(t.Rules)+2*len(props.AlarmTopics) <= maxRulePermissions
	if each {
		ours = nil
		for _, rule := range t.Rules {
			ours = append(ours, ruleARN(*rule.Name()))
		}
	}
	switch {
	case props.OwnRules:
		// One permission for all of them stays small; which rules count is the settings' to say, and the function refuses any other.
		t.permitInvoke("InvokeRules", f, "events.amazonaws.com", ruleARN("*"))
	case !each:
		t.permitInvoke("InvokeRules", f, "events.amazonaws.com", ours[0])
	default:
		for i, rule := range t.Rules {
			// Before the rule is there: an event that is not permitted yet would be a dead letter.
			rule.AddResourceDependency(t.permitInvoke("Invoke-"+props.Rules[i].Name, f, "events.amazonaws.com", ours[i]), nil)
		}
	}
	if props.AlarmActions {
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html asks for the account as well.
		alarms := arnOf(t.Construct, "cloudwatch", "alarm", "*", awscdk.ArnFormat_COLON_RESOURCE_NAME)
		permission := t.permitInvoke("InvokeAlarms", f, "lambda.alarms.cloudwatch.amazonaws.com", alarms)
		permission.SetSourceAccount(awscdk.Stack_Of(t.Construct).Account())
	}
	if len(ours) == 0 {
		return
	}
	f.DeadLetters.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("SendUndeliveredEvents"),
		Principals: &[]awsiam.IPrincipal{service("events.amazonaws.com", nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{f.DeadLetters.QueueArn()},
		Conditions: sourceIs(ours...),
	}))
}

func (t *Triggers) permitInvoke(id string, f *Function, principal string, source *string) awslambda.CfnPermission {
	return awslambda.NewCfnPermission(t.Construct, jsii.String(id), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: f.Function.FunctionName(),
		Principal:    jsii.String(principal),
		SourceArn:    source,
	})
}
