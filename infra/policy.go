package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// newRole makes a role that a service takes, and the policy that says what it may do.
func newRole(scope constructs.Construct, description string, assumedBy awsiam.IPrincipal) (awsiam.Role, awsiam.Policy) {
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{Description: jsii.String(description), AssumedBy: assumedBy})
	return role, awsiam.NewPolicy(scope, jsii.String("Policy"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{role}})
}

// allow makes each need a statement with a name.
func allow(policy awsiam.Policy, sid string, actions []string, resources []*string, conditions *map[string]any) {
	policy.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: &resources, Conditions: conditions,
	}))
}

// deny takes from a role what another statement gives it.
func deny(policy awsiam.Policy, sid string, actions []string, resources []*string, conditions *map[string]any) {
	policy.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Effect: awsiam.Effect_DENY,
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: &resources, Conditions: conditions,
	}))
}

// service is an AWS service as a principal.
func service(name string, conditions *map[string]any) awsiam.ServicePrincipal {
	return awsiam.NewServicePrincipal(jsii.String(name), &awsiam.ServicePrincipalOpts{Conditions: conditions})
}

// sourceIs keeps a service from being used by others to reach us. It asks for the ARNs only, which have the account in them: that
// every service says aws:SourceAccount too is documented nowhere, and one that does not would be shut out silently.
func sourceIs(arns ...*string) *map[string]any {
	return &map[string]any{"ArnLike": map[string]any{"aws:SourceArn": &arns}}
}

// arnOf is the ARN of a resource of this account and Region.
func arnOf(scope constructs.Construct, service, resource, name string, format awscdk.ArnFormat) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String(service), Resource: jsii.String(resource), ResourceName: jsii.String(name), ArnFormat: format,
	})
}

// distinctValues are the values that servers have, each once.
func distinctValues(servers []settings.Server, of func(settings.Server) []string) []string {
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

// All inline policies of a role have 10,240 characters together (IAM quotas). policyFrame is what a policy takes around its statements.
const (
	rolePolicyChars = 10240
	policyFrame     = len(`{"Statement":[],"Version":"2012-10-17"}`)
)

// roomFor is how many characters the policies of the function's role have for what the servers bring into them. What any stack has there
// takes the rest, and what this deployment asks for; a test holds it to the template.
func roomFor(d check.Deployment) int {
	const usual, ofSubnets, ofNames = 2200, 700, 12
	fixed := usual + ofNames*max(0, len(d.Name)-len(settings.DefaultName)) + len(d.LogGroup)
	if len(d.Subnets) > 0 {
		fixed += ofSubnets
	}
	return rolePolicyChars - fixed
}

// place is where ARNs lead: a partition, a Region and an account.
type place struct{ partition, region, account string }

// longestPlace is no place of the stack, but has what is longest of each: a policy that fits with it fits anywhere.
var longestPlace = place{"aws-us-gov", "us-isof-south-1", "123456789012"}

// longestRole is as long as the ARN of a role that CloudFormation names can be, in this path.
func longestRole(path string) string {
	return "arn:aws-us-gov:iam::123456789012:role" + cmp.Or(path, "/") + strings.Repeat("r", 64)
}

// placeOf is that of the stack, in tokens.
func placeOf(scope constructs.Construct) place {
	stack := awscdk.Stack_Of(scope)
	return place{*stack.Partition(), *stack.Region(), *stack.Account()}
}

func (at place) arn(service, resource string) string {
	return "arn:" + at.partition + ":" + service + ":" + at.region + ":" + at.account + ":" + resource
}

// permission is a statement that allows something. It is made of texts, so that its size is known before a stack is made of it.
type permission struct {
	Sid       string
	Action    []string
	Resource  []string
	Condition map[string]any `json:",omitempty"`
}

// grant gives a policy these permissions.
func grant(policy awsiam.Policy, permissions []permission) {
	for _, p := range permissions {
		var condition *map[string]any
		if p.Condition != nil {
			condition = &p.Condition
		}
		allow(policy, p.Sid, p.Action, *jsii.Strings(p.Resource...), condition)
	}
}

// chars is how many characters of a role's policies the permissions take.
func chars(permissions []permission) int {
	n := 0
	for _, p := range permissions {
		b, err := json.Marshal(p)
		if err != nil {
			panic(err) // texts, lists and maps of texts always encode
		}
		n += len(b) + len(`"Effect":"Allow",,`)
	}
	return n
}
