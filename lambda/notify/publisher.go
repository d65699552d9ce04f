package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"opsworks-maintenance/lambda/maintenance"
)

// Topics are the ARNs of the topics to publish to, one per audience, so that each has one format. Records and Chat are optional.
type Topics struct {
	Text    string
	Records string
	Chat    string
}

// Publisher publishes reports to SNS.
type Publisher struct {
	api      *sns.Client
	topics   Topics
	function Function
}

// New makes a publisher.
func New(config aws.Config, topics Topics, function Function) *Publisher {
	return &Publisher{api: sns.NewFromConfig(config), topics: topics, function: function}
}

// Endpoint is where SNS is.
func (p *Publisher) Endpoint(ctx context.Context) (string, error) {
	o := p.api.Options()
	in := sns.EndpointParameters{Region: aws.String(o.Region), Endpoint: o.BaseEndpoint}
	endpoint, err := o.EndpointResolverV2.ResolveEndpoint(ctx, in.WithDefaults())
	return endpoint.URI.String(), err
}

// Notify publishes a report to every topic, at the same time. All failures are returned, joined; one topic's does not keep
// the message from the others. Publish has no client token: a message may come twice, under the same runId and outcome.
func (p *Publisher) Notify(ctx context.Context, report maintenance.Report) error {
	message, err := Render(report, p.function, p.topics)
	if err != nil {
		return err
	}
	inputs := publishInputs(message, p.topics)
	errs := make([]error, len(inputs))
	publish := func(i int) {
		out, err := p.api.Publish(ctx, inputs[i])
		if err == nil && aws.ToString(out.MessageId) == "" { // the SDK takes any answer that holds no XML for a good one
			err = errNoMessage
		}
		if err != nil {
			errs[i] = fmt.Errorf("publish to %s: %w", aws.ToString(inputs[i].TopicArn), err)
		}
	}
	var others sync.WaitGroup
	for i := range inputs[1:] {
		others.Go(func() { publish(i + 1) })
	}
	publish(0)
	others.Wait()
	return errors.Join(errs...)
}

var errNoMessage = errors.New("the answer names no message")

func publishInputs(m Message, topics Topics) []*sns.PublishInput {
	attributes := make(map[string]types.MessageAttributeValue, len(m.Attributes))
	for name, value := range m.Attributes {
		attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	inputs := []*sns.PublishInput{{
		TopicArn: aws.String(topics.Text), Subject: aws.String(m.Subject), Message: aws.String(m.Text), MessageAttributes: attributes,
	}}
	if topics.Records != "" {
		inputs = append(inputs, &sns.PublishInput{TopicArn: aws.String(topics.Records), Message: aws.String(string(m.Record)), MessageAttributes: attributes})
	}
	if topics.Chat != "" {
		inputs = append(inputs, &sns.PublishInput{TopicArn: aws.String(topics.Chat), Message: aws.String(string(m.Chat)), MessageAttributes: attributes})
	}
	return inputs
}
