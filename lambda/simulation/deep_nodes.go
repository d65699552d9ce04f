package simulation

import (
	"strings"
	"time"

	"opsworks-maintenance/lambda/automation"
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	ssmsim "opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
	document "opsworks-maintenance/lambda/settings"
)

// The runbooks: one of this project, which takes the run's id, and one of somebody's own.
const (
	ourRunbook   = "maintenance-chef-automate"
	otherRunbook = "maintain-puppet"
	secondTag    = "maintenance-server-2" // of a node that is two servers
)

// runbookOf is a server's runbook as the settings name it.
func runbookOf(s Server) string {
	if s.Own {
		return document.RunbookChefAutomate
	}
	return otherRunbook
}

func deployed(s Server) string {
	if s.Own {
		return ourRunbook
	}
	return otherRunbook
}

// nodeID is a node of a story as the service has it.
func nodeID(name string) string {
	digits := strings.TrimPrefix(name, "mi-")
	return "mi-" + strings.Repeat("0", 17-len(digits)) + digits
}

func calendarOf(server string) string { return "freeze-" + server }

// tagOf is the tag by which a server's node says so: two servers of one node have one each.
func (d *deep) tagOf(s Server) string {
	for _, other := range d.story.Servers {
		if other.Name == s.Name {
			break
		}
		if other.Node == s.Node {
			return secondTag
		}
	}
	return maintenance.TagKey
}

func (d *deep) addRunbooks() {
	parameters := []ssmsim.RunbookParameter{{Name: maintenance.ParameterNode, Required: true}}
	check(d.nodes.AddRunbook(otherRunbook, 1, parameters, []string{"maintain"}))
	parameters = append(parameters, ssmsim.RunbookParameter{Name: maintenance.ParameterRunID})
	check(d.nodes.AddRunbook(ourRunbook, 1, parameters, []string{"maintain"}))
}

func (d *deep) addServer(s Server) {
	if s.Backend == "opsworks-cm" {
		check(d.chefs.AddServer(opsworkscm.Server{Name: s.Name, Engine: "Puppet", MaintenanceStatus: "SUCCESS"}))
		d.status[s.Name] = "HEALTHY"
		return
	}
	d.nodes.SetCalendar(calendarOf(s.Name), true, time.Time{})
	d.nodes.RemoveNode(nodeID(s.Node))
	check(d.nodes.AddNode(d.node(s.Node)))
}

// node is a managed node with the tags of all its servers.
func (d *deep) node(name string) ssmsim.Node {
	tags := map[string]string{}
	for _, s := range d.story.Servers {
		if s.Node == name {
			tags[d.tagOf(s)] = s.Name
		}
	}
	return ssmsim.Node{ID: nodeID(name), Tags: tags}
}

// managed are the servers as the adapter gets them from the settings.
func (d *deep) managed(s *settings) map[string]automation.Server {
	all := map[string]automation.Server{}
	for name, server := range s.servers {
		if server.Node != "" {
			all[name] = automation.Server{TagKey: d.tagOf(server), Runbook: deployed(server), TakesRunID: server.Own,
				Calendars: []string{calendarOf(name)}}
		}
	}
	return all
}
