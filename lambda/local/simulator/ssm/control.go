package ssm

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// control is what a test, or the one who plays the world, does to the executions.
type control struct{ engine }

// FailStep lets the executions on a node fail at a step from now on, those under way included. An empty message ends that. A
// node is found by any parameter value that is its id, here and below.
func (c *control) FailStep(node, step, message string) {
	defer c.clock.Enter()()
	if c.failures[node] == nil {
		c.failures[node] = map[string]string{}
	}
	c.failures[node][step] = message
}

// Complete ends the executions on a node now. Those that have ended it leaves alone.
func (c *control) Complete(node string) error {
	defer c.clock.Enter()()
	found := false
	for _, e := range c.executions {
		if !e.forgotten && e.on(node) {
			found = true
			c.complete(e)
		}
	}
	if !found {
		return fmt.Errorf("complete: no execution on node %q", node)
	}
	return nil
}

// Begin lets the first step of an execution begin that has not.
func (c *control) Begin(executionID string) error {
	defer c.clock.Enter()()
	e := c.execution(executionID)
	if e == nil || e.begun || !e.ended.IsZero() {
		return fmt.Errorf("begin: no execution %q that has not begun", executionID)
	}
	c.begin(e)
	return nil
}

// End ends an execution with a status that is an end.
func (c *control) End(executionID, status string) error {
	if !slices.Contains(executionsEnd, status) {
		return fmt.Errorf("end: %q is no end", status)
	}
	defer c.clock.Enter()()
	e := c.execution(executionID)
	if e == nil || !e.ended.IsZero() {
		return fmt.Errorf("end: no execution %q that goes on", executionID)
	}
	c.finish(e, status, "")
	return nil
}

// Forget lets an execution vanish: nobody finds it any more, and it does nothing. Started still counts it.
func (c *control) Forget(executionID string) {
	defer c.clock.Enter()()
	if e := c.execution(executionID); e != nil {
		e.unarm()
		e.forgotten = true
	}
}

// SetStatus gives an execution any status, known or not, as if somebody had changed the service's records: no event is sent,
// and the execution does nothing more by itself. Complete still ends it, unless the status was an end, which an unknown word is
// not: a caller has to go on watching.
func (c *control) SetStatus(executionID, status string) error {
	if status == "" {
		return errors.New("set status: empty")
	}
	defer c.clock.Enter()()
	e := c.execution(executionID)
	if e == nil {
		return fmt.Errorf("set status: no such execution %q", executionID)
	}
	c.settle(e, status, "", slices.Contains(executionsEnd, status))
	return nil
}

// StartByHand is somebody else's execution, of the runbook's default version and without client token.
func (s *Service) StartByHand(runbook string, parameters map[string][]string) (string, error) {
	copied := make(map[string][]string, len(parameters))
	for name, values := range parameters {
		copied[name] = slices.Clone(values)
	}
	id, err := s.start(startInput{runbook: runbook, parameters: copied, byHand: true})
	if err != nil {
		return "", fmt.Errorf("start by hand: %w", err)
	}
	return id, nil
}

// Execution is a snapshot.
type Execution struct {
	ID, Runbook, Version string
	Parameters           map[string][]string
	Tags                 map[string]string
	Status               string
	ClientToken          string // as sent
	ByHand               bool
	Started, Ended       time.Time // Ended is zero until it has
}

// Executions returns those on a node, or all if node is empty, oldest first and without the forgotten ones.
func (c *control) Executions(node string) []Execution {
	defer c.clock.Enter()()
	var list []Execution
	for _, e := range c.executions {
		if e.forgotten || node != "" && !e.on(node) {
			continue
		}
		list = append(list, Execution{
			ID: e.id, Runbook: e.runbook, Version: strconv.Itoa(e.version), Parameters: maps.Clone(e.parameters),
			Tags: maps.Clone(e.tags), Status: e.status, ClientToken: e.token, ByHand: e.byHand, Started: e.started, Ended: e.ended,
		})
	}
	return list
}

// Started says how many executions StartAutomationExecution really began on a node, whatever its callers were told.
func (c *control) Started(node string) int {
	defer c.clock.Enter()()
	n := 0
	for _, e := range c.executions {
		if !e.byHand && e.on(node) {
			n++
		}
	}
	return n
}

// execution expects the lock to be held.
func (g *engine) execution(id string) *execution {
	for _, e := range g.executions {
		if e.id == id && !e.forgotten {
			return e
		}
	}
	return nil
}
