package notify_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/notify"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	everywhere = notify.Topics{Text: text, Records: records, Chat: chat}
	function   = notify.Function{Name: "opsworks-maintenance", Region: "us-east-1"}
	at         = time.Date(2026, 11, 28, 23, 0, 1, 0, time.UTC)
	causes     = map[string]maintenance.Cause{
		"alarm": {Kind: maintenance.CauseAlarm, Name: "automate-06-health", ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health",
			Time: at.Add(-time.Second), Reason: "Threshold Crossed: 3 out of the last 5 datapoints were less than the threshold (1.0)."},
		"schedule": {Kind: maintenance.CauseSchedule, Name: "weekly", ID: "weekly", Time: at.Add(-time.Second)},
		"manual":   {Kind: maintenance.CauseManual, ID: "upgrade-to-automate-2", Time: at},
	}
)

func report(t *testing.T, outcome maintenance.Outcome, reason maintenance.Reason, cause string) maintenance.Report {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := maintenance.Report{
		Outcome:  outcome,
		Reason:   reason,
		Request:  maintenance.Request{ServerName: "automate-06", Cause: causes[cause]},
		RunID:    "automate-06-20261128T230001-K7M2QX4RTA",
		Server:   maintenance.Server{Name: "automate-06", Backend: "opsworks-cm"},
		At:       at,
		Location: berlin,
	}
	if cause == "manual" {
		r.Request.EngineAttributes = []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "true"}}
		r.Request.Overrides = []string{"window"}
	}
	look := func(before, now maintenance.Status) {
		r.Server = maintenance.Server{Name: "automate-06", Backend: "opsworks-cm", ARN: "arn:aws:opsworks-cm:us-east-1:123456789012:server/automate-06/2b3c",
			Engine: "ChefAutomate", EngineVersion: "2", Status: now, MaintenanceStatus: maintenance.MaintenanceSuccess}
		r.Before = before
	}
	fails := func(what, answer string) {
		r.Detail = (&maintenance.Error{Op: what, Reason: reason, Err: fmt.Errorf("%s", answer)}).Error()
	}
	switch outcome {
	case maintenance.Started, maintenance.Overdue:
		r.Started, r.Deadline = at, at.Add(4*time.Hour)
	case maintenance.Waiting:
		r.Patience = at.Add(6 * time.Hour)
	case maintenance.Succeeded, maintenance.Ended:
		look("HEALTHY", "HEALTHY")
		r.Started, r.Detail = at.Add(-50*time.Minute), "2026-11-28T22:59:58Z Maintenance completed successfully"
		if outcome == maintenance.Ended {
			r.Server.Status, r.Server.MaintenanceStatus, r.Detail = "UNHEALTHY", maintenance.MaintenanceFailed, "2026-11-28T22:59:58Z Maintenance failed"
		}
		if reason == "" {
			return r
		}
	}
	switch reason {
	case "":
		look("HEALTHY", "UNDER_MAINTENANCE")
		if outcome == maintenance.InProgress {
			r.Before = "UNDER_MAINTENANCE"
		}
	case maintenance.CoolingDown:
		look("HEALTHY", "HEALTHY")
		r.Until = at.Add(11 * time.Hour)
	case maintenance.NoSuccess:
		r.Request.Cause, r.Detail = maintenance.Cause{}, "the last successful run ended 2026-11-19T23:00:01Z"
	case maintenance.WrongState:
		look("BACKING_UP", "BACKING_UP")
	case maintenance.OutsideWindow:
		look("HEALTHY", "HEALTHY")
		r.Until = at.AddDate(0, 0, 6)
	case maintenance.StartUnconfirmed:
		look("HEALTHY", "HEALTHY")
		fails("start maintenance of automate-06", "operation error OpsWorksCM: StartMaintenance, request send failed: EOF; the server is HEALTHY now")
	case maintenance.Denied, maintenance.Throttled, maintenance.Unavailable, maintenance.NotFound:
		fails("describe server automate-06", "operation error OpsWorksCM: DescribeServers, https response error")
	case maintenance.InvalidEvent:
		r.Request, r.RunID, r.Server, r.Location = maintenance.Request{}, "event-20261128T230001-K7M2QX4RTA", maintenance.Server{}, nil
		r.Detail = `read CloudWatch Alarm State Change: state.timestamp "yesterday" is not a time`
	case maintenance.NoServer:
		r.Request.ServerName, r.Server = "", maintenance.Server{}
	case maintenance.Ambiguous:
		r.Request.ServerName, r.Server = "", maintenance.Server{}
		r.Detail = "the settings say automate-06, the dimension ServerName says puppet-01"
	case maintenance.Unsupported:
		r.Server.Backend = "ssm"
	}
	return r
}

// onNode is the report on a server of Systems Manager, asked for by an alarm.
func onNode(t *testing.T, outcome maintenance.Outcome, reason maintenance.Reason) maintenance.Report {
	r := report(t, outcome, reason, "alarm")
	r.Request.ServerName = "automate-06"
	r.Server = maintenance.Server{Name: "automate-06", Backend: "ssm", Node: "i-0123456789abcdef0", Runbook: "opsworks-maintenance-chef-automate-1f0c3a9e",
		Status: r.Server.Status, MaintenanceStatus: r.Server.MaintenanceStatus}
	switch reason {
	case maintenance.CalendarClosed:
		r.Until = at.Add(5 * 24 * time.Hour)
	case maintenance.NotFound:
		r.Server.Node, r.Server.Runbook = "", ""
		r.Detail = "describe server automate-06: not-found: no managed node has the tag maintenance-server=automate-06, or the node is stopped, or its SSM Agent is silent"
	case maintenance.Ambiguous:
		r.Server.Node, r.Server.Runbook = "", ""
		r.Detail = "describe server automate-06: ambiguous: 2 managed nodes have the tag maintenance-server=automate-06: i-0123456789abcdef0, mi-0123456789abcdef1"
	case maintenance.WrongState:
		r.Before, r.Server.Status = maintenance.ConnectionLost, maintenance.ConnectionLost
		r.Server.StatusReason = "its SSM Agent last answered at 2026-11-28T21:14:00Z"
	case maintenance.Denied, maintenance.StartUnconfirmed:
		r.Detail = "start the runbook " + r.Server.Runbook + " on " + r.Server.Node + ": " + string(reason) + ": operation error SSM: StartAutomationExecution"
	case maintenance.RunbookUnusable:
		r.Detail = "start the runbook " + r.Server.Runbook + " on " + r.Server.Node + ": runbook-unusable: InvalidAutomationExecutionParametersException: BackupTo is missing"
	case maintenance.ExecutionGone, "":
		r.Reference = "333ba70b-2333-48db-b17e-a5e69c6f4d1c"
	}
	if outcome == maintenance.Ended && reason == "" {
		r.Server.Status = maintenance.Healthy
		r.Detail = "Failed after 41m7s: the step Backup: the disk is full. Steps: PreCheck Success, Backup Failed, Restore Success"
	}
	return r
}

func TestRender_Golden(t *testing.T) {
	type kind struct {
		outcome maintenance.Outcome
		reason  maintenance.Reason
	}
	kinds := []kind{
		{maintenance.Started, ""}, {maintenance.InProgress, ""}, {maintenance.Succeeded, ""}, {maintenance.Ended, ""}, {maintenance.Overdue, ""},
		{maintenance.Waiting, maintenance.OutsideWindow}, {maintenance.Waiting, maintenance.FleetBusy}, {maintenance.Waiting, maintenance.WrongState},
		{maintenance.Missed, maintenance.FleetBusy},
	}
	for _, reason := range maintenance.Reasons() {
		switch reason {
		case maintenance.OwnAlarm, maintenance.UnknownExecution, maintenance.NothingNew, maintenance.Duplicate, maintenance.Stopping,
			maintenance.UnknownStatus, maintenance.NotRunning: // never told
		case maintenance.Denied, maintenance.Throttled, maintenance.Unavailable, maintenance.LedgerUnavailable, maintenance.StartUnconfirmed, maintenance.RunbookUnusable,
			maintenance.Unexpected:
			kinds = append(kinds, kind{maintenance.Errored, reason})
		case maintenance.NeverBegan, maintenance.ServerGone, maintenance.ExecutionGone, maintenance.ClosedByHand:
			kinds = append(kinds, kind{maintenance.Ended, reason})
		case maintenance.NoSuccess:
			kinds = append(kinds, kind{maintenance.Missed, reason})
		default:
			kinds = append(kinds, kind{maintenance.Refused, reason})
		}
	}
	var names []string
	for _, k := range []kind{
		{maintenance.Started, ""}, {maintenance.Waiting, maintenance.CalendarClosed}, {maintenance.Ended, ""}, {maintenance.Overdue, ""},
		{maintenance.Ended, maintenance.ExecutionGone}, {maintenance.Refused, maintenance.NotFound}, {maintenance.Refused, maintenance.Ambiguous},
		{maintenance.Refused, maintenance.WrongState}, {maintenance.Errored, maintenance.Denied}, {maintenance.Errored, maintenance.StartUnconfirmed},
		{maintenance.Errored, maintenance.RunbookUnusable},
	} {
		name := strings.Trim(fmt.Sprintf("ssm-%s-%s", k.outcome, k.reason), "-") + ".golden"
		names = append(names, name)
		t.Run(name, func(t *testing.T) {
			m, err := notify.Render(onNode(t, k.outcome, k.reason), function, everywhere)
			if err != nil {
				t.Fatal(err)
			}
			checkRules(t, m)
			compare(t, filepath.Join("testdata", name), printed(t, m))
		})
	}
	for _, k := range kinds {
		for cause := range causes {
			name := strings.Trim(fmt.Sprintf("%s-%s-%s", k.outcome, k.reason, cause), "-")
			name = strings.ReplaceAll(name, "--", "-") + ".golden"
			names = append(names, name)
			t.Run(name, func(t *testing.T) {
				m, err := notify.Render(report(t, k.outcome, k.reason, cause), function, everywhere)
				if err != nil {
					t.Fatal(err)
				}
				checkRules(t, m)
				compare(t, filepath.Join("testdata", name), printed(t, m))
			})
		}
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(names, f.Name()) {
			t.Errorf("testdata/%s is of no case", f.Name())
		}
	}
}

// printed lays a message out for reading: that is what golden files are for.
func printed(t *testing.T, m notify.Message) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("Subject: " + m.Subject + "\n\n" + m.Text)
	names := make([]string, 0, len(m.Attributes))
	for name := range m.Attributes {
		names = append(names, name)
	}
	sort.Strings(names)
	b.WriteString("\n--- attributes\n")
	for _, name := range names {
		fmt.Fprintf(&b, "%s = %s\n", name, m.Attributes[name])
	}
	for _, form := range []struct {
		name string
		json []byte
	}{{"record", m.Record}, {"chat", m.Chat}} {
		var indented any
		if err := json.Unmarshal(form.json, &indented); err != nil {
			t.Fatalf("%s is not JSON: %v", form.name, err)
		}
		fmt.Fprintf(&b, "\n--- %s\n", form.name)
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(indented); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./lambda/notify -update rewrites it)\ngot:\n%s", path, got)
	}
}

// checkRules holds a message to SNS's rules (API_Publish).
func checkRules(t *testing.T, m notify.Message) {
	t.Helper()
	if n := len(m.Subject); n == 0 || n >= 100 {
		t.Errorf("the subject has %d characters", n)
	}
	for _, c := range m.Subject {
		if c < ' ' || c > '~' {
			t.Errorf("the subject has %q", c)
		}
	}
	size := 0
	for name, value := range m.Attributes {
		if value == "" || len(value) > 256 {
			t.Errorf("attribute %s is %q", name, value)
		}
		size += len(name) + len("String") + len(value)
	}
	for _, body := range []string{m.Text, string(m.Record), string(m.Chat)} {
		if len(body)+size > 262144 || body == "" || !utf8.ValidString(body) {
			t.Errorf("a body has %d bytes, valid UTF-8: %v", len(body), utf8.ValidString(body))
		}
	}
	if !json.Valid(m.Record) || !json.Valid(m.Chat) {
		t.Error("a JSON form is not JSON")
	}
}

func TestRender_HostileTexts(t *testing.T) {
	for name, hostile := range map[string]string{
		"a megabyte":               strings.Repeat("x", 1<<20),
		"a megabyte of two bytes":  strings.Repeat("é", 1<<19),
		"a megabyte of quotes":     strings.Repeat(`"`, 1<<20),
		"a megabyte of no UTF-8":   strings.Repeat("a\xff", 1<<19),
		"a megabyte of controls":   strings.Repeat("\x01\u2028", 1<<18),
		"lines that look like us":  "fine\nWhat to do next\n- pay",
		"markup of the chat":       "`@here` *bold* <!channel>",
		"emoji and right-to-left":  "🔥 \u202e",
		"nothing but a line break": "\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, outcome := range []maintenance.Outcome{maintenance.Started, maintenance.Refused, maintenance.Errored} {
				r := report(t, outcome, "", "alarm")
				r.Request.Cause.Name, r.Request.Cause.Reason, r.Detail, r.Server.StatusReason = hostile, hostile, hostile, hostile
				r.Server.ARN, r.Server.Engine, r.Request.ServerName = hostile, hostile, hostile
				m, err := notify.Render(r, function, everywhere)
				if err != nil {
					t.Fatal(err)
				}
				checkRules(t, m)
				if len(hostile) > 1<<18 && !strings.Contains(m.Text, "… [cut]") {
					t.Error("nothing says that it was cut")
				}
				if strings.Contains(m.Text, "\n- pay") {
					t.Errorf("an outside text writes lines of ours:\n%s", m.Text)
				}
				if strings.Contains(string(m.Chat), "\\u0060@here") || strings.Contains(string(m.Chat), "`@here") {
					t.Errorf("an outside text leaves its code span:\n%s", m.Chat)
				}
			}
		})
	}
}

func TestRender_NoValueOfAnAttribute(t *testing.T) {
	for _, outcome := range maintenance.Outcomes() {
		r := report(t, outcome, "", "manual")
		r.Request.EngineAttributes = []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "canary-7f3a"}}
		m, err := notify.Render(r, function, everywhere)
		if err != nil {
			t.Fatal(err)
		}
		if all := printed(t, m); strings.Contains(all, "canary-7f3a") || !strings.Contains(all, "CHEF_MAJOR_UPGRADE") {
			t.Errorf("%s:\n%s", outcome, all)
		}
	}
}

func TestSummary_SaysSomethingOfEveryOutcome(t *testing.T) {
	for _, outcome := range maintenance.Outcomes() {
		r := report(t, outcome, maintenance.Unexpected, "alarm")
		r.Detail = "a configuration change"
		if s := notify.Summary(r); len(s) < 20 || !strings.HasSuffix(s, ".") {
			t.Errorf("%s: %q", outcome, s)
		}
	}
}
