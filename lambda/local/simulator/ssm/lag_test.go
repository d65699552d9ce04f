package ssm_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

func lagging(t *testing.T, lag ssm.Lag, f func(t *testing.T, s *ssm.Service, id string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, ssm.Config{ExecutionTime: 3 * time.Hour})
		s.SetLag(lag)
		f(t, s, begin(t, s, nodeID))
	})
}

// listed reports whether an execution is in the list of those that have a status.
func listed(t *testing.T, s *ssm.Service, status, id string) bool {
	t.Helper()
	got := post(t, s, "DescribeAutomationExecutions", `{"Filters":[{"Key":"ExecutionStatus","Values":["`+status+`"]}]}`)
	got.Status(t, 200)
	return strings.Contains(got.Body.String(), id)
}

func read(t *testing.T, s *ssm.Service, id string) simulatortest.Answer {
	t.Helper()
	return post(t, s, "GetAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`)
}

func TestService_Lag(t *testing.T) {
	t.Run("no list shows a start at once, a read does", func(t *testing.T) {
		lagging(t, ssm.Lag{List: time.Minute}, func(t *testing.T, s *ssm.Service, id string) {
			pass(time.Minute - 1)
			if listed(t, s, "InProgress", id) {
				t.Error("listed too soon")
			}
			read(t, s, id).Status(t, 200)
			pass(1)
			if !listed(t, s, "InProgress", id) {
				t.Error("never listed")
			}
		})
	})
	t.Run("no read shows a start at once, a list does", func(t *testing.T) {
		lagging(t, ssm.Lag{Read: time.Minute}, func(t *testing.T, s *ssm.Service, id string) {
			pass(time.Minute - 1)
			read(t, s, id).Has(t, "AutomationExecutionNotFoundException")
			if !listed(t, s, "InProgress", id) {
				t.Error("not listed")
			}
			pass(1)
			read(t, s, id).Status(t, 200)
		})
	})
	t.Run("an end is seen late, in lists and reads", func(t *testing.T) {
		lagging(t, ssm.Lag{State: time.Minute}, func(t *testing.T, s *ssm.Service, id string) {
			if got := look(t, s, id).AutomationExecutionStatus; got != "InProgress" {
				t.Errorf("at its start %s", got)
			}
			pass(time.Hour + time.Minute - 1)
			if got := steps(t, s, id); got != "backup=InProgress patch=Pending check=Pending" {
				t.Errorf("the first step has ended already: %s", got)
			}
			pass(2 * time.Hour)
			if s.Executions(nodeID)[0].Status != "Success" || look(t, s, id).AutomationExecutionStatus != "InProgress" ||
				!listed(t, s, "InProgress", id) || listed(t, s, "Success", id) {
				t.Error("the end is seen too soon")
			}
			pass(1)
			if look(t, s, id).AutomationExecutionStatus != "Success" || !listed(t, s, "Success", id) || listed(t, s, "InProgress", id) {
				t.Error("the end is never seen")
			}
		})
	})
	t.Run("it can begin and end while the service runs", func(t *testing.T) {
		lagging(t, ssm.Lag{}, func(t *testing.T, s *ssm.Service, id string) {
			s.SetLag(ssm.Lag{Read: time.Hour, List: time.Hour})
			read(t, s, id).Status(t, 400)
			s.SetLag(ssm.Lag{})
			read(t, s, id).Status(t, 200)
		})
	})
}
