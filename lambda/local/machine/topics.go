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
	"sync"
	"time"

	"github.com/Admiral-Piett/goaws/app/models"
	"github.com/Admiral-Piett/goaws/app/router"
	log "github.com/sirupsen/logrus"

	"opsworks-maintenance/lambda/settings"
)

// emulator guards the SNS emulator. It keeps the topics and queues of all machines in package variables, which it reads without its
// own locks: a request reads them, a machine that comes or goes changes them.
var emulator = struct {
	sync.RWMutex
	machines map[int]bool // by number, those that live
}{machines: map[int]bool{}}

// topics are what one machine has in the emulator: its topics, the subscriber's queue, and a dead-letter queue, which nothing fills.
type topics struct {
	queue       string
	environment []string          // names the topics to the function
	arns        map[string]string // by plain name
	stop        func()
}

// startTopics makes the topics the settings ask for, each with the same queue subscribed. The first machine's have plain names, those
// of machines beside it a number. The emulator is set up by its own variables, the way its configuration file does it.
func startTopics(address net.Addr, document settings.Settings) topics {
	emulator.Lock()
	defer emulator.Unlock()
	number, suffix := 0, ""
	for emulator.machines[number] {
		number++
		suffix = fmt.Sprintf("-%d", number+1)
	}
	emulator.machines[number] = true
	if number == 0 { // the address is in the URLs that the emulator gives out
		log.SetOutput(io.Discard)
		host, port, _ := net.SplitHostPort(address.String())
		models.CurrentEnvironment = models.Environment{Host: host, Port: port, Region: Region, AccountID: Account}
	}
	arn := func(service, name string) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, Region, Account, name)
	}

	t, names := topics{queue: "subscriber" + suffix, arns: map[string]string{}}, []string(nil)
	deadLetters := FunctionName + "-dead-letters" + suffix
	for _, name := range []string{t.queue, deadLetters} {
		models.SyncQueues.Queues[name] = &models.Queue{
			Name: name, Arn: arn("sqs", name), URL: fmt.Sprintf("http://%s/%s/%s", address, Account, name),
			VisibilityTimeout: 30, MaximumMessageSize: 262144, Duplicates: map[string]time.Time{},
		}
	}
	wants := func(form func(settings.Subscription) bool) bool { return slices.ContainsFunc(document.Notify, form) }
	for _, topic := range []struct {
		variable, name string
		wanted         bool
	}{
		{settings.EnvTopicARN, TopicText, true},
		{settings.EnvRecordsTopicARN, TopicRecords, wants(func(s settings.Subscription) bool { return s.Records })},
		{settings.EnvChatTopicARN, TopicChat, wants(func(s settings.Subscription) bool { return s.Chat })},
	} {
		if !topic.wanted {
			continue
		}
		name := topic.name + suffix
		topicARN := arn("sns", name)
		models.SyncTopics.Topics[name] = &models.Topic{Name: name, Arn: topicARN, Subscriptions: []*models.Subscription{{
			TopicArn: topicARN, Protocol: "sqs", SubscriptionArn: topicARN + ":" + t.queue, EndPoint: arn("sqs", t.queue),
		}}}
		names, t.arns[topic.name] = append(names, name), topicARN
		t.environment = append(t.environment, topic.variable+"="+topicARN)
	}
	t.stop = sync.OnceFunc(func() {
		emulator.Lock()
		defer emulator.Unlock()
		delete(emulator.machines, number)
		delete(models.SyncQueues.Queues, t.queue)
		delete(models.SyncQueues.Queues, deadLetters)
		for _, name := range names {
			delete(models.SyncTopics.Topics, name)
		}
	})
	return t
}

func snsHandler() http.Handler {
	emulated := router.New()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		emulator.RLock()
		defer emulator.RUnlock()
		emulated.ServeHTTP(w, r)
	})
}

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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL+"/"+Account+"/"+m.Queue, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := own.Do(request)
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
