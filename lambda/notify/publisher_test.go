package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/notify"
)

const (
	textARN    = "arn:aws:sns:us-east-1:123456789012:text"
	recordsARN = "arn:aws:sns:us-east-1:123456789012:records"
	chatARN    = "arn:aws:sns:us-east-1:123456789012:chat"
)

var (
	everywhere = notify.Topics{Text: textARN, Records: recordsARN, Chat: chatARN}
	started    = maintenance.Report{
		Outcome: maintenance.OutcomeStarted, ServerName: "automate-06", RunID: "automate-06-20261128T230001-K7M2QX4RTA",
		Trigger: maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "automate-06-health"},
	}
)

// service answers Publish of SNS in memory (API_Publish, the query protocol), and holds it to nothing but what the answer says. It
// serves one request at a time.
type service struct {
	asked  []url.Values
	answer func(attempt int, r *http.Request) (int, string, error)
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	s.asked = append(s.asked, form)
	status, answer, err := s.answer(len(s.asked), r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

const published = `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`

func good(int, *http.Request) (int, string, error) { return http.StatusOK, published, nil }

func publisher(s *service, topics notify.Topics) *notify.Publisher {
	return notify.New(aws.Config{Region: "us-east-1", HTTPClient: s, Credentials: aws.AnonymousCredentials{}}, topics,
		message.Function{Name: "opsworks-maintenance", Region: "us-east-1"})
}

func TestPublisher_Topics(t *testing.T) {
	for name, c := range map[string]struct {
		topics notify.Topics
		want   []maintenance.Topic
	}{
		"all have an ARN": {everywhere, maintenance.Topics()},
		"text alone":      {notify.Topics{Text: textARN}, []maintenance.Topic{maintenance.TopicText}},
		"records and chat, no text": {notify.Topics{Records: recordsARN, Chat: chatARN},
			[]maintenance.Topic{maintenance.TopicRecords, maintenance.TopicChat}},
		"none": {notify.Topics{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := publisher(&service{answer: good}, c.topics).Topics(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPublisher_Publish(t *testing.T) {
	for _, c := range []struct {
		topic       maintenance.Topic
		arn, begins string
		subject     string
	}{
		{maintenance.TopicText, textARN, "Maintenance of automate-06 was started.",
			"automate-06 maintenance started: alarm automate-06-health"},
		{maintenance.TopicRecords, recordsARN, `{"version":2,"runId":"` + started.RunID + `","outcome":"started"`, ""},
		{maintenance.TopicChat, chatARN, `{"version":"1.0","source":"custom"`, ""},
	} {
		t.Run("OK: one message, to the one topic asked for: "+string(c.topic), func(t *testing.T) {
			s := &service{answer: good}
			if err := publisher(s, everywhere).Publish(t.Context(), c.topic, started); err != nil || len(s.asked) != 1 {
				t.Fatalf("got %v after %d requests", err, len(s.asked))
			}
			form := s.asked[0]
			if form.Get("TopicArn") != c.arn || form.Get("Subject") != c.subject || !strings.HasPrefix(form.Get("Message"), c.begins) {
				t.Errorf("published %v", form)
			}
			if want := "map[outcome:started runId:" + started.RunID + " server:automate-06 trigger:alarm]"; fmt.Sprint(sent(form)) != want {
				t.Errorf("attributes %v, want %s", sent(form), want)
			}
		})
	}
	t.Run("OK: an internal error is tried again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &service{answer: func(attempt int, _ *http.Request) (int, string, error) {
				if attempt == 1 {
					return http.StatusInternalServerError, "", nil
				}
				return http.StatusOK, published, nil
			}}
			if err := publisher(s, everywhere).Publish(t.Context(), maintenance.TopicText, started); err != nil || len(s.asked) != 2 {
				t.Errorf("got %v after %d requests", err, len(s.asked))
			}
		})
	})
}

func TestPublisher_PublishFails(t *testing.T) {
	t.Run("ErrNoTopic: one that has no ARN is not asked for", func(t *testing.T) {
		s := &service{answer: good}
		err := publisher(s, notify.Topics{Text: textARN}).Publish(t.Context(), maintenance.TopicChat, started)
		if err == nil || len(s.asked) != 0 {
			t.Errorf("got %v after %d requests", err, len(s.asked))
		}
	})
	t.Run("ErrRefused names the topic", func(t *testing.T) {
		s := &service{answer: func(int, *http.Request) (int, string, error) {
			return http.StatusForbidden,
				`<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>`, nil
		}}
		err := publisher(s, everywhere).Publish(t.Context(), maintenance.TopicRecords, started)
		if err == nil || !strings.Contains(err.Error(), "publish to "+recordsARN+":") || len(s.asked) != 1 {
			t.Errorf("got %v after %d requests", err, len(s.asked))
		}
	})
	for _, answer := range []string{
		"", "Please sign in.", "<html></html>", "<PublishResponse><PublishResult></PublishResult></PublishResponse>", "<PublishResponse><Publ",
	} {
		t.Run("ErrNoMessage: a 200 that names no message: "+answer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &service{answer: func(int, *http.Request) (int, string, error) { return http.StatusOK, answer, nil }}
				if publisher(s, everywhere).Publish(t.Context(), maintenance.TopicText, started) == nil {
					t.Error("it is taken for a success")
				}
			})
		})
	}
	t.Run("ErrDeadline: a service that hangs keeps nobody longer than the context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &service{answer: func(_ int, r *http.Request) (int, string, error) {
				<-r.Context().Done()
				return 0, "", r.Context().Err()
			}}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			began := time.Now()
			err := publisher(s, everywhere).Publish(ctx, maintenance.TopicText, started)
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
				t.Errorf("got %v after %v", err, took)
			}
		})
	})
}

// sent are the message's attributes; all are of type String.
func sent(form url.Values) map[string]string {
	attributes := map[string]string{}
	for i := 1; form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)); i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		if form.Get(entry+"Value.DataType") == "String" {
			attributes[form.Get(entry+"Name")] = form.Get(entry + "Value.StringValue")
		}
	}
	return attributes
}
