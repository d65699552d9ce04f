package simulator

import (
	"io"
	"sync"
	"time"
)

// SSMConfig is one account in one Region of Systems Manager.
type SSMConfig struct {
	Region  string // default us-east-1
	Account string // default 123456789012

	// ExecutionTime is how long an execution lasts once it has begun, its steps taking equal shares. Zero: until Complete is called.
	ExecutionTime time.Duration
	// QueueTime is how long an execution is Pending before its first step begins: "queued" in the user guide's page on quotas.
	QueueTime time.Duration
	// ByHand keeps every execution as it is until Begin and End move it: it is Pending first, and a stop leaves it Cancelling.
	ByHand bool
	// Lag is how far behind the service's answers are.
	Lag Lag

	// Random is where ids and page tokens come from; nil is crypto/rand.
	Random io.Reader

	// OnStatus hears of every change of an execution's status, one at a time, in order and outside all locks, so it may call the
	// simulator.
	OnStatus func(ExecutionChange)

	// OnEvent gets the EventBridge event of every end of an execution, after OnStatus and as often as EventFates says, with the
	// same freedom. An Early event comes in the call that starts the execution, whatever else is being told meanwhile.
	OnEvent func(event []byte)
}

// SSM stands in for AWS Systems Manager (AWS JSON 1.1, version 2014-11-06), an http.Handler for the root of a host. Names,
// lengths, patterns and exceptions are those of the service model; texts of exceptions are own words throughout.
type SSM struct {
	front
	config SSMConfig
	out    outbox

	mu         sync.Mutex
	nodes      []*node // in the order they were added, the order DescribeInstanceInformation lists them in (our choice)
	runbooks   []*runbook
	executions []*execution
	calendars  map[string]*calendar
	tokens     map[string]used // by client token in lower case

	limit        int
	lag          Lag
	refuseReuse  bool
	ignoreTokens bool
	orders       map[string]*orders // by node
	fates        func(executionID string) EventFate
	executors    map[string]Executor // by node
}

// NewSSM returns a service without nodes, runbooks and calendars.
func NewSSM(config SSMConfig) *SSM {
	setDefault(&config.Region, "us-east-1")
	setDefault(&config.Account, "123456789012")
	s := &SSM{
		front:     newFront("AmazonSSM.", "ssm", config.Region),
		config:    config,
		calendars: map[string]*calendar{},
		tokens:    map[string]used{},
		limit:     executionsMax,
		lag:       config.Lag,
		orders:    map[string]*orders{},
	}
	s.drawFrom(config.Random)
	s.subject = s.subjectOf
	s.operations = map[string]operation{
		"DescribeAutomationExecutions": s.describeAutomationExecutions,
		"DescribeDocument":             s.describeDocument,
		"DescribeInstanceInformation":  s.describeInstanceInformation,
		"GetAutomationExecution":       s.getAutomationExecution,
		"GetCalendarState":             s.getCalendarState,
		"StartAutomationExecution":     s.startAutomationExecution,
		"StopAutomationExecution":      s.stopAutomationExecution,
	}
	return s
}

// Close ends the calls that hang and stops the running executions where they are. It may be called twice.
func (s *SSM) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	for _, e := range s.executions {
		e.stopTimer()
		if e.cancel != nil {
			e.cancel()
		}
	}
}

// subjectOf finds the node a call is about: in the parameters of a start, by the execution asked for, or the first value of the
// first filter. Members of a wrong type are left out.
func (s *SSM) subjectOf(in members) (string, []string) {
	parameters, _ := in.textLists("Parameters")
	names := sortedKeys(parameters)
	if id, _ := in.text("AutomationExecutionId"); id != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e := s.execution(*id); e != nil {
			return e.node(), names
		}
		return "", names
	}
	if filters, _ := in.filters(); len(filters) > 0 && len(filters[0].values) > 0 {
		return filters[0].values[0], names
	}
	return nodeIn(parameters), names
}
