package awscall_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"opsworks-maintenance/lambda/awscall"
	"opsworks-maintenance/lambda/maintenance"
)

// answered is an error as the SDK gives it when an answer with a status came; the code is empty where the body was none.
func answered(status int, code string) error {
	var err error = errors.New("not the protocol")
	if code != "" {
		err = &smithy.GenericAPIError{Code: code, Message: "AccessDenied ThrottlingException"} // texts do not count
	}
	return &smithy.OperationError{ServiceID: "SSM", OperationName: "Start", Err: &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}}}
}

func TestClassify(t *testing.T) {
	lost := func(op string, err error) error {
		return &smithy.OperationError{Err: &smithyhttp.RequestSendError{Err: &net.OpError{Op: op, Err: err}}}
	}
	for _, tt := range []struct {
		name    string
		err     error
		reason  maintenance.Reason
		refused bool
	}{
		{"a throttle", answered(400, "ThrottlingException"), maintenance.ReasonThrottled, true},
		{"a throttle by another name", answered(400, "TooManyRequestsException"), maintenance.ReasonThrottled, true},
		{"a throttle with status 429", answered(429, "RequestLimitExceeded"), maintenance.ReasonThrottled, true},
		{"no permission", answered(400, "AccessDeniedException"), maintenance.ReasonDenied, true},
		{"no permission, with status 403", answered(403, "AccessDenied"), maintenance.ReasonDenied, true},
		{"old credentials", answered(400, "ExpiredTokenException"), maintenance.ReasonDenied, true},
		{"unknown credentials", answered(400, "UnrecognizedClientException"), maintenance.ReasonDenied, true},
		{"a wrong signature", answered(403, "SignatureDoesNotMatch"), maintenance.ReasonDenied, true},
		{"an error of no known code, of the caller's side", answered(400, "TeapotException"), maintenance.ReasonUnexpected, true},
		{"an error of no known code, in an answer that says OK", answered(200, "TeapotException"), maintenance.ReasonUnexpected, false},
		{"an internal error", answered(500, "InternalServerError"), maintenance.ReasonUnavailable, false},
		{"an internal error that calls itself a throttle: it may have worked", answered(500, "ThrottlingException"),
			maintenance.ReasonUnavailable, false},
		{"an internal error that calls itself a refusal", answered(503, "AccessDeniedException"), maintenance.ReasonUnavailable, false},
		{"a proxy's error page", answered(502, ""), maintenance.ReasonUnavailable, false},
		{"an answer that is not what the protocol says", answered(200, ""), maintenance.ReasonUnavailable, false},
		{"an error of the API without an answer", &smithy.GenericAPIError{Code: "TeapotException"}, maintenance.ReasonUnexpected, false},
		{"nobody listens: it was never sent", lost("dial", syscall.ECONNREFUSED), maintenance.ReasonUnavailable, true},
		{"no such host: it was never sent", lost("dial", &net.DNSError{Err: "no such host"}), maintenance.ReasonUnavailable, true},
		{"the connection breaks while the answer is read", lost("read", syscall.ECONNRESET), maintenance.ReasonUnavailable, false},
		{"the connection breaks while the request is written", lost("write", syscall.EPIPE), maintenance.ReasonUnavailable, false},
		{"no time left", fmt.Errorf("send: %w", context.DeadlineExceeded), maintenance.ReasonUnavailable, false},
		{"cancelled", &smithy.CanceledError{Err: context.Canceled}, maintenance.ReasonUnavailable, false},
		{"something else", errors.New("something else"), maintenance.ReasonUnavailable, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reason, refused := awscall.Classify(tt.err)
			if reason != tt.reason || refused != tt.refused {
				t.Errorf("got %s, refused %v; want %s, %v", reason, refused, tt.reason, tt.refused)
			}
			// Repeated by the SDK only if it proves that nothing was done, and if asking again can help.
			again := tt.refused && (tt.reason == maintenance.ReasonThrottled || tt.reason == maintenance.ReasonUnavailable)
			if got := awscall.RetryRefused(awscall.Classify).IsErrorRetryable(tt.err); got != again {
				t.Errorf("repeated %v, want %v", got, again)
			}
		})
	}
}

// The service's own errors count before the common ones.
func TestRetryRefused_AsksTheClassifierItIsGiven(t *testing.T) {
	for _, tt := range []struct {
		reason  maintenance.Reason
		refused bool
		again   bool
	}{
		{maintenance.ReasonThrottled, true, true},
		{maintenance.ReasonUnavailable, true, true},
		{maintenance.ReasonThrottled, false, false},
		{maintenance.ReasonDenied, true, false},
		{maintenance.ReasonStartUnconfirmed, false, false},
	} {
		retryer := awscall.RetryRefused(func(error) (maintenance.Reason, bool) { return tt.reason, tt.refused })
		if got := retryer.IsErrorRetryable(answered(400, "ThrottlingException")); got != tt.again {
			t.Errorf("%s, refused %v: repeated %v", tt.reason, tt.refused, got)
		}
		if retryer.MaxAttempts() != 3 {
			t.Errorf("%d attempts", retryer.MaxAttempts())
		}
		for attempt := 1; attempt < 10; attempt++ {
			if pause, err := retryer.RetryDelay(attempt, errors.New("busy")); err != nil || pause > time.Second {
				t.Errorf("a pause of %s, %v", pause, err)
			}
		}
	}
}

func TestHalfRemaining(t *testing.T) {
	whole, cancelWhole := context.WithTimeout(t.Context(), time.Hour)
	defer cancelWhole()
	half, cancel := awscall.HalfRemaining(whole)
	deadline, ok := half.Deadline()
	if left := time.Until(deadline); !ok || left < 29*time.Minute || left > 30*time.Minute {
		t.Errorf("%s are left", left)
	}
	cancel()
	if half.Err() == nil || whole.Err() != nil {
		t.Errorf("after the half: %v, %v", half.Err(), whole.Err())
	}

	endless, cancel := awscall.HalfRemaining(t.Context())
	if _, ok := endless.Deadline(); ok {
		t.Error("half of for ever ends")
	}
	cancel()
	if endless.Err() != nil {
		t.Error("a context that was not bounded is cancelled")
	}

	past, cancelPast := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelPast()
	over, cancelOver := awscall.HalfRemaining(past)
	defer cancelOver()
	if over.Err() == nil {
		t.Error("half of nothing is something")
	}
}

func TestCanStillVerify(t *testing.T) {
	if !awscall.CanStillVerify(t.Context()) {
		t.Error("for ever is not enough")
	}
	for left, want := range map[time.Duration]bool{time.Hour: true, 1500 * time.Millisecond: true, 900 * time.Millisecond: false, 0: false,
		-time.Hour: false} {
		ctx, cancel := context.WithTimeout(t.Context(), left)
		if awscall.CanStillVerify(ctx) != want {
			t.Errorf("%s: enough is %v", left, !want)
		}
		cancel()
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if awscall.CanStillVerify(cancelled) {
		t.Error("there is time after a cancellation")
	}
}
