// Package ssm stands in for AWS Systems Manager (AWS JSON 1.1, version 2014-11-06): the operations that run and watch a runbook.
package ssm

import (
	"cmp"
	"io"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// Config is one account in one Region of Systems Manager.
type Config struct {
	Region  string // default us-east-1
	Account string // default 123456789012

	// ExecutionTime is how long an execution lasts once it has begun, its steps taking equal shares. Zero: until Complete is called.
	ExecutionTime time.Duration
	// QueueTime is how long an execution is Pending before its first step begins: "queued" in the user guide's page on quotas.
	QueueTime time.Duration
	// ByHand keeps every execution as it is until Begin and End move it: it is Pending first, and a stop leaves it Cancelling.
	ByHand bool

	// Random is where ids and page tokens come from; nil is crypto/rand.
	Random io.Reader

	// OnStatus hears of every change of an execution's status, one at a time, in order and outside all locks, so it may call the
	// simulator.
	OnStatus func(ExecutionChange)

	// OnEvent gets the EventBridge event of every end of an execution, after OnStatus and with the same freedom.
	OnEvent func(event []byte)
}

// Service is the simulated service, an http.Handler for the root of a host. Names, lengths, patterns and exceptions are those of the
// service model; texts of exceptions are own words throughout.
type Service struct {
	*simulator.Front
	fleet
	library
	control
	source *simulator.Source
}

// New returns a service without nodes, runbooks and calendars.
func New(config Config) *Service {
	config.Region = cmp.Or(config.Region, simulator.Region)
	config.Account = cmp.Or(config.Account, simulator.Account)
	source := simulator.NewSource(config.Random)
	s := &Service{
		fleet:   fleet{source: source},
		library: library{region: config.Region, account: config.Account, calendars: map[string]*calendar{}},
		control: control{engine{
			config: config, source: source, tokens: map[string]used{}, limit: executionsMax, failures: map[string]map[string]string{},
			executors: map[string]Executor{},
		}},
		source: source,
	}
	s.Front = simulator.NewFront(simulator.API{
		TargetPrefix: "AmazonSSM.", SigningName: "ssm", Region: config.Region, Subject: s.subjectOf, Source: source,
		Operations: map[string]simulator.Operation{
			"DescribeAutomationExecutions": s.describeAutomationExecutions,
			"DescribeDocument":             s.describeDocument,
			"DescribeInstanceInformation":  s.describeInstanceInformation,
			"GetAutomationExecution":       s.getAutomationExecution,
			"GetCalendarState":             s.getCalendarState,
			"StartAutomationExecution":     s.startAutomationExecution,
			"StopAutomationExecution":      s.stopAutomationExecution,
		},
	})
	return s
}

// Close ends the calls that hang and stops the running executions where they are. It may be called twice.
func (s *Service) Close() {
	defer s.clock.Enter()()
	s.Release()
	s.clock.Stop()
	for _, e := range s.executions {
		e.unarm()
		if e.cancel != nil {
			e.cancel()
		}
	}
}

// subjectOf finds the node a call is about: in the parameters of a start, by the execution asked for, or the first value of the
// first filter. Members of a wrong type are left out.
func (s *Service) subjectOf(in simulator.Members) (string, []string) {
	parameters, _ := textListsIn(in, "Parameters")
	names := sortedKeys(parameters)
	if id, _ := in.Text("AutomationExecutionId"); id != nil {
		defer s.clock.Enter()()
		if e := s.execution(*id); e != nil {
			return e.node(), names
		}
		return "", names
	}
	if filters, _ := filtersIn(in); len(filters) > 0 && len(filters[0].values) > 0 {
		return filters[0].values[0], names
	}
	return nodeIn(parameters), names
}
