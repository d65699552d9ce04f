package ssm_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// inTime runs a test with executions of three hours, an hour a step, and the changes of status they made.
func inTime(t *testing.T, f func(t *testing.T, s *ssm.Service, seen *[]string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		s := ssm.New(ssm.Config{ExecutionTime: 3 * time.Hour, OnStatus: func(c ssm.ExecutionChange) {
			seen = append(seen, c.Node+" "+c.From+">"+c.To)
		}})
		defer s.Close()
		furnish(t, s)
		f(t, s, &seen)
	})
}

// pass lets time go by and what it causes happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestService_Execution_LifeCycle(t *testing.T) {
	inTime(t, func(t *testing.T, s *ssm.Service, seen *[]string) {
		id := begin(t, s, nodeID)
		for _, want := range []string{
			"backup=InProgress patch=Pending check=Pending",
			"backup=Success patch=InProgress check=Pending",
			"backup=Success patch=Success check=InProgress",
			"backup=Success patch=Success check=Success",
		} {
			if got := steps(t, s, id); got != want {
				t.Errorf("steps %s, want %s", got, want)
			}
			pass(time.Hour)
		}
		e := s.Executions(nodeID)[0]
		if e.Status != "Success" || e.Ended.Sub(e.Started) != 3*time.Hour {
			t.Errorf("execution %+v", e)
		}
		if want := []string{nodeID + " >InProgress", nodeID + " InProgress>Success"}; !reflect.DeepEqual(*seen, want) {
			t.Errorf("changes %q", *seen)
		}
		if err := s.Complete(otherID); err == nil {
			t.Error("a node without execution was completed")
		}
	})
}

func TestService_FailStep(t *testing.T) {
	inTime(t, func(t *testing.T, s *ssm.Service, _ *[]string) {
		id, other := begin(t, s, nodeID), begin(t, s, otherID)
		s.FailStep(nodeID, "patch", "No space left on device.")
		pass(2 * time.Hour)
		got := look(t, s, id)
		if got.AutomationExecutionStatus != "Failed" || !strings.Contains(got.FailureMessage, "patch") ||
			!strings.Contains(got.FailureMessage, "No space left") || got.ExecutionEndTime == 0 {
			t.Errorf("execution %+v", got)
		}
		if patch := got.StepExecutions[1]; patch.FailureMessage != got.FailureMessage || patch.FailureDetails.FailureStage != "Invocation" ||
			patch.FailureDetails.FailureType != "Action" {
			t.Errorf("step %+v", patch)
		}
		if got := steps(t, s, id); got != "backup=Success patch=Failed check=Pending" {
			t.Errorf("steps %s", got)
		}
		s.FailStep(nodeID, "patch", "")
		again := begin(t, s, nodeID)
		must(t, s.Complete(nodeID))
		pass(time.Hour)
		if look(t, s, again).AutomationExecutionStatus != "Success" || look(t, s, other).AutomationExecutionStatus != "Success" {
			t.Error("another execution failed too")
		}
	})
}

// Of the statuses that the service has, those that are ends end an execution.
func TestService_End(t *testing.T) {
	goOn := []string{"Pending", "InProgress", "Waiting", "Cancelling", "PendingApproval", "Approved", "Scheduled", "RunbookInProgress",
		"PendingChangeCalendarOverride", "ChangeCalendarOverrideApproved"}
	known := types.AutomationExecutionStatus("").Values()
	if len(known) != 19 {
		t.Errorf("the service has %d statuses now", len(known))
	}
	for _, status := range append(known, "SomethingNew") {
		t.Run(string(status), func(t *testing.T) {
			events := 0
			s := newService(t, ssm.Config{OnEvent: func([]byte) { events++ }})
			id := begin(t, s, nodeID)
			err := s.End(id, string(status))
			ends := status != "SomethingNew" && !slices.Contains(goOn, string(status))
			got := look(t, s, id)
			taken := got.AutomationExecutionStatus == string(status) && status != "InProgress" // which it was before
			if (err == nil) != ends || taken != ends || (events == 1) != ends {
				t.Errorf("%v, status %s, %d events", err, got.AutomationExecutionStatus, events)
			}
		})
	}
}

func TestService_SetStatus(t *testing.T) {
	inTime(t, func(t *testing.T, s *ssm.Service, seen *[]string) {
		id := begin(t, s, nodeID)
		must(t, s.SetStatus(id, "Dreaming"))
		pass(100 * time.Hour)
		if got := look(t, s, id); got.AutomationExecutionStatus != "Dreaming" || got.ExecutionEndTime != 0 {
			t.Errorf("execution %+v", got)
		}
		must(t, s.SetStatus(id, "TimedOut"))
		if got := look(t, s, id); got.AutomationExecutionStatus != "TimedOut" || got.ExecutionEndTime == 0 {
			t.Errorf("execution %+v", got)
		}
		must(t, s.SetStatus(id, "Waiting"))
		must(t, s.Complete(nodeID))
		if want := "InProgress Dreaming TimedOut Waiting Success"; !strings.HasSuffix((*seen)[len(*seen)-1], ">Success") || len(*seen) != 5 {
			t.Errorf("changes %q, want %s", *seen, want)
		}
		if s.SetStatus("nobody", "Success") == nil || s.SetStatus(id, "") == nil {
			t.Error("an unknown execution or an empty status was accepted")
		}
	})
}

func TestService_Forget(t *testing.T) {
	s := newService(t, ssm.Config{})
	id := begin(t, s, nodeID)
	s.Forget(id)
	s.Forget("nobody")
	client := newClient(t, s, 1)
	_, err := client.GetAutomationExecution(t.Context(), &sdk.GetAutomationExecutionInput{AutomationExecutionId: &id})
	simulatortest.WantType[*types.AutomationExecutionNotFoundException](t, err)
	_, err = client.StopAutomationExecution(t.Context(), &sdk.StopAutomationExecutionInput{AutomationExecutionId: &id})
	simulatortest.WantType[*types.AutomationExecutionNotFoundException](t, err)
	if len(s.Executions("")) != 0 || s.Started(nodeID) != 1 || s.Complete(nodeID) == nil {
		t.Error("a forgotten execution is found, or not counted")
	}
}

func TestService_StopAutomationExecution(t *testing.T) {
	inTime(t, func(t *testing.T, s *ssm.Service, seen *[]string) {
		id := begin(t, s, nodeID)
		pass(30 * time.Minute)
		for range 2 { // the second stop is accepted and changes nothing
			post(t, s, "StopAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`).Status(t, 200)
		}
		pass(150*time.Minute - 1)
		if got := look(t, s, id); got.AutomationExecutionStatus != "Cancelling" || got.CurrentStepName != "backup" {
			t.Errorf("execution %+v", got)
		}
		pass(1)
		if got := steps(t, s, id); got != "backup=Cancelled patch=Pending check=Pending" {
			t.Errorf("steps %s", got)
		}
		if len(*seen) != 3 || !strings.HasSuffix((*seen)[2], "Cancelling>Cancelled") {
			t.Errorf("changes %q", *seen)
		}
		late := post(t, s, "StopAutomationExecution", `{"AutomationExecutionId":"`+id+`","Type":"Complete"}`)
		late.Status(t, 400)
		late.Has(t, `"__type":"InvalidAutomationStatusUpdateException"`)
	})
	t.Run("typed", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		id := begin(t, s, nodeID)
		must(t, s.Complete(nodeID))
		client := newClient(t, s, 1)
		_, err := client.StopAutomationExecution(t.Context(), &sdk.StopAutomationExecutionInput{AutomationExecutionId: &id})
		simulatortest.WantType[*types.InvalidAutomationStatusUpdateException](t, err)
		_, err = client.StopAutomationExecution(t.Context(), &sdk.StopAutomationExecutionInput{
			AutomationExecutionId: aws.String("x"), Type: "Pause"})
		simulatortest.WantCode(t, err, "ValidationException")
	})
}

func TestService_Close(t *testing.T) {
	inTime(t, func(t *testing.T, s *ssm.Service, _ *[]string) {
		id := begin(t, s, nodeID)
		s.Close()
		s.Close()
		pass(100 * time.Hour)
		if got := look(t, s, id).AutomationExecutionStatus; got != "InProgress" {
			t.Errorf("status %s after Close", got)
		}
	})
}
