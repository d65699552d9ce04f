package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// behind is how far the services' answers lag where -fault says so, or how long they queue what they accepted: less than five periods
// of the sweep, which is what the function allows them. topicOut is for how long a topic fails.
const (
	behind   = 2 * sweepEvery
	topicOut = 2 * sweepEvery
)

const queued = "queued" // Systems Manager keeps an execution Pending for a while

// faults are the names that -fault knows for a backend.
func faults(backend string) []string {
	var names []string
	for _, kind := range simulator.Kinds() {
		if backend == "opsworks-cm" || kind <= simulator.WorkThenDrop || slices.Contains(lags, kind) {
			names = append(names, kind.String())
		}
	}
	if backend == "ssm" {
		names = append(names, queued)
	}
	for _, fault := range machine.TopicFaults() {
		names = append(names, string(fault))
	}
	return names
}

// lags are the kinds that put answers behind.
var lags = []simulator.Kind{simulator.StateLag, simulator.ReadLag, simulator.ListLag}

// knownFault checks the name of a fault, which a topic may follow: topic-gone:chat.
func knownFault(o options) error {
	name, _, _ := strings.Cut(o.fault, ":")
	if names := faults(o.backend); o.fault != "" && !slices.Contains(names, name) {
		return fmt.Errorf("-fault %s is none of %s", o.fault, strings.Join(names, ", "))
	}
	return nil
}

// trouble is what the flags ask to go wrong.
func trouble(m *machine.Machine, o options) error {
	for _, server := range m.Servers {
		node, managed := m.Nodes[server]
		switch {
		case managed && o.fail && o.node.which == "":
			m.SSM.FailStep(node, "Backup", "the disk is full")
		case !managed:
			if err := m.OpsWorksCM.FailMaintenance(server, o.fail); err != nil {
				return err
			}
		}
	}
	name, topic, _ := strings.Cut(o.fault, ":")
	if fault := machine.TopicFault(name); slices.Contains(machine.TopicFaults(), fault) {
		return m.FailTopic(strings.TrimSuffix("maintenance-"+topic, "-"), fault, topicOut)
	}
	kind, ok := simulator.KindNamed(name)
	switch {
	case !ok:
		return nil
	case slices.Contains(lags, kind):
		m.SSM.SetLag(map[simulator.Kind]ssm.Lag{
			simulator.StateLag: {State: behind}, simulator.ReadLag: {Read: behind}, simulator.ListLag: {List: behind},
		}[kind])
		m.OpsWorksCM.Inject(simulator.Fault{Kind: kind, Lag: behind})
	case kind == simulator.EmptyAnswer || kind == simulator.PartialAnswer:
		m.OpsWorksCM.Inject(simulator.Fault{Operation: "DescribeServers", Kind: kind, Times: 3})
	default:
		m.OpsWorksCM.Inject(simulator.Fault{Operation: "StartMaintenance", Kind: kind, Times: 1, Lag: behind})
		m.SSM.Inject(simulator.Fault{Operation: "StartAutomationExecution", Kind: kind, Times: 1})
	}
	return nil
}

// queueTime is how long Systems Manager queues an execution.
func queueTime(o options) time.Duration {
	if o.fault == queued {
		return behind
	}
	return 0
}
