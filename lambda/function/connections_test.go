package function

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

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/connect"
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
	config, err := awsConfig(func(string) string { return "us-east-1" }, &connect.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPClient = inMemory{awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return writeCounter{conn, &writes}, err
		}
	})}
	seen := opsworkscm.New(withEndpoint(config, endpoint.URL), time.Now).Look(t.Context(), "automate-06")
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
	if _, err := httpClient(&connect.Dialer{}, time.Second).Do(request); err == nil || !strings.Contains(err.Error(),
		"read the request") {
		t.Errorf("got %v", err)
	}
}

// The connections that are opened ahead are those of the services the settings need.
func TestConnections_Ahead(t *testing.T) {
	for settings, want := range map[string]string{
		"settings.json":     "DYNAMODB SNS OPSWORKSCM",
		"settings-ssm.json": "DYNAMODB SNS SSM",
	} {
		t.Run(settings, func(t *testing.T) {
			var opened [4]atomic.Int32
			names := []string{"DYNAMODB", "SNS", "OPSWORKSCM", "SSM"}
			environment := map[string]string{
				"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "RUNS_TABLE": "runs",
				"TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:maintenance", "SETTINGS_FILE": ResolvedFile(t, "../../testdata/"+settings),
				"CHEF_AUTOMATE_RUNBOOK": "chef", "PUPPET_ENTERPRISE_RUNBOOK": "puppet",
			}
			for i, name := range names {
				service := httptest.NewUnstartedServer(nil)
				service.Config.ConnState = func(_ net.Conn, state http.ConnState) {
					if state == http.StateNew {
						opened[i].Add(1)
					}
				}
				service.Start()
				defer service.Close()
				environment["AWS_ENDPOINT_URL_"+name] = service.URL
			}
			_, connections, err := New(func(name string) string { return environment[name] }, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			connections.Ahead()
			deadline := time.Now().Add(5 * time.Second)
			for got := ""; got != want; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("opened to %q, want %q", got, want)
				}
				var to []string
				for i, name := range names {
					if opened[i].Load() == 1 {
						to = append(to, name)
					}
				}
				got = strings.Join(to, " ")
			}
		})
	}
}

// Without an endpoint of its own a service is where AWS has it.
func TestService_Endpoint(t *testing.T) {
	config, err := awsConfig(func(string) string { return "eu-central-1" }, &connect.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	for endpoint, c := range map[string]aws.Config{
		"https://opsworks-cm.eu-central-1.amazonaws.com": config,
		"http://127.0.0.1:4000":                          withEndpoint(config, "http://127.0.0.1:4000"),
	} {
		if got, err := opsworkscm.New(c, time.Now).Endpoint(t.Context()); err != nil || got != endpoint {
			t.Errorf("got %s, %v, want %s", got, err, endpoint)
		}
	}
}
