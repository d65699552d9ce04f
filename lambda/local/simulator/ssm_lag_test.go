package simulator_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

func TestSSM_Lag(t *testing.T) {
	lagging := func(t *testing.T, lag simulator.Lag, f func(t *testing.T, s *simulator.SSM, id string)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			s := newSSM(t, simulator.SSMConfig{ExecutionTime: 3 * time.Hour, Lag: lag})
			f(t, s, begin(t, s, nodeID))
		})
	}
	listed := func(t *testing.T, s *simulator.SSM, status, id string) bool {
		t.Helper()
		got := askSSM(t, s, "DescribeAutomationExecutions", `{"Filters":[{"Key":"ExecutionStatus","Values":["`+status+`"]}]}`)
		got.status(t, 200)
		return strings.Contains(got.Body.String(), id)
	}
	get := func(t *testing.T, s *simulator.SSM, id string) answer {
		return askSSM(t, s, "GetAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`)
	}
	t.Run("no list shows a start at once, a read does", func(t *testing.T) {
		lagging(t, simulator.Lag{List: time.Minute}, func(t *testing.T, s *simulator.SSM, id string) {
			pass(time.Minute - 1)
			if listed(t, s, "InProgress", id) {
				t.Error("listed too soon")
			}
			get(t, s, id).status(t, 200)
			pass(1)
			if !listed(t, s, "InProgress", id) {
				t.Error("never listed")
			}
		})
	})
	t.Run("no read shows a start at once, a list does", func(t *testing.T) {
		lagging(t, simulator.Lag{Read: time.Minute}, func(t *testing.T, s *simulator.SSM, id string) {
			pass(time.Minute - 1)
			get(t, s, id).has(t, "AutomationExecutionNotFoundException")
			if !listed(t, s, "InProgress", id) {
				t.Error("not listed")
			}
			pass(1)
			get(t, s, id).status(t, 200)
		})
	})
	t.Run("an end is seen late, in lists and reads", func(t *testing.T) {
		lagging(t, simulator.Lag{State: time.Minute}, func(t *testing.T, s *simulator.SSM, id string) {
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
		lagging(t, simulator.Lag{}, func(t *testing.T, s *simulator.SSM, id string) {
			s.SetLag(simulator.Lag{Read: time.Hour, List: time.Hour})
			get(t, s, id).status(t, 400)
			s.SetLag(simulator.Lag{})
			get(t, s, id).status(t, 200)
		})
	})
}
