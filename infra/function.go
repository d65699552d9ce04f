package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// eventAge bounds how long an event is tried to be delivered, by whatever carries it. After it the event lies in the
// dead-letter queue. It is the default of staleAfter: an alarm older than that starts nothing.
const eventAge = 1 // hours

// Function is the function with its log and the queue of the events it could not handle.
type Function struct {
	Function    awslambda.Function
	LogGroup    awslogs.LogGroup
	DeadLetters awssqs.Queue
	// Operators is the alias that accepts operators' requests, and nothing else.
	Operators awslambda.CfnAlias
}

// NewFunction makes the function. It has no reserved concurrency: an account with a limit of ten cannot reserve any.
func NewFunction(parent constructs.Construct, permissions *Permissions, architecture awslambda.Architecture, asset string) *Function {
	scope := constructs.NewConstruct(parent, jsii.String("Function"))
	f := &Function{
		LogGroup: awslogs.NewLogGroup(scope, jsii.String("Log"), &awslogs.LogGroupProps{
			LogGroupName:  jsii.String("/aws/lambda/" + stackName),
			Retention:     awslogs.RetentionDays_THREE_MONTHS, // as long as the ledger keeps runs
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		}),
		// A queue and not an on-failure destination: it keeps the event as it came, so it can be sent again.
		DeadLetters: awssqs.NewQueue(scope, jsii.String("DeadLetters"), &awssqs.QueueProps{
			QueueName:       jsii.String(stackName + "-dead-letters"),
			RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
			Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
			EnforceSSL:      jsii.Bool(true),
		}),
	}
	f.Function = awslambda.NewFunction(scope, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName:    jsii.String(stackName),
		Description:     jsii.String("Starts maintenance of servers on alarms and schedules, follows it and notifies of its end"),
		Runtime:         awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:    architecture,
		Handler:         jsii.String("bootstrap"),
		Code:            awslambda.Code_FromAsset(jsii.String(asset), nil),
		MemorySize:      jsii.Number(128),
		Environment:     &map[string]*string{settings.EnvMaxProcs: jsii.String(settings.MaxProcs)},
		Timeout:         awscdk.Duration_Seconds(jsii.Number(30)),
		Role:            permissions.Role.WithoutPolicyUpdates(nil),
		LogGroup:        f.LogGroup,
		DeadLetterQueue: f.DeadLetters,
		RetryAttempts:   jsii.Number(2),
		MaxEventAge:     awscdk.Duration_Hours(jsii.Number(eventAge)),
	})
	f.newAlias(scope)
	return f
}

// newAlias makes the alias for operators. IAM grants it by itself, as NAME:operators; a permission on the function does not reach it.
// It points to $LATEST, which only the plain resource can say.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func (f *Function) newAlias(scope constructs.Construct) {
	f.Operators = awslambda.NewCfnAlias(scope, jsii.String("Operators"), &awslambda.CfnAliasProps{
		Name:            jsii.String(settings.OperatorsAlias),
		Description:     jsii.String("Accepts the requests of operators; no service may invoke it"),
		FunctionName:    f.Function.FunctionName(),
		FunctionVersion: jsii.String("$LATEST"),
	})
	// What an operator sends without waiting for the answer is not tried again later, and never sent by make redrive. A minute is the
	// least that Lambda takes.
	awslambda.NewCfnEventInvokeConfig(scope, jsii.String("OperatorsInvoke"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:             f.Function.FunctionName(),
		Qualifier:                jsii.String(settings.OperatorsAlias),
		MaximumRetryAttempts:     jsii.Number(0),
		MaximumEventAgeInSeconds: jsii.Number(60),
	}).AddResourceDependency(f.Operators, nil)
}

// ForOperators is what they give as --function-name.
func (f *Function) ForOperators() *string {
	return jsii.String(*f.Function.FunctionName() + ":" + settings.OperatorsAlias)
}
