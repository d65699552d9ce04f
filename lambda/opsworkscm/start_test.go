package opsworkscm_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

// What StartMaintenance may meet, and what has happened at the service afterwards, whatever the client was told.
func TestClient_Start(t *testing.T) {
	type fault = simulator.Fault
	const start, look, twice = "StartMaintenance", "DescribeServers", "StartMaintenance,StartMaintenance"
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
		{"OK, and the state comes later", []fault{{Kind: simulator.StateLag, Lag: time.Hour}}, "", "", "HEALTHY", 0, start},
		{"OK after a throttle, which the SDK repeats", []fault{{Operation: start, Kind: simulator.Throttle, Times: 1}}, "",
			"", "UNDER_MAINTENANCE", 1, twice},
		{"ErrThrottled", []fault{{Operation: start, Kind: simulator.Throttle}}, "", maintenance.ReasonThrottled, "", 0, twice + "," + start},
		{"ErrDenied", []fault{{Operation: start, Kind: simulator.Denied}}, "", maintenance.ReasonDenied, "", 0, start},
		{"the answer is lost and it worked", []fault{{Operation: start, Kind: simulator.WorkThenDrop}}, "",
			maintenance.ReasonStartUnconfirmed, "", 1, start},
		{"no answer in time and it worked", []fault{{Operation: start, Kind: simulator.WorkThenHang}}, "",
			maintenance.ReasonStartUnconfirmed, "", 1, start},
		{"an internal error and it worked", []fault{{Operation: start, Kind: simulator.WorkThenInternalFailure}}, "",
			maintenance.ReasonStartUnconfirmed, "", 1, start},
		{"the connection breaks", []fault{{Operation: start, Kind: simulator.Drop}}, "", maintenance.ReasonStartUnconfirmed, "", 0, start},
		{"no answer in time", []fault{{Operation: start, Kind: simulator.Hang}}, "", maintenance.ReasonStartUnconfirmed, "", 0, start},
		{"an internal error is not repeated", []fault{{Operation: start, Kind: simulator.InternalFailure}}, "",
			maintenance.ReasonStartUnconfirmed, "", 0, start},
		{"the service is unavailable, which proves nothing", []fault{{Operation: start, Kind: simulator.Unavailable}}, "",
			maintenance.ReasonStartUnconfirmed, "", 0, start},
		{"throttled, then the answer is lost",
			[]fault{{Operation: start, Kind: simulator.Throttle, Times: 1}, {Operation: start, Kind: simulator.WorkThenDrop}}, "",
			maintenance.ReasonStartUnconfirmed, "", 1, twice},
		{"under maintenance by somebody else", nil, "UNDER_MAINTENANCE",
			maintenance.ReasonWrongState, "UNDER_MAINTENANCE", 0, start + "," + look},
		{"a backup has begun meanwhile", nil, "BACKING_UP", maintenance.ReasonWrongState, "BACKING_UP", 0, start + "," + look},
		{"throttled, then under maintenance by somebody else: not ours",
			[]fault{{Operation: start, Kind: simulator.Throttle, Times: 1}}, "UNDER_MAINTENANCE",
			maintenance.ReasonWrongState, "UNDER_MAINTENANCE", 0, twice + "," + look},
		{"not in a state to start from, and the look fails: the state is unknown",
			[]fault{{Operation: look, Kind: simulator.Denied}}, "BACKING_UP",
			maintenance.ReasonWrongState, "", 0, start + "," + look},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			for _, f := range tt.faults {
				sim.Inject(f)
			}
			if tt.status != "" {
				must(t, sim.SetStatus("automate-06", tt.status))
			}
			answer := c.Start(t.Context(), claimed(time.Now()), chef, nil)
			wantReason(t, answer.Err, tt.reason)
			if answer.Server.Status != tt.seen {
				t.Errorf("seen %s, want %s", answer.Server.Status, tt.seen)
			}
			if (answer.Record != "") != (tt.reason == "") {
				t.Errorf("record %q", answer.Record)
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

// The look after a refusal is a new one, also where looks are shared.
func TestClient_StartSharedLooksAnew(t *testing.T) {
	sim, c := service(t)
	shared := c.Shared()
	must(t, shared.Look(t.Context(), "automate-06").ServerErr)
	must(t, sim.SetStatus("automate-06", "BACKING_UP"))
	if answer := shared.Start(t.Context(), claimed(time.Now()), chef, nil); answer.Server.Status != maintenance.StatusBackingUp {
		t.Errorf("got %+v", answer)
	}
}

// An answer is what the API says, or nobody can tell what it means.
func TestClient_StartOddAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
		reason     maintenance.Reason
	}{
		{"the server as it was", `{"Server": {"ServerName": "automate-06", "Status": "HEALTHY", "MaintenanceStatus": "FAILED"}}`, 200, ""},
		{"no server", `{}`, 200, maintenance.ReasonStartUnconfirmed},
		{"another server", `{"Server": {"ServerName": "mail-01"}}`, 200, maintenance.ReasonStartUnconfirmed},
		{"a web page", `<html>`, 200, maintenance.ReasonStartUnconfirmed},
		{"half an answer", `{"Server": {"ServerName": "auto`, 200, maintenance.ReasonStartUnconfirmed},
		{"a proxy's error page", `<html>`, 502, maintenance.ReasonStartUnconfirmed},
		{"no such server", `{"__type": "ResourceNotFoundException"}`, 400, maintenance.ReasonNotFound},
		{"an unknown error", `{"__type": "TeapotException"}`, 418, maintenance.ReasonUnexpected},
		{"what the service does not want", `{"__type": "ValidationException", "Message": "no upgrade is available"}`, 400,
			maintenance.ReasonInvalidRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int32
			c := answering(t, func(string) (int, string) { sent.Add(1); return tt.status, tt.body })
			answer := c.Start(t.Context(), claimed(time.Now()), chef, nil)
			wantReason(t, answer.Err, tt.reason)
			if tt.reason == "" && (answer.Server.Status != "HEALTHY" || answer.Server.MaintenanceStatus != "FAILED") {
				t.Errorf("the answer's own server was not read: %+v", answer)
			}
			if sent.Load() != 1 {
				t.Errorf("%d calls", sent.Load())
			}
		})
	}
}

func TestClient_StartNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	url := "http://" + listener.Addr().String()
	must(t, listener.Close())
	wantReason(t, client(url, time.Now).Start(t.Context(), claimed(time.Now()), chef, nil).Err, maintenance.ReasonUnavailable)
}

// What fails before anything is sent leaves no doubt.
func TestClient_StartWithoutCredentials(t *testing.T) {
	sim := simulated(t)
	without := config(memory{sim, 0}, "http://simulated")
	without.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("none to be had")
	})
	wantReason(t, opsworkscm.New(without, time.Now).Start(t.Context(), claimed(time.Now()), chef, nil).Err, maintenance.ReasonUnavailable)
}

func TestClient_StartAttributes(t *testing.T) {
	attribute := func(name, value string) []maintenance.EngineAttribute {
		return []maintenance.EngineAttribute{{Name: name, Value: value}}
	}
	t.Run("OK", func(t *testing.T) {
		sim, c := service(t)
		must(t, c.Start(t.Context(), claimed(time.Now()), chef, attribute("CHEF_MAJOR_UPGRADE", "true")).Err)
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
			err := c.Start(t.Context(), claimed(time.Now()), tt.server, tt.attributes).Err
			if maintenance.ReasonOf(err) != maintenance.ReasonInvalidRequest || !strings.Contains(err.Error(), tt.want) {
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
}
