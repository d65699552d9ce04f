package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
)

// documentOf is a document of these servers.
func documentOf(servers ...string) string { return `{"servers": [` + strings.Join(servers, ",") + `]}` }

// repeat is so many texts, in which %[1]d is the number of each.
func repeat(n int, format string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return all
}

// Nothing is built from settings with a fault; every fault is listed at once, with its place.
func TestNewPlan_Faults(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		faults   []string
	}{
		"of the settings": {`{"servers": [
			{"name": "automate-06", "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "cron(0 25 ? * SAT *)"}]},
			{"name": "puppet-01", "backend": "opsworks-cm", "timezone": "Europe/Bärlin"},
			{"name": "a1234567890123456789012345678901234567890", "backend": "opsworks-cm"}
		], "notify": [{"email": "ops.example.com"}]}`,
			[]string{"servers[0].schedules[0].expression: ", "servers[1].timezone: ", "servers[2].name: ", "notify[0].email: "}},
		"too many wildcards": {documentOf(`{"name": "automate-06", "backend": "opsworks-cm", "alarms": [` +
			strings.Join(repeat(100, `"cpu-*-of-%[1]d"`), ",") + `]}`), []string{"servers[0].alarms[0]: "}},
		"a schedule of too many servers": {documentOf(repeat(maxServersOfSchedule+1, `{"name": "a%[1]d", "backend": "opsworks-cm",
			"schedules": [{"name": "weekly", "expression": "rate(7 days)"}]}`)...),
			[]string{`servers: schedule "weekly" is shared by 1001 servers`}},
		"too many schedules": {documentOf(repeat(maxResources+1, `{"name": "a%[1]d", "backend": "opsworks-cm",
			"schedules": [{"name": "s%[1]d", "expression": "rate(7 days)"}]}`)...),
			[]string{"settings: need 431 rules, schedules and subscriptions"}},
		"too many runbooks, roles and calendars": {documentOf(repeat(16, `{"name": "a%[1]d", "backend": "ssm",
			"runbook": "Maintain-`+strings.Repeat("x", 100)+`%[1]d", "calendars": ["c-%[1]d"],
			"parameters": {"AutomationAssumeRole": ["arn:aws:iam::123456789012:role/r%[1]d"]}}`)...), []string{
			"servers: have runbooks, calendars and roles that take up to "}},
		"too many tag keys": {documentOf(repeat(40, `{"name": "a%[1]d", "backend": "ssm", "runbook": "Maintain", "tagKey": "key-%[1]d"}`)...),
			[]string{"servers: have tag keys that take up to "}},
		"of places": {documentOf(`{"name": "a", "backend": "ssm", "runbook": "arn:aws:ssm:eu-central-1:210987654321:document/Maintain",
			"calendars": ["Holidays", "arn:aws:ssm:us-west-2:123456789012:document/Holidays",
				"arn:aws-cn:ssm:cn-north-1:123456789012:document/Holidays"],
			"parameters": {"AutomationAssumeRole": ["arn:aws:iam::123456789012:role/a"]}}`, `{"name": "b", "backend": "ssm", "runbook": "Maintain",
			"parameters": {"AutomationAssumeRole": ["arn:aws:iam::210987654321:role/b"]}}`, `{"name": "c", "backend": "ssm", "runbook": "Maintain",
			"parameters": {"AutomationAssumeRole": ["arn:aws-us-gov:iam::123456789012:role/c"]}}`), []string{
			"servers[0].calendars[1]: leads to the Region us-west-2, and servers[0].runbook to eu-central-1; write the ARN of one there",
			"servers[0].calendars[2]: leads to the partition aws-cn, and servers[0].runbook to aws; write the ARN of one there",
			"servers[1].parameters.AutomationAssumeRole[0]: leads to the account 210987654321, and servers[0].parameters." +
				"AutomationAssumeRole[0] to 123456789012",
			"servers[2].parameters.AutomationAssumeRole[0]: leads to the partition aws-us-gov, and servers[0].runbook to aws; "}},
		"of the key's place": {`{"deployment": {"key": "arn:aws:kms:eu-west-1:210987654321:key/mrk-0"}, "servers": [
			{"name": "a", "backend": "ssm", "runbook": "arn:aws:ssm:eu-central-1:210987654321:document/Maintain"}]}`, []string{
			"deployment.key: leads to the Region eu-west-1, and servers[0].runbook to eu-central-1; write the ARN of one there"}},
		"of parameters": {documentOf(`{"name": "a", "backend": "ssm", "runbook": "chef-automate", "parameters": {
			"BackupTo": ["backups"], "InstanceId": ["i-0123456789abcdef0"], "Backup": ["x"],
			"MajorUpgrade": ["maybe"], "RebootOption": []}}`), []string{
			`servers[0].parameters.BackupTo[0]: "backups" is not possible; write s3://BUCKET/PREFIX`,
			"servers[0].parameters.InstanceId: the function gives it itself; remove it",
			"servers[0].parameters.Backup: is not a parameter of chef-automate; it has BackupTo, ",
			`servers[0].parameters.MajorUpgrade[0]: "maybe" is not possible; write no or yes`,
			"servers[0].parameters.RebootOption: has 0 values; write one"}},
		"an installer without a checksum": {documentOf(`{"name": "a", "backend": "ssm", "runbook": "puppet-enterprise", "parameters": {
			"InstallerSource": ["s3://installers/pe.tar"], "ProductVersion": ["2023.8.1"]}}`), []string{
			"servers[0].parameters.InstallerSource: goes together with InstallerSHA256, the checksum of its maker; add it"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newPlan(c.document, now)
			for _, fault := range c.faults {
				if err == nil || !strings.Contains(err.Error(), fault) {
					t.Errorf("no fault %q in\n%v", fault, err)
				}
			}
		})
	}
	if _, err := newPlan(nil, now); err == nil {
		t.Error("no settings at all are accepted")
	}
}

// Where the stack goes, the CDK's CLI knows if it has credentials; without any it names a Region that may be none of the user's.
func TestNewPlan_StackPlace(t *testing.T) {
	document := documentOf(`{"name": "a", "backend": "ssm", "runbook": "arn:aws:ssm:eu-central-1:210987654321:document/Maintain",
		"parameters": {"AutomationAssumeRole": ["arn:aws:iam::123456789012:role/a"]}}`)
	const runbook, role = "servers[0].runbook: leads to the ", "servers[0].parameters.AutomationAssumeRole[0]: leads to the "
	for _, c := range []struct{ account, region, faults string }{
		{"", "us-east-1", ""},
		{"123456789012", "eu-central-1", ""},
		{"123456789012", "us-east-1", runbook + "Region eu-central-1, and the stack to us-east-1; write the ARN of one there"},
		{"210987654321", "eu-central-1", role + "account 123456789012, and the stack to 210987654321; write the ARN of one there"},
		{"123456789012", "cn-north-1", runbook + "partition aws, and the stack to aws-cn; write the ARN of one there\n" +
			role + "partition aws, and the stack to aws-cn; write the ARN of one there"},
	} {
		t.Setenv("CDK_DEFAULT_ACCOUNT", c.account)
		t.Setenv("CDK_DEFAULT_REGION", c.region)
		_, err := newPlan(document, now)
		if got := strings.TrimPrefix(fmt.Sprint(err), "<nil>"); got != c.faults {
			t.Errorf("in %s, %s: %s\nwant %s", c.account, c.region, got, c.faults)
		}
	}
}

// Before a deployment, and only then, a date that is past is a fault.
func TestNewPlan_PastSchedule(t *testing.T) {
	past := documentOf(`{"name": "a", "backend": "opsworks-cm", "schedules": [{"name": "once", "expression": "at(2026-11-26T12:00:00)"}]}`)
	_, err := newPlan(past, now)
	if err == nil || !strings.Contains(err.Error(), `servers[0].schedules[0].expression: "at(2026-11-26T12:00:00)" never fires again`) {
		t.Errorf("a schedule that is past: %v", err)
	}
	if _, err = newPlan(past, now.Add(-time.Hour)); err != nil {
		t.Errorf("a schedule to come: %v", err)
	}
}

// The CLI hands over values, and text from the command line.
func TestNewPlan_Context(t *testing.T) {
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
			t.Errorf("the function would read %v", err)
		}
	}
}
