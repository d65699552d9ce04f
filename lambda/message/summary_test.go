package message_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// saysReason are the outcomes whose summary says why; the others say all by themselves, whatever the reason.
var saysReason = []maintenance.Outcome{maintenance.OutcomeWaiting, maintenance.OutcomeJoined, maintenance.OutcomeInProgress,
	maintenance.OutcomeRefused, maintenance.OutcomeError, maintenance.OutcomeFailed, maintenance.OutcomeCancelled, maintenance.OutcomeOverdue,
	maintenance.OutcomeMissed, maintenance.OutcomeIgnored}

func TestSummary_HasWordsForEveryOutcomeAndReason(t *testing.T) {
	unknown := message.Summary(report("made-up", "made-up", alarm))
	if unknown != "Maintenance of automate-06: made-up, made-up." {
		t.Fatalf("an outcome without words is to be recognised by its name; got %q", unknown)
	}
	for _, backend := range []change{func(*maintenance.Report) {}, onNode} {
		for _, outcome := range maintenance.Outcomes() {
			seen := map[string]maintenance.Reason{}
			for _, reason := range append(maintenance.Reasons(), "") {
				said := message.Summary(report(outcome, reason, alarm, backend))
				if strings.Contains(said, ": .") || strings.Contains(said, "is .") || !strings.HasSuffix(said, ".") ||
					strings.Contains(said, fmt.Sprintf(": %s, %s.", outcome, reason)) || strings.Contains(said, "the reason is") ||
					strings.Contains(said, "{") {
					t.Errorf("%s, %s has no words: %q", outcome, reason, said)
				}
				if other, ok := seen[said]; ok && slices.Contains(saysReason, outcome) && !same(reason, other) {
					t.Errorf("%s says the same for %s and %s: %q", outcome, reason, other, said)
				}
				seen[said] = reason
			}
		}
	}
}

// same: without a reason, in-progress is in-progress.
func same(a, b maintenance.Reason) bool { return a+b == maintenance.ReasonInProgress }

func TestAnswer_SaysWhatAnOperatorHasToKnowBesides(t *testing.T) {
	for name, c := range map[string]struct {
		report maintenance.Report
		want   string
	}{
		"a refusal: what exactly, and when it may start": {
			report(maintenance.OutcomeRefused, maintenance.ReasonHeld, operator, until(5*time.Hour), detail("release week.")),
			"Maintenance of automate-06 was not started: an operator's hold lasts until Sun 29 Nov 05:00 CET. Release week."},
		"a run that waits: when it may start, and when it expires": {cases["waiting-outside-window"],
			"automate-06 will be maintained when its window opens, Tue 1 Dec 07:00 CET, in 2 days. It expires Tue 1 Dec 12:00 CET."},
		"a window that opens too late: no promise": {report(maintenance.OutcomeWaiting, maintenance.ReasonOutsideWindow, alarm, waits,
			until(7*time.Hour)),
			"Maintenance of automate-06 waits: its maintenance window is closed until Sun 29 Nov 07:00 CET. It expires Sun 29 Nov 06:00 CET."},
		"in progress: which run has the server": {cases["in-progress-alarm"],
			"Maintenance of automate-06 was not started: the run " + runID + " has the server, accepted Sun 29 Nov 00:00 CET."},
		"the second delivery of a trigger: what came of it then, not how things are": {
			report(maintenance.OutcomeRefused, maintenance.ReasonDuplicate, alarm, detail("it was decided before: cooling-down"),
				func(r *maintenance.Report) { r.Redelivered = true }),
			"The same trigger came before, and came to: refused, run " + runID + ". It was decided before: cooling-down. Nothing was done now."},
		"a run that nobody looked at yet": {report(maintenance.OutcomeWaiting, "", weekly, state(maintenance.RunWaiting)),
			"Maintenance of automate-06 waits."},
		"a claimed run that the ledger cannot be asked about": {
			report(maintenance.OutcomeError, maintenance.ReasonLedgerUnavailable, alarm, state(maintenance.RunStarting)),
			"Maintenance of automate-06 cannot be followed: the table of runs cannot be reached, and without it nothing is done."},
		"a run that waits cannot be closed": {
			report(maintenance.OutcomeRefused, maintenance.ReasonNotRunning, operator, asksToStop, state(maintenance.RunWaiting),
				detail("stop it instead")),
			"Maintenance of automate-06 was not ended: nothing of it runs that could be ended. Stop it instead."},
		"an old command, whose run is over": {
			report(maintenance.OutcomeRefused, maintenance.ReasonNotRunning, operator, detail("the run is over: succeeded")),
			"Maintenance of automate-06 was not started: the run that was named is over. The run is over: succeeded."},
		"a run that is followed cannot be closed": {answers["refused-close-followed"],
			"Maintenance of automate-06 was not ended: it is followed, and not overdue before Sun 29 Nov 04:00 CET."},
		"a stop that the backend does not know": {answers["refused-stop-unsupported"],
			"Maintenance of automate-06 was not ended: this version, or the server's backend, cannot do that."},
		"a stop that fails": {answers["error-stop-throttled"], "Maintenance of automate-06 could not be ended: AWS throttled the calls."},
		"a status of tomorrow": {answers["in-progress-unknown-status"],
			"Maintenance of automate-06 goes on: its status is one that this version does not know. The execution's status is Rejected."},
		"a stop that is not obeyed yet": {answers["in-progress-stopping"], "Maintenance of automate-06 is asked to stop."},
		"a close that is refused: that says nothing of a start": {
			report(maintenance.OutcomeRefused, maintenance.ReasonAttemptAlive, operator, asksToStop, until(time.Minute)),
			"Maintenance of automate-06 was not ended: another invocation may be at work on it until Sun 29 Nov 00:01 CET."},
		"a second attempt that failed for certain: the run waits on": {
			report(maintenance.OutcomeError, maintenance.ReasonThrottled, operator, accepted, state(maintenance.RunWaiting)),
			"Maintenance of automate-06 could not be started: AWS throttled the calls."},
		"an id that no run has": {report(maintenance.OutcomeRefused, maintenance.ReasonUnknownRun, operator, nowhere, asksToStop),
			"Maintenance was not ended: no run has that id."},
		"an event that asks for nothing, in the words of what decoded it": {
			report(maintenance.OutcomeIgnored, "not-in-alarm", alarm, detail(`alarm action of "x": OK`)),
			`The event asks for nothing: alarm action of "x": OK.`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := message.Answer(c.report); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestPlanned_SaysWhatWouldHappen(t *testing.T) {
	none := func(r *maintenance.Report) { r.RunID = "" }
	for name, c := range map[string]struct {
		report maintenance.Report
		want   string
	}{
		"it would start": {report(maintenance.OutcomeStarted, "", alarm, none), "It would start now."},
		"the run that waits would": {report(maintenance.OutcomeStarted, "", operator, state(maintenance.RunWaiting)),
			"The run " + runID + " would start now."},
		"it would wait, so long": {report(maintenance.OutcomeWaiting, maintenance.ReasonOutsideWindow, alarm, none, waits,
			until(time.Hour)),
			"It would wait: its maintenance window is closed until Sun 29 Nov 01:00 CET. It expires Sun 29 Nov 06:00 CET."},
		"the window opens too late": {report(maintenance.OutcomeMissed, maintenance.ReasonOutsideWindow, alarm, none, waits,
			until(7*time.Hour)),
			"It would expire before it could start. In its way: its maintenance window is closed until Sun 29 Nov 07:00 CET. " +
				"It expires Sun 29 Nov 06:00 CET."},
		"it would join": {report(maintenance.OutcomeJoined, maintenance.ReasonHeld, weekly, onNode),
			"It would join the open run " + runID + ": an operator's hold forbids it."},
		"a run has the server": {report(maintenance.OutcomeInProgress, maintenance.ReasonInProgress, weekly),
			"It would not start: the run " + runID + " has the server."},
		"another has the server": {report(maintenance.OutcomeInProgress, maintenance.ReasonInProgress, weekly, none),
			"It would not start: the server is under maintenance already."},
		"a runbook that is not there": {report(maintenance.OutcomeError, maintenance.ReasonRunbookUnusable, weekly, none, onNode,
			detail("there is no document x")),
			"It could not start: its runbook cannot be started as the settings have it. There is no document x."},
		"it would be refused": {report(maintenance.OutcomeRefused, maintenance.ReasonCoolingDown, alarm, none, until(time.Hour)),
			"It would not start: its last maintenance ended within the cooldown. It may start Sun 29 Nov 01:00 CET."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := message.Planned(c.report); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestText_SaysThatItIsLate(t *testing.T) {
	for name, c := range map[string]struct {
		late time.Duration
		want bool
	}{
		"ten minutes are usual": {maintenance.LateAfter, false},
		"more are not":          {maintenance.LateAfter + time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := cases["failed-ssm"]
			r.Late = c.late
			m := render(t, r)
			for where, text := range map[string]string{"subject": m.text.Subject, "first line": strings.SplitN(m.text.Body, "\n", 2)[0],
				"chat": m.chat.Body} {
				if got := strings.Contains(strings.ToLower(text), "late"); got != c.want {
					t.Errorf("%s: %q", where, text)
				}
			}
		})
	}
}

func TestText_SaysWhichAttempt(t *testing.T) {
	for number, want := range map[int]string{0: "", 1: "", 2: "second attempt", 3: "third attempt", 11: "attempt 11"} {
		r := cases["started-alarm"]
		r.Attempt = number
		m := render(t, r)
		for where, text := range map[string]string{"subject": m.text.Subject, "first line": strings.SplitN(m.text.Body, "\n", 2)[0]} {
			if strings.Contains(text, "attempt") != (want != "") || !strings.Contains(text, want) {
				t.Errorf("attempt %d, %s: %q", number, where, text)
			}
		}
	}
}

func TestText_ANodeHasNoStateOfOpsWorksCM(t *testing.T) {
	for name, r := range cases {
		if r.Server.Backend != "ssm" {
			continue
		}
		m := render(t, r)
		for _, word := range []string{"HEALTHY", "CONNECTION_LOST", "UNDER_MAINTENANCE", "offline"} {
			if all := m.text.Body + m.record.Body + m.chat.Body; strings.Contains(all, word) {
				t.Errorf("%s says %s", name, word)
			}
		}
	}
}

func TestText_NamesTheOtherTriggers(t *testing.T) {
	r := cases["started-alarm"]
	for i := range 8 {
		r.Triggers = append(r.Triggers, maintenance.Trigger{Kind: maintenance.TriggerSchedule, Name: fmt.Sprint("s", i), Time: at})
	}
	want := "And by:      schedule s0, schedule s1, schedule s2, schedule s3, schedule s4, 3 more\n"
	if body := message.Text(r, function).Body; !strings.Contains(body, want) {
		t.Errorf("got:\n%s", body)
	}
}
