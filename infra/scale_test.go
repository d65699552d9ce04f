package main

import (
	"encoding/json"
	"fmt"
	"regexp"
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
		policies[texts(p.Properties["Roles"])[0]] += tmpl.policySize(p)
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

// policySize is the length of a policy once deployed, where the names that CloudFormation makes have the longest ARNs.
func (tmpl template) policySize(policy resource) int {
	b, err := json.Marshal(plain(policy.Properties["PolicyDocument"]))
	if err != nil {
		panic(err)
	}
	longest := "arn:aws-us-gov:dynamodb:us-isof-south-1:123456789012:table/" + tmpl.Plan.Deployment.Name + "-LedgerTable9343E4AA-1234567890ABC"
	return len(regexp.MustCompile(`\$\{[^}]+\}`).ReplaceAll(b, []byte(strings.Repeat("x", len(longest)))))
}

// The servers' ARNs stand in the role's policies while they fit, and the policies stay within their limit to the last of them, also
// with as much of Systems Manager beside them as there may be. What does not fit is a fault.
func TestStack_ServersInThePolicy(t *testing.T) {
	ssm := func(n int) []string {
		long := strings.Repeat("0", 58)
		return repeat(n, `{"name": "n%[1]d", "backend": "ssm", "runbook": "R`+long+`%[1]d", "calendars": ["C`+long+`%[1]d"],
			"parameters": {"AutomationAssumeRole": ["arn:aws-us-gov:iam::123456789012:role/r`+long+`%[1]d"]}}`)
	}
	document := func(servers int, beside []string) string {
		return `{"servers": [` + strings.Join(slices.Concat(beside, repeat(servers, `{"name": "a%039[1]d", "backend": "opsworks-cm"}`)), ",") +
			`], "notify": [{"chat": true}, {"records": true}]}`
	}
	const whole = "arn:aws-us-gov:opsworks-cm:us-isof-south-1:123456789012:server/"
	full := 0
	for err := error(nil); err == nil; full++ {
		_, err = newPlan(document(1, ssm(full+1)), now)
	}
	for name, beside := range map[string][]string{
		"OpsWorks CM alone": nil, "with a runbook": ssm(1), "with as much of Systems Manager as fits": ssm(full - 1),
	} {
		t.Run(name, func(t *testing.T) {
			most := 0
			for list := []string(nil); len(list) != 1 || list[0] != whole+"*"; most++ {
				p, err := newPlan(document(most+2, beside), now)
				if err != nil {
					t.Fatal(err)
				}
				list = opsWorksCMPermissions(longestPlace, p.Deployment, p.Settings.Servers)[2].Resource
			}
			for _, n := range []int{most, most + 1} {
				arns, size := maintained(t, document(n, beside))
				first := fmt.Sprintf("%sa%039d/*", whole, 0)
				if n > most {
					first = whole + "*"
				}
				if n > 1 && arns[0] != first || n == most && len(arns) != n || size > rolePolicyChars {
					t.Errorf("%d servers: %d ARNs, the first %s, %d characters of at most 10,240", n, len(arns), arns[0], size)
				}
				t.Logf("%d and %d servers, the longest names: %d characters of at most 10240", n, len(beside), size)
			}
		})
	}
}

// maintained are the ARNs of the servers of OpsWorks CM in the role's policies, and the size of these.
func maintained(t *testing.T, document string) (arns []string, size int) {
	t.Helper()
	tmpl := synthesize(t, document)
	for id, p := range tmpl.of("AWS::IAM::Policy") {
		if strings.HasPrefix(id, "Permissions") {
			size += tmpl.policySize(p)
		}
	}
	for _, s := range tmpl.statements() {
		if s.Sid == "StartMaintenance" {
			arns = s.Resources
		}
	}
	return arns, size
}

// What any stack has in the function's role, and all that the settings can ask of topics and of the deployment, fits into what is kept
// for it.
func TestStack_RoomForServers(t *testing.T) {
	for name, document := range map[string]string{
		"the usual": everything,
		"the longest name and log group, and subnets": `{"name": "n` + strings.Repeat("a", 39) + `", "deployment": {
			"logGroup": "` + strings.Repeat("l", 512) + `",
			"key": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0f1e2d3c4b5a69788796a5b4c3d2e1f0",
			"subnets": ["subnet-0123456789abcdef0"], "securityGroups": ["sg-0123456789abcdef0"]}, ` + everything[1:],
	} {
		t.Run(name, func(t *testing.T) {
			tmpl := synthesize(t, document)
			d, servers := tmpl.Plan.Deployment, tmpl.Plan.Settings.Servers
			ofServers := map[string]bool{}
			for _, p := range slices.Concat(automationPermissions(longestPlace, d.Name, longestRole(d.RolePath), servers),
				opsWorksCMPermissions(longestPlace, d, servers), alarmPermissions(servers)) {
				ofServers[p.Sid] = true
			}
			fixed := 0
			for id, p := range tmpl.of("AWS::IAM::Policy") {
				if !strings.HasPrefix(id, "Permissions") {
					continue
				}
				document := p.Properties["PolicyDocument"].(map[string]any)
				document["Statement"] = slices.DeleteFunc(document["Statement"].([]any), func(s any) bool {
					return ofServers[dig(s, "Sid").(string)]
				})
				fixed += tmpl.policySize(p)
			}
			kept := rolePolicyChars - roomFor(d)
			t.Logf("%d characters of %d", fixed, kept)
			if fixed > kept || fixed < kept-500 {
				t.Errorf("%d characters are kept for what takes %d", kept, fixed)
			}
		})
	}
}
