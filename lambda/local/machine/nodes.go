package machine

import (
	"fmt"

	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/settings"
)

// The runbooks of this project as the stack deploys them, without what they do: a simulated step takes its time and ends.
var (
	runbookSteps      = []string{"PreCheck", "Backup", "Patch", "Upgrade", "HealthCheck", "Restore"}
	runbookParameters = []string{"BackupTo", "ProductVersion", "MajorUpgrade", "BackupTimeoutSeconds", "RebootOption", "MinimumFreeGiB",
		"StartTimeoutSeconds", "RunId",
		"InstallerSource", "InstallerSHA256", "DatabaseVersion"}
)

// addNode gives a server of Systems Manager its managed node and its runbook.
func (m *Machine) addNode(position int, server settings.Server) error {
	m.Nodes[server.Name] = fmt.Sprintf("i-%017x", position+1)
	err := m.SSM.AddNode(ssm.Node{ID: m.Nodes[server.Name], Tags: map[string]string{server.TagKey: server.Name}, PlatformName: "Ubuntu",
		PlatformVersion: "24.04"})
	if err != nil {
		return err
	}
	name, steps := server.Runbook, []ssm.Step{{Name: "Maintain"}}
	parameters := []ssm.RunbookParameter{{Name: "InstanceId"}}
	if variable, ours := settings.Runbooks()[name]; ours {
		name, steps = FunctionName+"-"+name+"-local", ssm.Always(runbookSteps...)
		m.Environment = append(m.Environment, variable+"="+name)
		for _, parameter := range runbookParameters {
			parameters = append(parameters, ssm.RunbookParameter{Name: parameter})
		}
	} else {
		for parameter := range server.Parameters {
			parameters = append(parameters, ssm.RunbookParameter{Name: parameter})
		}
	}
	if m.runbooks[name] {
		return nil
	}
	m.runbooks[name] = true
	return m.SSM.AddRunbookOf(name, 1, parameters, steps)
}
