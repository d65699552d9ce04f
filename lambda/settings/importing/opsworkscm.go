package importing

import (
	"fmt"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// runbooks are those that maintain what an Engine is. Chef is what ChefAutomate was called at first.
var runbooks = map[string]string{
	"Chef": settings.RunbookChefAutomate, "ChefAutomate": settings.RunbookChefAutomate, "Puppet": settings.RunbookPuppetEnterprise,
}

// The properties that are read, and what OpsWorks CM says of a server's present state, which is no setting.
var (
	readProperties  = []string{"ServerName", "Engine", "PreferredMaintenanceWindow"}
	stateProperties = []string{"CloudFormationStackArn", "CreatedAt", "Endpoint", "MaintenanceStatus", "ServerArn", "Status", "StatusReason"}
)

// leftProperties have no place in the settings. They are named, and their values never: some are secrets.
var leftProperties = []struct {
	why   string
	names []string
}{
	{"the server keeps them as they are", []string{"AssociatePublicIpAddress", "CustomCertificate", "CustomDomain", "CustomPrivateKey",
		"InstanceProfileArn", "InstanceType", "KeyPair", "SecurityGroupIds", "ServiceRoleArn", "SubnetIds"}},
	{"credentials, which the runbooks do not need", []string{"EngineAttributes"}},
	{"each maintenance makes a backup; a lifecycle rule of the bucket removes old ones",
		[]string{"BackupRetentionCount", "DisableAutomatedBackup", "PreferredBackupWindow"}},
	{"a backup of OpsWorks CM, which went with the service", []string{"BackupId"}},
	{"the parameter ProductVersion says what to upgrade to", []string{"EngineModel", "EngineVersion"}},
	{"they were those of the OpsWorks CM server; its node has its own", []string{"Tags"}},
}

// add makes a server of the document.
func (d *draft) add(from source) {
	runbook, known := runbooks[from.text("Engine")]
	if !known {
		d.leave(from.name, "left out",
			fmt.Sprintf("its Engine is %s; the runbooks here maintain ChefAutomate and Puppet", from.says("Engine")))
		return
	}
	name := from.text("ServerName")
	if name == "" {
		name = from.name
	}
	s, ok := d.open(name, from.name)
	if !ok {
		return
	}
	s.Runbook = runbook
	if from.text("ServerName") == "" {
		d.fill("name", fmt.Sprintf("now the logical id, because ServerName is %s", from.says("ServerName")))
	}
	d.keepWindow(s, from)
	d.fillRest(s)
	d.toFill = append(d.toFill, fmt.Sprintf("the node of %s: the tag %s=%[1]s", s.Name, maintenance.TagKey))
	d.leaveProperties(s.Name, from)
}

// keepWindow makes the weekly hour of OpsWorks CM a window, and a schedule that begins with it.
func (d *draft) keepWindow(s *server, from source) {
	text := from.text("PreferredMaintenanceWindow")
	window, ok := check.ParsePreferredWindow(text)
	if !ok {
		d.fill("window, schedules", fmt.Sprintf("PreferredMaintenanceWindow is %s; without them an alarm or a person starts it, at any time",
			from.says("PreferredMaintenanceWindow")))
		return
	}
	s.Window = text
	s.Schedules = []schedule{{
		Name:       s.Name + "-weekly",
		Expression: fmt.Sprintf("cron(%d %d ? * %s *)", window.Start%60, window.Start/60, strings.ToUpper(text[:3])),
	}}
}

// leaveProperties lists what was given and is not read, a line a reason.
func (d *draft) leaveProperties(name string, from source) {
	var unheardOf []string
	for key := range from.properties {
		if from.given(key) && !known(key) {
			unheardOf = append(unheardOf, key)
		}
	}
	slices.Sort(unheardOf)
	for _, group := range leftProperties {
		d.leaveGiven(name, from, group.names, group.why)
	}
	d.leaveGiven(name, from, unheardOf, "no property of "+resourceType+" that is known here")
}

func (d *draft) leaveGiven(name string, from source, keys []string, why string) {
	var given []string
	for _, key := range keys {
		if from.given(key) {
			given = append(given, fmt.Sprintf("%.60s", key))
		}
	}
	if given != nil {
		d.leave(name, strings.Join(given, ", "), why)
	}
}

func known(key string) bool {
	for _, group := range leftProperties {
		if slices.Contains(group.names, key) {
			return true
		}
	}
	return slices.Contains(readProperties, key) || slices.Contains(stateProperties, key)
}

// given tells whether a property has a value, or will have one in the stack.
func (s source) given(key string) bool {
	value, found := s.properties[key]
	return found && (value != "" || s.unknown[key] != "")
}

// text is a property's value, "" if there is none or it is known only in the stack.
func (s source) text(key string) string {
	if s.unknown[key] != "" {
		return ""
	}
	text, _ := s.properties[key].(string)
	return text
}

// says is how a property that cannot be used is written, for a note.
func (s source) says(key string) string {
	switch {
	case s.unknown[key] != "":
		return "made in the stack (" + s.unknown[key] + "); write what it came to"
	case s.text(key) == "":
		return "not given"
	}
	return fmt.Sprintf("%.60q", s.text(key))
}
