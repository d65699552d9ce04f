package main

import (
	"context"
	"fmt"
	"slices"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// looks are the operations that change nothing.
var looks = []string{
	"DescribeServers", "DescribeEvents", "DescribeInstanceInformation", "DescribeAutomationExecutions", "GetAutomationExecution",
}

// call hears of every call the function makes to the servers' service.
func (s *scenario) call(service, operation string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := fmt.Sprintf("answered %d", status)
	if status == 0 {
		answer = "no answer"
	}
	if s.sweeping && status == 200 && slices.Contains(looks, operation) {
		return // the clock looks every time
	}
	s.tell(step{Step: "call", Text: fmt.Sprintf("%s %s: %s", service, operation, answer)})
}

// transition hears of every change of a server's state.
func (s *scenario) transition(t opsworkscm.Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[t.Server] = t.Server + " is " + t.To
	text := fmt.Sprintf("%s: %s -> %s", t.Server, t.From, t.To)
	if t.From == "UNDER_MAINTENANCE" {
		text += ", maintenance " + t.MaintenanceStatus
	}
	s.tell(step{Step: "server", Text: text})
}

// execution hears of every change of an execution's status.
func (s *scenario) execution(change ssm.ExecutionChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	server := change.Node
	for name, node := range s.machine.Nodes {
		if node == change.Node {
			server = name
		}
	}
	s.state[server] = "the execution for " + server + " is " + change.To
	text := fmt.Sprintf("%s: execution on %s", server, change.Node)
	if change.From != "" {
		text += fmt.Sprintf(": %s ->", change.From)
	}
	s.tell(step{Step: "server", Text: text + " " + change.To})
}

// happened hands the function an event: an execution has ended, an alarm has changed.
func (s *scenario) happened(ctx context.Context, event []byte) {
	s.mu.Lock()
	s.events++
	s.tell(step{Step: "event", Text: describe(event)})
	s.mu.Unlock()
	err := s.invoke(ctx, s.machine, event, "follow")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events--
	if err != nil && ctx.Err() == nil {
		s.tell(step{Step: "function", Text: err.Error()})
	}
}

// subscribe is the subscriber: it takes each message from its queue as it arrives.
func (s *scenario) subscribe(ctx context.Context, m *machine.Machine) {
	for {
		message, ok := m.Receive(ctx)
		if !ok {
			return
		}
		s.mu.Lock()
		a := message.Attributes
		s.copies[response{Outcome: a["outcome"], Reason: a["reason"], ServerName: a["server"], RunID: a["runId"]}.told()]++
		s.tell(step{Step: "message", Text: "received from the topic " + message.Topic, Message: &message})
		s.mu.Unlock()
	}
}
