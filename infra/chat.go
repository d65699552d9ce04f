package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Chat is what Amazon Q Developer in chat applications, whose types CloudFormation calls Chatbot, has to know: the buttons below messages,
// which call the function's alias for operators, and the channels of Slack. A button cannot say who pressed it: in a channel, everybody may
// do what its role may, and the role may invoke that alias and nothing else.
type Chat struct {
	constructs.Construct
	Buttons []awschatbot.CfnCustomAction
	// Role is that of the channels; nil where there is none.
	Role awsiam.Role
}

// ChatProps is what the chat is built from.
type ChatProps struct {
	Topic     awssns.Topic
	Operators awscdk.CfnResource // the alias; its reference is its ARN
	Channels  []settings.Slack
}

// button is a custom action. Its payload is sent where the message has its verb, with what the message gives for it.
type button struct{ verb, text, payload string }

// buttons are those that a message may ask for: message.ChatButtons.
var buttons = []button{
	{"approve", "Approve this run", `{"approve":{"runId":"$approve","by":"chat"}}`},
	{"stop", "Stop this run, or call it off", `{"stop":{"runId":"$stop"}}`},
	{"hold", "Hold this server for 24 hours", `{"hold":{"serverName":"$hold","by":"chat"}}`},
	{"plan", "What would happen now?", `{"plan":{"serverName":"$plan"}}`},
}

// NewChat makes the buttons, and the channels with their role. A name here is the account's, in all Regions.
func NewChat(scope constructs.Construct, id string, props *ChatProps) *Chat {
	c := &Chat{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	var arns []*string
	for _, b := range buttons {
		action := c.newButton(b, props.Operators.Ref())
		c.Buttons, arns = append(c.Buttons, action), append(arns, action.AttrCustomActionArn())
	}
	if len(props.Channels) == 0 {
		return c
	}
	policy := c.newRole(props.Operators.Ref())
	for _, channel := range props.Channels {
		awschatbot.NewCfnSlackChannelConfiguration(c.Construct, jsii.String(channel.Workspace+channel.Channel),
			&awschatbot.CfnSlackChannelConfigurationProps{
				ConfigurationName: c.name(channel.Channel),
				SlackWorkspaceId:  jsii.String(channel.Workspace),
				SlackChannelId:    jsii.String(channel.Channel),
				SnsTopicArns:      &[]any{props.Topic.TopicArn()},
				IamRoleArn:        c.Role.RoleArn(),
				// Without a guardrail of one's own it is AdministratorAccess.
				GuardrailPolicies:         &[]*string{policy.ManagedPolicyArn()},
				CustomizationResourceArns: &arns,
			})
	}
	return c
}

// newButton makes a custom action. That a custom notification is of the type Custom, and where in it a variable is found, is written in no
// document of AWS: it is what stacks that others published use, and not tried. CloudFormation takes commands of 5,000 characters, the
// service's API of 100; these have some 180.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-chatbot-customaction-customactiondefinition.html
// https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CustomActionAttachment.html
func (c *Chat) newButton(b button, operators *string) awschatbot.CfnCustomAction {
	return awschatbot.NewCfnCustomAction(c.Construct, jsii.String(b.verb), &awschatbot.CfnCustomActionProps{
		ActionName: c.name(b.verb),
		Definition: &awschatbot.CfnCustomAction_CustomActionDefinitionProperty{
			CommandText: jsii.String(fmt.Sprintf("lambda invoke --function-name %s --region %s --payload %s", *operators,
				*awscdk.Stack_Of(c.Construct).Region(), b.payload)),
		},
		Attachments: &[]any{&awschatbot.CfnCustomAction_CustomActionAttachmentProperty{
			NotificationType: jsii.String("Custom"),
			ButtonText:       jsii.String(b.text),
			Variables:        &map[string]*string{b.verb: jsii.String("event.metadata.additionalContext." + b.verb)},
			Criteria: &[]any{&awschatbot.CfnCustomAction_CustomActionAttachmentCriteriaProperty{
				Operator: jsii.String("HAS_VALUE"), VariableName: jsii.String(b.verb),
			}},
		}},
	})
}

// newRole makes the role of the channels; the policy that it returns is all that the role may, and their guardrail.
func (c *Chat) newRole(operators *string) awsiam.ManagedPolicy {
	policy := awsiam.NewManagedPolicy(c.Construct, jsii.String("Operate"), &awsiam.ManagedPolicyProps{
		Description: jsii.String("What the chat channels of " + nameOf(c.Construct) + " may do"),
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Operate"), Actions: jsii.Strings("lambda:InvokeFunction"), Resources: &[]*string{operators},
		})},
	})
	c.Role = awsiam.NewRole(c.Construct, jsii.String("Role"), &awsiam.RoleProps{
		Description:     jsii.String("What the chat channels of " + nameOf(c.Construct) + " may do"),
		AssumedBy:       service("chatbot.amazonaws.com", nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{policy},
	})
	return policy
}

// name is unique in an account: with the stack's longest name and the longest Region's 63 of 64 characters.
func (c *Chat) name(of string) *string {
	return jsii.String(nameOf(c.Construct) + "-" + *awscdk.Stack_Of(c.Construct).Region() + "-" + of)
}

// ARNs are those of the buttons, for a channel that somebody configures outside of this stack.
func (c *Chat) ARNs() *string {
	var arns []*string
	for _, b := range c.Buttons {
		arns = append(arns, b.AttrCustomActionArn())
	}
	return awscdk.Fn_Join(jsii.String(" "), &arns)
}
