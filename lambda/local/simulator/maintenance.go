package simulator

import (
	"slices"
	"time"
)

// upgradeAttribute is the one engine attribute StartMaintenance knows: Chef Automate 1 to 2, in place of the routine
// maintenance. The service also asks whether the server is eligible; we do not, any Chef server may be upgraded here.
const upgradeAttribute = "CHEF_MAJOR_UPGRADE"

// startMaintenance follows API_StartMaintenance: only from HEALTHY and UNHEALTHY, and the answer is the server as it is then,
// with the MaintenanceStatus of the run before.
func (s *OpsWorksCM) startMaintenance(in members) (any, error) {
	name, err := in.text("ServerName")
	if err != nil {
		return nil, err
	}
	attributes, err := in.attributes()
	if err != nil {
		return nil, err
	}
	var check validation
	check.serverName(name, required)
	check.attributes(attributes)
	if err := check.failure(); err != nil {
		return nil, err
	}

	defer s.out.deliver()
	s.mu.Lock()
	defer s.mu.Unlock()
	server := s.find(*name)
	if server == nil {
		return nil, notFound(*name)
	}
	upgrade, err := asksForUpgrade(server, attributes)
	if err != nil {
		return nil, err
	}
	if server.Status != statusHealthy && server.Status != statusUnhealthy {
		return nil, invalidState(*name, server.Status)
	}
	s.begin(server, upgrade)
	return struct{ Server serverShape }{server.shape(s.config)}, nil
}

// asksForUpgrade refuses every attribute it does not know. Values are sensitive (EngineAttributeValue in the model) and get
// into no message. That attributes are checked before the state, and the texts, are our choice.
func asksForUpgrade(server *managed, attributes []attribute) (bool, error) {
	upgrade := false
	for _, given := range attributes {
		switch {
		case given.Name == nil || *given.Name != upgradeAttribute:
			return false, invalid("StartMaintenance accepts no other engine attribute than " + upgradeAttribute + ".")
		case server.Engine != engineChef:
			return false, invalid(upgradeAttribute + " is accepted for Chef Automate servers only.")
		case given.Value == nil || *given.Value != "true":
			return false, invalid("The value of " + upgradeAttribute + " must be true.")
		}
		upgrade = true
	}
	return upgrade, nil
}

// begin expects the lock to be held.
func (s *OpsWorksCM) begin(server *managed, upgrade bool) {
	server.started++
	current := &run{upgrade: upgrade}
	server.run = current
	server.StatusReason = ""
	server.write(s.config, time.Now(), startMessage(upgrade))
	s.move(server, statusUnderMaintenance)
	if s.config.MaintenanceTime == 0 {
		return
	}
	current.timer = time.AfterFunc(s.config.MaintenanceTime, func() {
		defer s.out.deliver()
		s.mu.Lock()
		defer s.mu.Unlock()
		// The timer may have fired while somebody ended this very run.
		if server.run == current {
			s.finish(server)
		}
	})
}

// finish ends the maintenance of a server, if there is one. The lock is held. No document says what state a failed maintenance
// leaves a server in; UNHEALTHY is our choice, the other state StartMaintenance is allowed from.
func (s *OpsWorksCM) finish(server *managed) {
	if server.Status != statusUnderMaintenance {
		return
	}
	upgrade := server.run != nil && server.run.upgrade
	server.forgetRun()
	status := statusHealthy
	server.MaintenanceStatus, server.StatusReason = maintenanceSuccess, ""
	if server.fails {
		status = statusUnhealthy
		server.MaintenanceStatus = maintenanceFailed
		// The cause is one the user guide names (troubleshooting); the words around it are our own.
		server.StatusReason = "Maintenance failed: not authorized to perform sts:AssumeRole with the service role."
	} else if upgrade {
		server.EngineVersion = "2"
	}
	server.write(s.config, time.Now(), endMessage(!server.fails, upgrade))
	s.move(server, status)
}

// move expects the lock to be held; its caller calls deliver after releasing it.
func (s *OpsWorksCM) move(server *managed, status string) {
	from := server.Status
	if from == status {
		return
	}
	server.Status = status
	if s.config.OnTransition == nil {
		return
	}
	change := Transition{
		Server: server.Name, From: from, To: status, MaintenanceStatus: server.MaintenanceStatus, At: time.Now(),
	}
	s.out.add(func() { s.config.OnTransition(change) })
}

// describeServers follows API_DescribeServers: pages are "not currently implemented", so all servers come at once, MaxResults
// is only checked, and no token was ever handed out.
func (s *OpsWorksCM) describeServers(in members) (any, error) {
	name, page, err := in.nameAndPage()
	if err != nil {
		return nil, err
	}
	var check validation
	check.serverName(name, optional)
	check.page(page)
	if err := check.failure(); err != nil {
		return nil, err
	}
	if page.token != nil {
		return nil, invalidToken()
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	chosen := slices.Clone(s.servers)
	if name != nil {
		chosen = slices.DeleteFunc(chosen, func(m *managed) bool { return m.Name != *name })
		if len(chosen) == 0 {
			return nil, notFound(*name)
		}
	}
	output := struct{ Servers []serverShape }{[]serverShape{}}
	for _, server := range chosen {
		output.Servers = append(output.Servers, server.shape(s.config))
	}
	return output, nil
}

// describeAccountAttributes has no input and no errors of its own. The limits are those of the user guide; the API reference
// and the command line's sample name others.
func (s *OpsWorksCM) describeAccountAttributes(members) (any, error) {
	type accountAttribute struct {
		Name          string
		Maximum, Used int
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return struct{ Attributes []accountAttribute }{[]accountAttribute{
		{Name: "ServerLimit", Maximum: 5, Used: len(s.servers)},
		{Name: "ManualBackupLimit", Maximum: 10, Used: 0},
	}}, nil
}
