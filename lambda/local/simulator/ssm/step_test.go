package ssm_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// withSteps is a service in virtual time whose one runbook, "ours", has these steps, an hour each.
func withSteps(t *testing.T, plan []ssm.Step, f func(t *testing.T, s *ssm.Service, id string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, ssm.Config{ExecutionTime: time.Duration(len(plan)) * time.Hour})
		must(t, s.AddRunbookOf("ours", 1, []ssm.RunbookParameter{{Name: "InstanceId"}}, plan))
		id, err := s.StartByHand("ours", map[string][]string{"InstanceId": {nodeID}})
		must(t, err)
		f(t, s, id)
	})
}

func TestService_StepsAfterAFailure(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plan  []ssm.Step
		fails string
		want  string
		steps string
	}{
		{"the last step runs although one before it failed, and the execution is failed", ssm.Always("backup", "patch", "restore"),
			"backup", "Failed",
			"backup=Failed patch=Pending restore=Success"},
		{"the last step runs when all is done", ssm.Always("backup", "patch", "restore"), "", "Success",
			"backup=Success patch=Success restore=Success"},
		{"a last step that fails", ssm.Always("backup", "patch", "restore"), "restore", "Failed",
			"backup=Success patch=Success restore=Failed"},
		{"a critical step makes it failed, though it continues", []ssm.Step{{Name: "a", OnFailure: "Continue"}, {Name: "b"}}, "a",
			"Failed", "a=Failed b=Success"},
		{"one that is not critical does not", []ssm.Step{{Name: "a", OnFailure: "Continue", Optional: true}, {Name: "b"}}, "a", "Success",
			"a=Failed b=Success"},
		{"one that aborts does, critical or not", []ssm.Step{{Name: "a", Optional: true}, {Name: "b"}}, "a", "Failed",
			"a=Failed b=Pending"},
		{"nothing follows the end, though it failed", []ssm.Step{{Name: "a", OnFailure: "Continue", Optional: true, End: true},
			{Name: "b"}}, "a", "Success", "a=Failed b=Pending"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withSteps(t, tt.plan, func(t *testing.T, s *ssm.Service, id string) {
				if tt.fails != "" {
					s.FailStep(nodeID, tt.fails, "no disk")
				}
				pass(time.Duration(len(tt.plan)) * time.Hour)
				got := look(t, s, id)
				if got.AutomationExecutionStatus != tt.want || steps(t, s, id) != tt.steps {
					t.Errorf("got %s, %s", got.AutomationExecutionStatus, steps(t, s, id))
				}
				if why := got.FailureMessage; (why != "") != (tt.want == "Failed") || why != "" && !strings.Contains(why, "Step "+tt.fails+" failed") {
					t.Errorf("why: %q", why)
				}
			})
		})
	}
}

func TestService_StepsAfterAStop(t *testing.T) {
	stop := func(t *testing.T, s *ssm.Service, id string) {
		post(t, s, "StopAutomationExecution", `{"AutomationExecutionId":"`+id+`","Type":"Cancel"}`).Status(t, 200)
	}
	t.Run("onCancel has two minutes", func(t *testing.T) {
		withSteps(t, ssm.Always("backup", "patch", "restore"), func(t *testing.T, s *ssm.Service, id string) {
			pass(90 * time.Minute)
			stop(t, s, id)
			pass(2*time.Minute - 1)
			if got := look(t, s, id); got.AutomationExecutionStatus != "Cancelling" || got.CurrentStepName != "restore" ||
				steps(t, s, id) != "backup=Success patch=Cancelled restore=InProgress" {
				t.Errorf("got %+v", got)
			}
			pass(1)
			if got := look(t, s, id).AutomationExecutionStatus; got != "Cancelled" || steps(t, s,
				id) != "backup=Success patch=Cancelled restore=Success" {
				t.Errorf("got %s, %s", got, steps(t, s, id))
			}
		})
	})
	t.Run("what onCancel named may fail", func(t *testing.T) {
		withSteps(t, ssm.Always("backup", "restore"), func(t *testing.T, s *ssm.Service, id string) {
			s.FailStep(nodeID, "restore", "no disk")
			stop(t, s, id)
			must(t, s.Complete(nodeID))
			if got := look(t, s, id).AutomationExecutionStatus; got != "Cancelled" || steps(t, s, id) != "backup=Cancelled restore=Failed" {
				t.Errorf("got %s, %s", got, steps(t, s, id))
			}
		})
	})
	t.Run("a last step that is stopped after a failure ends where it is", func(t *testing.T) {
		withSteps(t, ssm.Always("backup", "restore"), func(t *testing.T, s *ssm.Service, id string) {
			s.FailStep(nodeID, "backup", "no disk")
			pass(90 * time.Minute)
			stop(t, s, id)
			must(t, s.Complete(nodeID))
			if got := look(t, s, id).AutomationExecutionStatus; got != "Cancelled" || steps(t, s, id) != "backup=Failed restore=Cancelled" {
				t.Errorf("got %s, %s", got, steps(t, s, id))
			}
		})
	})
}

func TestService_Queue(t *testing.T) {
	queued := func(t *testing.T, f func(t *testing.T, s *ssm.Service, id string)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			s := newService(t, ssm.Config{ExecutionTime: 3 * time.Hour, QueueTime: time.Hour})
			f(t, s, begin(t, s, nodeID))
		})
	}
	t.Run("it is pending, without a step, and then begins", func(t *testing.T) {
		queued(t, func(t *testing.T, s *ssm.Service, id string) {
			pass(time.Hour - 1)
			if got := look(t, s, id); got.AutomationExecutionStatus != "Pending" || got.CurrentStepName != "" || steps(t, s,
				id) != "backup=Pending patch=Pending check=Pending" {
				t.Errorf("got %+v", got)
			}
			pass(1)
			if got := look(t, s, id); got.AutomationExecutionStatus != "InProgress" || got.CurrentStepName != "backup" {
				t.Errorf("got %+v", got)
			}
			pass(3 * time.Hour)
			if got := look(t, s, id).AutomationExecutionStatus; got != "Success" {
				t.Errorf("got %s", got)
			}
		})
	})
	t.Run("one that is stopped meanwhile never begins", func(t *testing.T) {
		queued(t, func(t *testing.T, s *ssm.Service, id string) {
			post(t, s, "StopAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`).Status(t, 200)
			pass(100 * time.Hour)
			if got := look(t, s, id).AutomationExecutionStatus; got != "Cancelled" || steps(t, s,
				id) != "backup=Pending patch=Pending check=Pending" {
				t.Errorf("got %s, %s", got, steps(t, s, id))
			}
		})
	})
	t.Run("Complete takes it through", func(t *testing.T) {
		queued(t, func(t *testing.T, s *ssm.Service, id string) {
			must(t, s.Complete(nodeID))
			if got := look(t, s, id).AutomationExecutionStatus; got != "Success" {
				t.Errorf("got %s", got)
			}
		})
	})
}

func TestService_AddRunbookOf_RefusesWhatCannotFollow(t *testing.T) {
	s := newService(t, ssm.Config{})
	for name, step := range map[string]ssm.Step{
		"a step that is not there": {Name: "a", OnFailure: "step:c"},
		"the step itself":          {Name: "a", OnCancel: "step:a"},
		"a word of another kind":   {Name: "a", OnFailure: "Ignore"},
		"no name":                  {},
	} {
		if s.AddRunbookOf("other", 1, nil, []ssm.Step{step, {Name: "b"}}) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
