package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
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

// sourceIs keeps a service from being used by others to reach us. It asks for the ARN only, which has the account in it: that
// every service says aws:SourceAccount too is documented nowhere, and one that does not would be shut out silently.
func sourceIs(arn *string) *map[string]any {
	return &map[string]any{"ArnLike": map[string]any{"aws:SourceArn": arn}}
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

// maxServerChars is how much of a role's policies the servers' ARNs may take. All inline policies of a role have 10,240 characters
// together (IAM quotas); the other statements need less than 1,700 of them, and those for Systems Manager, if it is used,
// maxAutomationChars.
const (
	maxServerChars     = 8500
	maxAutomationChars = 4000
)

// fitInPolicy tells whether servers' ARNs with these names take at most so many characters of a policy.
func fitInPolicy(names []string, chars int) bool {
	const longest = `"arn:aws-us-gov:opsworks-cm:ap-southeast-1:123456789012:server//*",`
	size := 0
	for _, name := range names {
		size += len(longest) + len(name)
	}
	return size <= chars
}
