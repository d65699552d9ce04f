package function_test

import (
	"testing"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/local/simulator"
	cmsim "opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/opsworkscm"
	"opsworks-maintenance/lambda/settings"
)

// contractFixture is a backend as the contract needs it: its settings, and what a test can do to the service behind it.
type contractFixture struct {
	settings string // of the server, beside its name and alarms
	backends func(*settings.Settings) (map[string]maintenance.Backend, error)
	// secret is a value that the settings or the service have, and no text may; empty where all that is given is public.
	secret string
	// What can happen to the server: it does not exist; it is busy for a while, or not any more; somebody else maintains it.
	none, busy, free, byHand func()
	// end ends the maintenance that goes on, gone makes it vanish, for which the run is said to have failed for a reason.
	end        func(well bool)
	gone       func()
	goneReason maintenance.Reason
	// hide leaves what is followed out of answers that are well-formed otherwise, until show.
	hide, show func()
	// A fault makes calls go wrong: those that start, or those that look, the first of which was the decision's own.
	faultStart func(kind simulator.Kind, times int)
	faultLooks func(kind simulator.Kind, after int)
	heal       func()
	// starts are how many maintenances the service has accepted from the function, calls what was asked of it since the last time.
	starts func() int
	calls  func() map[string]int
	stops  bool

	cm  *cmsim.Service
	ssm *ssm.Service
}

// faults are those that a simulator offers.
type faults interface {
	Inject(simulator.Fault)
	ClearFaults()
}

// withFaults fills in what is the same for both simulators.
func (s contractFixture) withFaults(sim faults, start string, looks ...string) contractFixture {
	s.faultStart = func(kind simulator.Kind, times int) {
		sim.Inject(simulator.Fault{Operation: start, Kind: kind, Times: times})
	}
	s.faultLooks = func(kind simulator.Kind, after int) {
		for _, look := range looks {
			skip := after
			if look != looks[0] { // which only a run that was claimed is followed by
				skip = 0
			}
			sim.Inject(simulator.Fault{Operation: look, Kind: kind, Skip: skip})
		}
	}
	s.heal = sim.ClearFaults
	return s
}

// contractBackends are what the contract holds to. Systems Manager does not say what it makes of a client token that it has seen, so it
// holds whatever that is; and a runbook of one's own does not take the run's id, so that a run is found by node and time.
var contractBackends = map[string]func(t *testing.T) contractFixture{
	"opsworks-cm":                 opsWorks,
	"ssm, our runbook":            func(t *testing.T) contractFixture { return systemsManager(t, "chef-automate", 0) },
	"ssm, a runbook of one's own": func(t *testing.T) contractFixture { return systemsManager(t, "maintain-chef", 0) },
	"ssm, which refuses tokens": func(t *testing.T) contractFixture {
		s := systemsManager(t, "maintain-chef", 0)
		s.ssm.RefuseReuse(true)
		return s
	},
}

func opsWorks(t *testing.T) contractFixture {
	sim := cmsim.New(cmsim.Config{})
	t.Cleanup(sim.Close)
	s := contractFixture{settings: `"backend": "opsworks-cm"`, secret: "secret-of-an-attribute", cm: sim}
	must(t, sim.AddServer(cmsim.Server{Name: contractServer, MaintenanceStatus: "FAILED", // last week's, which is no end of this run
		EngineAttributes: []cmsim.EngineAttribute{{Name: "CHEF_STARTER_KIT", Value: s.secret}}}))
	wire := &memory{service: sim, wait: answerTime}
	s.backends = func(*settings.Settings) (map[string]maintenance.Backend, error) {
		return map[string]maintenance.Backend{opsworkscm.Backend: opsworkscm.New(wire.config(), time.Now)}, nil
	}
	s.none = func() { sim.RemoveServer(contractServer) }
	s.busy = func() { must(t, sim.SetStatus(contractServer, "BACKING_UP")) }
	s.free = func() { must(t, sim.SetStatus(contractServer, "HEALTHY")) }
	s.byHand = func() { must(t, sim.SetStatus(contractServer, "UNDER_MAINTENANCE")) }
	s.end = func(well bool) {
		must(t, sim.FailMaintenance(contractServer, !well))
		must(t, sim.Complete(contractServer))
	}
	s.gone, s.goneReason = s.none, maintenance.ReasonServerGone
	s.hide = func() { sim.Inject(simulator.Fault{Operation: "DescribeServers", Kind: simulator.EmptyAnswer}) }
	s.show = sim.ClearFaults
	accepted := 0
	s.starts = func() int { // a server that was taken away takes its count with it
		accepted = max(accepted, sim.Accepted(contractServer))
		return accepted
	}
	s.calls = wire.calls
	return s.withFaults(sim, "StartMaintenance", "DescribeServers", "DescribeEvents")
}

// chefNode is the managed node of the server.
const chefNode = "i-0123456789abcdef0"

// systemsManager has executions that are Pending for a while before they begin.
func systemsManager(t *testing.T, runbook string, queue time.Duration) contractFixture {
	sim := ssm.New(ssm.Config{QueueTime: queue})
	t.Cleanup(sim.Close)
	s := contractFixture{settings: `"backend": "ssm", "runbook": "` + runbook + `"`, stops: true, ssm: sim,
		goneReason: maintenance.ReasonExecutionGone}
	addRunbook(t, &s, runbook)
	must(t, sim.AddNode(ssm.Node{ID: chefNode, Tags: map[string]string{maintenance.TagKey: contractServer, "also": "automate-07"}}))
	wire := &memory{service: sim, wait: answerTime}
	s.backends = func(doc *settings.Settings) (map[string]maintenance.Backend, error) {
		nodes, err := function.Nodes(doc, map[string]string{settings.RunbookChefAutomate: deployedRunbook})
		return map[string]maintenance.Backend{automation.Backend: automation.New(wire.config(), nodes, time.Now)}, err
	}
	s.none = func() { sim.RemoveNode(chefNode) }
	s.busy = func() { must(t, sim.SetPing(chefNode, "ConnectionLost")) }
	s.free = func() { must(t, sim.SetPing(chefNode, "Online")) }
	s.byHand = func() {
		name := runbook
		if name == settings.RunbookChefAutomate {
			name = deployedRunbook
		}
		_, err := sim.StartByHand(name, map[string][]string{"InstanceId": {chefNode}})
		must(t, err)
	}
	s.end = func(well bool) {
		if !well {
			sim.FailStep(chefNode, "Patch", `no space left on {"device": "`+s.secret+`"}`)
		}
		must(t, sim.Complete(chefNode))
	}
	s.gone = func() {
		for _, e := range sim.Executions(chefNode) {
			sim.Forget(e.ID)
		}
	}
	s.hide = func() { sim.SetLag(ssm.Lag{List: 24 * time.Hour, Read: 24 * time.Hour}) }
	s.show = func() { sim.SetLag(ssm.Lag{}) }
	s.starts = func() int { return sim.Started(chefNode) }
	s.calls = wire.calls
	return s.withFaults(sim, "StartAutomationExecution", "DescribeAutomationExecutions", "GetAutomationExecution")
}

// deployedRunbook is the name that our runbook was deployed by.
const deployedRunbook = "opsworks-maintenance-chef-automate-0a1b2c3d"

// addRunbook makes the runbook known as this project deploys it, which has a last step that always runs, or as anybody may write one: it
// gets a secret, and does not get the run's id.
func addRunbook(t *testing.T, s *contractFixture, runbook string) {
	names := []string{"PreCheck", "Backup", "Patch", "HealthCheck", "Restore"}
	if runbook == settings.RunbookChefAutomate {
		s.settings += `, "parameters": {"BackupTo": ["s3://backups/chef"]}`
		must(t, s.ssm.AddRunbookOf(deployedRunbook, 1, []ssm.RunbookParameter{{Name: "InstanceId", Required: true}, {Name: "RunId"},
			{Name: "BackupTo"}, {Name: "MajorUpgrade"}}, ssm.Always(names...)))
		return
	}
	s.secret = "secret-of-a-parameter"
	s.settings += `, "parameters": {"Token": ["` + s.secret + `"]}`
	must(t, s.ssm.AddRunbookOf(runbook, 1, []ssm.RunbookParameter{{Name: "InstanceId", Required: true}, {Name: "Token"}},
		ssm.Always(names...)))
}
