package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
)

// fleet is a document of many servers: alarms by prefix and by name, and schedules, each shared by fifty.
func fleet(servers int) string {
	var all []string
	for i := range servers {
		name := fmt.Sprintf("automate-%04d", i)
		all = append(all, fmt.Sprintf(`{"name": %q, "backend": "opsworks-cm", "timezone": "Europe/Berlin",
			"alarms": ["%[2]s-*", "disk of %[2]s is full", "backup of %[2]s is old"],
			"schedules": [{"name": "weekly-%02[3]d", "expression": "cron(%[4]d 23 ? * SAT *)", "flexible": "1h"}]}`, name, name, i/50, i/50))
	}
	return `{"servers": [` + strings.Join(all, ",") + `], "notify": [{"email": "ops@example.com"}]}`
}

// A thousand servers fit into one stack, within every limit that a green synth hides.
func TestStack_Scale(t *testing.T) {
	tmpl := synthesize(t, fleet(1000))
	policies := map[string]int{} // of a role, all inline policies together
	for _, p := range tmpl.of("AWS::IAM::Policy") {
		policies[texts(p.Properties["Roles"])[0]] += size(p.Properties["PolicyDocument"])
	}
	invokers := 0
	for _, p := range tmpl.of("AWS::Lambda::Permission") {
		const statement = 250 // what Lambda writes around the permission's own values
		invokers += size(p.Properties) + statement
	}
	longest := 0
	for _, rule := range tmpl.of("AWS::Events::Rule") {
		longest = max(longest, size(rule.Properties["EventPattern"]))
	}
	input := 0
	for _, s := range tmpl.of("AWS::Scheduler::Schedule") {
		input = max(input, len(plain(dig(s.Properties, "Target", "Input")).(string)))
	}
	policy := 0
	for _, size := range policies {
		policy = max(policy, size)
	}
	for _, limit := range []struct {
		what     string
		is, most int
	}{
		{"resources of the stack", len(tmpl.Resources), 500},
		{"bytes of the template", len(tmpl.JSON), 1 << 20},
		{"rules", len(tmpl.of("AWS::Events::Rule")), 300},
		{"characters of an event pattern", longest, 2048},
		{"bytes of the function's policy", invokers, 20 << 10},
		{"characters of a role's inline policies", policy, 10240},
		{"bytes of a schedule's input", input, 256 << 10},
		{"outputs", len(tmpl.Outputs), 200},
	} {
		t.Logf("%-40s %7d of at most %d", limit.what, limit.is, limit.most)
		if limit.is > limit.most || limit.is == 0 {
			t.Errorf("%s: %d, at most %d", limit.what, limit.is, limit.most)
		}
	}
}

// size is the length of a part of the template once deployed, without spaces.
func size(value any) int {
	b, err := json.Marshal(plain(value))
	if err != nil {
		panic(err)
	}
	return len(b)
}

// The servers' ARNs stand in the role's policies while they fit, and the policies stay within their limit to the last of them, also
// with as much of Systems Manager beside them as there may be.
func TestStack_ServersInThePolicy(t *testing.T) {
	var nodes []string
	for i := range mostOfAKind {
		long := func(n int) string { return fmt.Sprintf("%0*d", n, i) }
		nodes = append(nodes, fmt.Sprintf(`{"name": "n%d", "backend": "ssm", "runbook": "R%s", "calendars": ["C%s"],
			"parameters": {"AutomationAssumeRole": ["arn:aws-us-gov:iam::123456789012:role/r%s"]}}`, i, long(127), long(127), long(63)))
	}
	for name, c := range map[string]struct {
		room   int
		beside []string
	}{"OpsWorks CM alone": {mostARNs, nil}, "with Systems Manager": {mostARNs - mostNodes, nodes}} {
		t.Run(name, func(t *testing.T) {
			most := 0
			for names := []string{}; listable(names, c.room); most = len(names) - 1 {
				names = append(names, strings.Repeat("a", 40))
			}
			const whole = "arn:aws-us-gov:opsworks-cm:ap-southeast-1:123456789012:server/"
			arns, size := maintained(t, most, c.beside)
			if len(arns) != most || arns[0] != fmt.Sprintf("%sa%039d/*", whole, 0) || size > 10240 {
				t.Errorf("%d servers: %d ARNs, the first %s, %d characters of at most 10,240", most, len(arns), arns[0], size)
			}
			t.Logf("%d servers with the longest names: %d characters of at most 10240", most, size)
			if arns, _ := maintained(t, most+1, c.beside); len(arns) != 1 || arns[0] != whole+"*" {
				t.Errorf("%d servers: %v", most+1, arns)
			}
		})
	}
}

// maintained are the ARNs of so many servers of OpsWorks CM in the role's policies, and the size of these.
func maintained(t *testing.T, servers int, beside []string) (arns []string, size int) {
	t.Helper()
	all := slices.Clone(beside)
	for i := range servers {
		all = append(all, fmt.Sprintf(`{"name": "a%039d", "backend": "opsworks-cm"}`, i))
	}
	tmpl := synthesize(t, `{"servers": [`+strings.Join(all, ",")+`], "notify": [{"chat": true}, {"records": true}]}`)
	for id, p := range tmpl.of("AWS::IAM::Policy") {
		if strings.HasPrefix(id, "Permissions") {
			size += policySize(p)
		}
	}
	for _, s := range tmpl.statements() {
		if s.Sid == "MaintainServers" {
			arns = s.Resources
		}
	}
	return arns, size
}

func policySize(policy resource) int { return size(policy.Properties["PolicyDocument"]) }

// Nothing is built from settings with a fault; every fault is listed at once, with its place.
func TestNewPlan_Faults(t *testing.T) {
	var wild []string
	for i := range 100 {
		wild = append(wild, fmt.Sprintf(`"cpu-*-of-%d"`, i))
	}
	_, err := newPlan(`{"servers": [
		{"name": "automate-06", "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "cron(0 25 ? * SAT *)"}]},
		{"name": "puppet-01", "backend": "opsworks-cm", "timezone": "Europe/Bärlin"},
		{"name": "a1234567890123456789012345678901234567890", "backend": "opsworks-cm"}
	], "notify": [{"email": "ops.example.com"}]}`, now)
	for _, path := range []string{"servers[0].schedules[0].expression: ", "servers[1].timezone: ", "servers[2].name: ", "notify[0].email: "} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("no fault at %s in\n%v", path, err)
		}
	}
	_, err = newPlan(`{"servers": [{"name": "automate-06", "backend": "opsworks-cm", "alarms": [`+strings.Join(wild, ",")+`]}]}`, now)
	if err == nil || !strings.Contains(err.Error(), "servers[0].alarms[90]: ") {
		t.Errorf("100 wildcards: %v", err)
	}
	var shared []string
	for i := range mostServers + 1 {
		shared = append(shared, fmt.Sprintf(`{"name": "a%d", "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "rate(7 days)"}]}`, i))
	}
	if _, err = newPlan(`{"servers": [`+strings.Join(shared, ",")+`]}`, now); err == nil || !strings.Contains(err.Error(), "servers: ") {
		t.Errorf("a schedule of %d servers: %v", len(shared), err)
	}
	var own []string
	for i := range mostResources + 1 {
		own = append(own, fmt.Sprintf(`{"name": "a%d", "backend": "opsworks-cm", "schedules": [{"name": "s%[1]d", "expression": "rate(7 days)"}]}`, i))
	}
	if _, err = newPlan(`{"servers": [`+strings.Join(own, ",")+`]}`, now); err == nil || !strings.Contains(err.Error(), "settings: ") {
		t.Errorf("%d schedules: %v", len(own), err)
	}
	_, err = newPlan(`{"servers": [{"name": "a", "backend": "ssm", "runbook": "chef-automate",
		"parameters": {"BackupTo": ["backups"], "InstanceId": ["i-0123456789abcdef0"], "Backup": ["x"], "MajorUpgrade": ["maybe"], "ProductVersion": [""], "RebootOption": []}}]}`, now)
	for _, fault := range []string{"BackupTo: the value does not match", "InstanceId is given by the function", "Backup is not a parameter of chef-automate; it has BackupTo, ",
		"MajorUpgrade: write no or yes", "ProductVersion: leave it out", "RebootOption takes one value"} {
		if err == nil || !strings.Contains(err.Error(), "servers[0].parameters: "+fault) {
			t.Errorf("no fault %q in\n%v", fault, err)
		}
	}
	var runbooks []string
	for i := range mostOfAKind + 1 {
		runbooks = append(runbooks, fmt.Sprintf(`{"name": "a%d", "backend": "ssm", "runbook": "Maintain-%[1]d", "calendars": ["c%[1]d"], "parameters": {"AutomationAssumeRole": ["r%[1]d"]}}`, i))
	}
	_, err = newPlan(`{"servers": [`+strings.Join(runbooks, ",")+`]}`, now)
	for _, kind := range []string{"runbooks", "roles in AutomationAssumeRole", "calendars"} {
		if err == nil || !strings.Contains(err.Error(), "servers: have 6 different "+kind) {
			t.Errorf("%d %s: %v", len(runbooks), kind, err)
		}
	}
	// Before a deployment, and only then, a date that is past is a fault.
	past := `{"servers": [{"name": "a", "backend": "opsworks-cm", "schedules": [{"name": "once", "expression": "at(2026-11-26T12:00:00)"}]}]}`
	_, err = newPlan(past, now)
	if err == nil || !strings.Contains(err.Error(), `servers[0].schedules[0].expression: "at(2026-11-26T12:00:00)" never fires again`) {
		t.Errorf("a schedule that is past: %v", err)
	}
	if _, err = newPlan(past, now.Add(-time.Hour)); err != nil {
		t.Errorf("a schedule to come: %v", err)
	}
	if _, err = newPlan(nil, now); err == nil {
		t.Error("no settings at all are accepted")
	}
	// What the CLI hands over: values, and text from the command line.
	var values any
	if err := json.Unmarshal([]byte(everything), &values); err != nil {
		t.Fatal(err)
	}
	for _, context := range []any{values, everything} {
		p, err := newPlan(context, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := settings.Load(p.SettingsJSON); err != nil || len(p.Settings.Servers) != 6 {
			t.Errorf("the function would load %v", err)
		}
	}
}
