package opsworkscm

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

var errNoServer = errors.New("no such server")

// AddServer makes a server known, with defaults for whatever is empty.
func (s *Service) AddServer(server Server) error {
	added, err := newManaged(s.config, server, s.source.UUID())
	if err != nil {
		return fmt.Errorf("add server: %w", err)
	}
	defer s.clock.Enter()()
	if s.find(server.Name) != nil {
		return fmt.Errorf("add server: %q exists already", server.Name)
	}
	s.servers = append(s.servers, added)
	return nil
}

// RemoveServer takes a server away, with its events. What is under way on it ends with it.
func (s *Service) RemoveServer(name string) {
	defer s.clock.Enter()()
	if server := s.find(name); server != nil {
		server.run, server.Status = nil, "TERMINATED" // for what is on the agenda
	}
	s.servers = slices.DeleteFunc(s.servers, func(m *managed) bool { return m.Name == name })
}

// SetStatus puts a server into a status, as if the service or the world had done it. A maintenance that runs is forgotten.
// UNDER_MAINTENANCE stands for a run of the service's own weekly window; Complete ends it.
func (s *Service) SetStatus(name, status string) error {
	if !slices.Contains(serverStatuses, status) {
		return fmt.Errorf("set status: no server status %q", status)
	}
	return s.control(name, "set status", func(server *managed) error {
		server.run = nil
		s.move(server, status, time.Now())
		return nil
	})
}

// WriteEvent adds an event to those of a server, as the service does for backups, health checks and creation too.
func (s *Service) WriteEvent(name, message string) error {
	return s.control(name, "write event", func(server *managed) error {
		server.write(s.config, time.Now(), message)
		return nil
	})
}

// FailMaintenance decides how the runs of a server end from now on, the one that is under way included.
func (s *Service) FailMaintenance(name string, fail bool) error {
	return s.control(name, "fail maintenance", func(server *managed) error {
		server.fails = fail
		return nil
	})
}

// Begin lets a maintenance begin now, as of a start that was accepted before. A silent one leaves no events: no document says that
// there always are some.
func (s *Service) Begin(name string, silent bool) error {
	return s.control(name, "begin maintenance", func(server *managed) error {
		if !server.startable() {
			return fmt.Errorf("%s is %s", name, server.Status)
		}
		s.begin(server, &run{silent: silent}, time.Now())
		return nil
	})
}

// Complete ends a server's maintenance now. Without one it does nothing.
func (s *Service) Complete(name string) error {
	return s.control(name, "complete maintenance", func(server *managed) error {
		s.finish(server, time.Now())
		return nil
	})
}

// Started says how many maintenances StartMaintenance really began on a server, whatever its callers were told.
func (s *Service) Started(name string) int {
	return s.count(name, func(m *managed) int { return m.started })
}

// Accepted says how often StartMaintenance was accepted for a server, whether or not a maintenance began.
func (s *Service) Accepted(name string) int {
	return s.count(name, func(m *managed) int { return m.accepted })
}

func (s *Service) count(name string, of func(*managed) int) (n int) {
	_ = s.control(name, "count", func(server *managed) error { // of a server that is not there, nothing
		n = of(server)
		return nil
	})
	return n
}

// control does something with a server as it is by now, and delivers what comes of it once the lock is free. Its errors name what was
// to be done.
func (s *Service) control(name, what string, do func(*managed) error) error {
	defer s.clock.Enter()()
	server := s.find(name)
	if server == nil {
		return fmt.Errorf("%s: %w", what, errNoServer)
	}
	if err := do(server); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
