package simulation

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
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
		answer, err = w.failed(c, q, answer)
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

// longestPause is that of lambda/awscall between two attempts of a start. The SDK draws how much of it passes from a source that cannot be
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

// services are the prefixes of X-Amz-Target, the AWS JSON protocol's header for the operation. SNS and CloudWatch are asked in another.
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
		if form.Get("Action") == "DescribeAlarms" {
			q.service, q.operation = "cloudwatch", "DescribeAlarms"
		}
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
	case "cloudwatch":
		d.cloudWatch(c, q, a)
	default:
		d.publish(c, q, a)
	}
	return a
}

// direct is an aws.HTTPClient of the world's own.
type direct struct{ service http.Handler }

// Do implements aws.HTTPClient.
func (c direct) Do(r *http.Request) (*http.Response, error) {
	a := newAnswer(http.StatusOK, "")
	c.service.ServeHTTP(a, r)
	return a.response(r), nil
}
