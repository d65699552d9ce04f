package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/settings/check"
)

// write makes a file of the test.
func write(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every sample is a story, and ends as it should.
func TestRun_Samples(t *testing.T) {
	samples, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(samples) < 30 {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, sample := range samples {
		t.Run(filepath.Base(sample), func(t *testing.T) {
			output, err := play(t, "-maintenance-time", "200ms", "-event", "testdata/events/"+filepath.Base(sample))
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			narrow(t, output)
			inOrder(t, output, `event     `+filepath.Base(sample)+`: `, `end       `)
		})
	}
}

// What an operator asks to see is shown.
func TestRun_Plan(t *testing.T) {
	output, err := play(t, "-event", "testdata/events/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, output, `plan.json: an operator asks: plan automate-06\n`, `\| {\n`, `\|   "serverName": "automate-06",\n`)
}

// Settings of one's own are played as they are: their alarms, their runbooks, their windows.
func TestRun_OwnSettings(t *testing.T) {
	tomorrow := time.Now().UTC().AddDate(0, 0, 1)
	window := fmt.Sprintf(`"window": {"days": [%q], "start": "22:00", "end": "23:00"}`, tomorrow.Format("Mon"))
	const document = `{"parameters": {"InstanceId": {"type": "String"}, "Reason": {"type": "String", "default": "routine"}}, "mainSteps": [
		{"name": "Drain", "action": "aws:executeAwsApi", "onFailure": "step:Fill", "inputs": {"Service": "elbv2", "Api": "DeregisterTargets"}},
		{"name": "Update", "action": "aws:runCommand", "onFailure": "step:Fill", "isCritical": "true", "inputs": {}},
		{"name": "Fill", "action": "aws:executeAwsApi", "isEnd": true, "inputs": {}}]}`
	const own = `"name": "gitlab-01", "backend": "ssm", "runbook": "arn:aws:ssm:eu-west-1:444455556666:document/update-gitlab:3",
		"parameters": {"Reason": ["monthly"]}, "alarms": ["gitlab * disk"]`
	for _, tt := range []struct {
		name, settings string
		args           []string
		want           []string
	}{
		{"a runbook of one's own is one step", `{"servers": [{` + own + `}]}`, nil, []string{`event     alarm gitlab health disk goes into ALARM`,
			`decision  started`, `Steps: Maintain Success`, `end       the execution for gitlab-01 is Success`}},
		{"it fails", `{"servers": [{` + own + `}]}`, []string{"-fail"}, []string{`InProgress -> Failed`, `step Maintain`}},
		{"its document has the steps", `{"servers": [{` + own + `}]}`, []string{"-runbook",
			"arn:aws:ssm:eu-west-1:444455556666:document/update-gitlab=" + write(t, "document.json", document)},
			[]string{`decision  started`, `Steps: Drain Success, Update Success, Fill\s+\|?\s*Success`}},
		{"two servers share it, with other parameters", `{"servers": [{` + own + `}, {"name": "gitlab-02", "backend": "ssm",
			"runbook": "update-gitlab", "parameters": {"Depth": ["2"]}, "alarms": ["other"]}]}`, nil,
			[]string{`the execution for gitlab-01 is Success, the execution for gitlab-02 is Success`}},
		{"a calendar is open", `{"servers": [{` + own + `, "calendars": ["arn:aws:ssm:eu-west-1:444455556666:document/freeze"]}]}`, nil,
			[]string{`decision  started`, `is Success`}},
		{"what waits for its window waits for longer than the story", `{"servers": [{` + own + `, ` + window + `}]}`, nil,
			[]string{`decision  waiting, outside-window`,
				`end       gitlab-01 waits until ` + tomorrow.Format("Mon 2 Jan") + ` 22:00 UTC \(outside-window\)`}},
		{"a schedule that exists, of OpsWorks CM", `{"servers": [{"name": "chef-01", "backend": "opsworks-cm",
			"schedules": [{"name": "nightly", "expression": "cron(0 3 * * ? *)"}]}]}`, nil,
			[]string{`event     schedule nightly is due`, `decision  started`, `end       chef-01 is HEALTHY`}},
		{"a rule, and a server that only operators ask for", `{"servers": [{"name": "chef-01", "backend": "opsworks-cm", "rules": ["night-*"]},
			{"name": "chef-02", "backend": "opsworks-cm"}]}`, nil,
			[]string{`schedule night-health is due`, `an operator asks for maintenance of chef-02`, `chef-01 is HEALTHY, chef-02 is HEALTHY`}},
		{"a server that is switched off", `{"servers": [{` + own + `, "enabled": false}]}`, nil,
			[]string{`decision  refused, disabled`, `end       nothing was started`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := write(t, "settings.json", tt.settings)
			output, err := play(t, append([]string{"-settings", file}, tt.args...)...)
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			narrow(t, output)
			inOrder(t, output, tt.want...)
		})
	}
}

// A cdk.json has its settings in its context.
func TestRun_CDK(t *testing.T) {
	output, err := play(t, "-settings", "cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, output, `alarm puppet-01-health goes into ALARM`, `alarm automate-06-health goes into ALARM`,
		`the execution for puppet-01 is Success`)
}

// Without an event, what is played asks for servers of the settings, and is read as what it is.
func TestStory(t *testing.T) {
	document, err := check.Resolve([]byte(`{"servers": [
		{"name": "off-01", "backend": "opsworks-cm", "enabled": false},
		{"name": "chef-01", "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]},
		{"name": "chef-02", "backend": "opsworks-cm", "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]}]}`), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	occasions, err := story(options{}, document, time.Now())
	if err != nil || len(occasions) != deliveries {
		t.Fatalf("%d occasions, %v", len(occasions), err)
	}
	event, err := events.Decode(occasions[0].payload)
	if schedule, ok := event.(events.Schedule); err != nil || !ok || strings.Join(schedule.ServerNames, " ") != "chef-01 chef-02" {
		t.Errorf("got %+v, %v", event, err)
	}
	if occasions, err := story(options{serve: "127.0.0.1:0"}, document, time.Now()); err != nil || len(occasions) != 0 {
		t.Errorf("what is served is asked by itself: %v, %v", occasions, err)
	}
}
