// Package notify publishes messages to SNS, through one topic per audience: text for people, records for machines, and chat.
package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// Topics are the ARNs of the topics to publish to, one per audience, so that each has one format. Empty is a topic that there is not.
type Topics struct {
	Text    string
	Records string
	Chat    string
}

func (t Topics) arn(topic maintenance.Topic) string {
	switch topic {
	case maintenance.TopicText:
		return t.Text
	case maintenance.TopicRecords:
		return t.Records
	case maintenance.TopicChat:
		return t.Chat
	default:
		return ""
	}
}

// Publisher publishes reports to SNS.
type Publisher struct {
	api      *sns.Client
	topics   Topics
	function message.Function
}

var _ maintenance.Notifier = (*Publisher)(nil)

// New makes a publisher to these topics. Function is what the messages say of the function that sends them.
func New(config aws.Config, topics Topics, function message.Function) *Publisher {
	return &Publisher{api: sns.NewFromConfig(config), topics: topics, function: function}
}

// Topics are those that have an ARN.
func (p *Publisher) Topics() []maintenance.Topic {
	var there []maintenance.Topic
	for _, topic := range maintenance.Topics() {
		if p.topics.arn(topic) != "" {
			there = append(there, topic)
		}
	}
	return there
}

// Publish renders a report and publishes it to one topic. Publish of SNS has no client token: after an error the message may have
// been published anyway, and come a second time.
func (p *Publisher) Publish(ctx context.Context, topic maintenance.Topic, report maintenance.Report) error {
	arn := p.topics.arn(topic)
	if arn == "" {
		return fmt.Errorf("publish to the topic %s: it has no ARN", topic)
	}
	rendered, err := render(topic, report, p.function)
	if err != nil {
		return fmt.Errorf("render for %s: %w", arn, err)
	}
	out, err := p.api.Publish(ctx, input(arn, rendered))
	if err == nil && aws.ToString(out.MessageId) == "" { // the SDK takes any answer that holds no XML for a good one
		err = errNoMessage
	}
	if err != nil {
		return fmt.Errorf("publish to %s: %w", arn, err)
	}
	return nil
}

var errNoMessage = errors.New("SNS response has no MessageId")

func render(topic maintenance.Topic, report maintenance.Report, function message.Function) (message.Message, error) {
	switch topic {
	case maintenance.TopicRecords:
		return message.Record(report)
	case maintenance.TopicChat:
		return message.Chat(report, function)
	default:
		return message.Text(report, function), nil
	}
}

func input(arn string, m message.Message) *sns.PublishInput {
	in := &sns.PublishInput{
		TopicArn: aws.String(arn), Message: aws.String(m.Body),
		MessageAttributes: make(map[string]types.MessageAttributeValue, len(m.Attributes)),
	}
	if m.Subject != "" {
		in.Subject = aws.String(m.Subject)
	}
	for name, value := range m.Attributes {
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	return in
}
