package ssm_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"

	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// What an executor tells is what GetAutomationExecution says, and its end is an event like any other.
func TestService_ExecuteOn(t *testing.T) {
	events := make(chan []byte, 1)
	s := newService(t, ssm.Config{OnEvent: func(e []byte) { events <- e }})
	s.ExecuteOn(nodeID, func(_ context.Context, e ssm.Execution, progress func(step, status, failure string)) (string, map[string][]string) {
		if e.Parameters["InstanceId"][0] != nodeID {
			t.Errorf("parameters: %v", e.Parameters)
		}
		progress("backup", "InProgress", "")
		progress("backup", "Failed", "the disk is full")
		progress("no such step", "Failed", "")
		return "Failed", map[string][]string{"Restore.Output": {"the run ended at backup"}}
	})
	id := begin(t, s, nodeID)
	<-events
	got, err := newClient(t, s, 1).GetAutomationExecution(t.Context(), &sdk.GetAutomationExecutionInput{AutomationExecutionId: &id})
	must(t, err)
	if e := got.AutomationExecution; e.AutomationExecutionStatus != "Failed" || aws.ToString(e.FailureMessage) != "the disk is full" ||
		aws.ToString(e.StepExecutions[0].FailureMessage) != "the disk is full" || e.StepExecutions[0].StepStatus != "Failed" ||
		e.Outputs["Restore.Output"][0] != "the run ended at backup" {
		t.Errorf("%+v", e)
	}
}

func TestService_ExecuteOn_Stopped(t *testing.T) {
	events := make(chan []byte, 1)
	s := newService(t, ssm.Config{OnEvent: func(e []byte) { events <- e }})
	s.ExecuteOn(nodeID, func(ctx context.Context, _ ssm.Execution, _ func(step, status, failure string)) (string, map[string][]string) {
		<-ctx.Done()
		return "Cancelled", nil
	})
	id := begin(t, s, nodeID)
	_, err := newClient(t, s, 1).StopAutomationExecution(t.Context(), &sdk.StopAutomationExecutionInput{AutomationExecutionId: &id})
	must(t, err)
	<-events
	if all := s.Executions(nodeID); len(all) != 1 || all[0].Status != "Cancelled" {
		t.Errorf("%+v", all)
	}
}
