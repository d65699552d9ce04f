package function_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestHandler_Log(t *testing.T) {
	f := newFixture(t)
	f.invoke(t, functionARN, sample(t, "alarm.json"))
	line := f.lines(t)[0]
	delete(line, "time")
	response, ok := line["response"].(map[string]any)
	if !ok || response["outcome"] != "started" || response["serverName"] != "automate-06" ||
		response["trigger"] != "alarm" || response["runId"] != "automate-06-run" {
		t.Errorf("response %v", line["response"])
	}
	delete(line, "response")
	if got := fmt.Sprint(line); got != "map[durationMs:0 event:alarm level:INFO msg:event handled requestId:request-1]" {
		t.Errorf("got %s", got)
	}
}

// Each event has its name in the log.
func TestHandler_LogNamesTheEvent(t *testing.T) {
	for name, want := range map[string]string{
		"alarm.json": "alarm", "alarm-ok.json": "alarm-cleared", "rule.json": "schedule", "schedule.json": "schedule",
		"run-finished.json": "run-finished",
		"sweep.json":        "sweep", "start.json": "start", "start-short.json": "start", "stop.json": "stop", "close.json": "close",
		"approve.json": "approve",
		"hold.json":    "hold", "release.json": "release", "alarm-still-in-alarm.json": "ignored",
		"start-unknown-field.json": "unreadable",
	} {
		f := newFixture(t)
		f.answer(t, functionARN, sample(t, name))
		if got := f.lines(t)[0]["event"]; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestHandler_LogLevel(t *testing.T) {
	for _, tt := range []struct {
		name   string
		report maintenance.Report
		want   string
	}{
		{"a start", maintenance.Report{Outcome: maintenance.OutcomeStarted}, "INFO"},
		{"a refusal", maintenance.Report{Outcome: maintenance.OutcomeRefused, Reason: maintenance.ReasonStale}, "WARN"},
		{"a second delivery of a refusal", maintenance.Report{Outcome: maintenance.OutcomeRefused, Reason: maintenance.ReasonStale,
			Redelivered: true}, "INFO"},
		{"a duplicate", maintenance.Report{Outcome: maintenance.OutcomeRefused, Reason: maintenance.ReasonDuplicate}, "INFO"},
		{"a second delivery of an error", maintenance.Report{Outcome: maintenance.OutcomeError, Reason: maintenance.ReasonDenied,
			Redelivered: true}, "INFO"},
		{"an error", maintenance.Report{Outcome: maintenance.OutcomeError, Reason: maintenance.ReasonDenied}, "ERROR"},
		{"a status that is not known", maintenance.Report{Outcome: maintenance.OutcomeInProgress,
			Reason: maintenance.ReasonUnknownStatus}, "WARN"},
		{"a start that could not be notified", maintenance.Report{Outcome: maintenance.OutcomeStarted,
			Err: errors.New("publish to text: no")}, "ERROR"},
		{"a second delivery with an error beside", maintenance.Report{Outcome: maintenance.OutcomeStarted, Redelivered: true,
			Err: errors.New("no")}, "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.runner.report = func(maintenance.Report) maintenance.Report { return tt.report }
			f.invoke(t, functionARN, sample(t, "alarm.json"))
			line := f.lines(t)[0]
			if line["level"] != tt.want || (tt.report.Err != nil || tt.report.Publishing.Failed > 0) != (line["error"] != nil) {
				t.Errorf("log %s", f.log)
			}
		})
	}
}

// A sweep of a thousand runs makes a line that a person can read, the worst first, and counts only what happened just now (row 17).
func TestHandler_SweepOfAThousandRuns(t *testing.T) {
	f := newFixture(t)
	for i := range 1000 {
		f.runner.swept.Reports = append(f.runner.swept.Reports, maintenance.Report{
			Outcome: maintenance.OutcomeWaiting, Reason: maintenance.ReasonOutsideWindow, ServerName: fmt.Sprintf("server-%d", i),
			RunID:  "r",
			Detail: strings.Repeat("it waits for its window ", 100),
		})
	}
	f.runner.swept.Reports[700].Outcome, f.runner.swept.Reports[700].Reason = maintenance.OutcomeError, maintenance.ReasonDenied
	f.runner.swept.Reports[800].Count = true
	f.runner.swept.Reports[900].Outcome, f.runner.swept.Reports[900].Count = maintenance.OutcomeSucceeded, true
	if all := f.invoke(t, functionARN, sample(t, "sweep.json")); len(all) != 1000 || all[0].ServerName != "server-0" {
		t.Errorf("%d responses, first of %s", len(all), all[0].ServerName)
	}
	line := f.lines(t)[0]
	if f.log.Len() > 64<<10 || line["level"] != "ERROR" || !strings.HasSuffix(line["detail"].(string), "and 980 more") {
		t.Errorf("%d bytes: %.300s", f.log.Len(), f.log)
	}
	shown := line["response"].([]any)
	if first := shown[0].(map[string]any); len(shown) != 20 || first["serverName"] != "server-700" {
		t.Errorf("%d shown, first %v", len(shown), shown[0])
	}
	if got := fmt.Sprint(line["more"]); got != "map[succeeded:1 waiting:979]" {
		t.Errorf("more: %s", got)
	}
	counted := f.measured(t, "Outcomes")
	if want := []string{"waiting 1", "succeeded 1"}; !slices.Equal(counted, want) {
		t.Errorf("counted %q, want %q", counted, want)
	}
}

// One text alone does not make a line that is too long to read.
func TestHandler_LogCutsATextThatIsTooLong(t *testing.T) {
	f := newFixture(t)
	f.runner.report = func(r maintenance.Report) maintenance.Report {
		r.Outcome, r.Detail, r.Err = maintenance.OutcomeError, strings.Repeat("ä", 1<<20), errors.New(strings.Repeat("ö", 1<<20))
		return r
	}
	f.invoke(t, functionARN, sample(t, "alarm.json"))
	if f.log.Len() > 10<<10 || !strings.Contains(f.log.String(), "ä…") {
		t.Errorf("%d bytes: %.300s", f.log.Len(), f.log)
	}
}

// A sweep's line says what it saw beside its outcomes.
func TestHandler_SweepLog(t *testing.T) {
	f := newFixture(t)
	f.runner.swept = maintenance.SweepResult{
		Open: map[maintenance.RunState]int{maintenance.RunWaiting: 2}, Overdue: 90 * time.Second,
		Publishing: maintenance.Publishing{Published: 3, Failed: 1, Dropped: 4,
			Errs: []error{errors.New("publish to chat: AuthorizationError")}},
	}
	f.answer(t, functionARN, sample(t, "sweep.json"))
	line := f.lines(t)[0]
	got := fmt.Sprintln(line["level"], line["openRuns"], line["overdueSeconds"], line["published"], line["dropped"], line["error"])
	if want := "ERROR map[waiting:2] 90 3 4 publish to chat: AuthorizationError\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
