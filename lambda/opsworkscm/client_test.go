package opsworkscm_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

var (
	chef   = maintenance.Server{Name: "automate-06", Engine: "ChefAutomate", Status: maintenance.Healthy}
	puppet = maintenance.Server{Name: "puppet-01", Engine: "Puppet", Status: maintenance.Healthy}
)

// service is the simulator with two servers, and a client for it that gives up on a call after 300 ms.
func service(t *testing.T) (*simulator.OpsWorksCM, *opsworkscm.Client) {
	t.Helper()
	sim := simulator.NewOpsWorksCM(simulator.Config{})
	for _, server := range []simulator.Server{{Name: "automate-06", Engine: "ChefAutomate"}, {Name: "puppet-01", Engine: "Puppet"}} {
		if err := sim.AddServer(server); err != nil {
			t.Fatal(err)
		}
	}
	endpoint := httptest.NewServer(sim)
	t.Cleanup(endpoint.Close)
	t.Cleanup(sim.Close)
	return sim, client(endpoint.URL)
}

func client(url string) *opsworkscm.Client {
	return opsworkscm.New(aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		HTTPClient:   awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = 300 * time.Millisecond }),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	})
}

func calls(sim *simulator.OpsWorksCM) string {
	var names []string
	for _, call := range sim.Calls() {
		names = append(names, call.Operation)
	}
	return strings.Join(names, ",")
}

func TestClient_Describe(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		_, c := service(t)
		got, err := c.Describe(t.Context(), "automate-06")
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != "automate-06" || got.Backend != "opsworks-cm" || got.Engine != "ChefAutomate" || got.EngineVersion != "2" || got.Status != "HEALTHY" ||
			!strings.HasPrefix(got.ARN, "arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/") {
			t.Errorf("got %+v", got)
		}
	})
	for _, tt := range []struct {
		name   string
		server string
		fault  simulator.Kind
		times  int
		reason maintenance.Reason
		calls  int
	}{
		{"ErrNotFound", "mail-01", 0, 0, maintenance.NotFound, 1},
		{"ErrThrottled after the SDK's attempts", "automate-06", simulator.Throttle, 0, maintenance.Throttled, 3},
		{"ErrUnavailable after the SDK's attempts", "automate-06", simulator.InternalFailure, 0, maintenance.Unavailable, 3},
		{"ErrDenied at once", "automate-06", simulator.Denied, 0, maintenance.Denied, 1},
		{"ErrUnavailable when nothing answers", "automate-06", simulator.Hang, 0, maintenance.Unavailable, 3},
		{"ErrUnavailable when the connection breaks", "automate-06", simulator.Drop, 0, maintenance.Unavailable, 3},
		{"OK after one throttle", "automate-06", simulator.Throttle, 1, "", 2},
		{"OK after one hang", "automate-06", simulator.Hang, 1, "", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			if tt.fault != 0 {
				sim.Inject(simulator.Fault{Operation: "DescribeServers", Kind: tt.fault, Times: tt.times})
			}
			_, err := c.Describe(t.Context(), tt.server)
			if (err == nil) != (tt.reason == "") || err != nil && maintenance.ReasonOf(err) != tt.reason {
				t.Errorf("got %v, want %q", err, tt.reason)
			}
			if n := len(sim.Calls()); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestClient_Share(t *testing.T) {
	sim, c := service(t)
	look := c.Share()
	for name, want := range map[string]maintenance.Status{"automate-06": maintenance.Healthy, "puppet-01": maintenance.Healthy} {
		if server, err := look(t.Context(), name); err != nil || server.Name != name || server.Status != want {
			t.Errorf("got %+v, %v", server, err)
		}
	}
	if _, err := look(t.Context(), "gone-99"); maintenance.ReasonOf(err) != maintenance.NotFound {
		t.Errorf("got %v", err)
	}
	if got := calls(sim); got != "DescribeServers" {
		t.Errorf("calls %s", got)
	}
	sim.Inject(simulator.Fault{Operation: "DescribeServers", Kind: simulator.Denied})
	look = c.Share()
	for _, name := range []string{"automate-06", "gone-99"} { // that it is gone is not proved by an answer that did not come
		if _, err := look(t.Context(), name); maintenance.ReasonOf(err) != maintenance.Denied {
			t.Errorf("got %v", err)
		}
	}
}

// panicking is an HTTP client with a mistake in it.
type panicking struct{ aws.HTTPClient }

func (panicking) Do(*http.Request) (*http.Response, error) { panic("a mistake") }

// A look that was broken off proves of no server that it is gone.
func TestClient_ShareBrokenOff(t *testing.T) {
	look := opsworkscm.New(aws.Config{Region: "us-east-1", HTTPClient: panicking{}, Credentials: aws.AnonymousCredentials{}}).Share()
	func() {
		defer func() { _ = recover() }()
		_, _ = look(t.Context(), "automate-06")
	}()
	if _, err := look(t.Context(), "automate-06"); maintenance.ReasonOf(err) != maintenance.Unavailable {
		t.Errorf("got %v", err)
	}
}

// claimed is a run of automate-06 that was claimed at a time.
func claimed(at time.Time) maintenance.Run {
	return maintenance.Run{ID: "automate-06-1", ServerName: "automate-06", Claimed: at}
}

// The states a server can be in, with and without an event of maintenance since the claim.
func TestClient_FindAndFollow(t *testing.T) {
	sim, c := service(t)
	before := time.Now()
	expect := func(when string, run maintenance.Run, finding maintenance.Finding, state maintenance.ProgressState) string {
		t.Helper()
		found, err := c.Find(t.Context(), run)
		if err != nil || found.Finding != finding {
			t.Errorf("%s: found %+v, %v", when, found, err)
		}
		progress, err := c.Follow(t.Context(), run, c.Describe)
		if err != nil || progress.State != state {
			t.Errorf("%s: progress %+v, %v", when, progress, err)
		}
		return progress.Detail
	}
	set := func(status string) {
		t.Helper()
		if err := sim.SetStatus("automate-06", status); err != nil {
			t.Fatal(err)
		}
	}
	later := before.Add(2 * time.Second)
	expect("before a start", claimed(later), maintenance.NothingStarted, maintenance.NothingSeen)
	set("BACKING_UP")
	expect("another operation", claimed(later), maintenance.Unclear, maintenance.Unsettled)
	set("FAILED")
	expect("a failed server", claimed(later), maintenance.Unclear, maintenance.NothingSeen)
	set("HEALTHY")
	if _, _, err := c.Start(t.Context(), maintenance.Run{}, chef, nil); err != nil {
		t.Fatal(err)
	}
	expect("while it goes on", claimed(before), maintenance.Began, maintenance.UnderWay)
	if err := sim.Complete("automate-06"); err != nil {
		t.Fatal(err)
	}
	if detail := expect("after it", claimed(before), maintenance.Began, maintenance.Over); !strings.Contains(detail, "Maintenance completed successfully; ") {
		t.Errorf("detail %q", detail)
	}
	expect("long after it", claimed(later), maintenance.NothingStarted, maintenance.NothingSeen)
	seen := claimed(later)
	seen.Began = true
	expect("it was seen, and left no events", seen, maintenance.NothingStarted, maintenance.Over)

	sim.Inject(simulator.Fault{Operation: "DescribeEvents", Kind: simulator.Denied})
	if _, err := c.Find(t.Context(), claimed(before)); maintenance.ReasonOf(err) != maintenance.Denied {
		t.Errorf("found without events: %v", err)
	}
	for run, want := range map[*maintenance.Run]maintenance.ProgressState{{ServerName: "automate-06"}: maintenance.Unsettled, {ServerName: "automate-06", Began: true}: maintenance.Over} {
		if progress, err := c.Follow(t.Context(), *run, c.Describe); err != nil || progress.State != want {
			t.Errorf("without events, began %v: %+v, %v", run.Began, progress, err)
		}
	}
	gone := maintenance.Run{ServerName: "mail-01"}
	if _, err := c.Find(t.Context(), gone); maintenance.ReasonOf(err) != maintenance.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := c.Follow(t.Context(), gone, c.Describe); maintenance.ReasonOf(err) != maintenance.ServerGone {
		t.Errorf("got %v", err)
	}
}

// Backups and health checks leave events too: they are no proof of a maintenance, nor that nothing happened.
func TestClient_FindTellsMaintenanceFromOtherEvents(t *testing.T) {
	for message, want := range map[string]maintenance.Finding{
		"Updates successfully installed.": maintenance.Began, "Maintenance completed successfully": maintenance.Began, "Successfully upgraded to Automate 2.": maintenance.Began,
		"Upgrading Chef server from Automate 1 to Automate 2": maintenance.Began, "Restore completed successfully": maintenance.Unclear, "Health check passed": maintenance.Unclear,
	} {
		endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "DescribeServers") {
				_, _ = w.Write([]byte(`{"Servers": [{"ServerName": "automate-06", "Status": "HEALTHY"}]}`))
				return
			}
			_, _ = w.Write([]byte(`{"ServerEvents": [{"CreatedAt": 1795474800.25, "ServerName": "automate-06", "Message": "` + message + `"}]}`))
		}))
		found, err := client(endpoint.URL).Find(t.Context(), claimed(time.Unix(1795474800, 0)))
		if err != nil || found.Finding != want || found.Detail != "2026-11-23T23:00:00Z "+message {
			t.Errorf("%s: %+v, %v", message, found, err)
		}
		if just, _ := client(endpoint.URL).Find(t.Context(), claimed(time.Unix(1795474800, 300e6))); just.Finding != maintenance.NothingStarted {
			t.Errorf("%s: an event of before counts: %+v", message, just)
		}
		endpoint.Close()
	}
}

func TestClient_DescribeOddAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		reason                  maintenance.Reason
	}{
		{"another server", "application/x-amz-json-1.1", `{"Servers": [{"ServerName": "mail-01", "Status": "HEALTHY"}]}`, 200, maintenance.Unexpected},
		{"two servers", "application/x-amz-json-1.1", `{"Servers": [{"ServerName": "automate-06"}, {"ServerName": "automate-06"}]}`, 200, maintenance.Unexpected},
		{"no server", "application/x-amz-json-1.1", `{"Servers": []}`, 200, maintenance.Unexpected},
		{"a web page", "text/html", `<html>`, 200, maintenance.Unavailable},
		{"half an answer", "application/x-amz-json-1.1", `{"Servers": [{"ServerName": "auto`, 200, maintenance.Unavailable},
		{"an error nobody knows", "application/x-amz-json-1.1", `{"__type": "TeapotException"}`, 418, maintenance.Unexpected},
		{"a proxy's error page", "text/html", `<html>`, 502, maintenance.Unavailable},
		{"an error with a prefix, as some services send it", "application/x-amz-json-1.1", `{"__type": "com.amazonaws.opsworkscm#ResourceNotFoundException"}`, 400, maintenance.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.contentType)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			defer endpoint.Close()
			if _, err := client(endpoint.URL).Describe(t.Context(), "automate-06"); maintenance.ReasonOf(err) != tt.reason {
				t.Errorf("got %v, want %s", err, tt.reason)
			}
		})
	}
}

// What StartMaintenance may meet, and what has happened at the service afterwards, whatever the client was told.
func TestClient_Start(t *testing.T) {
	type fault = simulator.Fault
	const start, look = "StartMaintenance", "DescribeServers"
	for _, tt := range []struct {
		name   string
		faults []fault
		status string // put there before the call, unknown to the caller
		reason maintenance.Reason
		seen   maintenance.Status
		began  int
		calls  string
	}{
		{"OK", nil, "", "", "UNDER_MAINTENANCE", 1, start},
		{"OK after a throttle, which the SDK repeats", []fault{{Operation: start, Kind: simulator.Throttle, Times: 1}}, "",
			"", "UNDER_MAINTENANCE", 1, "StartMaintenance,StartMaintenance"},
		{"ErrThrottled", []fault{{Operation: start, Kind: simulator.Throttle}}, "",
			maintenance.Throttled, "HEALTHY", 0, "StartMaintenance,StartMaintenance,StartMaintenance"},
		{"ErrDenied", []fault{{Operation: start, Kind: simulator.Denied}}, "", maintenance.Denied, "HEALTHY", 0, start},
		{"the answer is lost and it worked: started", []fault{{Operation: start, Kind: simulator.WorkThenDrop}}, "",
			"", "UNDER_MAINTENANCE", 1, "StartMaintenance,DescribeServers"},
		{"no answer in time and it worked: started", []fault{{Operation: start, Kind: simulator.WorkThenHang}}, "",
			"", "UNDER_MAINTENANCE", 1, "StartMaintenance,DescribeServers"},
		{"an internal error and it worked: started", []fault{{Operation: start, Kind: simulator.WorkThenInternalFailure}}, "",
			"", "UNDER_MAINTENANCE", 1, "StartMaintenance,DescribeServers"},
		{"the connection breaks and the server is unchanged: nobody can tell", []fault{{Operation: start, Kind: simulator.Drop}}, "",
			maintenance.StartUnconfirmed, "HEALTHY", 0, "StartMaintenance,DescribeServers"},
		{"no answer in time and the server is unchanged: nobody can tell", []fault{{Operation: start, Kind: simulator.Hang}}, "",
			maintenance.StartUnconfirmed, "HEALTHY", 0, "StartMaintenance,DescribeServers"},
		{"the answer is lost and the server cannot be looked at: nobody can tell", []fault{{Operation: start, Kind: simulator.WorkThenDrop}, {Operation: look, Kind: simulator.Denied}}, "",
			maintenance.StartUnconfirmed, "HEALTHY", 1, "StartMaintenance,DescribeServers"},
		{"an internal error and the server is unchanged: tried again", []fault{{Operation: start, Kind: simulator.InternalFailure, Times: 1}}, "",
			"", "UNDER_MAINTENANCE", 1, "StartMaintenance,DescribeServers,StartMaintenance"},
		{"internal errors only: unavailable", []fault{{Operation: start, Kind: simulator.InternalFailure}}, "",
			maintenance.Unavailable, "HEALTHY", 0, "StartMaintenance,DescribeServers,StartMaintenance,DescribeServers,StartMaintenance,DescribeServers"},
		{"under maintenance by somebody else", nil, "UNDER_MAINTENANCE",
			maintenance.WrongState, "UNDER_MAINTENANCE", 0, "StartMaintenance,DescribeServers"},
		{"a backup has begun meanwhile", nil, "BACKING_UP",
			maintenance.WrongState, "BACKING_UP", 0, "StartMaintenance,DescribeServers"},
		{"throttled, then under maintenance by somebody else: not ours", []fault{{Operation: start, Kind: simulator.Throttle, Times: 1}}, "UNDER_MAINTENANCE",
			maintenance.WrongState, "UNDER_MAINTENANCE", 0, "StartMaintenance,StartMaintenance,DescribeServers"},
		{"not in a state to start from, and nobody can look: the state is unknown", []fault{{Operation: look, Kind: simulator.Denied}}, "BACKING_UP",
			maintenance.WrongState, "", 0, "StartMaintenance,DescribeServers"},
		{"an internal error that worked late, then a refusal: looked into", []fault{{Operation: start, Kind: simulator.InternalFailure, Times: 1}, {Operation: start, Kind: simulator.Denied, Times: 1}}, "",
			maintenance.StartUnconfirmed, "HEALTHY", 0, "StartMaintenance,DescribeServers,StartMaintenance,DescribeServers"},
		{"an internal error, then a backup: nobody can tell", []fault{{Operation: start, Kind: simulator.InternalFailure, Times: 1}}, "BACKING_UP",
			maintenance.StartUnconfirmed, "BACKING_UP", 0, "StartMaintenance,DescribeServers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			for _, f := range tt.faults {
				sim.Inject(f)
			}
			if tt.status != "" {
				if err := sim.SetStatus("automate-06", tt.status); err != nil {
					t.Fatal(err)
				}
			}
			got, _, err := c.Start(t.Context(), maintenance.Run{}, chef, nil)
			if (err == nil) != (tt.reason == "") || err != nil && maintenance.ReasonOf(err) != tt.reason {
				t.Errorf("got %v, want %q", err, tt.reason)
			}
			if got.Status != tt.seen {
				t.Errorf("seen %s, want %s", got.Status, tt.seen)
			}
			if n := sim.Started("automate-06"); n != tt.began {
				t.Errorf("%d maintenances began, want %d", n, tt.began)
			}
			if got := calls(sim); got != tt.calls {
				t.Errorf("calls %s\nwant  %s", got, tt.calls)
			}
		})
	}
}

// A run that has come and gone between an internal error and the next attempt must not be started again.
func TestClient_StartAfterAnInternalErrorThatWorkedLate(t *testing.T) {
	begun := false
	var starts int
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch {
		case strings.HasSuffix(r.Header.Get("X-Amz-Target"), "DescribeServers"):
			_, _ = w.Write([]byte(`{"Servers": [{"ServerName": "automate-06", "Status": "HEALTHY"}]}`))
		case !begun:
			begun, starts = true, starts+1
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"__type": "InternalFailure"}`))
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type": "InvalidStateException"}`))
		}
	}))
	defer endpoint.Close()
	if _, _, err := client(endpoint.URL).Start(t.Context(), maintenance.Run{}, chef, nil); maintenance.ReasonOf(err) != maintenance.StartUnconfirmed || starts != 1 {
		t.Errorf("got %v after %d starts", err, starts)
	}
}

func TestClient_StartNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client(url).Start(t.Context(), maintenance.Run{}, chef, nil); maintenance.ReasonOf(err) != maintenance.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestClient_StartWithoutTimeAsksNothing(t *testing.T) {
	sim, c := service(t)
	ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
	defer cancel()
	if _, _, err := c.Start(ctx, maintenance.Run{}, chef, nil); maintenance.ReasonOf(err) != maintenance.Unavailable || len(sim.Calls()) != 0 {
		t.Errorf("got %v after %s", err, calls(sim))
	}
}

// A call that hangs must leave time to find out what it did.
func TestClient_StartLeavesTimeToLook(t *testing.T) {
	sim, c := service(t)
	sim.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: simulator.WorkThenHang})
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if got, _, err := c.Start(ctx, maintenance.Run{}, chef, nil); err != nil || got.Status != maintenance.UnderMaintenance {
		t.Errorf("got %s, %v", got.Status, err)
	}
}

func TestClient_StartAttributes(t *testing.T) {
	attribute := func(name, value string) []maintenance.EngineAttribute {
		return []maintenance.EngineAttribute{{Name: name, Value: value}}
	}
	t.Run("OK", func(t *testing.T) {
		sim, c := service(t)
		if _, _, err := c.Start(t.Context(), maintenance.Run{}, chef, attribute("CHEF_MAJOR_UPGRADE", "true")); err != nil {
			t.Fatal(err)
		}
		if got := sim.Calls()[0].Attributes; !slices.Equal(got, []string{"CHEF_MAJOR_UPGRADE"}) {
			t.Errorf("sent %v", got)
		}
	})
	for _, tt := range []struct {
		name       string
		server     maintenance.Server
		attributes []maintenance.EngineAttribute
		want       string
	}{
		{"on a Puppet server", puppet, attribute("CHEF_MAJOR_UPGRADE", "true"), "is for Chef servers"},
		{"another value", chef, attribute("CHEF_MAJOR_UPGRADE", "s3cret"), "the only value"},
		{"another attribute", chef, attribute("CHEF_AUTOMATE_ADMIN_PASSWORD", "s3cret"), `"CHEF_AUTOMATE_ADMIN_PASSWORD" is unknown`},
		{"twice", chef, append(attribute("CHEF_MAJOR_UPGRADE", "true"), attribute("CHEF_MAJOR_UPGRADE", "true")...), "2 engine attributes"},
	} {
		t.Run("ErrInvalidRequest "+tt.name, func(t *testing.T) {
			sim, c := service(t)
			_, _, err := c.Start(t.Context(), maintenance.Run{}, tt.server, tt.attributes)
			if maintenance.ReasonOf(err) != maintenance.InvalidRequest || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error repeats a value: %v", err)
			}
			if n := len(sim.Calls()); n != 0 {
				t.Errorf("%d calls were made", n)
			}
		})
	}
	t.Run("ErrInvalidRequest when the service refuses it", func(t *testing.T) {
		endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type": "ValidationException", "Message": "no upgrade is available"}`))
		}))
		defer endpoint.Close()
		_, _, err := client(endpoint.URL).Start(t.Context(), maintenance.Run{}, chef, attribute("CHEF_MAJOR_UPGRADE", "true"))
		if maintenance.ReasonOf(err) != maintenance.InvalidRequest || !errors.As(err, new(*maintenance.Error)) {
			t.Errorf("got %v", err)
		}
	})
}
