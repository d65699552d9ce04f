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
		if kind <= simulator.WorkThenDrop || slices.Contains(lags, kind) || backend == "opsworks-cm" && kind >= simulator.StateLag {
			names = append(names, kind.String())
		}
	}
	if backend == "ssm" {
		names = append(names, queued)
	}
	for _, fault := range topicFaults {
		names = append(names, fault.name)
	}
	return names
}

// topicFaults are what a topic does to a publisher. The two that refuse are errors of API_Publish: the topic was deleted, or
// a policy or a key lets nobody publish. An answer is lost when the message is delivered anyway.
var topicFaults = []struct {
	name string
	kind simulator.Kind
}{
	{"topic-gone", simulator.NotFound},
	{"topic-denied", simulator.Denied},
	{"topic-hangs", simulator.Hang},
	{"topic-loses-answer", simulator.WorkThenDrop},
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

// inject lets go wrong what the flags ask for.
func inject(m *machine.Machine, o options) error {
	if o.fail && o.node.which == "" {
		for _, server := range m.Servers {
			if err := m.FailMaintenance(server, "the disk is full"); err != nil {
				return err
			}
		}
	}
	name, topic, _ := strings.Cut(o.fault, ":")
	for _, fault := range topicFaults {
		if fault.name == name {
			return m.FailTopic(strings.TrimSuffix("maintenance-"+topic, "-"), fault.kind, topicOut)
		}
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
