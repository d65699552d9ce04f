package opsworkscm_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	cmsim "opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
)

// proof is what a sighting's events prove.
func proof(s maintenance.Sighting) string {
	proof := "nothing"
	for _, e := range s.Events {
		if e.Maintenance {
			proof = "maintenance"
		}
	}
	for _, e := range s.Events {
		if e.Succeeded {
			proof = "success"
		}
	}
	return proof
}

// virtual is a client of the simulator in virtual time, whose maintenances last an hour.
func virtual(t *testing.T) (*cmsim.Service, *opsworkscm.Client) {
	t.Helper()
	sim := cmsim.New(cmsim.Config{MaintenanceTime: time.Hour})
	must(t, sim.AddServer(cmsim.Server{Name: "automate-06", MaintenanceStatus: "SUCCESS"}))
	t.Cleanup(sim.Close)
	return sim, opsworkscm.New(config(memory{sim, 0}, "http://simulated"), time.Now)
}

// What is seen of an accepted start, as it goes on: never more than there is. Core issue, row 3.
func TestClient_FollowAnAcceptedStart(t *testing.T) {
	const healthy, under, failed = "HEALTHY SUCCESS", "UNDER_MAINTENANCE SUCCESS", "UNHEALTHY FAILED"
	for _, tt := range []struct {
		name                  string
		kind                  simulator.Kind
		answer                maintenance.Status
		atOnce, soon, tonight string
	}{
		{"it begins at once", 0, "UNDER_MAINTENANCE", under + ", nothing", under + ", nothing", healthy + ", success"},
		{"it begins later", simulator.StateLag, "HEALTHY", healthy + ", nothing", under + ", nothing", healthy + ", success"},
		{"it begins later and fails", simulator.LateFailure, "HEALTHY", healthy + ", nothing", under + ", nothing", failed + ", nothing"},
		{"it never begins", simulator.NeverBegins, "HEALTHY", healthy + ", nothing", healthy + ", nothing", healthy + ", nothing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim, c := virtual(t)
				if tt.kind != 0 {
					sim.Inject(simulator.Fault{Kind: tt.kind, Lag: time.Minute})
				}
				run := claimed(time.Now())
				answer := c.Start(t.Context(), run, chef, nil)
				if answer.Err != nil || answer.Server.Status != tt.answer || answer.Reference != "" {
					t.Errorf("answer %+v", answer)
				}
				for _, step := range []struct {
					wait time.Duration
					want string
				}{{0, tt.atOnce}, {time.Minute, tt.soon}, {2 * time.Hour, tt.tonight}} {
					time.Sleep(step.wait)
					s := c.Follow(t.Context(), run)
					if got := seen(s) + ", " + proof(s); got != step.want || s.EventsErr != nil {
						t.Errorf("after %s: %s, %v; want %s", step.wait, got, s.EventsErr, step.want)
					}
					failed := s.Server.MaintenanceStatus == maintenance.MaintenanceFailed
					if strings.Contains(s.Server.StatusReason, "sts:AssumeRole") != failed {
						t.Errorf("the state's reason is %q", s.Server.StatusReason)
					}
				}
			})
		})
	}
}

// One well-formed answer without a server, by itself or among all, is a sighting without it and no end. Core issue, row 2.
func TestClient_FollowAnEmptyAnswer(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"no server at all":   {Kind: simulator.EmptyAnswer, Operation: "DescribeServers", Times: 1},
		"all but the server": {Kind: simulator.PartialAnswer, Operation: "DescribeServers", Server: "automate-06", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c := service(t)
			run := claimed(time.Now())
			must(t, c.Start(t.Context(), run, chef, nil).Err)
			must(t, sim.WriteEvent("automate-06", "Updates successfully installed."))
			for which, backend := range map[string]func() maintenance.Backend{
				"by name": func() maintenance.Backend { return c }, "shared": c.Shared,
			} {
				sim.Inject(fault)
				s := backend().Follow(t.Context(), run)
				wantReason(t, s.ServerErr, maintenance.ReasonNotFound)
				if s.EventsErr != nil || proof(s) != "maintenance" {
					t.Errorf("%s: what else there was to see is missing: %+v", which, s)
				}
				if got := seen(backend().Follow(t.Context(), run)); got != "UNDER_MAINTENANCE SUCCESS" {
					t.Errorf("%s: then %s", which, got)
				}
			}
		})
	}
}

// Only what nothing else leaves is proof of maintenance; no other word is. Core issue, row 25.
func TestClient_FollowTellsMaintenanceFromOtherEvents(t *testing.T) {
	for message, want := range map[string]string{
		"Maintenance completed successfully":                  "success",
		"Successfully upgraded to Automate 2.":                "success",
		"Successfully upgraded to Automate 2":                 "success",
		"Updates successfully installed.":                     "maintenance",
		"Upgrading Chef server from Automate 1 to Automate 2": "maintenance",
		"Restore completed successfully":                      "nothing",
		"Health check passed":                                 "nothing",
		"Updates are available":                               "nothing",
		"No updates were found for this server":               "nothing",
		"An upgrade to Automate 2 is available":               "nothing",
		"Server is eligible to be upgraded":                   "nothing",
		"The maintenance window was changed to Fri:18:00":     "nothing",
		"Maintenance failed":                                  "nothing",
		"":                                                    "nothing",
	} {
		t.Run(message, func(t *testing.T) {
			sim, c := service(t)
			run := claimed(time.Now())
			must(t, sim.WriteEvent("automate-06", message))
			s := c.Follow(t.Context(), run)
			if len(s.Events) != 1 || s.Events[0].Message != message || proof(s) != want {
				t.Errorf("got %+v, want %s", s.Events, want)
			}
		})
	}
}

// Events count from the claim on, in the precision of their stamps, and all of them: on as many pages as there are.
func TestClient_FollowEventsSince(t *testing.T) {
	claim := time.Date(2026, 11, 23, 23, 0, 30, 300_400_000, time.UTC)
	for name, tt := range map[string]struct {
		stamp float64
		want  bool
	}{
		"a whole second before":              {1795474829, false},
		"the same second, whole":             {1795474830, true},
		"some milliseconds before":           {1795474830.299, false},
		"the same millisecond":               {1795474830.3, true},
		"some milliseconds after":            {1795474830.301, true},
		"a whole second after, as is common": {1795474831, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := answering(t, func(operation string) (int, string) {
				if operation == "DescribeServers" {
					return 200, `{"Servers": [{"ServerName": "automate-06", "Status": "HEALTHY"}]}`
				}
				return 200, fmt.Sprintf(`{"ServerEvents": [{"Message": "without a time"},
					{"CreatedAt": %f, "Message": "Maintenance completed successfully"}]}`, tt.stamp)
			})
			if s := c.Follow(t.Context(), claimed(claim)); s.EventsErr != nil || (len(s.Events) == 1) != tt.want {
				t.Errorf("got %+v, %v", s.Events, s.EventsErr)
			}
		})
	}
	t.Run("on three pages, and none from before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			sim, c := virtual(t)
			for range 150 { // of the third page and the fourth
				must(t, sim.WriteEvent("automate-06", "long before"))
			}
			time.Sleep(time.Hour)
			run := claimed(time.Now())
			for i := range 250 { // a page has 100
				must(t, sim.WriteEvent("automate-06", fmt.Sprint(i)))
			}
			s := c.Follow(t.Context(), run)
			if s.EventsErr != nil || len(s.Events) != 250 || s.Events[0].Message != "249" || s.Events[249].Message != "0" {
				t.Errorf("%d events, %v", len(s.Events), s.EventsErr)
			}
			if got := calls(sim); got != "DescribeServers,DescribeEvents,DescribeEvents,DescribeEvents" {
				t.Errorf("calls %s", got)
			}
		})
	})
	t.Run("a token that comes again ends it", func(t *testing.T) {
		n := 0
		c := answering(t, func(operation string) (int, string) {
			n++
			return 200, `{"ServerEvents": [], "NextToken": "the same"}`
		})
		if s := c.Follow(t.Context(), claimed(claim)); len(s.Events) != 0 || n != 3 {
			t.Errorf("%d calls: %+v", n, s)
		}
	})
}

// Each of the two things to see may fail by itself.
func TestClient_FollowInPart(t *testing.T) {
	sim, c := service(t)
	run := claimed(time.Now())
	must(t, sim.WriteEvent("automate-06", "Maintenance completed successfully"))
	sim.Inject(simulator.Fault{Operation: "DescribeServers", Kind: simulator.Denied, Times: 1})
	s := c.Follow(t.Context(), run)
	wantReason(t, s.ServerErr, maintenance.ReasonDenied)
	if s.EventsErr != nil || proof(s) != "success" || s.Warning != "" {
		t.Errorf("events %+v, %v; warning %q", s.Events, s.EventsErr, s.Warning)
	}
	sim.Inject(simulator.Fault{Operation: "DescribeEvents", Kind: simulator.Denied, Times: 1})
	s = c.Follow(t.Context(), run)
	wantReason(t, s.EventsErr, maintenance.ReasonDenied)
	if seen(s) != "HEALTHY SUCCESS" || s.Events != nil {
		t.Errorf("got %+v", s)
	}
}

// A status that the model does not have is seen as it is, with a warning.
func TestClient_FollowUnknownStatus(t *testing.T) {
	for status, warns := range map[string]bool{"PONDERING": true, "HEALTHY": false} {
		c := answering(t, func(string) (int, string) {
			return 200, `{"Servers": [{"ServerName": "automate-06", "Status": "` + status + `"}]}`
		})
		s := c.Follow(t.Context(), claimed(time.Now()))
		if string(s.Server.Status) != status || strings.Contains(s.Warning, status) != warns || (s.Warning != "") != warns {
			t.Errorf("%s: %+v", status, s)
		}
	}
}
