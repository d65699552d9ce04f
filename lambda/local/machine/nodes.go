package machine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/settings"
)

// The runbooks of this project as the stack deploys them, without what they do: a simulated step takes its time and ends.
var (
	runbookSteps      = []string{"PreCheck", "Backup", "Patch", "Upgrade", "HealthCheck", "Restore"}
	runbookParameters = []string{"InstanceId", "BackupTo", "ProductVersion", "MajorUpgrade", "BackupTimeoutSeconds", "RebootOption",
		"MinimumFreeGiB", "StartTimeoutSeconds", "RunId", "InstallerSource", "InstallerSHA256", "DatabaseVersion"}
)

// addNode gives a server of Systems Manager its managed node, and makes its calendars, which are open. An ARN in the settings is of an
// account and a Region of theirs: what it names is here by its plain name.
func (m *Machine) addNode(position int, server *settings.Server) error {
	m.Nodes[server.Name] = fmt.Sprintf("i-%017x", position+1)
	server.Runbook = plainName(server.Runbook)
	for i, calendar := range server.Calendars {
		server.Calendars[i] = plainName(calendar)
		m.SSM.SetCalendar(server.Calendars[i], true, time.Time{})
	}
	return m.SSM.AddNode(ssm.Node{ID: m.Nodes[server.Name], Tags: map[string]string{server.TagKey: server.Name}, PlatformName: "Ubuntu",
		PlatformVersion: "24.04"})
}

// plainName is the name in the ARN of a document.
func plainName(nameOrARN string) string { return nameOrARN[strings.LastIndexByte(nameOrARN, '/')+1:] }

// addRunbooks makes the runbooks of the settings known. One of their own that nobody has given has one step, and takes a node and what the
// settings give it.
func (m *Machine) addRunbooks(document settings.Settings, own map[string]Runbook) error {
	given := map[string]Runbook{}
	for name, runbook := range own {
		given[plainName(name)] = runbook
	}
	runbooks, versions := map[string]Runbook{}, map[string]int{}
	for _, server := range document.Servers {
		if server.Backend != settings.BackendSSM {
			continue
		}
		name, variable, ours := deployedName(server.Runbook)
		runbook, known := runbooks[name]
		document, isGiven := given[server.Runbook]
		switch {
		case known && (ours || isGiven):
		case ours:
			m.Environment = append(m.Environment, variable+"="+name)
			runbook = Runbook{Steps: ssm.Always(runbookSteps...), Parameters: union(nil, runbookParameters)}
		case isGiven:
			runbook = document
		default:
			names := slices.Sorted(maps.Keys(server.Parameters))
			runbook = Runbook{Steps: []ssm.Step{{Name: "Maintain"}}, Parameters: union(runbook.Parameters, append(names, "InstanceId"))}
		}
		runbooks[name] = runbook
		version, _ := strconv.Atoi(server.RunbookVersion) // none is the first
		versions[name] = max(versions[name], version, 1)
		m.firstSteps[server.Name] = runbook.Steps[0].Name
		if ours {
			m.firstSteps[server.Name] = "Backup"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(runbooks)) {
		if err := m.SSM.AddRunbookOf(name, versions[name], runbooks[name].Parameters, runbooks[name].Steps); err != nil {
			return err
		}
	}
	return nil
}

// deployedName is what a runbook of the settings is called here, and the variable that tells the function so of one of ours.
func deployedName(runbook string) (name, variable string, ours bool) {
	if variable, ours = settings.Runbooks()[runbook]; ours {
		return FunctionName + "-" + runbook + "-local", variable, true
	}
	return runbook, "", false
}

// union adds optional parameters of the names that are not there yet.
func union(parameters []ssm.RunbookParameter, names []string) []ssm.RunbookParameter {
	for _, name := range names {
		if !slices.ContainsFunc(parameters, func(p ssm.RunbookParameter) bool { return p.Name == name }) {
			parameters = append(parameters, ssm.RunbookParameter{Name: name})
		}
	}
	return parameters
}

// FailMaintenance lets the maintenances of a server fail from now on: the backup of our runbooks, the first step of any other.
func (m *Machine) FailMaintenance(server, message string) error {
	if node, managed := m.Nodes[server]; managed {
		m.SSM.FailStep(node, m.firstSteps[server], message)
		return nil
	}
	return m.OpsWorksCM.FailMaintenance(server, true)
}
