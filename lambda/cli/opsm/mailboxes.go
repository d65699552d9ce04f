package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"opsworks-maintenance/lambda/settings"
)

// mailboxes are the subscribers that get no message yet.
type mailboxes struct {
	Unconfirmed []mailbox `json:"unconfirmed"`
	// Problem is why not everything could be asked.
	Problem string `json:"problem,omitempty"`
}

// mailbox is one subscriber of a topic.
type mailbox struct {
	Topic    string `json:"topic"`
	Protocol string `json:"protocol"`
	Endpoint string `json:"endpoint"`
}

// mailboxes asks SNS who has not confirmed a subscription to the function's topics, which its environment names.
func (s *session) mailboxes(ctx context.Context) mailboxes {
	m := mailboxes{Unconfirmed: []mailbox{}}
	out, err := lambda.NewFromConfig(s.aws).GetFunctionConfiguration(ctx,
		&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(s.function())})
	if err != nil {
		m.Problem = s.explain(err, "lambda:GetFunctionConfiguration", s.function()).Error()
		return m
	}
	if out.Environment == nil {
		m.Problem = "the function's environment is not shown"
		return m
	}
	for _, variable := range []string{settings.EnvTopicARN, settings.EnvRecordsTopicARN, settings.EnvChatTopicARN} {
		topic := out.Environment.Variables[variable]
		if topic == "" {
			continue
		}
		unconfirmed, err := s.unconfirmed(ctx, topic)
		m.Unconfirmed = append(m.Unconfirmed, unconfirmed...)
		if err != nil {
			m.Problem = s.explain(err, "sns:ListSubscriptionsByTopic", topic).Error()
		}
	}
	return m
}

func (s *session) unconfirmed(ctx context.Context, topic string) ([]mailbox, error) {
	var all []mailbox
	input := &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topic)}
	pages := sns.NewListSubscriptionsByTopicPaginator(sns.NewFromConfig(s.aws), input)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, err
		}
		for _, subscription := range page.Subscriptions {
			if aws.ToString(subscription.SubscriptionArn) == "PendingConfirmation" {
				all = append(all, mailbox{topic[strings.LastIndexByte(topic, ':')+1:], aws.ToString(subscription.Protocol),
					aws.ToString(subscription.Endpoint)})
			}
		}
	}
	return all, nil
}
