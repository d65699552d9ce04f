// Package opsworkscm stands in for AWS OpsWorks CM (AWS JSON 1.1, version 2016-11-01): its shapes, errors and server life cycle.
package opsworkscm

import (
	"cmp"
	"io"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
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

// Service is the simulated service, an http.Handler for the root of a host.
type Service struct {
	*simulator.Front
	fleet
	source *simulator.Source
}

// fleet are the servers and what happens to them by itself.
type fleet struct {
	config Config
	clock  simulator.Clock // guards what follows

	servers []*managed // in the order they were added, the order DescribeServers lists them in
}

// New returns a service without servers.
func New(config Config) *Service {
	config.Region = cmp.Or(config.Region, simulator.Region)
	config.Account = cmp.Or(config.Account, simulator.Account)
	s := &Service{fleet: fleet{config: config}, source: simulator.NewSource(config.Random)}
	s.Front = simulator.NewFront(simulator.API{
		TargetPrefix: "OpsWorksCM_V2016_11_01.", SigningName: "opsworks-cm", Region: config.Region, Subject: subject, Source: s.source,
		Operations: map[string]simulator.Operation{
			"DescribeAccountAttributes": s.describeAccountAttributes,
			"DescribeEvents":            s.describeEvents,
			"DescribeServers":           s.describeServers,
			"StartMaintenance":          s.startMaintenance,
		},
	})
	return s
}

// subject leaves out members of a wrong type.
func subject(in simulator.Members) (string, []string) {
	server := ""
	if name, err := in.Text("ServerName"); err == nil && name != nil {
		server = *name
	}
	var names []string
	attributes, _ := attributesIn(in)
	for _, given := range attributes {
		if given.Name != nil {
			names = append(names, *given.Name)
		}
	}
	return server, names
}

// Close ends the calls that hang and stops what would happen by itself where it is. It may be called twice.
func (s *Service) Close() {
	defer s.clock.Enter()()
	s.Release()
	s.clock.Stop()
}

// find expects the lock to be held.
func (f *fleet) find(name string) *managed {
	for _, server := range f.servers {
		if server.Name == name {
			return server
		}
	}
	return nil
}
