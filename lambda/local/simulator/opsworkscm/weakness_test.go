package opsworkscm_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
)

// statuses are those of the servers in an answer of DescribeServers.
func statuses(t *testing.T, service *opsworkscm.Service, body string) string {
	t.Helper()
	var got struct {
		Servers []struct{ ServerName, Status string }
	}
	answer := ask(t, service, "DescribeServers", body)
	answer.Status(t, 200)
	must(t, json.Unmarshal(answer.Body.Bytes(), &got))
	var seen []string
	for _, server := range got.Servers {
		seen = append(seen, server.ServerName+" "+server.Status)
	}
	return strings.Join(seen, ", ")
}

// messages are those of a server's events, newest first.
func messages(t *testing.T, service *opsworkscm.Service, server string) string {
	t.Helper()
	var got struct{ ServerEvents []struct{ Message string } }
	answer := ask(t, service, "DescribeEvents", `{"ServerName":"`+server+`"}`)
	answer.Status(t, 200)
	must(t, json.Unmarshal(answer.Body.Bytes(), &got))
	var texts []string
	for _, event := range got.ServerEvents {
		texts = append(texts, event.Message)
	}
	return strings.Join(texts, "|")
}

const (
	one  = `{"ServerName":"automate-06"}`
	done = "Maintenance completed successfully|Updates successfully installed.|Maintenance started"
)

// What an accepted StartMaintenance may come to.
func TestService_AcceptedMaintenance(t *testing.T) {
	for name, test := range map[string]struct {
		kind              simulator.Kind
		answer            string
		after, later, end string
		started           int
		events            string
	}{
		"it begins at once": {0, "UNDER_MAINTENANCE", "UNDER_MAINTENANCE", "UNDER_MAINTENANCE", "HEALTHY", 1, done},
		"it begins later":   {simulator.StateLag, "HEALTHY", "HEALTHY", "UNDER_MAINTENANCE", "HEALTHY", 1, done},
		"it begins later and fails": {simulator.LateFailure, "HEALTHY", "HEALTHY", "UNDER_MAINTENANCE", "UNHEALTHY", 1,
			"Maintenance failed|Maintenance started"},
		"it never begins": {simulator.NeverBegins, "HEALTHY", "HEALTHY", "HEALTHY", "HEALTHY", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := opsworkscm.New(opsworkscm.Config{MaintenanceTime: time.Hour})
				defer service.Close()
				add(t, service, opsworkscm.Server{Name: "automate-06"})
				if test.kind != 0 {
					service.Inject(simulator.Fault{Kind: test.kind, Lag: 3 * time.Minute})
				}
				started := ask(t, service, "StartMaintenance", one)
				started.Status(t, 200)
				started.Has(t, `"Status":"`+test.answer+`"`)
				for _, step := range []struct {
					wait time.Duration
					want string
				}{{3*time.Minute - 1, test.after}, {1, test.later}, {time.Hour, test.end}} {
					time.Sleep(step.wait)
					if got := statuses(t, service, one); got != "automate-06 "+step.want {
						t.Errorf("%s, want %s", got, step.want)
					}
				}
				if service.Accepted("automate-06") != 1 || service.Started("automate-06") != test.started {
					t.Errorf("%d accepted, %d began", service.Accepted("automate-06"), service.Started("automate-06"))
				}
				if got := messages(t, service, "automate-06"); got != test.events {
					t.Errorf("events %s", got)
				}
			})
		})
	}
}

// Until a maintenance has begun, the state lets another be accepted.
func TestService_AcceptedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		service.Inject(simulator.Fault{Kind: simulator.StateLag, Lag: time.Minute})
		ask(t, service, "StartMaintenance", one).Status(t, 200)
		ask(t, service, "StartMaintenance", one).Status(t, 200)
		time.Sleep(time.Minute)
		if service.Accepted("automate-06") != 2 || service.Started("automate-06") != 1 {
			t.Errorf("%d accepted, %d began", service.Accepted("automate-06"), service.Started("automate-06"))
		}
		ask(t, service, "StartMaintenance", one).Has(t, "InvalidStateException")
	})
}

// Reads and lists show what was, each with a lag of its own.
func TestService_Lag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		service.Inject(simulator.Fault{Kind: simulator.ReadLag, Lag: time.Minute})
		service.Inject(simulator.Fault{Kind: simulator.ListLag, Server: "automate-06", Lag: 2 * time.Minute})
		ask(t, service, "StartMaintenance", one).Status(t, 200)
		ask(t, service, "StartMaintenance", `{"ServerName":"puppet-01"}`).Status(t, 200)
		for _, step := range []struct {
			wait              time.Duration
			read, list, event string
		}{
			{0, "HEALTHY", "HEALTHY", ""},
			{time.Minute, "UNDER_MAINTENANCE", "HEALTHY", "Maintenance started"},
			{time.Minute, "UNDER_MAINTENANCE", "UNDER_MAINTENANCE", "Maintenance started"},
		} {
			time.Sleep(step.wait)
			read, list, event := statuses(t, service, one), statuses(t, service, "{}"), messages(t, service, "automate-06")
			if read != "automate-06 "+step.read || list != "automate-06 "+step.list+", puppet-01 UNDER_MAINTENANCE" || event != step.event {
				t.Errorf("read %s; list %s; events %s", read, list, event)
			}
		}
	})
}

// An answer may be well-formed and hold nothing, or not everything, for a while.
func TestService_MissingFromAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		fault     simulator.Fault
		one, list string
		events    string
	}{
		"nothing": {simulator.Fault{Kind: simulator.EmptyAnswer}, "", "", ""},
		"not one server": {simulator.Fault{Kind: simulator.PartialAnswer, Server: "automate-06"}, "", "puppet-01 HEALTHY",
			"Updates successfully installed."},
		"not the first half of a list": {simulator.Fault{Kind: simulator.PartialAnswer}, "", "puppet-01 HEALTHY",
			"Updates successfully installed."},
		"nothing of one operation": {simulator.Fault{Kind: simulator.EmptyAnswer, Operation: "DescribeEvents"}, "automate-06 HEALTHY",
			"automate-06 HEALTHY, puppet-01 HEALTHY", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := opsworkscm.New(opsworkscm.Config{})
				add(t, service, opsworkscm.Server{Name: "automate-06", MaintenanceStatus: "SUCCESS"})
				add(t, service, opsworkscm.Server{Name: "puppet-01"})
				test.fault.For = time.Minute
				service.Inject(test.fault)
				if got := statuses(t, service, one); got != test.one {
					t.Errorf("one: %s", got)
				}
				if got := statuses(t, service, "{}"); got != test.list {
					t.Errorf("list: %s", got)
				}
				if got := messages(t, service, "automate-06"); got != test.events {
					t.Errorf("events: %s", got)
				}
				time.Sleep(time.Minute)
				if got := statuses(t, service, "{}"); got != "automate-06 HEALTHY, puppet-01 HEALTHY" {
					t.Errorf("afterwards: %s", got)
				}
			})
		})
	}
}

func TestService_RemoveServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		service := opsworkscm.New(opsworkscm.Config{MaintenanceTime: time.Hour,
			OnTransition: func(c opsworkscm.Transition) { seen = append(seen, c.To) }})
		add(t, service, opsworkscm.Server{Name: "automate-06"})
		service.Inject(simulator.Fault{Kind: simulator.StateLag, Lag: time.Minute})
		ask(t, service, "StartMaintenance", one).Status(t, 200)
		service.RemoveServer("automate-06")
		ask(t, service, "DescribeServers", one).Has(t, "ResourceNotFoundException")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if len(seen) != 0 {
			t.Errorf("a server that is gone became %s", seen)
		}
	})
}

// Two services that draw from the same source give the same ids.
func TestService_Random(t *testing.T) {
	arn := func() string {
		service := opsworkscm.New(opsworkscm.Config{Random: rand.NewChaCha8([32]byte{1})})
		add(t, service, opsworkscm.Server{Name: "automate-06"})
		body := ask(t, service, "DescribeServers", one).Body.Bytes()
		return string(body[bytes.Index(body, []byte("ServerArn")):])
	}
	if first, second := arn(), arn(); first != second {
		t.Errorf("%s and %s", first, second)
	}
}
