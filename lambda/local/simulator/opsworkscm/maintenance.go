package opsworkscm

import (
	"time"

	"opsworks-maintenance/lambda/local/simulator"
)

// upgradeAttribute is the one engine attribute StartMaintenance knows: Chef Automate 1 to 2, in place of the routine
// maintenance. The service also asks whether the server is eligible; we do not, any Chef server may be upgraded here.
const upgradeAttribute = "CHEF_MAJOR_UPGRADE"

// startMaintenance follows API_StartMaintenance: only from HEALTHY and UNHEALTHY, and the answer is the server as it is then,
// with the MaintenanceStatus of the run before.
func (s *Service) startMaintenance(in simulator.Members) (any, error) {
	name, err := in.Text("ServerName")
	if err != nil {
		return nil, err
	}
	attributes, err := attributesIn(in)
	if err != nil {
		return nil, err
	}
	var check validation
	check.serverName(name, required)
	check.attributes(attributes)
	if err := check.Failure(); err != nil {
		return nil, err
	}

	defer s.clock.Enter()()
	server := s.find(*name)
	if server == nil {
		return nil, notFound(*name)
	}
	upgrade, err := asksForUpgrade(server, attributes)
	if err != nil {
		return nil, err
	}
	if !server.startable() {
		return nil, invalidState(*name, server.Status)
	}
	server.accepted++
	s.accept(server, upgrade)
	return struct{ Server serverShape }{server.shape(s.config)}, nil
}

func (m *managed) startable() bool { return m.Status == statusHealthy || m.Status == statusUnhealthy }

// accept lets an accepted maintenance begin, now or later or never. One that begins later meets the state of then: while another goes
// on it comes to nothing (our choice; the service may as well refuse the second, which callers must not count on).
func (s *Service) accept(server *managed, upgrade bool) {
	now, next := time.Now(), &run{upgrade: upgrade}
	weak := s.Does("StartMaintenance", server.Name, simulator.NeverBegins, simulator.StateLag, simulator.LateFailure)
	if _, never := weak.On(server.Name, simulator.NeverBegins); never {
		return
	}
	late, lags := weak.On(server.Name, simulator.StateLag)
	if failure, fails := weak.On(server.Name, simulator.LateFailure); fails {
		late, lags, next.fails = failure, true, true
	}
	if !lags {
		s.begin(server, next, now)
		return
	}
	s.clock.Later(now.Add(late.Lag), func(at time.Time) {
		if server.startable() {
			s.begin(server, next, at)
		}
	})
}

// asksForUpgrade refuses every attribute it does not know. Values are sensitive (EngineAttributeValue in the model) and get
// into no message. That attributes are checked before the state, and the texts, are our choice.
func asksForUpgrade(server *managed, attributes []attribute) (bool, error) {
	upgrade := false
	for _, given := range attributes {
		switch {
		case given.Name == nil || *given.Name != upgradeAttribute:
			return false, simulator.Invalid("StartMaintenance accepts no other engine attribute than " + upgradeAttribute + ".")
		case server.Engine != engineChef:
			return false, simulator.Invalid(upgradeAttribute + " is accepted for Chef Automate servers only.")
		case given.Value == nil || *given.Value != "true":
			return false, simulator.Invalid("The value of " + upgradeAttribute + " must be true.")
		}
		upgrade = true
	}
	return upgrade, nil
}

// begin expects the lock to be held.
func (f *fleet) begin(server *managed, next *run, at time.Time) {
	server.started++
	server.run = next
	server.StatusReason = ""
	if !next.silent {
		server.write(f.config, at, startMessage(next.upgrade))
	}
	f.move(server, statusUnderMaintenance, at)
	if f.config.MaintenanceTime == 0 {
		return
	}
	f.clock.Later(at.Add(f.config.MaintenanceTime), func(at time.Time) {
		if server.run == next { // it may have been ended or forgotten meanwhile
			f.finish(server, at)
		}
	})
}

// finish ends the maintenance of a server, if there is one. The lock is held. No document says what state a failed maintenance
// leaves a server in; UNHEALTHY is our choice, the other state StartMaintenance is allowed from.
func (f *fleet) finish(server *managed, at time.Time) {
	if server.Status != statusUnderMaintenance {
		return
	}
	var ended run // one of the service's own window
	if server.run != nil {
		ended = *server.run
	}
	server.run = nil
	status, failed := statusHealthy, server.fails || ended.fails
	server.MaintenanceStatus, server.StatusReason = maintenanceSuccess, ""
	if failed {
		status = statusUnhealthy
		server.MaintenanceStatus = maintenanceFailed
		// The cause is one the user guide names (troubleshooting); the words around it are our own.
		server.StatusReason = "Maintenance failed: not authorized to perform sts:AssumeRole with the service role."
	} else if ended.upgrade {
		server.EngineVersion = "2"
	}
	if !ended.silent {
		for _, message := range endMessages(!failed, ended.upgrade) {
			server.write(f.config, at, message)
		}
	}
	f.move(server, status, at)
}

// move expects the lock to be held; what it tells waits until it is not.
func (f *fleet) move(server *managed, status string, at time.Time) {
	from := server.Status
	server.Status = status
	server.remember(at)
	if from == status {
		return
	}
	if f.config.OnTransition == nil {
		return
	}
	change := Transition{
		Server: server.Name, From: from, To: status, MaintenanceStatus: server.MaintenanceStatus, At: at,
	}
	f.clock.Tell(func() { f.config.OnTransition(change) })
}
