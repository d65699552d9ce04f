package simulation

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
)

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
	return &http.Response{StatusCode: a.code, Status: http.StatusText(a.code), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r}
}

func newAnswer(code int, body string) *answer {
	a := &answer{code: code, header: http.Header{}}
	a.body.WriteString(body)
	return a
}

// refusal is an error as a service gives it: AWS JSON 1.0 and 1.1 alike, and the query protocol of SNS and CloudWatch.
func (q sent) refusal(status int, kind string) *answer {
	if q.service == "sns" || q.service == "cloudwatch" {
		const form = `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`
		return newAnswer(status, fmt.Sprintf(form, kind))
	}
	return newAnswer(status, fmt.Sprintf(`{"__type": %q, "message": "no"}`, kind))
}

// take makes an answer another.
func (a *answer) take(other *answer) {
	a.code, a.header = other.code, other.header
	a.body.Reset()
	a.body.Write(other.body.Bytes())
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
func (d *deep) failed(c *call, q sent, served *answer) (*answer, error) {
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
