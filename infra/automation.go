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
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// Automation is what the stack has and uses of Systems Manager Automation: the runbooks of this project, and the role they run as. They are
// there whatever servers the settings name: an execution goes on when its server has left the settings.
type Automation struct {
	constructs.Construct
	Role      awsiam.Role
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
	a.newRole()
	for _, runbook := range runbooks.All() {
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
	return nameOfContent(stack, runbook, runbooks.Runbook.Hash)
}

// permittedName is that of any content for ours: in the minutes of an update the function still asks for the document of before, and would
// be denied.
func permittedName(stack, runbook string) string {
	return nameOfContent(stack, runbook, func(runbooks.Runbook) string { return "*" })
}

// nameOfContent is that of a runbook of ours with what stands for its content, and of any other as it is.
func nameOfContent(stack, runbook string, content func(runbooks.Runbook) string) string {
	for _, ours := range runbooks.All() {
		if ours.Name == runbook {
			return stack + "-" + runbook + "-" + content(ours)
		}
	}
	return runbook
}

// newRole makes a role that only automations of this account may take.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/cross-service-confused-deputy-prevention.html
func (a *Automation) newRole() {
	at := placeOf(a.Construct)
	description := "What the runbooks of " + nameOf(a.Construct) + " may do"
	a.Role, a.Policy = newRole(a.Construct, description, service("ssm.amazonaws.com", &map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(a.Construct).Account()},
		"ArnLike":      map[string]any{"aws:SourceArn": at.executions()},
	}))
	grant(a.Policy, runbookPermissions(at, a.servers))
}

// runbookPermissions let our runbooks send commands to nodes, and see what became of them. That is what aws:runCommand calls, as public
// policies have it: no document of AWS lists it. A node is one that has the tag key by which nodes carry their servers' names: what goes on
// may be on a node whose server has left the settings. Which node a run is for, the function decides.
func runbookPermissions(at place, servers []settings.Server) []permission {
	var documents []string
	for _, name := range []string{"AWS-RunShellScript", "AWS-RunPatchBaseline"} {
		document, _ := at.runbookARNs(name)
		documents = append(documents, document)
	}
	all := []permission{{Sid: "RunCommands", Action: []string{"ssm:SendCommand"}, Resource: documents}}
	for i, key := range tagKeys(servers) {
		sid := "RunCommandsOnNodes"
		if i > 0 {
			sid += strconv.Itoa(i + 1)
		}
		all = append(all, permission{Sid: sid, Action: []string{"ssm:SendCommand"},
			Resource:  []string{at.arn("ec2", "instance/*"), at.arn("ssm", "managed-instance/*")},
			Condition: map[string]any{"Null": map[string]any{"ssm:resourceTag/" + key: "false"}}})
	}
	return append(all, permission{Sid: "FollowCommands", Action: []string{
		"ssm:CancelCommand", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands",
	}, Resource: []string{"*"}})
}

// tagKeys are those by which nodes carry their servers' names, the usual one first.
func tagKeys(servers []settings.Server) []string {
	keys := []string{maintenance.TagKey}
	for _, server := range servers {
		if server.Backend == settings.BackendSSM && !slices.Contains(keys, server.TagKey) {
			keys = append(keys, server.TagKey)
		}
	}
	return keys
}

// automationPermissions let the function find the servers' nodes, check and start their runbooks, of which ours have the stack's name and
// run as the role ourRole. To find, follow and stop what was started it may whatever servers there are: a run goes on when its server has
// left the settings.
func automationPermissions(at place, stack, ourRole string, servers []settings.Server) []permission {
	// A description is asked for against the document alone, a start against all three. Each ARN stands once: a policy has little room.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
	var documents, definitions, calendars []string
	for _, runbook := range distinctValues(servers, runbookOf) {
		document, definition := at.runbookARNs(permittedName(stack, runbook))
		documents, definitions = append(documents, document), append(definitions, definition)
	}
	for _, calendar := range distinctValues(servers, calendarsOf) {
		if _, isARN := check.ParseARN(calendar); !isARN {
			calendar = at.arn("ssm", "document/"+calendar)
		}
		calendars = append(calendars, calendar)
	}
	executions := []string{at.executions()}
	all := []permission{
		// Both list, and take no resource.
		{Sid: "ListNodesAndExecutions", Action: []string{"ssm:DescribeInstanceInformation", "ssm:DescribeAutomationExecutions"},
			Resource: []string{"*"}},
		{Sid: "StartRunbooks", Action: []string{"ssm:DescribeDocument", "ssm:StartAutomationExecution"}, Resource: documents},
		{Sid: "StartExecutions", Action: []string{"ssm:StartAutomationExecution"}, Resource: append(definitions, executions...)},
		{Sid: "GetAndStopExecutions", Action: []string{"ssm:GetAutomationExecution", "ssm:StopAutomationExecution"}, Resource: executions},
		{Sid: "PassRunbookRoles", Action: []string{"iam:PassRole"}, Resource: passedRoles(servers, ourRole),
			Condition: map[string]any{"StringEquals": map[string]any{"iam:PassedToService": "ssm.amazonaws.com"}}},
		{Sid: "ReadCalendars", Action: []string{"ssm:GetCalendarState"}, Resource: calendars},
	}
	return slices.DeleteFunc(all, func(p permission) bool {
		return len(p.Resource) == 0 || p.Sid == "StartExecutions" && len(documents) == 0
	})
}

// passedRoles are those that a start hands to Systems Manager.
func passedRoles(servers []settings.Server, ourRole string) []string {
	var roles []string
	if slices.ContainsFunc(servers, func(s settings.Server) bool { return settings.Runbooks()[s.Runbook] != "" }) {
		roles = []string{ourRole}
	}
	return append(roles, distinctValues(servers, rolesOf)...)
}

// GrantTo gives the function these permissions, and tells it the names of our runbooks.
func (a *Automation) GrantTo(f *Function) {
	policy := f.AddPolicy("Automation")
	keepLogicalID(policy, "PermissionsNodes21644C55")
	grant(policy, automationPermissions(placeOf(a.Construct), nameOf(a.Construct), *a.Role.RoleArn(), a.servers))
	for _, runbook := range a.Documents {
		f.SetEnvironment(runbook.Variable, runbook.Document.Ref())
	}
}

// What a server of Systems Manager brings into the policy. A runbook of the user's own runs as the role that its parameter names, if it has
// one.
func runbookOf(s settings.Server) []string {
	if s.Backend != settings.BackendSSM {
		return nil
	}
	return []string{s.Runbook}
}
func rolesOf(s settings.Server) []string     { return s.Parameters[settings.ParameterAssumeRole] }
func calendarsOf(s settings.Server) []string { return s.Calendars }

// executions is the ARN of all executions of this account: what has started has an id only then.
func (at place) executions() string { return at.arn("ssm", "automation-execution/*") }

// runbookARNs are what a start of a runbook may be asked against. Sources disagree: AWS's newer examples name the document and the
// execution, the older ones the definition with its version. What AWS owns has no account.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html
func (at place) runbookARNs(runbook string) (document, definition string) {
	name := runbook
	if a, isARN := check.ParseARN(runbook); isARN {
		at, name = place{a.Partition, a.Region, a.Account}, strings.TrimPrefix(a.Resource, "document/")
	} else if check.OwnedByAWS(name) {
		at.account = ""
	}
	return at.arn("ssm", "document/"+name), at.arn("ssm", "automation-definition/"+name+":*")
}
