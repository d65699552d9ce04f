package fleet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones must not depend on the machine

	"github.com/aws/aws-lambda-go/lambdacontext"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/page/fleet"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

const (
	self      = "arn:aws:lambda:us-east-1:123456789012:function:customWidget-opsworks-maintenance"
	operators = "arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance:operators"
)

var now = time.Date(2026, 11, 27, 1, 14, 0, 0, time.UTC)

// ledger stands in for the domain over a table; what it gives is what it holds.
type ledger struct {
	fleet maintenance.Fleet
	runs  []maintenance.Run
	err   error
}

func (l ledger) Status(context.Context, []string) maintenance.Fleet { return l.fleet }

func (l ledger) History(context.Context, string, int) ([]maintenance.Run, error) {
	return l.runs, l.err
}

func resolved(t testing.TB, document string) *settings.Settings {
	t.Helper()
	doc, err := check.Resolve([]byte(document), now)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := settings.Encode(doc)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := settings.Load(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return &loaded
}

// shown is what the console would show for a payload.
func shown(t testing.TB, s *settings.Settings, l ledger, payload string) string {
	t.Helper()
	var html string
	if err := json.Unmarshal(answer(t, s, l, payload), &html); err != nil {
		t.Fatalf("the answer is no JSON string: %v", err)
	}
	return html
}

func answer(t testing.TB, s *settings.Settings, l ledger, payload string) []byte {
	t.Helper()
	h := &fleet.Handler{Settings: s, Runner: l, Operators: operators, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now }}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{InvokedFunctionArn: self})
	out, err := h.Invoke(ctx, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// console is the payload of the console for a widget, as the user guide has it (add_custom_widget_dashboard_about), with parameters before.
func console(width int, theme, parameters string) string {
	return fmt.Sprintf(`{%s"widgetContext": {"dashboardName": "opsworks-maintenance", "widgetId": "widget-16", "accountId": "123456789012",
		"locale": "en", "timezone": {"label": "UTC", "offsetISO": "+00:00", "offsetInMinutes": 0}, "period": 300, "isAutoPeriod": true,
		"timeRange": {"mode": "relative", "start": 1795655640000, "end": 1795742040000, "relativeStart": 86400}, "theme": %q, "linkCharts": true,
		"title": "Fleet", "forms": {"all": {}}, "params": {}, "width": %d, "height": 369}}`, parameters, theme, width)
}

// thousand is a fleet at its largest: each server has a window every day, a daily schedule, ten ends, and a run that waits.
func thousand(t testing.TB) (*settings.Settings, ledger) {
	t.Helper()
	var servers []json.RawMessage
	l := ledger{fleet: maintenance.Fleet{Servers: map[string]maintenance.ServerRecord{}}}
	for i := range 1000 {
		name := fmt.Sprintf("puppet-%04d", i)
		servers = append(servers, json.RawMessage(fmt.Sprintf(`{"name": %q, "backend": "ssm", "runbook": "puppet-server",
			"parameters": {"BackupTo": ["s3://backups/x"]}, "timezone": "Europe/Berlin",
			"window": {"days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "start": "22:00", "end": "04:00"},
			"schedules": [{"name": "nightly", "expression": "cron(0 22 * * ? *)"}]}`, name)))
		var record maintenance.ServerRecord
		for j := range maintenance.MaxEnds {
			outcome := []maintenance.Outcome{maintenance.OutcomeSucceeded, maintenance.OutcomeFailed, maintenance.OutcomeCancelled}[(i+j)%3]
			at := now.Add(-time.Duration(24*j+i%24) * time.Hour)
			record.Ends = append(record.Ends, maintenance.End{RunID: name, Outcome: outcome, At: at})
		}
		record.OpenRun = name + "-20261126T120000-K7M2QX4RTA"
		l.fleet.Servers[name] = record
		l.fleet.Runs = append(l.fleet.Runs, maintenance.Run{ID: record.OpenRun, ServerName: name, State: maintenance.RunWaiting, Backend: "ssm",
			Zone: "Europe/Berlin", Created: now.Add(-12 * time.Hour),
			Triggers: []maintenance.Trigger{{Kind: maintenance.TriggerSchedule, Name: "nightly", Time: now.Add(-12 * time.Hour)}},
			Wait:     maintenance.Wait{Reason: maintenance.ReasonOutsideWindow, Since: now.Add(-12 * time.Hour), Until: now.Add(20 * time.Hour)}})
	}
	document, err := json.Marshal(map[string]any{"servers": servers})
	if err != nil {
		t.Fatal(err)
	}
	return resolved(t, string(document)), l
}

// eight is a fleet in which every state occurs.
func eight(t testing.TB) (*settings.Settings, ledger) {
	t.Helper()
	server := func(name, more string) string {
		return fmt.Sprintf(`{"name": %q, "backend": "ssm", "runbook": "puppet-server", "parameters": {"BackupTo": ["s3://backups/x"]},
			"alarms": ["%s-*"], "timezone": "Europe/Berlin"%s}`, name, name, more)
	}
	weekend := `, "window": {"days": ["Sat", "Sun"], "start": "22:00", "end": "04:00"},
		"schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)"}]`
	nightly := `, "window": {"days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "start": "22:00", "end": "04:00"}`
	s := resolved(t, `{"maxConcurrent": 2, "servers": [`+strings.Join([]string{
		server("automate-06", weekend), server("puppet-01", nightly+`, "approval": ["alarm"]`), server("puppet-02", `, "after": "puppet-01"`),
		server("puppet-db", nightly+`, "schedules": [{"name": "nightly", "expression": "cron(30 22 * * ? *)"}]`),
		server("compiler-1", ""), server("compiler-2", ""), server("compiler-3", `, "enabled": false`), server("compiler-4", ""),
	}, ",")+`]}`)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const hour, day = time.Hour, 24 * time.Hour
	ends := func(all ...string) (ends []maintenance.End) {
		for i, outcome := range all {
			ends = append(ends, maintenance.End{RunID: "x", Outcome: maintenance.Outcome(outcome), At: ago(time.Duration(i)*2*day + 26*hour)})
		}
		return ends
	}
	alarm := func(name string, at time.Time) []maintenance.Trigger {
		return []maintenance.Trigger{{Kind: maintenance.TriggerAlarm, Name: name, Time: at, ID: name,
			Reason: "Threshold Crossed: 3 out of the last 5 datapoints were less than the threshold (1.0)."}}
	}
	run := func(server string, state maintenance.RunState, age time.Duration) maintenance.Run {
		r := maintenance.Run{ID: server + "-20261126T231400-K7M2QX4RTA", ServerName: server, State: state, Backend: "ssm", Zone: "Europe/Berlin",
			Created: ago(age), Triggers: alarm(server+"-health", ago(age))}
		if state != maintenance.RunWaiting {
			r.Attempt = maintenance.Attempt{ID: "a", Number: 1, Claimed: ago(age), Trigger: r.Triggers[0]}
			r.Accepted, r.Deadline, r.Reference = ago(age), ago(age).Add(2*hour), "0a1b2c3d-1111-2222-3333-444455556666"
		}
		return r
	}
	waits := run("automate-06", maintenance.RunWaiting, 2*hour)
	waits.Wait = maintenance.Wait{Reason: maintenance.ReasonOutsideWindow, Since: ago(2 * hour), Until: now.Add(43*hour + 46*time.Minute)}
	approval := run("puppet-01", maintenance.RunWaiting, hour)
	approval.Wait = maintenance.Wait{Reason: maintenance.ReasonApprovalNeeded, Since: ago(hour)}
	return s, ledger{
		fleet: maintenance.Fleet{
			Runs: []maintenance.Run{waits, approval, run("puppet-db", maintenance.RunRunning, 40*time.Minute),
				run("compiler-4", maintenance.RunRunning, 3*hour)},
			Servers: map[string]maintenance.ServerRecord{
				"automate-06": {Ends: ends("succeeded", "failed", "succeeded")}, "puppet-01": {Ends: ends("succeeded", "succeeded", "cancelled")},
				"puppet-02":  {Ends: ends("succeeded", "succeeded", "failed", "succeeded", "succeeded", "succeeded")},
				"puppet-db":  {Ends: ends("succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "succeeded")},
				"compiler-1": {Ends: ends("failed", "succeeded")}, "compiler-3": {}, "compiler-4": {Ends: ends("succeeded")},
				"compiler-2": {Ends: ends("succeeded"), Hold: maintenance.Hold{Until: now.Add(7 * hour), Since: ago(hour), By: "night shift",
					Reason: "disk is being replaced"}},
			},
			Slots: []string{"puppet-db-x", "compiler-4-x"},
		},
		runs: []maintenance.Run{waits, {ID: "automate-06-20261120T000000-AAAAAAAAAA", ServerName: "automate-06", State: maintenance.RunOver,
			Backend: "ssm", Zone: "Europe/Berlin", Created: ago(6 * day), Ended: ago(6*day - hour), Accepted: ago(6*day - 2*hour/3),
			Outcome: maintenance.OutcomeFailed, Detail: "step Backup: exit 1: no space left on device",
			Attempt:  maintenance.Attempt{ID: "b", Trigger: alarm("automate-06-health", ago(6*day))[0]},
			Triggers: alarm("automate-06-health", ago(6*day)), Reference: "0a1b2c3d-1111-2222-3333-444455557777"}},
	}
}
