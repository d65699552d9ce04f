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

// Automation is the runbooks of this project that the settings name, and the role they run as.
type Automation struct {
	Role      awsiam.Role    // nil if there is no runbook
	Policy    awsiam.Policy  // of the role
	Documents []namedRunbook // in the order of runbooks.All
	scope     constructs.Construct
}

// namedRunbook is a runbook with the environment variable that tells the function its name.
type namedRunbook struct {
	Document awsssm.CfnDocument
	Variable string
}

// NewAutomation makes the runbooks. Their content cannot change under a name, which is why a hash of it is in the name: a run that goes on
// is never given other steps than it began with.
func NewAutomation(parent constructs.Construct, servers []settings.Server) *Automation {
	a := &Automation{}
	for _, runbook := range runbooks.All() {
		if !slices.ContainsFunc(servers, func(s settings.Server) bool { return s.Runbook == runbook.Name }) {
			continue
		}
		if a.Role == nil {
			a.scope = constructs.NewConstruct(parent, jsii.String("Automation"))
			a.newRole()
		}
		document := awsssm.NewCfnDocument(a.scope, jsii.String(runbook.Name), &awsssm.CfnDocumentProps{
			Name:           jsii.String(deployed(runbook.Name)),
			DocumentType:   jsii.String("Automation"),
			DocumentFormat: jsii.String("JSON"),
			Content:        runbook.Document(*a.Role.RoleArn()),
		})
		document.Node().AddDependency(a.Policy)
		a.Documents = append(a.Documents, namedRunbook{document, settings.Runbooks()[runbook.Name]})
	}
	if a.Role != nil {
		a.runOn(servers)
	}
	return a
}

// deployed is the name that a server's runbook has in the account: one of ours is named by its content.
func deployed(name string) string {
	for _, runbook := range runbooks.All() {
		if runbook.Name == name {
			return stackName + "-" + name + "-" + runbook.Hash()
		}
	}
	return name
}

// newRole makes a role that only automations of this account may take.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/cross-service-confused-deputy-prevention.html
func (a *Automation) newRole() {
	scope := a.scope
	a.Role = awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Description: jsii.String("What the runbooks of " + stackName + " may do"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ssm.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(scope).Account()},
			"ArnLike":      map[string]any{"aws:SourceArn": arnOf(scope, "ssm", "automation-execution", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME)},
		}}),
	})
	a.Policy = awsiam.NewPolicy(scope, jsii.String("Policy"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{a.Role}})
}

func (a *Automation) allow(sid string, actions []string, resources []*string, conditions *map[string]any) {
	addTo(a.Policy, sid, actions, resources, conditions)
}

// runOn lets the runbooks send commands to the servers' nodes, and see what became of them. That is what aws:runCommand calls, as public
// policies have it: no document of AWS lists it.
func (a *Automation) runOn(servers []settings.Server) {
	var documents []*string
	for _, name := range []string{"AWS-RunShellScript", "AWS-RunPatchBaseline"} {
		documents = append(documents, ssmARN(a.Role, "", "document/"+name))
	}
	a.allow("RunCommands", []string{"ssm:SendCommand"}, documents, nil)
	nodes := []*string{
		arnOf(a.Role, "ec2", "instance", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME),
		arnOf(a.Role, "ssm", "managed-instance", "*", awscdk.ArnFormat_SLASH_RESOURCE_NAME),
	}
	tags, fit := tags(servers)
	for i, tag := range tags {
		condition := map[string]any{"StringEquals": map[string]any{"ssm:resourceTag/" + tag.key: tag.names}}
		if !fit {
			// Too many for a role's policy. Which node a run is for, the function decides.
			condition = map[string]any{"Null": map[string]any{"ssm:resourceTag/" + tag.key: "false"}}
		}
		sid := "OnServers"
		if i > 0 {
			sid += strconv.Itoa(i + 1)
		}
		a.allow(sid, []string{"ssm:SendCommand"}, nodes, &condition)
	}
	a.allow("FollowCommands", []string{
		"ssm:CancelCommand", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands",
	}, []*string{jsii.String("*")}, nil)
}

// tag is a key and the servers whose nodes carry it.
type tag struct {
	key   string
	names []string
}

// tags are those of the servers that have a runbook of ours, and whether all names fit into a policy.
func tags(servers []settings.Server) (all []tag, fit bool) {
	var names []string
	for _, server := range servers {
		if _, ours := settings.Runbooks()[server.Runbook]; !ours {
			continue
		}
		i := slices.IndexFunc(all, func(t tag) bool { return t.key == server.TagKey })
		if i < 0 {
			i, all = len(all), append(all, tag{key: server.TagKey})
		}
		all[i].names, names = append(all[i].names, server.Name), append(names, server.Name)
	}
	return all, listable(names, mostARNs)
}

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
