package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
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
	for i := range maxDistinctValues {
		long := func(n int) string { return fmt.Sprintf("%0*d", n, i) }
		nodes = append(nodes, fmt.Sprintf(`{"name": "n%d", "backend": "ssm", "runbook": "R%s", "calendars": ["C%s"],
			"parameters": {"AutomationAssumeRole": ["arn:aws-us-gov:iam::123456789012:role/r%s"]}}`, i, long(127), long(127), long(63)))
	}
	for name, c := range map[string]struct {
		room   int
		beside []string
	}{"OpsWorks CM alone": {maxServerChars, nil}, "with Systems Manager": {maxServerChars - maxAutomationChars, nodes}} {
		t.Run(name, func(t *testing.T) {
			most := 0
			for names := []string{}; fitInPolicy(names, c.room); most = len(names) - 1 {
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
		if s.Sid == "StartMaintenance" {
			arns = s.Resources
		}
	}
	return arns, size
}

func policySize(policy resource) int { return size(policy.Properties["PolicyDocument"]) }
