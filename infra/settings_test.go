package main

import (
	"fmt"
	"strings"
	"testing"
)

// allOptions is a server of one's own runbook with every key, where ARNs are of this partition and Region.
func allOptions(partition, region string) string {
	return fmt.Sprintf(`{"maxConcurrent": 3, "maxWildcardRules": 30, "endpoint": "https://cm.example.com:8443/v1",
		"alarmTriggers": ["tag", "dimension", "action", {"sns": ["arn:%[1]s:sns:%[2]s:123456789012:alarms",
			"arn:%[1]s:sns:%[2]s:210987654321:Ops_alarms-2"]}],
		"notify": [{"email": "a+b.c@example.com", "only": ["failed"]}, {"chat": true}, {"records": true}],
		"servers": [{"name": "node-1", "backend": "ssm", "runbook": "arn:%[1]s:ssm:%[2]s:210987654321:document/Shared:4",
			"parameters": {"AutomationAssumeRole": ["arn:%[1]s:iam::123456789012:role/ops/of=a/M@x,+.-_"], "Mode": ["full", "{node}"]},
			"publicParameters": ["Mode"], "tagKey": "ops/server é", "calendars": ["Holidays", "arn:%[1]s:ssm:%[2]s:210987654321:document/Closed"],
			"enabled": false, "alarms": ["node-1-*", "a*b*c"], "rules": ["nightly*"], "timezone": "America/New_York",
			"schedules": [{"name": "weekly.of-node_1", "expression": "cron(0 23 ? * SAT *)", "flexible": "15m"},
				{"name": "once", "expression": "at(2030-01-05T23:00:00)"}],
			"window": {"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"}, "cooldown": "1h", "expiresAfter": "30h", "staleAfter": "2h",
			"deadline": "8h", "expectEvery": "8d", "dailyLimit": 1, "whenAlarmClears": "keep"},
			{"name": "cm-1", "backend": "opsworks-cm"}]}`, partition, region)
}

// nodes are so many servers of Systems Manager, with alarms that need two prefixes and a name each.
func nodes(n int) string {
	return documentOf(repeat(n, `{"name": "node-%[1]d", "backend": "ssm", "runbook": "puppet-server",
		"parameters": {"BackupTo": ["s3://backups/node-%[1]d"]}, "alarms": ["node-%[1]d-*", "disk of node-%[1]d", "node/%[1]d/*"]}`)...)
}

// Settings as companies may have them synthesize, and hold what every template must. .ci/run has cfn-lint read what they come to.
func TestStack_Settings(t *testing.T) {
	for name, document := range map[string]string{
		"one server of OpsWorks CM":         documentOf(`{"name": "a", "backend": "opsworks-cm"}`),
		"one node, a runbook of AWS":        documentOf(`{"name": "a", "backend": "ssm", "runbook": "AWS-RestartEC2Instance"}`),
		"a thousand nodes":                  nodes(1000),
		"a thousand servers of OpsWorks CM": fleet(1000),
		"every option, in aws":              allOptions("aws", "eu-central-1"),
		"every option, in aws-cn":           allOptions("aws-cn", "cn-northwest-1"),
		"every option, in aws-us-gov":       allOptions("aws-us-gov", "us-gov-west-1"),
		"as many mailboxes as anybody wants": `{"notify": [` + strings.Join(repeat(100, `{"email": "team-%[1]d@example.com"}`), ",") +
			`], ` + nodes(1)[1:],
		"the longest names": documentOf(repeat(9, `{"name": "a%039[1]d", "backend": "ssm", "runbook": "`+strings.Repeat("R", 100)+`%[1]d",
			"calendars": ["`+strings.Repeat("C", 100)+`%[1]d"],
			"schedules": [{"name": "`+strings.Repeat("s", 62)+`-%[1]d", "expression": "rate(1 day)"}],
			"tagKey": "`+strings.Repeat("k", 120)+`-%[1]d", "alarms": ["`+strings.Repeat("x", 200)+`-%[1]d-*"]}`)...),
		"alarms of awkward names": documentOf(`{"name": "Z", "backend": "opsworks-cm", "alarms": ["$AWS::Region", "a\"b", "c\\\\d*e", "é😀*",
			"*<&>", "{\"Ref\": \"x\"}", "it's [50%], #1; a/b:c", "Fn::Sub"], "schedules": [{"name": "Weekly", "expression": "rate(7 days)"},
			{"name": "weekly", "expression": "rate(7 days)"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			tmpl := synthesize(t, document)
			targetsAreSafe(t, tmpl)
			functionIsSafe(t, tmpl)
			wildcardsHaveReasons(t, tmpl)
			aliasIsForOperators(t, tmpl)
			onlyTLS(t, tmpl)
			sizes := map[string]int{}
			for _, p := range tmpl.of("AWS::IAM::Policy") {
				sizes[texts(p.Properties["Roles"])[0]] += tmpl.policySize(p)
			}
			for role, size := range sizes {
				if size > rolePolicyChars {
					t.Errorf("%s has policies of %d characters", role, size)
				}
			}
			if len(tmpl.JSON) > 1<<20 || len(tmpl.Resources) > 500 {
				t.Errorf("%d bytes, %d resources", len(tmpl.JSON), len(tmpl.Resources))
			}
		})
	}
}
