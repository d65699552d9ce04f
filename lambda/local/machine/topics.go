package machine

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Admiral-Piett/goaws/app/models"
	"github.com/Admiral-Piett/goaws/app/router"
	log "github.com/sirupsen/logrus"

	"opsworks-maintenance/lambda/settings"
)

// startTopics makes the topics the settings ask for, each with the same queue subscribed, and returns the environment that
// names them. The emulator is set up by its own variables, the way its configuration file does it.
func startTopics(address net.Addr, document settings.Settings) []string {
	log.SetOutput(io.Discard)
	host, port, _ := net.SplitHostPort(address.String())
	models.CurrentEnvironment = models.Environment{Host: host, Port: port, Region: Region, AccountID: Account}
	arn := func(service, name string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, Region, Account, name)
	}

	models.SyncQueues.Lock()
	defer models.SyncQueues.Unlock()
	models.SyncQueues.Queues = map[string]*models.Queue{QueueName: {
		Name: QueueName, Arn: arn("sqs", QueueName), URL: fmt.Sprintf("http://%s/%s/%s", address, Account, QueueName),
		VisibilityTimeout: 30, MaximumMessageSize: 262144, Duplicates: map[string]time.Time{},
	}}
	models.SyncTopics.Lock()
	defer models.SyncTopics.Unlock()
	models.SyncTopics.Topics = map[string]*models.Topic{}

	wants := func(form func(settings.Subscription) bool) bool { return slices.ContainsFunc(document.Notify, form) }
	var environment []string
	for _, topic := range []struct {
		variable, name string
		wanted         bool
	}{
		{settings.EnvTopicARN, "maintenance", true},
		{settings.EnvRecordsTopicARN, "maintenance-records", wants(func(s settings.Subscription) bool { return s.Records })},
		{settings.EnvChatTopicARN, "maintenance-chat", wants(func(s settings.Subscription) bool { return s.Chat })},
	} {
		if !topic.wanted {
			continue
		}
		topicARN := arn("sns", topic.name)
		models.SyncTopics.Topics[topic.name] = &models.Topic{Name: topic.name, Arn: topicARN, Subscriptions: []*models.Subscription{{
			TopicArn: topicARN, Protocol: "sqs", SubscriptionArn: topicARN + ":" + QueueName, EndPoint: arn("sqs", QueueName),
		}}}
		environment = append(environment, topic.variable+"="+topicARN)
	}
	return environment
}

func snsHandler() http.Handler { return router.New() }

// Message is one SNS message as a subscribed queue gets it.
type Message struct {
	Topic      string
	Subject    string
	Text       string
	Attributes map[string]string
}

// Receive waits for the next message and takes it from the queue, as any subscriber would: by SQS. It returns false when ctx ends.
func (m *Machine) Receive(ctx context.Context) (Message, bool) {
	for ctx.Err() == nil {
		message, ok, err := m.receive(ctx)
		if err == nil && ok {
			return message, true
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return Message{}, false
}

// receive is one ReceiveMessage and its DeleteMessage, in the AWS query protocol: too little to bring in a client for.
func (m *Machine) receive(ctx context.Context) (Message, bool, error) {
	var answer struct {
		Messages []struct {
			Body          string
			ReceiptHandle string
		} `xml:"ReceiveMessageResult>Message"`
	}
	if err := m.sqs(ctx, url.Values{"Action": {"ReceiveMessage"}}, &answer); err != nil || len(answer.Messages) == 0 {
		return Message{}, false, err
	}
	var envelope struct {
		TopicArn, Subject, Message string
		// The emulator writes StringValue where SNS writes Value.
		MessageAttributes map[string]struct{ StringValue string }
	}
	if err := json.Unmarshal([]byte(answer.Messages[0].Body), &envelope); err != nil {
		return Message{}, false, err
	}
	if err := m.sqs(ctx, url.Values{"Action": {"DeleteMessage"}, "ReceiptHandle": {answer.Messages[0].ReceiptHandle}}, nil); err != nil {
		return Message{}, false, err
	}
	message := Message{
		Topic:      envelope.TopicArn[strings.LastIndex(envelope.TopicArn, ":")+1:],
		Subject:    envelope.Subject,
		Text:       envelope.Message,
		Attributes: map[string]string{},
	}
	for name, attribute := range envelope.MessageAttributes {
		message.Attributes[name] = attribute.StringValue
	}
	return message, true, nil
}

func (m *Machine) sqs(ctx context.Context, form url.Values, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL+"/"+Account+"/"+QueueName, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", form.Get("Action"), response.Status)
	}
	if into == nil {
		return nil
	}
	return xml.NewDecoder(response.Body).Decode(into)
}
