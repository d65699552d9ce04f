package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What may be started may be checked beforehand, and nothing else: by the document alone, which is the one resource of DescribeDocument.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
func TestAutomation_DescribesWhatItStarts(t *testing.T) {
	const here = "arn:aws-us-gov:ssm:us-isof-south-1:" // as the tests fill the pseudo parameters in
	for sentence, c := range map[string]struct{ document, want string }{
		"a runbook of one's own, in any version": {`{"servers": [{"name": "a", "backend": "ssm", "runbook": "Maintain"},
			{"name": "b", "backend": "ssm", "runbook": "Maintain:2"}]}`, here + "123456789012:document/Maintain"},
		"a runbook that AWS owns": {`{"servers": [{"name": "a", "backend": "ssm", "runbook": "AWS-RestartEC2Instance"}]}`,
			here + ":document/AWS-RestartEC2Instance"},
		"a runbook of another account": {`{"servers": [{"name": "a", "backend": "ssm",
			"runbook": "arn:aws:ssm:eu-central-1:210987654321:document/Maintain"}]}`, "arn:aws:ssm:eu-central-1:210987654321:document/Maintain"},
		"a runbook of this project": {`{"servers": [{"name": "a", "backend": "ssm", "runbook": "chef-automate",
			"parameters": {"BackupTo": ["s3://backups/a"]}}]}`, here + "123456789012:document/" + stackName + "-chef-automate-*"},
		"no server of Systems Manager": {`{"servers": [{"name": "a", "backend": "opsworks-cm"}]}`, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			checks, starts := []string{}, []string{}
			for _, s := range synthesize(t, c.document).statements() {
				if slices.Contains(s.Actions, "ssm:DescribeDocument") {
					checks = append(checks, s.Resources...)
				}
				if slices.Contains(s.Actions, "ssm:StartAutomationExecution") {
					starts = append(starts, s.Resources...)
				}
			}
			if got := strings.Join(checks, ", "); got != c.want {
				t.Errorf("may check %s, want %s", got, c.want)
			}
			starts = slices.DeleteFunc(starts, func(on string) bool { return !strings.Contains(on, ":document/") })
			if !slices.Equal(checks, starts) {
				t.Errorf("may check %v and start %v", checks, starts)
			}
		})
	}
}

// What finds, follows and stops a run is there whatever servers the settings name: a run goes on when its server has left them.
func TestAutomation_StaysWithoutServers(t *testing.T) {
	const without, with = `{"servers": [{"name": "a", "backend": "opsworks-cm"}]}`, `{"servers": [{"name": "a", "backend": "ssm",
		"runbook": "puppet-server", "parameters": {"BackupTo": ["s3://backups/a"]}}]}`
	var kept [][]string
	for _, document := range []string{without, with} {
		tmpl := synthesize(t, document)
		var all []string
		for id := range tmpl.of("AWS::SSM::Document") {
			all = append(all, id)
		}
		for _, s := range tmpl.statements() {
			ofRunbooks := strings.HasPrefix(s.Resource, "Automation")
			if ofRunbooks || s.Sid == "ListNodesAndExecutions" || s.Sid == "GetAndStopExecutions" {
				all = append(all, fmt.Sprint(s.Resource, s.Sid, s.Actions, s.Resources, s.Condition))
			}
		}
		slices.Sort(all)
		kept = append(kept, all)
	}
	if !slices.Equal(kept[0], kept[1]) || len(kept[0]) != 3+2+4 {
		t.Errorf("without a server of Systems Manager there is\n%q\nwith one\n%q", kept[0], kept[1])
	}
}
