package maintenance

import (
	"context"
	"slices"
	"strings"
)

// Ask decides on the requests of one event. Where it is for several servers, a waiting run is recorded for each first, without a look,
// so that none is lost when the time of the invocation ends; then what time allows is started, and the sweep goes on.
func (r *Runner) Ask(ctx context.Context, requests []Request) []Report {
	t, done := r.turn(ctx)
	defer done()
	reports := make([]Report, len(requests))
	several := len(requests) > 1
	t.inParallel(len(requests), func(lane *turn, i int) {
		reports[i] = lane.safely(requests[i].ServerName, "", func() Report { return lane.ask(requests[i], !several) })
	})
	if several {
		t.inParallel(len(requests), func(lane *turn, i int) {
			if r := reports[i]; r.Outcome == OutcomeWaiting && !r.Redelivered && lane.callCtx.Err() == nil {
				reports[i] = lane.safely(r.ServerName, r.RunID, func() Report { return lane.startRecorded(r) })
			}
		})
	}
	t.errors(reports)
	return reports
}

// startRecorded goes on with a run that was recorded a moment ago.
func (t *turn) startRecorded(recorded Report) Report {
	t, stop := t.prefetchLook(recorded.ServerName, []Trigger{recorded.Trigger}, t.facts(recorded.ServerName))
	defer stop()
	snapshot, err := t.Ledger.Read(t.callCtx, recorded.ServerName)
	if err != nil || snapshot.Open.ID != recorded.RunID {
		return recorded // the sweep goes on
	}
	f := t.facts(recorded.ServerName)
	f.Snapshot = snapshot
	_, report, err := t.advance(snapshot.Open, f, moveOptions{})
	if err != nil || report.Outcome == "" {
		return recorded
	}
	return report
}

// errors puts what could not be published into the last report, for the log.
func (t *turn) errors(reports []Report) {
	if n := len(reports); n > 0 {
		reports[n-1].Publishing = t.published.Publishing
	}
}

// Refuse records and notifies an event that comes to no request.
func (r *Runner) Refuse(ctx context.Context, refusal Refusal) Report {
	t, done := r.turn(ctx)
	defer done()
	report := t.safely(refusal.ServerName, "", func() Report { return t.refuse(refusal) })
	report.Publishing = t.published.Publishing
	return report
}

// Clear takes an alarm that has returned to OK back from the runs of these servers that wait. With no trigger left a run is cancelled.
// From its claim on, an OK changes nothing.
func (r *Runner) Clear(ctx context.Context, serverNames []string, alarm Trigger) []Report {
	t, done := r.turn(ctx)
	defer done()
	reports := make([]Report, len(serverNames))
	t.inParallel(len(serverNames), func(lane *turn, i int) {
		reports[i] = lane.safely(serverNames[i], "", func() Report { return lane.clearOne(serverNames[i], alarm) })
	})
	t.errors(reports)
	return reports
}

func (t *turn) clearOne(serverName string, alarm Trigger) Report {
	nothing := Report{Outcome: OutcomeIgnored, Reason: ReasonNothingNew, ServerName: serverName, Trigger: alarm, At: t.Now(), Count: true,
		Detail: "no run waits for the alarm"}
	for try := range maxMoves {
		t.pause(try)
		snapshot, err := t.Ledger.Read(t.callCtx, serverName)
		if err != nil {
			return t.failed(Request{ServerName: serverName, Trigger: alarm}, err)
		}
		f := t.facts(serverName)
		decision, ok := cleared(snapshot.Open, alarm, f)
		if !ok {
			return nothing
		}
		moved, err := t.commit(snapshot.Open, decision, moveOptions{})
		switch {
		case ReasonOf(err) == ReasonMoved:
			continue
		case err != nil:
			return t.failed(Request{ServerName: serverName, Trigger: alarm}, err)
		case decision.Report.Outcome == "":
			nothing.Detail, nothing.RunID = "the run waits on for its other triggers", moved.ID
			return nothing
		}
		t.deliver(moved)
		return decision.Report
	}
	return t.failed(Request{ServerName: serverName, Trigger: alarm}, &Error{Op: "clear " + alarm.Name, Reason: ReasonLedgerUnavailable})
}

// cleared is a run without the triggers of an alarm up to its return to OK; false if it waits for none. A run that has counted more
// triggers than it holds is not cancelled.
func cleared(run Run, alarm Trigger, f Facts) (Decision, bool) {
	if run.State != RunWaiting || f.Policy != nil && f.Policy.KeepWhenCleared {
		return Decision{}, false
	}
	left := slices.DeleteFunc(slices.Clone(run.Triggers), func(t Trigger) bool {
		ofIt := t.ID == alarm.ID || strings.HasPrefix(t.ID, alarm.ID+"#") // of one time series, or of the whole alarm
		return t.Kind == TriggerAlarm && ofIt && !t.Time.After(alarm.Time)
	})
	if len(left) == len(run.Triggers) {
		return Decision{}, false
	}
	if len(left) == 0 && run.More == 0 {
		return end(run, ending{outcome: OutcomeCancelled, reason: ReasonAlarmCleared}, f), true
	}
	run.Triggers = left
	return Decision{Run: run}, true
}

// Finished looks at once at the run that a backend knows by a reference, because it says that something has happened to it. It is a
// hint and no more: false if no run is known by it; the sweep follows every run.
func (r *Runner) Finished(ctx context.Context, reference string) (Report, bool, error) {
	t, done := r.turn(ctx)
	defer done()
	id, err := t.Ledger.ByReference(t.callCtx, reference)
	if err != nil || id == "" {
		return Report{}, false, err
	}
	run, err := t.Ledger.Run(t.callCtx, id)
	if err != nil || run.State != RunRunning || run.Edition > Edition {
		return Report{}, err == nil, err
	}
	report := t.safely(run.ServerName, run.ID, func() Report { return t.moveDue(run, true) })
	report.Publishing = t.published.Publishing
	return report, true, report.Err
}
