package function_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/local/table"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/notify"
)

// Of the contract: the server, the time of an invocation (infra), and how long one waits for an answer (lambda/connection).
const (
	contractServer = "automate-06"
	invocationTime = 30 * time.Second
	answerTime     = 5 * time.Second
	textTopic      = "arn:aws:sns:us-east-1:123456789012:text"
	recordsTopic   = "arn:aws:sns:us-east-1:123456789012:records"
	chatTopic      = "arn:aws:sns:us-east-1:123456789012:chat"
)

// harness is the function around a backend: the real handler, domain and adapters, on the clock of the test's bubble.
type harness struct {
	contractFixture
	t        *testing.T
	handler  *function.Handler
	runner   *maintenance.Runner
	ledger   *ledger.Ledger
	mail     *mailbox
	tables   *memory
	output   *output
	requests atomic.Int64
}

// output is what the function writes beside its answers.
type output struct {
	mu sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.Write(p)
}

// newHarness has the server with these settings besides the fixture's own; beside are other servers.
func newHarness(t *testing.T, fixture contractFixture, server string, beside ...string) *harness {
	t.Helper()
	first := `{"name": "` + contractServer + `", "alarms": ["` + contractServer + `-*"], ` + fixture.settings + server + `}`
	servers := append([]string{first}, beside...)
	doc := function.Resolved(t, `{"servers": [`+strings.Join(servers, ", ")+`]}`)
	backends, err := fixture.backends(doc)
	must(t, err)
	r := &harness{contractFixture: fixture, t: t, mail: &mailbox{}, output: &output{},
		tables: &memory{service: table.New(), wait: ledger.AttemptTimeout}}
	must(t, ledger.CreateTable(t.Context(), r.tables.config(), "runs"))
	r.ledger = ledger.New(r.tables.config(), "runs", rand.Text)
	sns := &memory{service: r.mail, wait: answerTime}
	topics := notify.Topics{Text: textTopic, Records: recordsTopic, Chat: chatTopic}
	r.runner = &maintenance.Runner{
		Policy: function.Policies(doc, "f"), Backends: backends, Ledger: r.ledger,
		Notifier: notify.New(sns.config(), topics, message.Function{Name: "opsworks-maintenance", Region: "us-east-1"}),
		Now:      time.Now, NewID: maintenance.NewID,
	}
	r.handler = &function.Handler{Name: "opsworks-maintenance", Settings: doc, Runner: r.runner, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(r.output, nil)), Metrics: r.output}
	time.Sleep(23 * time.Second) // nothing that happens depends on the minute's beginning
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// invoke sends an event to the function by an ARN, with the time that Lambda gives it.
func (r *harness) invoke(arn, payload string) []byte {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), invocationTime)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: fmt.Sprintf("request-%d", r.requests.Add(1)), InvokedFunctionArn: arn,
	})
	body, err := r.handler.Invoke(ctx, []byte(payload))
	if err != nil {
		r.t.Errorf("the event would be delivered again: %v", err)
		return []byte("[]")
	}
	_, _ = r.output.Write(append(body, '\n'))
	return body
}

// responses are those of an answer, which has several for a sweep and for several servers.
func (r *harness) responses(body []byte) (all []function.Response) {
	r.t.Helper()
	if body[0] == '{' {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	if err := json.Unmarshal(body, &all); err != nil {
		r.t.Fatalf("%v: %s", err, body)
	}
	return all
}

func said(all []function.Response) string {
	var what []string
	for _, response := range all {
		what = append(what, strings.TrimSpace(string(response.Outcome)+" "+string(response.Reason)))
	}
	return strings.Join(what, ", ")
}

// event sends what AWS or a schedule sends, wants its outcome, and gives the run's id.
func (r *harness) event(payload, want string) string {
	r.t.Helper()
	return r.wants(r.responses(r.invoke(functionARN, payload)), want)
}

// operator sends an operator's request.
func (r *harness) operator(payload, want string) string {
	r.t.Helper()
	return r.wants(r.responses(r.invoke(operatorsARN, payload)), want)
}

func (r *harness) wants(all []function.Response, want string) string {
	r.t.Helper()
	if got := said(all); got != want {
		r.t.Errorf("at %s it answered %q, not %q: %+v", time.Now().Format(time.TimeOnly), got, want, all)
	}
	if len(all) == 0 {
		return ""
	}
	return all[0].RunID
}

// passes lets time pass, with a sweep each minute.
func (r *harness) passes(d time.Duration) {
	r.t.Helper()
	for ; d > 0; d -= time.Minute {
		time.Sleep(time.Minute)
		r.invoke(functionARN, `{"sweep": true}`)
	}
}

// notified wants what people were notified of until now.
func (r *harness) notified(want ...string) {
	r.t.Helper()
	if got := r.mail.notified(textTopic); !slices.Equal(got, want) {
		r.t.Errorf("at %s people were notified of %q, not of %q", time.Now().Format(time.TimeOnly), got, want)
	}
}

// open is the server's open run.
func (r *harness) open() maintenance.Run {
	r.t.Helper()
	snapshot, err := r.ledger.Read(r.t.Context(), contractServer)
	must(r.t, err)
	return snapshot.Open
}

// holds wants a text in the last message to people.
func (r *harness) holds(want string) {
	r.t.Helper()
	if last := r.last(); !strings.Contains(last, want) {
		r.t.Errorf("the last message lacks %q: %s", want, last)
	}
}

// last is the last message to people; empty if there was none.
func (r *harness) last() string {
	all := r.mail.on(textTopic)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].body
}

// keepsSecrets wants the fixture's secret in nothing that the function wrote, answered, stored or published.
func (r *harness) keepsSecrets() {
	r.t.Helper()
	texts := map[string]string{"written or answered": r.output.String(), "stored": strings.Join(r.tables.sent, "\n")}
	for _, message := range r.mail.messages {
		texts["published"] += message.subject + message.body + "\n"
	}
	for where, text := range texts {
		if before, _, there := strings.Cut(text, r.secret); there && r.secret != "" {
			r.t.Errorf("a secret is %s, after %s", where, before[max(0, len(before)-200):])
		}
	}
}

// back makes the server of Systems Manager be there again.
func (r *harness) back() {
	r.t.Helper()
	must(r.t, r.ssm.AddNode(ssm.Node{ID: chefNode, Tags: map[string]string{maintenance.TagKey: contractServer}}))
}
