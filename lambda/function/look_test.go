package function_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/maintenance"
)

const weekend = `{"maxConcurrent": 2, "servers": [
	{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*"], "timezone": "Europe/Berlin",
	 "window": {"days": ["Sat"], "start": "22:00", "end": "04:00"}},
	{"name": "puppet-01", "backend": "opsworks-cm", "enabled": false},
	{"name": "puppet-02", "backend": "opsworks-cm", "expiresAfter": "3h"}]}`

var errLedger = &maintenance.Error{Op: "read the fleet", Reason: maintenance.ReasonLedgerUnavailable, Err: errors.New("no answer")}

// waits is a run of automate-06 that an alarm triggered on Monday and that waits for Saturday's window.
var waits = maintenance.Run{
	ID: "automate-06-1", State: maintenance.RunWaiting, ServerName: "automate-06", Backend: "opsworks-cm", Created: now.Add(-time.Hour),
	Triggers: []maintenance.Trigger{
		{Kind: maintenance.TriggerAlarm, Name: "automate-06-health", Time: now.Add(-time.Hour)},
		{Kind: maintenance.TriggerManual, Time: now.Add(-time.Minute)}, // an operator's does not wait
	},
	Wait: maintenance.Wait{Reason: maintenance.ReasonOutsideWindow, Since: now.Add(-time.Hour), Until: now.Add(118 * time.Hour)},
}

var runs = maintenance.Run{
	ID: "old-03-1", State: maintenance.RunRunning, ServerName: "old-03", Backend: "ssm", Created: now.Add(-2 * time.Hour),
	Triggers: []maintenance.Trigger{{Kind: maintenance.TriggerSchedule, Name: "weekly", Time: now.Add(-2 * time.Hour)}},
	Attempt:  maintenance.Attempt{ID: "a", Number: 1, Trigger: maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: "weekly"}},
	Slot:     1, Reference: "execution-1", Accepted: now.Add(-2 * time.Hour), Began: now.Add(-119 * time.Minute),
	Deadline: now.Add(2 * time.Hour),
	Stop:     maintenance.StopRequest{At: now.Add(-time.Minute), By: "request-0"},
	Unseen: maintenance.Unseen{Since: now.Add(-5 * time.Minute), Reason: maintenance.ReasonDenied,
		Detail: "GetAutomationExecution: AccessDenied"},
	Server: maintenance.Server{Status: maintenance.StatusUnderMaintenance},
}

var over = maintenance.Run{
	ID: "automate-06-0", State: maintenance.RunOver, ServerName: "automate-06", Created: now.Add(-48 * time.Hour),
	Triggers: []maintenance.Trigger{{Kind: maintenance.TriggerManual, ID: "request-0", Time: now.Add(-48 * time.Hour),
		Overrides: []string{"window"}}},
	Attempt: maintenance.Attempt{ID: "b", Number: 1, Attributes: []string{"CHEF_MAJOR_UPGRADE"},
		Trigger: maintenance.Trigger{Kind: maintenance.TriggerManual, ID: "request-0", Overrides: []string{"window"}}},
	Accepted: now.Add(-48 * time.Hour), Began: now.Add(-47 * time.Hour), Ended: now.Add(-46 * time.Hour),
	Outcome: maintenance.OutcomeSucceeded,
	Server:  maintenance.Server{Status: maintenance.StatusHealthy, MaintenanceStatus: maintenance.MaintenanceSuccess},
}

func TestHandler_Status(t *testing.T) {
	f := newFixture(t, weekend)
	f.runner.fleet = maintenance.Fleet{
		Runs:  []maintenance.Run{runs, waits},
		Slots: []string{"old-03-1", ""},
		Fleet: maintenance.FleetRecord{Limit: 2, Hold: maintenance.Hold{Until: now.Add(time.Hour), Reason: "release day"}},
		Servers: map[string]maintenance.ServerRecord{
			"automate-06": {OpenRun: "automate-06-1", LastSuccess: now.Add(-46 * time.Hour),
				Hold: maintenance.Hold{Until: now.Add(-time.Hour)},
				Ends: []maintenance.End{{RunID: "automate-06-0", Outcome: maintenance.OutcomeSucceeded, At: now.Add(-46 * time.Hour)}}},
			"old-03": {OpenRun: "old-03-1"},
		},
	}
	golden(t, "status.golden.json", f.answer(t, operatorsARN, sample(t, "status.json")))
	if want := []string{"status automate-06 puppet-01 puppet-02"}; !slices.Equal(f.runner.looked, want) {
		t.Errorf("looked for %q", f.runner.looked)
	}
}

// A fleet of which nothing is known is an answer, with lists that are empty and not missing.
func TestHandler_StatusOfAnEmptyFleet(t *testing.T) {
	f := newFixture(t, weekend)
	f.runner.fleet.Err = errLedger
	golden(t, "status-unread.golden.json", f.answer(t, operatorsARN, sample(t, "status.json")))
}

func TestHandler_Plan(t *testing.T) {
	f := newFixture(t, weekend)
	f.runner.planned = maintenance.Plan{
		ServerName: "automate-06", Server: maintenance.Server{Name: "automate-06", Status: maintenance.StatusHealthy}, Run: waits,
		Answers: []maintenance.PlanAnswer{
			{Trigger: maintenance.TriggerAlarm, Outcome: maintenance.OutcomeJoined, RunID: "automate-06-1",
				Expires: now.Add(125 * time.Hour)},
			{Trigger: maintenance.TriggerManual, Outcome: maintenance.OutcomeRefused, Reason: maintenance.ReasonOutsideWindow,
				Until:  now.Add(118 * time.Hour),
				Detail: "Sat 22:00 to 04:00"},
		},
	}
	var plan function.PlanResponse
	if err := json.Unmarshal(f.answer(t, operatorsARN, sample(t, "plan.json")), &plan); err != nil {
		t.Fatal(err)
	}
	for i := range plan.Answers { // the words are those of another package
		if plan.Answers[i].Message == "" {
			t.Errorf("no message: %+v", plan.Answers[i])
		}
		plan.Answers[i].Message = "…"
	}
	body, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.golden.json", body)
}

// Without an open run a plan names none (row 29).
func TestHandler_PlanWithoutARun(t *testing.T) {
	f := newFixture(t, weekend)
	f.runner.planned = maintenance.Plan{Answers: []maintenance.PlanAnswer{{Trigger: maintenance.TriggerManual,
		Outcome: maintenance.OutcomeStarted}}}
	var plan function.PlanResponse
	if err := json.Unmarshal(f.answer(t, operatorsARN, sample(t, "plan.json")), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.RunID != "" || plan.State != "" || plan.WaitsFor != nil || len(plan.Answers) != 1 ||
		plan.Answers[0].RunID != "" || plan.Answers[0].Expires != nil {
		t.Errorf("got %+v", plan)
	}
}

func TestHandler_History(t *testing.T) {
	f := newFixture(t, weekend)
	f.runner.runs = []maintenance.Run{waits, over}
	golden(t, "history.golden.json", f.answer(t, operatorsARN, sample(t, "history.json")))
}

// A run is given up when the last of its triggers is that waits: an operator's does not, and those that are only counted do.
func TestHandler_StatusSaysWhenARunIsGivenUp(t *testing.T) {
	alarm := maintenance.Trigger{Kind: maintenance.TriggerAlarm, Time: now.Add(-2 * time.Hour)}
	for _, tt := range []struct {
		name string
		run  maintenance.Run
		want time.Time
	}{
		{"an alarm's", maintenance.Run{Triggers: []maintenance.Trigger{alarm}}, now.Add(time.Hour)},
		{"an alarm's and an operator's", maintenance.Run{Triggers: []maintenance.Trigger{alarm, manual("request-0")}}, now.Add(time.Hour)},
		{"an alarm's and more", maintenance.Run{Triggers: []maintenance.Trigger{alarm}, More: 2, MoreTime: now}, now.Add(3 * time.Hour)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, weekend)
			tt.run.ID, tt.run.ServerName, tt.run.State = "puppet-02-1", "puppet-02", maintenance.RunWaiting
			f.runner.fleet.Runs = []maintenance.Run{tt.run}
			var status function.StatusResponse
			if err := json.Unmarshal(f.answer(t, operatorsARN, sample(t, "status.json")), &status); err != nil {
				t.Fatal(err)
			}
			if got := status.Runs[0].WaitsFor.Expires; got == nil || !got.Equal(tt.want) {
				t.Errorf("expires at %v, want %s", got, tt.want)
			}
		})
	}
}

// A look that fails says why, is an error in log and metrics, and is nothing that Lambda should repeat.
func TestHandler_LooksThatFail(t *testing.T) {
	for _, tt := range []struct{ name, payload, reason, level, outcome string }{
		{"a plan", `{"plan": {"serverName": "automate-06"}}`, "ledger-unavailable", "ERROR", "error"},
		{"a history", `{"history": {"serverName": "automate-06"}}`, "ledger-unavailable", "ERROR", "error"},
		{"a status", `{"status": {}}`, "ledger-unavailable", "ERROR", "error"},
		{"a plan of what is no server", `{"plan": {"serverName": "a b"}}`, "invalid-request", "WARN", "refused"},
		{"a history of what is no server", `{"history": {"serverName": "a b"}}`, "invalid-request", "WARN", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, weekend)
			f.runner.planned.Err, f.runner.fleet.Err, f.runner.err = errLedger, errLedger, errLedger
			var got struct{ Reason, Message string }
			if err := json.Unmarshal(f.answer(t, operatorsARN, []byte(tt.payload)), &got); err != nil {
				t.Fatal(err)
			}
			if got.Reason != tt.reason || got.Message == "" {
				t.Errorf("got %+v", got)
			}
			if tt.outcome == "refused" && f.runner.touched() {
				t.Errorf("it looked for %q", f.runner.looked)
			}
			if line := f.lines(t)[0]; line["level"] != tt.level {
				t.Errorf("log %s", f.log)
			}
			if !strings.Contains(f.metrics.String(), `"Outcome":"`+tt.outcome+`"`) {
				t.Errorf("metrics %s", f.metrics)
			}
		})
	}
}

// A look that works is logged as every event is, and is no outcome.
func TestHandler_LooksAreLogged(t *testing.T) {
	for name, event := range map[string]string{"plan.json": "plan", "history.json": "history", "status.json": "status"} {
		f := newFixture(t)
		f.answer(t, operatorsARN, sample(t, name))
		line := f.lines(t)[0]
		if line["event"] != event || line["level"] != "INFO" || line["entrance"] != "operators" ||
			line["durationMs"] != 0.0 || line["response"] != nil {
			t.Errorf("log %s", f.log)
		}
		if name != "status.json" && line["serverName"] != "automate-06" {
			t.Errorf("log %s", f.log)
		}
		if f.metrics.Len() > 0 {
			t.Errorf("metrics %s", f.metrics)
		}
	}
}
