package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/infra/runbooks"
	"opsworks-maintenance/lambda/settings"
)

// Automation is what the stack has and uses of Systems Manager Automation: the runbooks of this project that the settings name, and the
// role they run as.
type Automation struct {
	constructs.Construct
	Role      awsiam.Role    // nil if there is no runbook
	Policy    awsiam.Policy  // of the role
	Documents []namedRunbook // in the order of runbooks.All
	servers   []settings.Server
}

// AutomationProps says for which servers; those of other backends do not count.
type AutomationProps struct {
	Servers []settings.Server
}

// namedRunbook is a runbook with the environment variable that tells the function its name.
type namedRunbook struct {
	Document awsssm.CfnDocument
	Variable string
}

// NewAutomation makes the runbooks. Their content cannot change under a name, which is why a hash of it is in the name: a run that goes on
// is never given other steps than it began with.
func NewAutomation(scope constructs.Construct, id string, props *AutomationProps) *Automation {
	a := &Automation{Construct: constructs.NewConstruct(scope, jsii.String(id)), servers: props.Servers}
	for _, runbook := range runbooks.All() {
		if !slices.ContainsFunc(a.servers, func(s settings.Server) bool { return s.Runbook == runbook.Name }) {
			continue
		}
		if a.Role == nil {
			a.newRole()
		}
		document := awsssm.NewCfnDocument(a.Construct, jsii.String(runbook.Name), &awsssm.CfnDocumentProps{
			Name:           jsii.String(documentName(nameOf(a.Construct), runbook.Name)),
			DocumentType:   jsii.String("Automation"),
			DocumentFormat: jsii.String("JSON"),
			Content:        runbook.Document(*a.Role.RoleArn()),
		})
		document.Node().AddDependency(a.Policy)
		a.Documents = append(a.Documents, namedRunbook{document, settings.Runbooks()[runbook.Name]})
	}
	return a
}

// documentName is the name that a server's runbook has in the account: one of ours is named by the stack and by its content.
func documentName(stack, runbook string) string {
	for _, ours := range runbooks.All() {
		if ours.Name == runbook {
			return stack + "-" + runbook + "-" + ours.Hash()
		}
	}
	return runbook
}

// newRole makes a role that only automations of this account may take. It lets the runbooks send commands to the servers' nodes, and see
// what became of them. That is what aws:runCommand calls, as public policies have it: no document of AWS lists it.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/cross-service-confused-deputy-prevention.html
func (a *Automation) newRole() {
	description := "What the runbooks of " + nameOf(a.Construct) + " may do"
	a.Role, a.Policy = newRole(a.Construct, description, service("ssm.amazonaws.com", &map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(a.Construct).Account()},
		"ArnLike":      map[string]any{"aws:SourceArn": a.executions()},
	}))
	var documents []*string
	for _, name := range []string{"AWS-RunShellScript", "AWS-RunPatchBaseline"} {
		documents = append(documents, ssmARN(a.Construct, "", "document/"+name))
	}
	allow(a.Policy, "RunCommands", []string{"ssm:SendCommand"}, documents, nil)
	nodes := []*string{
		arnOf(a.Construct, "ec2", "instance", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME),
		arnOf(a.Construct, "ssm", "managed-instance", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME),
	}
	tags, fit := nodeTags(a.servers)
	for i, tag := range tags {
		condition := map[string]any{"StringEquals": map[string]any{"ssm:resourceTag/" + tag.key: tag.serverNames}}
		if !fit {
			// Too many for a role's policy. Which node a run is for, the function decides.
			condition = map[string]any{"Null": map[string]any{"ssm:resourceTag/" + tag.key: "false"}}
		}
		sid := "RunCommandsOnNodes"
		if i > 0 {
			sid += strconv.Itoa(i + 1)
		}
		allow(a.Policy, sid, []string{"ssm:SendCommand"}, nodes, &condition)
	}
	allow(a.Policy, "FollowCommands", []string{
		"ssm:CancelCommand", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands",
	}, []*string{jsii.String("*")}, nil)
}

// executions is the ARN of all executions of this account: what has started has an id only then.
func (a *Automation) executions() *string {
	return arnOf(a.Construct, "ssm", "automation-execution", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME)
}

// nodeTag is a tag's key and the servers whose nodes carry it.
type nodeTag struct {
	key         string
	serverNames []string
}

// nodeTags are those of the servers that have a runbook of ours, and whether all names fit into a policy.
func nodeTags(servers []settings.Server) (all []nodeTag, fit bool) {
	var names []string
	for _, server := range servers {
		if _, ours := settings.Runbooks()[server.Runbook]; !ours {
			continue
		}
		i := slices.IndexFunc(all, func(t nodeTag) bool { return t.key == server.TagKey })
		if i < 0 {
			i, all = len(all), append(all, nodeTag{key: server.TagKey})
		}
		all[i].serverNames, names = append(all[i].serverNames, server.Name), append(names, server.Name)
	}
	return all, fitInPolicy(names, maxServerChars)
}

// GrantTo lets the function find the servers' nodes, check and start their runbooks, and follow and stop what it started. It gives
// nothing where no server is one of Systems Manager.
func (a *Automation) GrantTo(f *Function) {
	var documents, definitions, roles, calendars []*string
	for _, runbook := range distinctValues(a.servers, runbookOf) {
		arns := runbookARNs(a.Construct, documentName(nameOf(a.Construct), runbook))
		documents, definitions = append(documents, arns[0]), append(definitions, arns[1:]...)
	}
	if len(documents) == 0 {
		return
	}
	policy := f.AddPolicy("Automation")
	keepLogicalID(policy, "PermissionsNodes21644C55")
	anything, executions := []*string{jsii.String("*")}, []*string{a.executions()}
	// Both list, and take no resource.
	allow(policy, "ListNodesAndExecutions", []string{"ssm:DescribeInstanceInformation", "ssm:DescribeAutomationExecutions"}, anything, nil)
	// A description is asked for against the document alone, a start against all three. Each ARN stands once: a policy has little room.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
	allow(policy, "StartRunbooks", []string{"ssm:DescribeDocument", "ssm:StartAutomationExecution"}, documents, nil)
	allow(policy, "StartExecutions", []string{"ssm:StartAutomationExecution"}, append(definitions, executions...), nil)
	allow(policy, "GetAndStopExecutions", []string{"ssm:GetAutomationExecution", "ssm:StopAutomationExecution"}, executions, nil)
	if a.Role != nil {
		roles = append(roles, a.Role.RoleArn())
	}
	for _, role := range distinctValues(a.servers, rolesOf) {
		roles = append(roles, jsii.String(role))
	}
	if len(roles) > 0 {
		allow(policy, "PassRunbookRoles", []string{"iam:PassRole"}, roles,
			&map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "ssm.amazonaws.com"}})
	}
	for _, calendar := range distinctValues(a.servers, calendarsOf) {
		arn := jsii.String(calendar)
		if !strings.HasPrefix(calendar, "arn:") {
			arn = ssmARN(a.Construct, *awscdk.Stack_Of(a.Construct).Account(), "document/"+calendar)
		}
		calendars = append(calendars, arn)
	}
	if len(calendars) > 0 {
		allow(policy, "ReadCalendars", []string{"ssm:GetCalendarState"}, calendars, nil)
	}
	for _, runbook := range a.Documents {
		f.SetEnvironment(runbook.Variable, runbook.Document.Ref())
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

// ssmARN is the ARN of something of Systems Manager. What AWS owns has no account.
func ssmARN(scope constructs.Construct, account, resource string) *string {
	stack := awscdk.Stack_Of(scope)
	return jsii.String("arn:" + *stack.Partition() + ":ssm:" + *stack.Region() + ":" + account + ":" + resource)
}

// runbookARNs are what a start of a runbook may be asked against. Sources disagree: AWS's newer examples name the document and the
// execution, the older ones the definition with its version.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html
func runbookARNs(scope constructs.Construct, runbook string) []*string {
	name := runbook[strings.LastIndexByte(runbook, '/')+1:]
	owner, _, shared := strings.Cut(runbook, ":document/") // by another account
	var all []*string
	for _, resource := range []string{"document/" + name, "automation-definition/" + name + ":*"} {
		switch {
		case shared:
			all = append(all, jsii.String(owner+":"+resource))
		case strings.HasPrefix(name, "AWS-") || strings.HasPrefix(name, "AWSEC2-") || strings.HasPrefix(name, "AWSSupport-"):
			all = append(all, ssmARN(scope, "", resource))
		default:
			all = append(all, ssmARN(scope, *awscdk.Stack_Of(scope).Account(), resource))
		}
	}
	return all
}
