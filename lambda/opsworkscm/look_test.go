package opsworkscm_test

import (
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/maintenance"
)

func TestClient_Look(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		sim, c := service(t)
		before := time.Now()
		s := c.Look(t.Context(), "automate-06")
		must(t, s.ServerErr)
		got := s.Server
		if got.Name != "automate-06" || got.Backend != "opsworks-cm" || got.Engine != "ChefAutomate" || got.EngineVersion != "2" ||
			got.Status != "HEALTHY" || !strings.HasPrefix(got.ARN, "arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/") {
			t.Errorf("got %+v", got)
		}
		if s.At.Before(before) || s.Executions != nil || s.Events != nil {
			t.Errorf("got %+v", s)
		}
		if got := calls(sim); got != "DescribeServers" {
			t.Errorf("calls %s", got)
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
		{"ErrNotFound of an unknown name", "mail-01", 0, 0, maintenance.ReasonNotFound, 1},
		{"ErrThrottled after the SDK's attempts", "automate-06", simulator.Throttle, 0, maintenance.ReasonThrottled, 3},
		{"ErrUnavailable after the SDK's attempts", "automate-06", simulator.InternalFailure, 0, maintenance.ReasonUnavailable, 3},
		{"ErrDenied at once", "automate-06", simulator.Denied, 0, maintenance.ReasonDenied, 1},
		{"ErrUnavailable when nothing answers", "automate-06", simulator.Hang, 0, maintenance.ReasonUnavailable, 3},
		{"ErrUnavailable when the connection breaks", "automate-06", simulator.Drop, 0, maintenance.ReasonUnavailable, 3},
		{"OK after one throttle", "automate-06", simulator.Throttle, 1, "", 2},
		{"OK after one hang", "automate-06", simulator.Hang, 1, "", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim, c := service(t)
			if tt.fault != 0 {
				sim.Inject(simulator.Fault{Operation: "DescribeServers", Kind: tt.fault, Times: tt.times})
			}
			wantReason(t, c.Look(t.Context(), tt.server).ServerErr, tt.reason)
			if n := len(sim.Calls()); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestClient_LookOddAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
		reason     maintenance.Reason
	}{
		{"no server: it is missing from this answer", `{"Servers": []}`, 200, maintenance.ReasonNotFound},
		{"nothing at all: it is missing too", `{}`, 200, maintenance.ReasonNotFound},
		{"another server", `{"Servers": [{"ServerName": "mail-01", "Status": "HEALTHY"}]}`, 200, maintenance.ReasonUnexpected},
		{"the server twice", `{"Servers": [{"ServerName": "automate-06"}, {"ServerName": "automate-06"}]}`, 200, maintenance.ReasonUnexpected},
		{"the server and another", `{"Servers": [{"ServerName": "automate-06"}, {"ServerName": "mail-01"}]}`, 200, maintenance.ReasonUnexpected},
		{"a web page", `<html>`, 200, maintenance.ReasonUnavailable},
		{"half an answer", `{"Servers": [{"ServerName": "auto`, 200, maintenance.ReasonUnavailable},
		{"an unknown error", `{"__type": "TeapotException"}`, 418, maintenance.ReasonUnexpected},
		{"a refusal with an internal error's status", `{"__type": "ResourceNotFoundException"}`, 500, maintenance.ReasonUnavailable},
		{"a proxy's error page", `<html>`, 502, maintenance.ReasonUnavailable},
		{"an error with a prefix, as some services send it",
			`{"__type": "com.amazonaws.opsworkscm#ResourceNotFoundException"}`, 400, maintenance.ReasonNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, func(string) (int, string) { return tt.status, tt.body })
			wantReason(t, c.Look(t.Context(), "automate-06").ServerErr, tt.reason)
		})
	}
}

// What the API does not have is said, and nothing is sent.
func TestClient_StopAndCalendar(t *testing.T) {
	sim, c := service(t)
	if c.Stops() {
		t.Error("it says that it can stop")
	}
	wantReason(t, c.Stop(t.Context(), claimed(time.Now())), maintenance.ReasonUnsupported)
	if state := c.Calendar(t.Context(), "automate-06"); state != (maintenance.CalendarState{}) {
		t.Errorf("got %+v", state)
	}
	if len(sim.Calls()) != 0 {
		t.Errorf("calls %s", calls(sim))
	}
}
