package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Permissions is the function's role. Each method below is one thing the function needs: a statement, and the environment
// variable that says where, so that the two cannot drift apart.
type Permissions struct {
	Role   awsiam.Role
	Policy awsiam.Policy
	// Nodes is what it needs of Systems Manager; nil without a server there.
	Nodes       awsiam.Policy
	scope       constructs.Construct
	environment map[string]*string
}

// NewPermissions makes a role that may do nothing yet.
func NewPermissions(parent constructs.Construct) *Permissions {
	scope := constructs.NewConstruct(parent, jsii.String("Permissions"))
	p := &Permissions{scope: scope, environment: map[string]*string{}}
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
	addTo(p.Policy, sid, actions, resources, conditions)
}

// addTo makes each need a statement with a name.
func addTo(policy awsiam.Policy, sid string, actions []string, resources []*string, conditions *map[string]any) {
	policy.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
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

// KeepRuns is for the ledger's writes, transactions and look-ups, on the table, and its lists of what is due, of a server's runs and of
// references, on the indexes.
func (p *Permissions) KeepRuns(runs *Runs) {
	p.allow("KeepRuns", []string{
		"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
	}, []*string{runs.Table.TableArn()}, nil)
	var indexes []*string
	for _, index := range runs.Indexes {
		indexes = append(indexes, jsii.String(*runs.Table.TableArn()+"/index/"+index))
	}
	p.allow("ListRuns", []string{"dynamodb:Query"}, indexes, nil)
	p.environment[settings.EnvRunsTable] = runs.Table.TableName()
}

// Notify is for messages to the topics, and the use of their key, through SNS only.
func (p *Permissions) Notify(topics *Topics) {
	var arns []*string
	for _, t := range topics.All() {
		arns = append(arns, t.Topic.TopicArn())
		p.environment[t.Variable] = t.Topic.TopicArn()
	}
	p.allow("Notify", []string{"sns:Publish"}, arns, nil)
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
	room := mostARNs
	if len(ofAll(servers, runbookOf)) > 0 {
		room -= mostNodes
	}
	if !listable(names, room) {
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

// MaintainNodes is to find the nodes of the servers of Systems Manager, to check and start their runbooks, and to follow and stop what it
// started.
func (p *Permissions) MaintainNodes(servers []settings.Server, automation *Automation) {
	scope := p.scope
	var documents, definitions, passes, calendars []*string
	for _, runbook := range ofAll(servers, runbookOf) {
		arns := runbookARNs(scope, deployed(runbook))
		documents, definitions = append(documents, arns[0]), append(definitions, arns[1:]...)
	}
	if len(documents) == 0 {
		return
	}
	p.Nodes = awsiam.NewPolicy(scope, jsii.String("Nodes"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{p.Role}})
	allow := func(sid string, actions []string, resources []*string, conditions *map[string]any) {
		addTo(p.Nodes, sid, actions, resources, conditions)
	}
	executions := []*string{arnOf(scope, "ssm", "automation-execution", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME)}
	// Both list, and take no resource.
	allow("FindNodes", []string{"ssm:DescribeInstanceInformation", "ssm:DescribeAutomationExecutions"}, []*string{jsii.String("*")}, nil)
	// A description is asked for against the document alone, a start against all three. Each ARN stands once: a policy has little room.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
	allow("StartRunbooks", []string{"ssm:DescribeDocument", "ssm:StartAutomationExecution"}, documents, nil)
	allow("StartExecutions", []string{"ssm:StartAutomationExecution"}, append(definitions, executions...), nil)
	allow("FollowRunbooks", []string{"ssm:GetAutomationExecution", "ssm:StopAutomationExecution"}, executions, nil)
	if automation.Role != nil {
		passes = append(passes, automation.Role.RoleArn())
	}
	for _, role := range ofAll(servers, rolesOf) {
		passes = append(passes, jsii.String(role))
	}
	if len(passes) > 0 {
		allow("PassRunbookRoles", []string{"iam:PassRole"}, passes,
			&map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "ssm.amazonaws.com"}})
	}
	for _, calendar := range ofAll(servers, calendarsOf) {
		arn := jsii.String(calendar)
		if !strings.HasPrefix(calendar, "arn:") {
			arn = ssmARN(scope, *awscdk.Stack_Of(scope).Account(), "document/"+calendar)
		}
		calendars = append(calendars, arn)
	}
	if len(calendars) > 0 {
		allow("ReadCalendars", []string{"ssm:GetCalendarState"}, calendars, nil)
	}
	for _, runbook := range automation.Documents {
		p.environment[runbook.Variable] = runbook.Document.Ref()
	}
}

// What a server of Systems Manager brings into the policy. A runbook of the user's own runs as the role that the parameter
// AutomationAssumeRole names, if it has one.
func runbookOf(s settings.Server) []string {
	if s.Backend != settings.BackendSSM {
		return nil
	}
	return []string{s.Runbook}
}
func rolesOf(s settings.Server) []string     { return s.Parameters["AutomationAssumeRole"] }
func calendarsOf(s settings.Server) []string { return s.Calendars }

// ofAll are the values that servers have, each once.
func ofAll(servers []settings.Server, of func(settings.Server) []string) []string {
	var all []string
	for _, server := range servers {
		for _, value := range of(server) {
			if !slices.Contains(all, value) {
				all = append(all, value)
			}
		}
	}
	return all
}

// mostARNs is how much of a role's policy the servers' ARNs may take. All inline policies of a role have 10,240 characters
// together (IAM quotas); the other statements need less than 1,700 of them, and those for Systems Manager, if it is used, mostNodes.
const (
	mostARNs  = 8500
	mostNodes = 4000
)

func listable(names []string, room int) bool {
	const longest = `"arn:aws-us-gov:opsworks-cm:ap-southeast-1:123456789012:server//*",`
	size := 0
	for _, name := range names {
		size += len(longest) + len(name)
	}
	return size <= room
}

// Grant gives the function its environment, and makes it wait for the policy: a function that starts before its role may
// do anything would fail its first events.
func (p *Permissions) Grant(f *Function) {
	for _, name := range sortedKeys(p.environment) {
		f.Function.AddEnvironment(jsii.String(name), p.environment[name], nil)
	}
	f.Function.Node().AddDependency(p.Policy)
	if p.Nodes != nil {
		f.Function.Node().AddDependency(p.Nodes)
	}
}
