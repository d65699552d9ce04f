package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Permissions is the function's role. Each method below is one thing the function needs: a statement, and the environment
// variable that tells the function where, so that the two cannot drift apart.
type Permissions struct {
	Role        awsiam.Role
	Policy      awsiam.Policy
	environment map[string]*string
}

// NewPermissions makes a role that may do nothing yet.
func NewPermissions(parent constructs.Construct) *Permissions {
	scope := constructs.NewConstruct(parent, jsii.String("Permissions"))
	p := &Permissions{environment: map[string]*string{}}
	p.Role = awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description: jsii.String("What the function " + stackName + " may do"),
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	p.Policy = awsiam.NewPolicy(scope, jsii.String("Policy"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{p.Role},
	})
	return p
}

func (p *Permissions) allow(sid string, actions []string, resources []*string, conditions *map[string]any) {
	p.Policy.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: &resources, Conditions: conditions,
	}))
}

// WriteLogs is for its log lines, and in them its metrics. The group is there already; the streams in it have names that Lambda chooses.
func (p *Permissions) WriteLogs(group awslogs.LogGroup) {
	p.allow("WriteLogs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []*string{group.LogGroupArn()}, nil)
}

// KeepDeadLetters is for Lambda, which puts an event there in the function's name that failed three times or grew too old.
func (p *Permissions) KeepDeadLetters(queue awssqs.Queue) {
	p.allow("KeepDeadLetters", []string{"sqs:SendMessage"}, []*string{queue.QueueArn()}, nil)
}

// KeepRuns is for the ledger's transactions and look-ups, on the table, and its lists of open runs and of a server's runs, on the indexes.
func (p *Permissions) KeepRuns(runs *Runs) {
	p.allow("KeepRuns", []string{
		"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem",
	}, []*string{runs.Table.TableArn()}, nil)
	var indexes []*string
	for _, index := range runs.Indexes {
		indexes = append(indexes, jsii.String(*runs.Table.TableArn()+"/index/"+index))
	}
	p.allow("ListRuns", []string{"dynamodb:Query"}, indexes, nil)
	p.environment[settings.EnvRunsTable] = runs.Table.TableName()
}

// Tell is for messages to the topics, and the use of their key, through SNS only.
func (p *Permissions) Tell(topics *Topics) {
	var arns []*string
	for _, t := range topics.All() {
		arns = append(arns, t.Topic.TopicArn())
		p.environment[t.Variable] = t.Topic.TopicArn()
	}
	p.allow("Tell", []string{"sns:Publish"}, arns, nil)
	stack := awscdk.Stack_Of(topics.Key)
	p.allow("EncryptMessages", []string{"kms:GenerateDataKey", "kms:Decrypt"}, []*string{topics.Key.KeyArn()},
		&map[string]any{"StringEquals": map[string]any{"kms:ViaService": "sns." + *stack.Region() + "." + *stack.UrlSuffix()}})
}

// MaintainServers is to look at the servers of OpsWorks CM that the settings name, and to start their maintenance. Sources disagree on
// whether OpsWorks CM takes a server's ARN here: the user guide and AWS's own managed policy say so, the Service Authorization
// Reference names no resource type. A sweep looks at all servers in one call, which names none: nothing narrower than * allows that.
func (p *Permissions) MaintainServers(servers []settings.Server) {
	var names []string
	for _, server := range servers {
		if server.Backend == settings.BackendOpsWorksCM {
			names = append(names, server.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	if !listable(names) {
		// Too many for a role's policy. What holds then is the allow-list in the settings, which the function asks before anything else.
		names = []string{"*"}
	}
	arns := make([]*string, 0, len(names))
	for _, name := range names {
		path := name + "/*" // the rest is the server's unique id, which only OpsWorks CM knows
		if name == "*" {
			path = "*"
		}
		arns = append(arns, arnOf(p.Role, "opsworks-cm", "server", path, awscdk.ArnFormat_SLASH_RESOURCE_NAME))
	}
	p.allow("LookAtServers", []string{"opsworks-cm:DescribeServers"}, []*string{jsii.String("*")}, nil)
	p.allow("MaintainServers", []string{"opsworks-cm:DescribeEvents", "opsworks-cm:StartMaintenance"}, arns, nil)
}

// mostARNs is how much of a role's policy the servers' ARNs may take. All inline policies of a role have 10,240 characters
// together (IAM quotas); the other statements need less than 1,700 of them.
const mostARNs = 8500

func listable(names []string) bool {
	const longest = `"arn:aws-us-gov:opsworks-cm:ap-southeast-1:123456789012:server//*",`
	size := 0
	for _, name := range names {
		size += len(longest) + len(name)
	}
	return size <= mostARNs
}

// Grant gives the function its environment, and makes it wait for the policy: a function that starts before its role may
// do anything would fail its first events.
func (p *Permissions) Grant(f *Function) {
	for _, name := range sortedKeys(p.environment) {
		f.Function.AddEnvironment(jsii.String(name), p.environment[name], nil)
	}
	f.Function.Node().AddDependency(p.Policy)
}
