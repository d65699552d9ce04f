package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
)

// topics is an SNS endpoint that records what is published, and refuses what fail names.
type topics struct {
	mu        sync.Mutex
	published map[string]url.Values // by topic
	attempts  map[string]int
	fail      func(topic string, attempt int) int // HTTP status; 0 is success
}

func (s *topics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	topic := r.Form.Get("TopicArn")
	s.attempts[topic]++
	if s.fail != nil {
		if status := s.fail(topic, s.attempts[topic]); status != 0 {
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>`)
			return
		}
	}
	s.published[topic] = r.Form
	_, _ = fmt.Fprint(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`)
}

const text, records, chat = "arn:aws:sns:us-east-1:123456789012:text", "arn:aws:sns:us-east-1:123456789012:records", "arn:aws:sns:us-east-1:123456789012:chat"

func publisher(t *testing.T, to notify.Topics) (*topics, *notify.Publisher) {
	t.Helper()
	s := &topics{published: map[string]url.Values{}, attempts: map[string]int{}}
	endpoint := httptest.NewServer(s)
	t.Cleanup(endpoint.Close)
	config := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(endpoint.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		})}
	return s, notify.New(config, to, function)
}

func TestPublisher_Notify(t *testing.T) {
	t.Run("OK: one format per topic, the attributes on all", func(t *testing.T) {
		s, p := publisher(t, notify.Topics{Text: text, Records: records, Chat: chat})
		if err := p.Notify(t.Context(), report(t, maintenance.Started, "", "alarm")); err != nil {
			t.Fatal(err)
		}
		if got := s.published[text]; got.Get("Subject") != "Maintenance started: automate-06 (alarm automate-06-health)" || !strings.HasPrefix(got.Get("Message"), "Maintenance of automate-06 has started.") {
			t.Errorf("text: %v", got)
		}
		if got := s.published[records].Get("Message"); !strings.HasPrefix(got, `{"version":1,"runId":"automate-06-20261128T230001-K7M2QX4RTA","outcome":"started"`) {
			t.Errorf("record: %s", got)
		}
		if got := s.published[chat].Get("Message"); !strings.HasPrefix(got, `{"version":"1.0","source":"custom"`) {
			t.Errorf("chat: %s", got)
		}
		for topic, form := range s.published {
			sent := map[string]string{}
			for i := 1; form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)); i++ {
				entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
				sent[form.Get(entry+"Name")] = form.Get(entry + "Value.StringValue")
			}
			if want := "map[cause:alarm outcome:started runId:automate-06-20261128T230001-K7M2QX4RTA server:automate-06]"; fmt.Sprint(sent) != want {
				t.Errorf("%s: attributes %v, want %s", topic, sent, want)
			}
		}
	})
	t.Run("OK: text alone", func(t *testing.T) {
		s, p := publisher(t, notify.Topics{Text: text})
		if err := p.Notify(t.Context(), report(t, maintenance.Started, "", "alarm")); err != nil || len(s.published) != 1 {
			t.Errorf("got %v, %v", err, s.published)
		}
	})
	for _, broken := range []string{text, records, chat} {
		t.Run("ErrOneTopic does not keep the message from the others: "+broken, func(t *testing.T) {
			s, p := publisher(t, notify.Topics{Text: text, Records: records, Chat: chat})
			s.fail = func(topic string, _ int) int {
				if topic == broken {
					return http.StatusForbidden
				}
				return 0
			}
			err := p.Notify(t.Context(), report(t, maintenance.Started, "", "alarm"))
			if err == nil || !strings.Contains(err.Error(), "publish to "+broken+":") || len(s.published) != 2 {
				t.Errorf("got %v, published to %d topics", err, len(s.published))
			}
		})
	}
	t.Run("OK: an internal error is tried again", func(t *testing.T) {
		s, p := publisher(t, notify.Topics{Text: text})
		s.fail = func(_ string, attempt int) int {
			if attempt == 1 {
				return http.StatusInternalServerError
			}
			return 0
		}
		if err := p.Notify(t.Context(), report(t, maintenance.Started, "", "alarm")); err != nil || s.attempts[text] != 2 {
			t.Errorf("got %v after %d attempts", err, s.attempts[text])
		}
	})
	t.Run("ErrNoMessage: an answer that is none of SNS", func(t *testing.T) {
		for _, answer := range []string{"", "Please sign in.", "<html></html>", "<PublishResponse><PublishResult></PublishResult></PublishResponse>", "<PublishResponse><Publ"} {
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, answer) }))
			defer endpoint.Close()
			p := notify.New(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(endpoint.URL), Credentials: aws.AnonymousCredentials{}}, notify.Topics{Text: text}, function)
			if err := p.Notify(t.Context(), report(t, maintenance.Started, "", "alarm")); err == nil {
				t.Errorf("%q is taken for a success", answer)
			}
		}
	})
	t.Run("ErrDeadline ends it in time", func(t *testing.T) {
		hang := make(chan struct{})
		endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
		defer endpoint.Close()
		defer close(hang)
		p := notify.New(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(endpoint.URL), Credentials: aws.AnonymousCredentials{}}, notify.Topics{Text: text}, function)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := p.Notify(ctx, report(t, maintenance.Started, "", "alarm")); err == nil {
			t.Error("no error")
		}
	})
}
