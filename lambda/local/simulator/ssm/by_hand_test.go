package ssm_test

import (
	"testing"

	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// What the simulation moves itself, it moves alone.
func TestService_ByHand(t *testing.T) {
	s := newService(t, ssm.Config{ByHand: true})
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
	post(t, s, "StopAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`).Status(t, 200)
	wantStatus("Cancelling")
	must(t, s.End(id, "Success"))
	wantStatus("Success")
	if err := s.End(id, "Failed"); err == nil {
		t.Error("it ended twice")
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

func TestService_Random(t *testing.T) {
	s := newService(t, ssm.Config{Random: ones{}})
	if id := begin(t, s, nodeID); id != "11111111-1111-4111-9111-111111111111" {
		t.Errorf("the id is %s", id)
	}
}
