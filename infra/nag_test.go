package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// suppressed are the findings of cdk-nag's AwsSolutions rules that are left as they are, each with its reason.
var suppressed = []struct{ path, rule, about, reason string }{
	{"Function/Automation/Resource", "AwsSolutions-IAM5",
		"/^Resource::(\\*|arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:automation-(definition/.*:|execution/)\\*)$/",
		"Lists take no resource; any version of a runbook; the id of an execution is known when it has begun."},
	{"Function/Automation/Resource", "AwsSolutions-IAM5",
		"/^Resource::arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/" + anyContent + "$/",
		"During an update the function asks for a runbook's content of before."},
	{"Automation/Policy/Resource", "AwsSolutions-IAM5",
		"/^Resource::(\\*|arn:<AWS::Partition>:(ec2|ssm):<AWS::Region>:<AWS::AccountId>:(managed-)?instance/\\*)$/",
		"Following a command takes no resource; the condition on the nodes' tag says which of them."},
	{"Function/Policy/Resource", "AwsSolutions-IAM5", "/^Resource::\\*$/", "A sweep looks at all servers in one call, which names none."},
	{"Function/Policy/Resource", "AwsSolutions-IAM5", "/^Resource::arn:<AWS::Partition>:opsworks-cm:<AWS::Region>:<AWS::AccountId>:server/",
		"A server's ARN ends in an id that only OpsWorks CM knows; too many servers for a policy are kept apart by the settings."},
}

func TestStack_Nag(t *testing.T) {
	needNode(t)
	for name, document := range map[string]string{"cdk.json": inCDKJSON(t), "everything": everything, "1,000 servers": fleet(1000)} {
		t.Run(name, func(t *testing.T) {
			app, stack, _ := build(t, document)
			awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
			for _, s := range suppressed {
				cdknag.NagSuppressions_AddResourceSuppressionsByPath(stack.Stack, "/"+stackName+"/"+s.path,
					&[]*cdknag.NagPackSuppression{{
						Id: jsii.String(s.rule), Reason: jsii.String(s.reason), AppliesTo: &[]any{&cdknag.RegexAppliesTo{Regex: jsii.String(s.about)}},
					}}, nil)
			}
			found := assertions.Annotations_FromStack(stack.Stack)
			anything, rules := jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String("(AwsSolutions-|CdkNag).*"))
			for _, finding := range append(annotations(found.FindError(anything, rules)), annotations(found.FindWarning(anything, rules))...) {
				t.Errorf("%.500s", finding)
			}
		})
	}
	// A checker that finds nothing because it does not look is no checker.
	t.Run("without suppressions", func(t *testing.T) {
		app, stack, _ := build(t, inCDKJSON(t))
		awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(nil), nil)
		rules := assertions.Match_StringLikeRegexp(jsii.String("AwsSolutions-.*"))
		findings := annotations(assertions.Annotations_FromStack(stack.Stack).FindError(jsii.String("*"), rules))
		for _, s := range suppressed {
			seen := false
			for _, finding := range findings {
				seen = seen || strings.HasSuffix(finding.ID, s.path) && strings.Contains(finding.String(), s.rule)
			}
			if !seen {
				t.Errorf("%s is not found at %s: the suppression can go", s.rule, s.path)
			}
		}
	})
}
