package simulation

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// wire is an aws.HTTPClient without a socket. It waits for an answer as long as the function's own client does.
type wire struct {
	*deep
	wait time.Duration
}

// sent is one HTTP request of the function's.
type sent struct {
	asking
	service, operation string
	header             http.Header
	body               []byte
}

// Do implements aws.HTTPClient.
func (w wire) Do(r *http.Request) (*http.Response, error) {
	q, err := requestOf(r)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(q.operation, "Start") {
		k := flightOf(r.Context()).key.and(q.op(), q.about)
		if err := w.await(r.Context(), k, r.Header.Get("Amz-Sdk-Request")); err != nil {
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: err}
		}
		defer w.answeredNow(k)
	}
	ctx, cancel := context.WithTimeout(r.Context(), w.wait)
	defer cancel()
	var answer *answer
	c, got := w.ask(ctx, q.op(), q.about, func(c *call) { answer = w.serves(c, q) })
	switch got {
	case fine:
		return answer.response(r), nil
	case failBefore, failAfter:
		answer, err = w.failed(c, q, got, answer)
		if err != nil {
			return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: err}
		}
		return answer.response(r), nil
	}
	if err := r.Context().Err(); err != nil {
		return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: err}
	}
	return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: errNoHeader{}}
}

// longestPause is that of lambda/call between two attempts of a start. The SDK draws how much of it passes from a source that cannot be
// handed in, so all of it does.
const longestPause = time.Second

// await lets the rest of the pause pass before a start is sent again.
func (w wire) await(ctx context.Context, k key, attempt string) error {
	w.mu.Lock()
	last, again := w.answered[k]
	w.mu.Unlock()
	if !again || strings.HasPrefix(attempt, "attempt=1;") {
		return nil
	}
	timer := time.NewTimer(time.Until(last.Add(longestPause)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w wire) answeredNow(k key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered[k] = time.Now().Round(0)
}

// errNoHeader is net/http's error when ResponseHeaderTimeout has passed.
type errNoHeader struct{}

func (errNoHeader) Error() string   { return "net/http: timeout awaiting response headers" }
func (errNoHeader) Timeout() bool   { return true }
func (errNoHeader) Temporary() bool { return true }

// services are the prefixes of X-Amz-Target, the AWS JSON protocol's header for the operation. SNS speaks another.
var services = map[string]string{"DynamoDB_20120810": "ledger", "AmazonSSM": "ssm", "OpsWorksCM_V2016_11_01": "opsworks-cm"}

func requestOf(r *http.Request) (sent, error) {
	q := sent{header: r.Header}
	q.asking, _ = r.Context().Value(askingKey{}).(asking)
	if r.Body != nil {
		var err error
		if q.body, err = io.ReadAll(r.Body); err != nil {
			return q, err
		}
		_ = r.Body.Close()
	}
	var target string
	target, q.operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if q.service = services[target]; q.service == "" {
		form, err := url.ParseQuery(string(q.body))
		if err != nil {
			return q, err
		}
		q.service, q.operation = "sns", strings.TrimPrefix(form.Get("TopicArn"), topicARN)
	}
	return q, nil
}

// op names the step of a request. A write's is told apart by what it is for.
func (q sent) op() string {
	op := q.service + "." + q.operation
	if q.change != nil && (q.operation == "UpdateItem" || q.operation == "TransactWriteItems") {
		op += "-" + kindOf(*q.change)
	}
	return op
}

// as is the request as its service gets it.
func (q sent) as() *http.Request {
	return &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/"}, Header: q.header, Body: io.NopCloser(bytes.NewReader(q.body)),
		ContentLength: int64(len(q.body))}
}

// answer is what a service answers, an http.ResponseWriter.
type answer struct {
	code   int
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *answer) response(r *http.Request) *http.Response {
	return &http.Response{StatusCode: a.code, Status: http.StatusText(a.code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r}
}

func newAnswer(code int, body string) *answer {
	a := &answer{code: code, header: http.Header{}}
	a.body.WriteString(body)
	return a
}

// refusal is an error as a service gives it: AWS JSON 1.0 and 1.1 alike, and the query protocol of SNS.
func (q sent) refusal(status int, kind string) *answer {
	if q.service == "sns" {
		return newAnswer(status, fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, kind))
	}
	return newAnswer(status, fmt.Sprintf(`{"__type": %q, "message": "no"}`, kind))
}

// serves is what the service makes of a request. The driver calls it.
func (d *deep) serves(c *call, q sent) *answer {
	a := newAnswer(http.StatusOK, "")
	d.ids.drawnFor(d.story.Seed, c.key)
	switch q.service {
	case "ledger":
		d.table(c, q, a)
	case "ssm":
		d.systemsManager(c, q, a)
	case "opsworks-cm":
		d.opsWorks(c, q, a)
	default:
		d.publish(c, q, a)
	}
	return a
}

// How a request fails of which nothing is done, or whose answer is lost.
const (
	refused  = "refused" // the connection
	throttle = "throttle"
	broken   = "500"
	down     = "503"
	reset    = "reset" // the connection, under the answer
	half     = "half"  // of an answer
)

func (w *world) manner(c *call) string {
	r := roll(w.story.Seed, c.key.and("manner"))
	if c.fate == failBefore {
		return oneOf(r, refused, refused, throttle, down, broken)
	}
	return oneOf(r, reset, reset, broken, half)
}

// failed is what the function gets of a request that failed so.
func (d *deep) failed(c *call, q sent, _ fate, served *answer) (*answer, error) {
	switch d.manner(c) {
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case throttle:
		return q.refusal(http.StatusBadRequest, "ThrottlingException"), nil
	case down:
		return q.refusal(http.StatusServiceUnavailable, "ServiceUnavailable"), nil
	case broken:
		return q.refusal(http.StatusInternalServerError, "InternalServerError"), nil
	case half:
		served.body.Truncate(served.body.Len() / 2)
		return served, nil
	default:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
}

// unsure: who started something cannot tell from what came of the request whether it did.
func (w *world) unsure(c *call) bool {
	if c.fate != failBefore {
		return true
	}
	how := w.manner(c)
	return w.deep != nil && (how == down || how == broken)
}

// direct is an aws.HTTPClient of the world's own.
type direct struct{ service http.Handler }

// Do implements aws.HTTPClient.
func (c direct) Do(r *http.Request) (*http.Response, error) {
	a := newAnswer(http.StatusOK, "")
	c.service.ServeHTTP(a, r)
	return a.response(r), nil
}

// publish is SNS, a topic by itself (API_Publish): what people and machines are told is what the request says, and the report that it
// was made of.
func (d *deep) publish(c *call, q sent, a *answer) {
	form, _ := url.ParseQuery(string(q.body))
	told := map[string]string{}
	for i := 1; form.Has(fmt.Sprintf("MessageAttributes.entry.%d.Name", i)); i++ {
		entry := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		told[form.Get(entry+"Name")] = form.Get(entry + "Value.StringValue")
	}
	topic, r := maintenance.Topic(q.operation), *q.report
	if told["outcome"] != string(r.Outcome) || told["runId"] != r.RunID || told["reason"] != string(r.Reason) || told["server"] != r.ServerName {
		d.must("says-what-is-reported", false, "%s says %v", topic, told)
	}
	d.topics.messages = append(d.topics.messages, message{topic, r, c.flight, c.fate.ambiguous()})
	d.watchPublished(c, topic, r)
	fmt.Fprint(&a.body, `<PublishResponse><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>`)
}

// take makes an answer another.
func (a *answer) take(other *answer) {
	a.code, a.header = other.code, other.header
	a.body.Reset()
	a.body.Write(other.body.Bytes())
}
