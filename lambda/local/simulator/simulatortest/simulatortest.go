// Package simulatortest is what the tests of the simulated services share: calls by hand, and the configuration of a real client.
package simulatortest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/connection"
	"opsworks-maintenance/lambda/local/simulator"
)

// Answer is what a call by hand was answered.
type Answer struct{ *httptest.ResponseRecorder }

// Send sends one call straight to the handler. An empty target or authorization is left out.
func Send(service http.Handler, method, path, target, authorization, body string) Answer {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return Answer{w}
}

// Status fails the test unless the answer has the status.
func (a Answer) Status(t *testing.T, want int) {
	t.Helper()
	if a.Code != want {
		t.Fatalf("status %d, want %d: %s", a.Code, want, a.Body)
	}
}

// Has fails the test unless the answer's body has the parts.
func (a Answer) Has(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.Body.String(), part) {
			t.Fatalf("the answer lacks %s: %s", part, a.Body)
		}
	}
}

// Service is one of the simulated services.
type Service interface {
	http.Handler
	Close()
}

// Config is that of a real SDK client, which tries so often, for the service behind a real HTTP server.
func Config(t *testing.T, service Service, attempts int) aws.Config {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	t.Cleanup(service.Close) // runs first: a server waits for calls that hang
	return aws.Config{
		BaseEndpoint: aws.String(server.URL),
		Region:       simulator.Region,
		HTTPClient:   connection.Client(nil, time.Minute), // the SDK's own breaks a connection under a quick answer, as it says
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "SECRETEXAMPLE"}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = attempts
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

// WantType wants an error of a type.
func WantType[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("got %v, want a %T", err, want)
	}
}

// WantCode wants the service's error with a code.
func WantCode(t *testing.T, err error, code string) {
	t.Helper()
	var got smithy.APIError
	if !errors.As(err, &got) || got.ErrorCode() != code {
		t.Errorf("got %v, want code %s", err, code)
	}
}
