package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings/check"
)

// maxAlarmTopics have room in the function's policy, which holds 20 KB, with a permission each and the longest names, also while an
// update has old ones beside new ones; and in the policy of the dead-letter queue, which holds 8 KB.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
const maxAlarmTopics = 12

// subscribe has topics that alarms publish to hand their messages to the function. What it cannot deliver, SNS puts into the dead-letter
// queue. A topic of another account takes the subscription only if its own policy lets this account subscribe.
// https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
func (t *Triggers) subscribe(f *Function, topics []string) {
	if len(topics) == 0 {
		return
	}
	for _, topic := range topics {
		// The ids are the topic's own: SNS gives a second subscription of one endpoint the ARN of the first, so that an update which made
		// it anew under another id would delete what it has just made.
		id := topicID(topic)
		permission := t.permitInvoke("Invoke-"+id, f, "sns.amazonaws.com", jsii.String(topic))
		awssns.NewCfnSubscription(t.Construct, jsii.String("Subscription-"+id), &awssns.CfnSubscriptionProps{
			TopicArn:      jsii.String(topic),
			Protocol:      jsii.String("lambda"),
			Endpoint:      f.Function.FunctionArn(),
			RedrivePolicy: map[string]any{"deadLetterTargetArn": f.DeadLetters.QueueArn()},
		}).AddResourceDependency(permission, nil)
	}
	f.DeadLetters.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("SendUndeliveredMessages"),
		Principals: &[]awsiam.IPrincipal{service("sns.amazonaws.com", nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{f.DeadLetters.QueueArn()},
		Conditions: sourceIs(*jsii.Strings(topics...)...),
	}))
}

// topicID tells the topics of one partition and Region apart.
func topicID(topic string) string {
	a, _ := check.ParseARN(topic)
	return "topic-" + a.Account + "-" + a.Resource
}
