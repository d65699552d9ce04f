// Package simulator stands in for AWS services that the function needs and this machine does not have.
//
// OpsWorksCM answers the OpsWorks CM API (AWS JSON 1.1, version 2016-11-01) with the service's shapes, errors and server life
// cycle, so that stock AWS clients work against it. AWS closed the service in spring 2024. SSM does the same for the operations
// of AWS Systems Manager that run and watch a runbook. What no document states is marked "own words" or "our choice" where it
// occurs.
package simulator

import (
	"io"
	"sync"
	"time"
)

// Config is one account in one Region: a server is reachable only through the Region it was created in.
type Config struct {
	Region  string // default us-east-1
	Account string // default 123456789012, the number AWS documents use

	// MaintenanceTime is how long a maintenance lasts. Zero: until Complete is called.
	MaintenanceTime time.Duration

	// Random is where ids and page tokens come from; nil is crypto/rand.
	Random io.Reader

	// OnTransition hears of every change of a server's status, one call at a time, in order and outside all locks, so it may
	// call the simulator.
	OnTransition func(Transition)
}

// Transition is one change of a server's status.
type Transition struct {
	Server            string
	From, To          string
	MaintenanceStatus string // of the most recent finished maintenance, empty if there was none
	At                time.Time
}

// OpsWorksCM is the simulated service, an http.Handler for the root of a host.
type OpsWorksCM struct {
	front
	config Config
	out    outbox

	mu      sync.Mutex
	servers []*managed // in the order they were added, the order DescribeServers lists them in
	agenda  []task     // what happens by itself, by its time
}

// NewOpsWorksCM returns a service without servers.
func NewOpsWorksCM(config Config) *OpsWorksCM {
	if config.Region == "" {
		config.Region = "us-east-1"
	}
	if config.Account == "" {
		config.Account = "123456789012"
	}
	s := &OpsWorksCM{front: newFront("OpsWorksCM_V2016_11_01.", "opsworks-cm", config.Region), config: config}
	s.drawFrom(config.Random)
	s.subject = subjectOfOpsWorks
	s.operations = map[string]operation{
		"DescribeAccountAttributes": s.describeAccountAttributes,
		"DescribeEvents":            s.describeEvents,
		"DescribeServers":           s.describeServers,
		"StartMaintenance":          s.startMaintenance,
	}
	return s
}

// subjectOfOpsWorks leaves out members of a wrong type.
func subjectOfOpsWorks(in members) (string, []string) {
	server := ""
	if name, err := in.text("ServerName"); err == nil && name != nil {
		server = *name
	}
	var names []string
	attributes, _ := in.attributes()
	for _, given := range attributes {
		if given.Name != nil {
			names = append(names, *given.Name)
		}
	}
	return server, names
}

// Close ends the calls that hang and stops what would happen by itself where it is. It may be called twice.
func (s *OpsWorksCM) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	s.agenda = nil
}

// find expects the lock to be held.
func (s *OpsWorksCM) find(name string) *managed {
	for _, server := range s.servers {
		if server.Name == name {
			return server
		}
	}
	return nil
}
