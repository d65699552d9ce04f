package main

import (
	"cmp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// maxEventAge bounds how long an event is tried to be delivered, by whatever carries it. After it the event lies in the
// dead-letter queue. It is the default of staleAfter: an alarm older than that starts nothing.
const maxEventAge = time.Hour

// Function is the function with its role, its log and the queue of the events it could not handle.
type Function struct {
	constructs.Construct
	Function awslambda.Function
	Role     awsiam.Role
	Policy   awsiam.Policy // of the role; what the function uses adds its permissions with Allow
	LogGroup awslogs.ILogGroup
	// LogGroupName is that of LogGroup, in words.
	LogGroupName string
	DeadLetters  awssqs.Queue
	// Operators is the alias that accepts operators' requests, and nothing else.
	Operators awslambda.CfnAlias
}

// FunctionProps is what the function is built from.
type FunctionProps struct {
	Architecture string // as Lambda names it
	Code         awslambda.Code
	// Deployment is what the user wants otherwise.
	Deployment check.Deployment
}

// NewFunction makes the function, which may write its log and keep dead letters. It has no reserved concurrency: an account with a
// limit of ten cannot reserve any.
func NewFunction(scope constructs.Construct, id string, props *FunctionProps) *Function {
	f := &Function{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	f.Role, f.Policy = newRole(f.Construct, "What the function "+nameOf(f.Construct)+" may do", service("lambda.amazonaws.com", nil))
	keepLogicalID(f.Role, "PermissionsRole98B86A14")
	keepLogicalID(f.Policy, "PermissionsPolicyB6C46DEA")
	f.LogGroup, f.LogGroupName = newLog(f.Construct, nameOf(f.Construct), props.Deployment)
	// A queue and not an on-failure destination: it keeps the event as it came, so it can be sent again.
	f.DeadLetters = awssqs.NewQueue(f.Construct, jsii.String("DeadLetters"), &awssqs.QueueProps{
		QueueName:       jsii.String(nameOf(f.Construct) + "-dead-letters"),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
	})
	f.Function = awslambda.NewFunction(f.Construct, jsii.String("Function"), &awslambda.FunctionProps{
		FunctionName: jsii.String(nameOf(f.Construct)),
		Description:  jsii.String("Starts maintenance of servers on alarms and schedules, follows it and notifies of its end"),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: awslambda.Architecture_Custom(jsii.String(props.Architecture), nil),
		Handler:      jsii.String("bootstrap"),
		Code:         props.Code,
		MemorySize:   jsii.Number(cmp.Or(props.Deployment.Memory, 128)),
		Environment:  &map[string]*string{settings.EnvMaxProcs: jsii.String(settings.MaxProcs)},
		Timeout:      awscdk.Duration_Seconds(jsii.Number(30)),
		// By its ARN alone: the construct would say a second time, by DependsOn, that the role comes first.
		Role: awsiam.Role_FromRoleArn(f.Construct, jsii.String("RoleOfFunction"), f.Role.RoleArn(),
			&awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}),
		LogGroup:        f.LogGroup,
		DeadLetterQueue: f.DeadLetters,
		RetryAttempts:   jsii.Number(2),
		MaxEventAge:     awscdk.Duration_Hours(jsii.Number(maxEventAge.Hours())),
	})
	f.waitFor(f.Policy)
	// The group is there already; the streams in it have names that Lambda chooses.
	f.Allow("WriteLogs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []*string{f.LogGroup.LogGroupArn()}, nil)
	// It is Lambda that puts an event there, in the function's name, which failed three times or grew too old.
	f.Allow("SendFailedEvents", []string{"sqs:SendMessage"}, []*string{f.DeadLetters.QueueArn()}, nil)
	join(f.Function, f.Policy, nameOf(f.Construct), props.Deployment.Subnets, props.Deployment.SecurityGroups)
	reachThrough(f.Function, props.Deployment.Proxy, props.Deployment.NoProxy)
	f.newAlias()
	return f
}

// newLog takes the log group that the settings name, or makes that of a function. It also gives its name in words.
func newLog(scope constructs.Construct, function string, d check.Deployment) (awslogs.ILogGroup, string) {
	if d.LogGroup != "" {
		return awslogs.LogGroup_FromLogGroupName(scope, jsii.String("Log"), jsii.String(d.LogGroup)), d.LogGroup
	}
	name := settings.LogGroupPrefix + function
	group := awslogs.NewLogGroup(scope, jsii.String("Log"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String(name),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	// CDK takes a word for each number of days. 90 is as long as the ledger keeps runs.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(cmp.Or(d.LogRetentionDays, 90)))
	return group, name
}

// newAlias makes the alias for operators. IAM grants it by itself, as NAME:operators; a permission on the function does not reach it.
// It points to $LATEST, which only the plain resource can say.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func (f *Function) newAlias() {
	f.Operators = awslambda.NewCfnAlias(f.Construct, jsii.String("Operators"), &awslambda.CfnAliasProps{
		Name:            jsii.String(settings.OperatorsAlias),
		Description:     jsii.String("Accepts the requests of operators; no service may invoke it"),
		FunctionName:    f.Function.FunctionName(),
		FunctionVersion: jsii.String("$LATEST"),
	})
	// What an operator sends without waiting for the answer is not tried again later, and never sent by make redrive. A minute is the
	// least that Lambda takes.
	awslambda.NewCfnEventInvokeConfig(f.Construct, jsii.String("OperatorsInvoke"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:             f.Function.FunctionName(),
		Qualifier:                jsii.String(settings.OperatorsAlias),
		MaximumRetryAttempts:     jsii.Number(0),
		MaximumEventAgeInSeconds: jsii.Number(60),
	}).AddResourceDependency(f.Operators, nil)
}

// keepLogicalID holds the id of what was first deployed from another place in the tree. Under a new id the role would be another one, to
// the one who named it in a policy, and the policies would not fit into it beside the old ones during the update.
func keepLogicalID(construct constructs.Construct, id string) {
	construct.Node().DefaultChild().(awscdk.CfnElement).OverrideLogicalId(jsii.String(id))
}

// Allow gives the function's role one permission, as a statement with this Sid.
func (f *Function) Allow(sid string, actions []string, resources []*string, conditions *map[string]any) {
	allow(f.Policy, sid, actions, resources, conditions)
}

// SetEnvironment tells the function a value that only the deployment knows.
func (f *Function) SetEnvironment(variable string, value *string) {
	f.Function.AddEnvironment(jsii.String(variable), value, nil)
}

// AddPolicy gives the function's role a policy beside its first one.
func (f *Function) AddPolicy(id string) awsiam.Policy {
	policy := awsiam.NewPolicy(f.Construct, jsii.String(id), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{f.Role}})
	f.waitFor(policy)
	return policy
}

// waitFor makes the function wait for a policy: a function that starts before its role may do anything would fail its first events.
func (f *Function) waitFor(policy awsiam.Policy) { f.Function.Node().AddDependency(policy) }

// GrantInvoke lets the role of this policy invoke the function, and send what it could not deliver to the dead-letter queue.
func (f *Function) GrantInvoke(policy awsiam.Policy) {
	allow(policy, "InvokeFunction", []string{"lambda:InvokeFunction"}, []*string{f.Function.FunctionArn()}, nil)
	allow(policy, "SendToDeadLetterQueue", []string{"sqs:SendMessage"}, []*string{f.DeadLetters.QueueArn()}, nil)
}

// OperatorsName is what operators give as --function-name.
func (f *Function) OperatorsName() *string {
	return jsii.String(*f.Function.FunctionName() + ":" + settings.OperatorsAlias)
}
