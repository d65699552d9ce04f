package opsworkscm_test

import (
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
)

func TestService_Begin(t *testing.T) {
	for name, silent := range map[string]bool{"with its events": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			add(t, s, opsworkscm.Server{Name: "automate-07"})
			s.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: simulator.NeverBegins})
			ask(t, s, "StartMaintenance", `{"ServerName":"automate-07"}`).Has(t, `"Status":"HEALTHY"`)
			must(t, s.Begin("automate-07", silent))
			if err := s.Begin("automate-07", silent); err == nil {
				t.Error("a second one began")
			}
			must(t, s.Complete("automate-07"))
			if got := messages(t, s, "automate-07"); strings.Contains(got, "Maintenance") == silent {
				t.Errorf("its events are %q", got)
			}
			if s.Accepted("automate-07") != 1 || s.Started("automate-07") != 1 {
				t.Errorf("%d were accepted and %d began", s.Accepted("automate-07"), s.Started("automate-07"))
			}
		})
	}
}
