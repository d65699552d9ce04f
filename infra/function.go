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
		Description:     jsii.String("Starts maintenance of servers on alarms and schedules, follows it and tells what came of it"),
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
	return f
}
