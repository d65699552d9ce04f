package opsworkscm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	cmsim "opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

var (
	chef   = maintenance.Server{Name: "automate-06", Engine: "ChefAutomate", Status: maintenance.StatusHealthy}
	puppet = maintenance.Server{Name: "puppet-01", Engine: "Puppet", Status: maintenance.StatusHealthy}
)

// service is the simulator with two servers, each with a maintenance of last week, behind a real HTTP server, and a client for it.
func service(t *testing.T) (*cmsim.Service, *opsworkscm.Client) {
	t.Helper()
	sim := simulated(t)
	endpoint := httptest.NewServer(sim)
	t.Cleanup(endpoint.Close)
	t.Cleanup(sim.Close) // runs first: a server waits for calls that hang
	return sim, client(endpoint.URL, time.Now)
}

func simulated(t *testing.T) *cmsim.Service {
	t.Helper()
	sim := cmsim.New(cmsim.Config{})
	for _, server := range []cmsim.Server{{Name: "automate-06", Engine: "ChefAutomate"}, {Name: "puppet-01", Engine: "Puppet"}} {
		server.MaintenanceStatus = "SUCCESS"
		if err := sim.AddServer(server); err != nil {
			t.Fatal(err)
		}
	}
	return sim
}

func config(http aws.HTTPClient, url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url), HTTPClient: http,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// client gives up on a call after 300 ms.
func client(url string, now func() time.Time) *opsworkscm.Client {
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = 300 * time.Millisecond
	})
	return opsworkscm.New(config(transport, url), now)
}

// answering is a client of an endpoint that answers each operation with a status and a body. It has no socket: over a real one, an
// answer of more than a buffer that comes at once finds the SDK's request still open, and breaks the connection.
func answering(t *testing.T, answer func(operation string) (int, string)) *opsworkscm.Client {
	t.Helper()
	endpoint := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		status, body := answer(operation)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	return opsworkscm.New(config(memory{endpoint, 0}, "http://canned"), time.Now)
}

// memory is an HTTP client without a socket, for virtual time.
type memory struct {
	http.Handler
	takes time.Duration
}

func (m memory) Do(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if recover() == http.ErrAbortHandler { // as net/http takes it: no answer
			err = errors.New("the connection was closed")
		}
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(m.takes):
	}
	r = r.Clone(r.Context())
	r.URL.Path = "/"
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

func calls(sim *cmsim.Service) string {
	var names []string
	for _, call := range sim.Calls() {
		names = append(names, call.Operation)
	}
	return strings.Join(names, ",")
}

// claimed is a run of automate-06 that was claimed at a time, by an attempt that has an hour.
func claimed(at time.Time) maintenance.Run {
	return maintenance.Run{ID: "automate-06-1", ServerName: "automate-06",
		Attempt: maintenance.Attempt{ID: "a", Claimed: at, Ends: at.Add(time.Hour)}}
}

func wantReason(t *testing.T, err error, want maintenance.Reason) {
	t.Helper()
	if maintenance.ReasonOf(err) != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func seen(s maintenance.Sighting) string {
	if s.ServerErr != nil {
		return string(maintenance.ReasonOf(s.ServerErr))
	}
	return fmt.Sprintf("%s %s", s.Server.Status, s.Server.MaintenanceStatus)
}
