package connection

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/opsworkscm"
)

// writeCounter counts what is written to a connection, by calls.
type writeCounter struct {
	net.Conn
	writes *atomic.Int32
}

func (c writeCounter) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// A request goes out whole in one write, each time it is tried.
func TestInMemory_OneWrite(t *testing.T) {
	var writes atomic.Int32
	var bodies []string
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bodies = append(bodies, string(body)); len(bodies) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"Servers": [{"ServerName": "automate-06", "Status": "HEALTHY"}]}`)
	}))
	defer endpoint.Close()
	config, err := Config(func(string) string { return "us-east-1" }, nil)
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPClient = inMemory{awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return writeCounter{conn, &writes}, err
		}
	})}
	seen := opsworkscm.New(WithEndpoint(config, endpoint.URL), time.Now).Look(t.Context(), "automate-06")
	if seen.ServerErr != nil || seen.Server.Status != "HEALTHY" {
		t.Fatalf("got %+v", seen)
	}
	const body = `{"ServerName":"automate-06"}`
	if strings.Join(bodies, " ") != body+" "+body {
		t.Errorf("sent %q", bodies)
	}
	if n := writes.Load(); n != 2 {
		t.Errorf("%d writes for 2 requests", n)
	}
}

// A body that cannot be read is not sent.
func TestInMemory_BodyThatFails(t *testing.T) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1", strings.NewReader("short"))
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = 10
	if _, err := Client(nil, time.Second).Do(request); err == nil || !strings.Contains(err.Error(),
		"read the request") {
		t.Errorf("got %v", err)
	}
}
