package simulation

import (
	"net/http"
	"time"

	ssmsim "opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

// systemsManager is Systems Manager. Each of its answers may be as of some time ago, and a node may be missing from one, or silent.
func (d *deep) systemsManager(c *call, q sent, a *answer) {
	switch q.operation {
	case "DescribeInstanceInformation":
		d.describeNode(c, q, a)
	case "DescribeAutomationExecutions":
		late := d.behindNow(c, "list")
		d.nodes.SetLag(ssmsim.Lag{List: late, State: late})
		d.nodes.ServeHTTP(a, q.as())
	case "GetAutomationExecution":
		late := d.behindNow(c, "read")
		d.nodes.SetLag(ssmsim.Lag{Read: late, State: late})
		d.nodes.ServeHTTP(a, q.as())
	case "StartAutomationExecution":
		d.startExecution(c, q, a)
	case "StopAutomationExecution":
		d.stopExecution(c, q, a)
	default:
		d.nodes.ServeHTTP(a, q.as())
	}
	d.nodes.SetLag(ssmsim.Lag{})
}

// behindNow is how far an answer is behind.
func (d *deep) behindNow(c *call, of string) time.Duration { return d.now().Sub(d.plant.lag(c, of)) }

func (d *deep) describeNode(c *call, q sent, a *answer) {
	s := d.plant.server(q.server)
	switch {
	case s.Node == "":
	case d.plant.missing(c, s.Name):
		d.nodes.RemoveNode(nodeID(s.Node))
		defer func() { check(d.nodes.AddNode(d.node(s.Node))) }()
	case d.plant.during("reboot", s.Node, d.knobs.Reboot):
		d.met(c, "reboot")
		check(d.nodes.SetPing(nodeID(s.Node), "ConnectionLost"))
		defer func() { check(d.nodes.SetPing(nodeID(s.Node), "Online")) }()
	}
	d.nodes.ServeHTTP(a, q.as())
}

// refusals are the exceptions by which the services say no to a start.
var refusals = map[maintenance.Reason]string{
	maintenance.ReasonThrottled: "ThrottlingException", maintenance.ReasonUnavailable: "ThrottlingException",
	maintenance.ReasonDenied:          "AccessDeniedException",
	maintenance.ReasonServiceLimit:    "AutomationExecutionLimitExceededException",
	maintenance.ReasonRunbookUnusable: "AutomationDefinitionNotFoundException",
}

func (d *deep) startExecution(c *call, q sent, a *answer) {
	d.watchSent(c, q.run)
	if reason := d.plant.refused(c, "ssm"); reason != "" {
		a.take(q.refusal(http.StatusBadRequest, refusals[reason]))
		return
	}
	d.nodes.ServeHTTP(a, q.as())
	if a.code != http.StatusOK {
		return
	}
	id := jsonOf[struct {
		AutomationExecutionID string `json:"AutomationExecutionId"`
	}](a.body.String()).AutomationExecutionID
	if d.plant.byID[id] != nil {
		return // the same ClientToken, and the same execution
	}
	j := ssm{d.plant}.drawn(q.run)
	if pause, ok := d.oddly(d.knobs.Cancel, lasts("cancel", 5*time.Second, 30*time.Minute), j.id, "cancel"); ok {
		d.after(pause, func() { d.cancel(j) })
	}
	j.id, j.node = id, d.plant.server(q.server).Node
	d.follow(j)
	d.watchStart(c, q.run, j)
	d.watchKnown(c, q.run)
}

// follow lets an execution take its course.
func (d *deep) follow(j *job) {
	d.plant.add(j)
	if !j.begins.IsZero() {
		d.at(j.begins, func() { _ = d.nodes.Begin(j.id) }) // unless it was stopped before
	}
	d.at(j.ends, func() { _ = d.nodes.End(j.id, endings[j.result]) })
}

var endings = map[maintenance.ExecutionState]string{maintenance.ExecutionSucceeded: "Success", maintenance.ExecutionFailed: "Failed",
	maintenance.ExecutionCancelled: "Cancelled"}

// fail ends what goes on at a server that is gone. OpsWorks CM says nothing of it any more.
func (d *deep) fail(j *job) (done bool) {
	if j.node == "" {
		d.going[j.server] = nil
		return false
	}
	return d.nodes.End(j.id, endings[maintenance.ExecutionFailed]) == nil
}

// cancel ends an execution as cancelled, unless it has ended.
func (d *deep) cancel(j *job) { _ = d.nodes.End(j.id, endings[maintenance.ExecutionCancelled]) }

// stopExecution: one that has begun is stopped some time later.
func (d *deep) stopExecution(c *call, q sent, a *answer) {
	d.nodes.ServeHTTP(a, q.as())
	j := d.plant.byID[q.run.Reference]
	if a.code != http.StatusOK || j == nil {
		return
	}
	d.watchStop(c, j)
	d.after(roll(d.story.Seed, c.key.and("stopping")).between(time.Second, 30*time.Second), func() { d.cancel(j) })
}

// executionMoved keeps a job what its execution is.
func (d *deep) executionMoved(change ssmsim.ExecutionChange) {
	j := d.plant.byID[change.ID]
	for state, word := range endings {
		if j == nil || change.To != word {
			continue
		}
		if !j.began(d.now()) {
			j.begins = time.Time{}
		}
		j.ends, j.result = d.now(), state
		d.after(0, func() { ssm{d.plant}.ended(j) })
	}
}
