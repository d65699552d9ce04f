package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/machine"
)

// built is the function's binary, built once for all tests as the Makefile builds it.
var built string

// builtPage is the page function's.
var builtPage string

func TestMain(m *testing.M) {
	os.Exit(machine.WithFunction(&built, func() int {
		var err error
		if builtPage, err = machine.Build(filepath.Dir(built), machine.PagePackage); err != nil {
			panic(err)
		}
		if err := os.Chdir("../.."); err != nil { // where make run runs it
			panic(err)
		}
		return m.Run()
	}))
}

// play runs the program as make run does, with the maintenance made short.
func play(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"-function", built, "-page", builtPage, "-maintenance-time", "1s"}, args...), &out, t.Output())
	return out.String(), err
}

// inOrder checks that the output has these parts, one after the other.
func inOrder(t *testing.T, output string, parts ...string) {
	t.Helper()
	rest := output
	for _, part := range parts {
		at := regexp.MustCompile(part).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("%q does not come, or not in order, in:\n%s", part, output)
		}
		rest = rest[at[1]:]
	}
}

// The main job: a real alarm event, the real binary, the real wire protocol, a real topic with a subscriber, a healthy server.
func TestRun_TheMainJob(t *testing.T) {
	output, err := play(t, "-backend", "opsworks-cm")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, output,
		`\d+\.\d\ds  event     alarm automate-06-health goes into ALARM\n`,
		`DescribeServers: answered 200`,
		`automate-06: HEALTHY -> UNDER_MAINTENANCE`,
		`StartMaintenance: answered 200`,
		`decision  started: Maintenance of automate-06 was started\.`,
		`automate-06: UNDER_MAINTENANCE -> HEALTHY, maintenance SUCCESS`,
		`sweep     succeeded: Maintenance of automate-06 has succeeded\.`,
		`puppet-01: HEALTHY -> UNDER_MAINTENANCE`,
		`sweep     started: Maintenance of puppet-01 was started\.`,
		`sweep     succeeded: Maintenance of puppet-01 has succeeded\.`,
		`end       automate-06 is HEALTHY, puppet-01 is HEALTHY`)
	inOrder(t, output, `decision  started`, `decision  in-progress`, `decision  in-progress`,
		`decision  waiting, concurrency-limit: Maintenance of puppet-01 waits`)
	inOrder(t, output, `message   received from the topic maintenance\n`,
		`\| Subject: automate-06 maintenance started: alarm automate-06-health\n`, `\| Maintenance of automate-06 was started\.\n`)
	inOrder(t, output, `Subject: automate-06 maintenance succeeded`, `Subject: puppet-01 maintenance succeeded`)
	if strings.Contains(output, "Subject: puppet-01 waits") {
		t.Error("people are told of a run that only waits for its turn")
	}
	if n := strings.Count(output, "StartMaintenance:"); n != 2 {
		t.Errorf("%d StartMaintenance", n)
	}
	if strings.ContainsAny(output, "\r\033") {
		t.Error("a progress line in a pipe")
	}
}

// The same job on Systems Manager: an execution for each server, whose end an event tells of.
func TestRun_SystemsManager(t *testing.T) {
	output, err := play(t, "-backend", "ssm")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, output,
		`event     alarm automate-06-health goes into ALARM\n`,
		`Systems Manager DescribeInstanceInformation: answered 200`,
		`automate-06: execution on i-00000000000000001 InProgress`,
		`Systems Manager StartAutomationExecution: answered 200`,
		`decision  started: Maintenance of automate-06 was started\.`,
		`automate-06: execution on i-00000000000000001: InProgress -> Success`,
		`event     EC2 Automation Execution Status-change Notification`,
		`(follow|sweep) +succeeded: Maintenance of automate-06 has succeeded\.`,
		`sweep     started: Maintenance of puppet-01 was started\.`,
		`(follow|sweep) +succeeded: Maintenance of puppet-01 has succeeded\.`,
		`(?s)end       the execution for automate-06 is Success, the execution for puppet-01 is\s+Success`)
	inOrder(t, output, `decision  started`, `decision  in-progress`, `decision  in-progress`, `decision  waiting, concurrency-limit`)
	inOrder(t, output, `Subject: automate-06 maintenance started`, `\| Runbook:     opsworks-maintenance-chef-automate-local`,
		`Subject: automate-06 maintenance succeeded`,
		`(?s)\|   Success after \d+s\. Steps: PreCheck Success, .*Restore Success`)
	if n := strings.Count(output, "StartAutomationExecution:"); n != 2 {
		t.Errorf("%d StartAutomationExecution", n)
	}
}

func TestRun_OtherScenarios(t *testing.T) {
	sample := func(name string) string { return "testdata/events/" + name }
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"maintenance fails", []string{"-backend", "opsworks-cm", "-fail"}, []string{`UNDER_MAINTENANCE -> UNHEALTHY, maintenance FAILED`,
			`end       automate-06 is UNHEALTHY`}},
		{"an execution fails, and Restore still runs", []string{"-fail"},
			[]string{`InProgress -> Failed`, `follow    failed`, `(?s)the step Backup: .*the\s+\|? ?disk is full.*Restore\s+\|? ?Success`,
				`end       the execution for automate-06 is Failed`}},
		{"a throttle of Systems Manager is waited out", []string{"-fault", "throttle"}, []string{`StartAutomationExecution: answered 400`,
			`StartAutomationExecution: answered 200`, `decision  started`}},
		{"a lost answer of Systems Manager is looked for and not tried again", []string{"-event", sample("alarm.json"), "-fault",
			"work-then-drop", "-timeout", "2s", "-maintenance-time", "2s"},
			[]string{`StartAutomationExecution: no answer`, `decision  error, start-unconfirmed`, `sweep     (started|succeeded)`,
				`end       the execution for automate-06 is Success`}},
		{"a start that is lost on its way: nothing is seen of it for long enough, then started", []string{"-event", sample("alarm.json"),
			"-fault", "drop", "-timeout", "2s"},
			[]string{`StartAutomationExecution: no answer`, `decision  error, start-unconfirmed`, `sweep     waiting, unavailable`,
				`StartAutomationExecution: answered 200`, `sweep     started`, `succeeded`}},
		{"an execution that is queued", []string{"-event", sample("alarm.json"), "-fault", "queued"}, []string{`decision  started`,
			`Pending -> InProgress`, `succeeded`}},
		{"lists that lag", []string{"-event", sample("alarm.json"), "-fault", "list-lag"}, []string{`decision  started`, `succeeded`}},
		{"reads that lag", []string{"-event", sample("alarm.json"), "-fault", "read-lag"}, []string{`decision  started`, `succeeded`}},
		{"a throttle of OpsWorks CM is waited out", []string{"-backend", "opsworks-cm", "-fault", "throttle"},
			[]string{`StartMaintenance: answered 400`, `StartMaintenance: answered 200`, `decision  started`}},
		{"a lost answer of OpsWorks CM is looked into and not tried again", []string{"-backend", "opsworks-cm", "-event", sample("alarm.json"),
			"-fault", "work-then-drop", "-timeout", "2s", "-maintenance-time", "20s"},
			[]string{`StartMaintenance: no answer`, `decision  error, start-unconfirmed`, `end       automate-06 is HEALTHY`}},
		{"maintenance that begins later than it was accepted, and fails", []string{"-backend", "opsworks-cm", "-event", sample("alarm.json"),
			"-fail", "-fault", "late-failure"},
			[]string{`decision  started`, `HEALTHY -> UNDER_MAINTENANCE`, `sweep     failed: Maintenance of automate-06 has failed`}},
		{"empty answers end nothing", []string{"-backend", "opsworks-cm", "-event", sample("alarm.json"), "-fault", "empty-answer"},
			[]string{`decision  waiting, not-found`, `sweep     started`, `sweep     succeeded`}},
		{"a topic that is gone for a while delays its message alone", []string{"-event", sample("alarm.json"), "-fault", "topic-gone",
			"-maintenance-time", "4s"},
			[]string{`decision  started`, `Subject: automate-06 maintenance started`, `Subject: automate-06 maintenance succeeded`}},
		{"a schedule for two servers, one at a time", []string{"-event", sample("schedule.json")}, []string{`decision  (started|waiting)`,
			`decision  (started|waiting)`, `succeeded`, `succeeded`}},
		{"an alarm, again while it runs", []string{"-event", sample("alarm.json"), "-event", sample("alarm-action.json"), "-maintenance-time",
			"2s"},
			[]string{`decision  started`, `decision  in-progress`, `end `}},
		{"an alarm's return to OK", []string{"-event", sample("alarm-ok.json")}, []string{`decision  ignored, nothing-new`,
			`end       nothing was started`}},
		{"a server nobody allowed", []string{"-event", sample("alarm-unknown-server.json")}, []string{`decision  refused, no-server`,
			`end       nothing was started`}},
		{"an upgrade asked for by an operator", []string{"-backend", "opsworks-cm", "-event", sample("start-major-upgrade.json")},
			[]string{`an operator asks for maintenance of automate-06\n`, `decision  started`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			output, err := play(t, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			inOrder(t, output, tt.want...)
		})
	}
}

func TestRun_EndsInAnErrorWhenItDoesNotEndAsItShould(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(broken, []byte(`{"servers": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	runbook := write(t, "runbook.json", harmless)
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"an operator's start of which nothing was ever seen", []string{"-event", "testdata/events/start.json", "-fault", "drop", "-timeout",
			"2s"},
			"did not end as it should: Maintenance of automate-06 counts as failed"},
		{"no function", []string{"-function", "dist/nothing"}, "make run builds it"},
		{"no event", []string{"-event", "nothing.json"}, "read event"},
		{"no settings", []string{"-settings", "nothing.json"}, "read settings"},
		{"broken settings", []string{"-settings", broken}, "servers"},
		{"an unknown fault", []string{"-fault", "flood"}, "-fault flood"},
		{"no time", []string{"-maintenance-time", "0s"}, "no time at all"},
		{"a number that is no time", []string{"-maintenance-time", "10"}, "write a number with its unit, such as 10s or 5m"},
		{"a timeout that is none", []string{"-timeout", "0s"}, "no time at all"},
		{"a runbook without a name", []string{"-runbook", "document.json"}, "write NAME=FILE"},
		{"a runbook that is not there", []string{"-runbook", "mine=nothing.json"}, "nothing.json"},
		{"a runbook that is none", []string{"-runbook", "mine=go.mod"}, "it is no JSON of a runbook"},
		{"a runbook that no server has", []string{"-runbook", "mine=" + runbook}, "-runbook mine is no server's runbook"},
		{"something that is no flag", []string{"alarm.json"}, `what is "alarm.json"`},
		{"a function that is none", []string{"-function", "go.mod"}, "invoke the function"},
		{"an address that is none", []string{"-serve", "nowhere:x"}, "listen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			output, err := play(t, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\n%s", err, output)
			}
		})
	}
}

func TestRun_JSON(t *testing.T) {
	output, err := play(t, "-backend", "opsworks-cm", "-json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(output, `\u003`) || !strings.Contains(output, "HEALTHY -> UNDER_MAINTENANCE") {
		t.Errorf("it is not plain UTF-8:\n%s", output)
	}
	var steps []string
	for line := range strings.Lines(output) {
		var st step
		if err := json.Unmarshal([]byte(line), &st); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch st.Step {
		case "decision":
			if st.Response == nil || st.Response.Outcome == "" || st.Response.RunID == "" {
				t.Errorf("got %s", line)
			}
		case "message":
			if st.Message == nil || st.Message.Attributes["outcome"] == "" || st.Message.Text == "" {
				t.Errorf("got %s", line)
			}
			continue // may come before or after the others
		}
		steps = append(steps, st.Step)
	}
	got := strings.Join(steps, " ")
	if !strings.HasPrefix(got, "event call server call decision function event") || !strings.HasSuffix(got, " end") {
		t.Errorf("got %s", got)
	}
}

func TestMoveToNow(t *testing.T) {
	now := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct{ name, payload, want string }{
		{"both formats, the latest to now, the distance kept",
			`{"time": "2026-11-23T22:59:30Z", "detail":
				{"state": {"timestamp": "2026-11-23T22:59:31.000+0000"}, "n": [{"timestamp": "2026-11-23T21:59:31.500+0000"}]}}`,
			`{"detail":{"n":[{"timestamp":"2027-01-02T02:04:05.500+0000"}],"state":{"timestamp":"2027-01-02T03:04:05.000+0000"}},` +
				`"time":"2027-01-02T03:04:04Z"}`},
		{"in the message of a topic", `{"Message": "{\"StateChangeTime\": \"2026-11-23T22:59:30.500+0000\", ` +
			`\"alerts\": [{\"startsAt\": \"2026-11-23 22:59:31.5 +0000 UTC\", \"endsAt\": \"0001-01-01 00:00:00 +0000 UTC\"}]}"}`,
			`{"Message":"{\"StateChangeTime\":\"2027-01-02T03:04:04.000+0000\",` +
				`\"alerts\":[{\"endsAt\":\"0001-01-01 00:00:00 +0000 UTC\",\"startsAt\":\"2027-01-02 03:04:05 +0000 UTC\"}]}"}`},
		{"a message that is a text", `{"Message": "at 2026-11-23T22:59:30Z"}`, `{"Message": "at 2026-11-23T22:59:30Z"}`},
		{"no times", `{"start": {"serverName": "a"}}`, `{"start": {"serverName": "a"}}`},
		{"no JSON", `nothing`, `nothing`},
		{"a time that is none", `{"time": "<aws.scheduler.scheduled-time>"}`, `{"time": "<aws.scheduler.scheduled-time>"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, moved := moveToNow([]byte(tt.payload), now)
			if string(got) != tt.want || moved != (tt.payload != tt.want) {
				t.Errorf("got %s, %v", got, moved)
			}
		})
	}
}
