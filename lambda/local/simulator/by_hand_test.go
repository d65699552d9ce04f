package simulator_test

import (
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/simulator"
)

// What the simulation moves itself, it moves alone.
func TestSSM_ByHand(t *testing.T) {
	s := newSSM(t, simulator.SSMConfig{ByHand: true})
	status := func() string { return s.Executions(nodeID)[0].Status }
	id := begin(t, s, nodeID)
	wantStatus := func(want string) {
		t.Helper()
		if got := status(); got != want {
			t.Errorf("it is %s, want %s", got, want)
		}
	}
	wantStatus("Pending")
	if err := s.End(id, "InProgress"); err == nil {
		t.Error("a status that is no end ended it")
	}
	must(t, s.Begin(id))
	wantStatus("InProgress")
	if err := s.Begin(id); err == nil {
		t.Error("it began twice")
	}
	askSSM(t, s, "StopAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`).status(t, 200)
	wantStatus("Cancelling")
	must(t, s.End(id, "Success"))
	wantStatus("Success")
	if err := s.End(id, "Failed"); err == nil {
		t.Error("it ended twice")
	}
}

func TestOpsWorksCM_Begin(t *testing.T) {
	for name, silent := range map[string]bool{"with its events": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			add(t, s, simulator.Server{Name: "automate-07"})
			s.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: simulator.NeverBegins})
			ask(t, s, "StartMaintenance", `{"ServerName":"automate-07"}`).has(t, `"Status":"HEALTHY"`)
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

// ones gives the same bytes always.
type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0x11
	}
	return len(p), nil
}

func TestSSM_Random(t *testing.T) {
	s := newSSM(t, simulator.SSMConfig{Random: ones{}})
	if id := begin(t, s, nodeID); id != "11111111-1111-4111-9111-111111111111" {
		t.Errorf("the id is %s", id)
	}
}
