package ssm

import "opsworks-maintenance/lambda/local/simulator"

// engine carries executions from their start to their end, by the clock or as it is told.
type engine struct {
	config Config
	source *simulator.Source
	clock  simulator.Clock // guards what follows

	executions []*execution
	tokens     map[string]used // by client token in lower case

	limit        int
	lag          Lag
	refuseReuse  bool
	ignoreTokens bool
	failures     map[string]map[string]string // the message by node and step
	executors    map[string]Executor          // by node
}
