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
	constructs.Construct
	Key     awskms.IKey
	Text    awssns.Topic
	Records awssns.Topic
	Chat    awssns.Topic
	// Channels are those of Slack that get what the chat topic gets.
	Channels []settings.Slack
}

// TopicsProps says who is notified, and of what.
type TopicsProps struct {
	Subscriptions []settings.Subscription
	// Key is the ARN of a key that is there already; empty: the topics get one of their own.
	Key string
}

// NewTopics makes the topics and the mailboxes' subscriptions.
func NewTopics(scope constructs.Construct, id string, props *TopicsProps) *Topics {
	t := &Topics{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	if props.Key != "" {
		t.Key = awskms.Key_FromKeyArn(t.Construct, jsii.String("Key"), jsii.String(props.Key))
	} else {
		t.Key = newKey(t.Construct)
	}
	t.Text = t.newTopic("Text", nameOf(t.Construct))
	// The function's own alarms speak here too. A topic with a policy of its own has lost the default one, which lets CloudWatch in.
	t.Text.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("PublishAlarms"),
		Principals: &[]awsiam.IPrincipal{service("cloudwatch.amazonaws.com", nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{t.Text.TopicArn()},
		Conditions: sourceIs(arnOf(t.Construct, "cloudwatch", "alarm", nameOf(t.Construct)+"-*", awscdk.ArnFormat_COLON_RESOURCE_NAME)),
	}))
	for _, s := range props.Subscriptions {
		switch {
		case s.Slack != settings.Slack{}:
			t.Channels = append(t.Channels, s.Slack)
			t.newChat()
		case s.Chat:
			t.newChat()
		case s.Records:
			t.Records = t.newTopic("Records", nameOf(t.Construct)+settings.TopicRecords)
		default:
			t.Text.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(s.Email),
				&awssnssubscriptions.EmailSubscriptionProps{FilterPolicy: filterPolicy(s)}))
		}
	}
	return t
}

// newChat makes the one topic of all channels, and of those that somebody configures outside of this stack.
func (t *Topics) newChat() {
	if t.Chat == nil {
		t.Chat = t.newTopic("Chat", nameOf(t.Construct)+settings.TopicChat)
	}
}

// newKey makes the key of the topics. It has to be our own: CloudWatch may not use the one AWS manages for SNS, and an alarm
// that cannot be published is lost without a word.
func newKey(scope constructs.Construct) awskms.Key {
	key := awskms.NewKey(scope, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String(nameOf(scope) + ": messages in its SNS topics"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_DESTROY, // nothing at rest needs it: SNS keeps no message
	})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("EncryptAlarms"),
		Principals: &[]awsiam.IPrincipal{service("cloudwatch.amazonaws.com", nil)},
		Actions:    jsii.Strings("kms:GenerateDataKey", "kms:Decrypt"),
		Resources:  jsii.Strings("*"), // in a key's policy: this key
		// No condition on the account: no document says that CloudWatch's use of a key carries it. The topic's policy has one.
	}), nil)
	return key
}

func (t *Topics) newTopic(id, name string) awssns.Topic {
	return awssns.NewTopic(t.Construct, jsii.String(id), &awssns.TopicProps{
		TopicName:  jsii.String(name),
		MasterKey:  t.Key,
		EnforceSSL: jsii.Bool(true),
	})
}

// filterPolicy lets a mailbox have some outcomes, or some servers, only. CloudWatch's messages carry no attributes, so a policy that did
// not say that one may be missing would keep the function's own alarms from the mailbox.
func filterPolicy(s settings.Subscription) *map[string]awssns.SubscriptionFilter {
	policy := map[string]awssns.SubscriptionFilter{}
	for attribute, values := range map[string][]string{"outcome": s.Only, "server": s.Servers} {
		if len(values) == 0 {
			continue
		}
		conditions := make([]any, 0, len(values)+1)
		for _, value := range values {
			conditions = append(conditions, value)
		}
		conditions = append(conditions, map[string]bool{"exists": false})
		policy[attribute] = awssns.NewSubscriptionFilter(&conditions)
	}
	if len(policy) == 0 {
		return nil
	}
	return &policy
}

// namedTopic is a topic with the environment variable that tells the function of it, and the stack output that tells people.
type namedTopic struct {
	Topic                         awssns.Topic
	Variable, Output, Description string
}

// All are the topics that there are.
func (t *Topics) All() []namedTopic {
	var all []namedTopic
	for _, named := range []namedTopic{
		{t.Text, settings.EnvTopicARN, "TopicArn", "messages as text, for mailboxes"},
		{t.Records, settings.EnvRecordsTopicARN, "RecordsTopicArn", "messages for machines: JSON records"},
		{t.Chat, settings.EnvChatTopicARN, "ChatTopicArn", "messages for chat channels; connect it in Amazon Q Developer in chat applications"},
	} {
		if named.Topic != nil {
			all = append(all, named)
		}
	}
	return all
}

// GrantPublish lets the function publish to the topics, and use their key, through SNS only.
func (t *Topics) GrantPublish(f *Function) {
	var arns []*string
	for _, named := range t.All() {
		arns = append(arns, named.Topic.TopicArn())
		f.SetEnvironment(named.Variable, named.Topic.TopicArn())
	}
	f.Allow("PublishNotifications", []string{"sns:Publish"}, arns, nil)
	stack := awscdk.Stack_Of(t.Construct)
	f.Allow("EncryptNotifications", []string{"kms:GenerateDataKey", "kms:Decrypt"}, []*string{t.Key.KeyArn()},
		&map[string]any{"StringEquals": map[string]any{"kms:ViaService": "sns." + *stack.Region() + "." + *stack.UrlSuffix()}})
}
