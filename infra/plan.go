package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"opsworks-maintenance/infra/runbooks"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// contextKey is where the settings document lies in the context of cdk.json.
const contextKey = "maintenance"

// plan is what the stack is built from: settings without a fault, and what they come to in rules and schedules.
type plan struct {
	Settings   settings.Settings
	Deployment check.Deployment
	// SettingsJSON is what the function loads at its cold start.
	SettingsJSON []byte
	Rules        []eventRule
	Schedules    []schedule
}

// newPlan reads the settings from the context. The error lists every fault with its JSON path, those of the services' limits
// included, and schedules that do not fire after now.
func newPlan(context any, now time.Time) (plan, error) {
	var p plan
	var written []byte
	switch value := context.(type) {
	case nil:
		return p, fmt.Errorf("the settings are missing; lambda/README.md describes them under Settings")
	case string: // cdk synth -c maintenance='{"servers": …}'
		written = []byte(value)
	default:
		document, err := json.Marshal(value)
		if err != nil {
			return p, fmt.Errorf("read the settings: %w", err)
		}
		written = document
	}
	document, err := check.Read(written, now)
	if err != nil {
		return p, err
	}
	p.Settings, p.Deployment = document.Settings, document.Deployment
	var faults []check.Fault
	p.Rules, faults = eventRules(p.Deployment.Name, p.Settings)
	p.Schedules = schedules(p.Settings)
	faults = append(faults, checkLimits(p)...)
	faults = append(faults, checkParameters(p.Settings.Servers)...)
	faults = append(faults, checkPlaces(p.Deployment.Key, p.Settings)...)
	if len(faults) > 0 {
		return p, &check.InvalidError{Faults: faults}
	}
	p.SettingsJSON, err = settings.Encode(p.Settings)
	return p, err
}

// schedule is one EventBridge schedule, and the servers that share it.
type schedule struct {
	settings.Schedule
	Timezone    string
	ServerNames []string
}

// schedules are the schedules of all servers, each name once: settings/check has made sure that those of one name are equal.
func schedules(document settings.Settings) []schedule {
	var all []schedule
	at := map[string]int{}
	for _, server := range document.Servers {
		for _, s := range server.Schedules {
			i, known := at[s.Name]
			if !known {
				i = len(all)
				at[s.Name] = i
				all = append(all, schedule{Schedule: s, Timezone: server.Timezone})
			}
			all[i].ServerNames = append(all[i].ServerNames, server.Name)
		}
	}
	return all
}

// The limits that no synth would see.
const (
	// maxServersOfSchedule may stand in one schedule event: events.Decode takes no more.
	maxServersOfSchedule = 1000
	// maxRules is what a bus has by default; it can be raised, and other rules count too.
	maxRules = 300
	// maxResources of a CloudFormation stack are 500; what is not a rule, a schedule or a subscription stays below 70.
	maxResources = 430
)

// checkLimits returns what the settings ask for beyond the limits of the services.
func checkLimits(p plan) []check.Fault {
	var faults []check.Fault
	for _, s := range p.Schedules {
		if n := len(s.ServerNames); n > maxServersOfSchedule {
			faults = append(faults, check.Fault{Path: "servers", Problem: fmt.Sprintf(
				"schedule %q is shared by %d servers; give every %d of them a schedule of another name", s.Name, n, maxServersOfSchedule)})
		}
	}
	if n := len(p.Rules); n > maxRules {
		faults = append(faults, check.Fault{Path: "servers", Problem: fmt.Sprintf(
			"have alarms that need %d rules, and an event bus has %d; name a server's alarms by one prefix, as in automate-06-*", n, maxRules)})
	}
	if n := len(p.Settings.AlarmTopics); n > maxAlarmTopics {
		faults = append(faults, check.Fault{Path: "alarmTriggers.sns", Problem: fmt.Sprintf(
			"names %d topics, and the policies of the function and its dead-letter queue have room for %d; let alarms share topics", n,
			maxAlarmTopics)})
	}
	if n := len(p.Rules) + len(p.Schedules) + len(p.Settings.Notify) + 2*len(p.Settings.AlarmTopics); n > maxResources {
		faults = append(faults, check.Fault{Path: "settings", Problem: fmt.Sprintf(
			"need %d rules, schedules and subscriptions, and a CloudFormation stack holds about %d; "+
				"let servers share schedules, and name alarms by prefix", n, maxResources)})
	}
	return append(faults, checkPolicies(p.Deployment, p.Settings.Servers)...)
}

// checkPolicies returns what does not fit into the roles' policies, wherever the stack is deployed.
func checkPolicies(d check.Deployment, servers []settings.Server) []check.Fault {
	var faults []check.Fault
	at := longestPlace
	function := chars(automationPermissions(at, d.Name, longestRole(d.RolePath), servers)) + chars(opsWorksCMPermissions(at, d, servers)) +
		chars(alarmPermissions(servers))
	for _, role := range []struct {
		what, whose, share string
		is, room           int
	}{
		{"runbooks, calendars and roles", "function's", "them", function, roomFor(d)},
		{"tag keys", "runbooks'", "a tagKey", chars(runbookPermissions(at, servers)), rolePolicyChars - policyFrame},
	} {
		if role.is > role.room {
			faults = append(faults, check.Fault{Path: "servers", Problem: fmt.Sprintf(
				"have %s that take up to %d characters in the policies of the %s role, where %d are left for them; let servers share %s",
				role.what, role.is, role.whose, role.room, role.share)})
		}
	}
	return faults
}

// checkParameters returns the parameters that a runbook of ours does not take. The others' are not known here.
func checkParameters(servers []settings.Server) []check.Fault {
	var faults []check.Fault
	for i, server := range servers {
		for _, runbook := range runbooks.All() {
			if runbook.Name != server.Runbook {
				continue
			}
			for _, fault := range runbook.Check(server.Parameters) {
				path := check.Member(fmt.Sprintf("servers[%d].parameters", i), fault.Parameter)
				if fault.Value >= 0 {
					path += fmt.Sprintf("[%d]", fault.Value)
				}
				faults = append(faults, check.Fault{Path: path, Problem: fault.Problem})
			}
		}
	}
	return faults
}

// hasTrigger tells whether the settings let alarms reach the function in this further way.
func hasTrigger(document settings.Settings, trigger settings.AlarmTrigger) bool {
	return slices.Contains(document.AlarmTriggers, trigger)
}
