package simulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// orders is what a test wants of the executions on a node.
type orders struct {
	failures map[string]string // by step
	hang     bool
	end      string // instead of Success
}

// on expects the lock to be held.
func (s *SSM) on(node string) *orders {
	if s.orders[node] == nil {
		s.orders[node] = &orders{failures: map[string]string{}}
	}
	return s.orders[node]
}

// each calls f for the orders that concern an execution, by the node's id so that the answer is always the same.
func (s *SSM) each(e *execution, f func(*orders)) {
	for _, node := range sortedKeys(s.orders) {
		if e.on(node) {
			f(s.orders[node])
		}
	}
}

func (s *SSM) hangs(e *execution) (hang bool) {
	s.each(e, func(o *orders) { hang = hang || o.hang })
	return hang
}

func (s *SSM) failureOf(e *execution, step string) (message string) {
	s.each(e, func(o *orders) { setDefault(&message, o.failures[step]) })
	return message
}

func (s *SSM) endOf(e *execution) (status string) {
	s.each(e, func(o *orders) { setDefault(&status, o.end) })
	setDefault(&status, executionSuccess)
	return status
}

// FailStep lets the executions on a node fail at a step from now on, those under way included. An empty message ends that. A
// node is found by any parameter value that is its id, here and below.
func (s *SSM) FailStep(node, step, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on(node).failures[step] = message
}

// Hang keeps the executions on a node in the step they are in. Those whose step would have ended meanwhile go on when the node
// does not hang any more.
func (s *SSM) Hang(node string, on bool) {
	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on(node).hang = on
	for _, e := range s.executions {
		if e.overdue && e.on(node) && !s.hangs(e) {
			e.overdue = false
			s.advance(e)
		}
	}
}

// EndAs decides how the executions on a node end from now on: with any word, known to the service or not. A known status that
// is no end, such as Waiting, is taken and kept. Empty: Success again.
func (s *SSM) EndAs(node, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on(node).end = status
}

// Complete ends the executions on a node now, also those that hang. Those that have ended it leaves alone.
func (s *SSM) Complete(node string) error {
	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for _, e := range s.executions {
		if !e.forgotten && e.on(node) {
			found = true
			s.complete(e)
		}
	}
	if !found {
		return fmt.Errorf("complete: no execution on node %q", node)
	}
	return nil
}

// Begin lets the first step of an execution begin that has not.
func (s *SSM) Begin(executionID string) error {
	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.execution(executionID)
	if e == nil || e.begun || !e.ended.IsZero() {
		return fmt.Errorf("begin: no execution %q that has not begun", executionID)
	}
	s.begin(e)
	return nil
}

// End ends an execution with a status that is an end.
func (s *SSM) End(executionID, status string) error {
	if !slices.Contains(executionsEnd, status) {
		return fmt.Errorf("end: %q is no end", status)
	}
	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.execution(executionID)
	if e == nil || !e.ended.IsZero() {
		return fmt.Errorf("end: no execution %q that goes on", executionID)
	}
	s.finish(e, status, "")
	return nil
}

// Forget lets an execution vanish: nobody finds it any more, and it does nothing. Started still counts it.
func (s *SSM) Forget(executionID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.execution(executionID); e != nil {
		e.stopTimer()
		e.forgotten = true
	}
}

// SetStatus gives an execution any status, known or not, as if somebody had changed the service's records: no event is sent,
// and the execution does nothing more by itself. Complete still ends it, unless the status was an end, which an unknown word is
// not: a caller has to go on watching.
func (s *SSM) SetStatus(executionID, status string) error {
	if status == "" {
		return errors.New("set status: empty")
	}
	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.execution(executionID)
	if e == nil {
		return fmt.Errorf("set status: no such execution %q", executionID)
	}
	s.settle(e, status, "", slices.Contains(executionsEnd, status))
	return nil
}

// StartByHand is somebody else's execution, of the runbook's default version and without client token.
func (s *SSM) StartByHand(runbook string, parameters map[string][]string) (string, error) {
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
func (s *SSM) Executions(node string) []Execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Execution
	for _, e := range s.executions {
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
func (s *SSM) Started(node string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.executions {
		if !e.byHand && e.on(node) {
			n++
		}
	}
	return n
}

// execution expects the lock to be held.
func (s *SSM) execution(id string) *execution {
	for _, e := range s.executions {
		if e.id == id && !e.forgotten {
			return e
		}
	}
	return nil
}
