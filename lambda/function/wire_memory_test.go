package function_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// memory is an aws.HTTPClient whose service is in this process, so that it lives on the virtual clock of testing/synctest. It waits for
// an answer as long as the function's own client does, counts calls, and keeps what was sent unless told to forget it.
type memory struct {
	service http.Handler
	wait    time.Duration
	forget  bool

	mu      sync.Mutex
	sent    []string
	counted map[string]int
}

func (m *memory) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m.note(r.Header.Get("X-Amz-Target"), body)
	ctx, cancel := context.WithTimeout(r.Context(), m.wait)
	defer cancel()
	request := r.Clone(ctx)
	request.URL.Path, request.Body = "/", io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	if !served(m.service, answer, request) {
		return nil, errors.Join(ctx.Err(), io.EOF)
	}
	return answer.Result(), nil
}

// served is false where the service closed the connection without an answer, which net/http has a panic of its own for.
func served(service http.Handler, w http.ResponseWriter, r *http.Request) (answered bool) {
	defer func() {
		switch p := recover(); p {
		case nil, http.ErrAbortHandler:
		default:
			panic(p)
		}
	}()
	service.ServeHTTP(w, r)
	return true
}

func (m *memory) note(target string, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counted == nil {
		m.counted = map[string]int{}
	}
	_, operation, _ := strings.Cut(target, ".")
	m.counted[operation]++
	if !m.forget {
		m.sent = append(m.sent, string(body))
	}
}

// calls are how many of each operation were made since it was asked last.
func (m *memory) calls() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.counted
	m.counted = map[string]int{}
	return calls
}

func (m *memory) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://service.invalid"), HTTPClient: m,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// mailbox is SNS: it takes any Publish, and keeps it (API_Publish, the query protocol). Real SNS refuses what breaks its rules, which is
// held to in package message.
type mailbox struct {
	mu       sync.Mutex
	messages []letter
}

// letter is what one topic got.
type letter struct {
	topic, what, runID, subject, body string
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	form, parseErr := url.ParseQuery(string(body))
	if err != nil || parseErr != nil || form.Get("Action") != "Publish" {
		http.Error(w, "not a Publish", http.StatusBadRequest)
		return
	}
	attributes := map[string]string{}
	for i := 1; form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)); i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		attributes[form.Get(entry+"Name")] = form.Get(entry + "Value.StringValue")
	}
	m.mu.Lock()
	m.messages = append(m.messages, letter{
		topic: form.Get("TopicArn"), what: strings.TrimSpace(attributes["outcome"] + " " + attributes["reason"]), runID: attributes["runId"],
		subject: form.Get("Subject"), body: form.Get("Message"),
	})
	m.mu.Unlock()
	_ = xml.NewEncoder(w).Encode(struct { // only a client that is gone makes this fail
		XMLName xml.Name `xml:"PublishResponse"`
		ID      string   `xml:"PublishResult>MessageId"`
	}{ID: "567910cd-659e-55d4-8ccb-5aaf14679dc0"})
}

// on are the messages that a topic got.
func (m *mailbox) on(topic string) (all []letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, message := range m.messages {
		if message.topic == topic {
			all = append(all, message)
		}
	}
	return all
}

// notified is what a topic was notified of: outcomes and reasons, in order.
func (m *mailbox) notified(topic string) []string {
	what := []string{}
	for _, message := range m.on(topic) {
		what = append(what, message.what)
	}
	return what
}
