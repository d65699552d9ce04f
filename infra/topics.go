package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
)

// Topics are one SNS topic per audience, so that each has one format. Records and Chat are nil unless the settings ask for them.
type Topics struct {
	Key     awskms.Key
	Text    awssns.Topic
	Records awssns.Topic
	Chat    awssns.Topic
}

// NewTopics makes the topics and the mailboxes' subscriptions.
func NewTopics(parent constructs.Construct, notify []settings.Subscription) *Topics {
	scope := constructs.NewConstruct(parent, jsii.String("Topics"))
	t := &Topics{Key: newKey(scope)}
	t.Text = t.topic(scope, "Text", stackName)
	// The function's own alarms speak here too. A topic with a policy of its own has lost the default one, which lets CloudWatch in.
	t.Text.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("OwnAlarms"),
		Principals: &[]awsiam.IPrincipal{cloudWatch()},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{t.Text.TopicArn()},
		Conditions: from(arnOf(scope, "cloudwatch", "alarm", settings.OwnAlarmPrefix+"*", awscdk.ArnFormat_COLON_RESOURCE_NAME)),
	}))
	for _, s := range notify {
		switch {
		case s.Chat:
			t.Chat = t.topic(scope, "Chat", stackName+"-chat")
		case s.Records:
			t.Records = t.topic(scope, "Records", stackName+"-records")
		default:
			t.Text.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(s.Email),
				&awssnssubscriptions.EmailSubscriptionProps{FilterPolicy: filterPolicy(s.Only)}))
		}
	}
	return t
}

// newKey makes the key of the topics. It has to be our own: CloudWatch may not use the one AWS manages for SNS, and an alarm
// that cannot be published is lost without a word.
func newKey(scope constructs.Construct) awskms.Key {
	key := awskms.NewKey(scope, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String(stackName + ": messages in its SNS topics"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_DESTROY, // nothing at rest needs it: SNS keeps no message
	})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("Alarms"),
		Principals: &[]awsiam.IPrincipal{cloudWatch()},
		Actions:    jsii.Strings("kms:GenerateDataKey", "kms:Decrypt"),
		Resources:  jsii.Strings("*"), // in a key's policy: this key
		// No condition on the account: no document says that CloudWatch's use of a key carries it. The topic's policy has one.
	}), nil)
	return key
}

func (t *Topics) topic(scope constructs.Construct, id, name string) awssns.Topic {
	return awssns.NewTopic(scope, jsii.String(id), &awssns.TopicProps{
		TopicName:  jsii.String(name),
		MasterKey:  t.Key,
		EnforceSSL: jsii.Bool(true),
	})
}

// filterPolicy lets a mailbox have some outcomes only. CloudWatch's messages carry no attributes, so a policy that did not say
// that outcome may be missing would keep the function's own alarms from the mailbox.
func filterPolicy(only []string) *map[string]awssns.SubscriptionFilter {
	if len(only) == 0 {
		return nil
	}
	conditions := make([]any, 0, len(only)+1)
	for _, outcome := range only {
		conditions = append(conditions, outcome)
	}
	conditions = append(conditions, map[string]bool{"exists": false})
	return &map[string]awssns.SubscriptionFilter{"outcome": awssns.NewSubscriptionFilter(&conditions)}
}

// namedTopic is a topic with the environment variable that tells the function of it, and the stack output that tells people.
type namedTopic struct {
	Topic                 awssns.Topic
	Variable, Output, Use string
}

// All are the topics that there are.
func (t *Topics) All() []namedTopic {
	var all []namedTopic
	for _, named := range []namedTopic{
		{t.Text, settings.EnvTopicARN, "TopicArn", "messages for people"},
		{t.Records, settings.EnvRecordsTopicARN, "RecordsTopicArn", "messages for machines: JSON records"},
		{t.Chat, settings.EnvChatTopicARN, "ChatTopicArn", "messages for chat channels; connect it in Amazon Q Developer in chat applications"},
	} {
		if named.Topic != nil {
			all = append(all, named)
		}
	}
	return all
}

func cloudWatch() awsiam.ServicePrincipal {
	return awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)
}

// from keeps a service from being used by others to reach us. It asks for the ARN only, which has the account in it: that
// every service says aws:SourceAccount too is documented nowhere, and one that does not would be shut out silently.
func from(arn *string) *map[string]any {
	return &map[string]any{"ArnLike": map[string]any{"aws:SourceArn": arn}}
}

// arnOf is the ARN of a resource of this account and Region.
func arnOf(scope constructs.Construct, service, resource, name string, format awscdk.ArnFormat) *string {
	return awscdk.Stack_Of(scope).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String(service), Resource: jsii.String(resource), ResourceName: jsii.String(name), ArnFormat: format,
	})
}
