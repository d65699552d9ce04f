package maintenance

import (
	"context"
	"slices"
)

// Clear takes an alarm that has returned to OK back from the runs of these servers that wait. With no trigger left a run is cancelled.
// From its claim on, an OK changes nothing.
func (r *Runner) Clear(ctx context.Context, serverNames []string, alarm Trigger) []Report {
	t, done := r.turn(ctx)
	defer done()
	reports := make([]Report, len(serverNames))
	t.inParallel(len(serverNames), func(lane *turn, i int) {
		reports[i] = lane.safely(serverNames[i], "", func() Report { return intake{lane}.clearOne(serverNames[i], alarm) })
	})
	t.published.addTo(reports)
	return reports
}

func (t intake) clearOne(serverName string, alarm Trigger) Report {
	nothing := Report{Outcome: OutcomeIgnored, Reason: ReasonNothingNew, ServerName: serverName, Trigger: alarm, At: t.Now(), Count: true,
		Detail: "no run waits for the alarm"}
	request := Request{ServerName: serverName, Trigger: alarm}
	for try := range maxMoves {
		t.pause(try)
		snapshot, err := t.Ledger.Read(t.callCtx, serverName)
		if err != nil {
			return request.failed(err, t.Now())
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
			return request.failed(err, t.Now())
		}
		t.deliver(moved)
		if decision.Report.Outcome == "" {
			nothing.Detail, nothing.RunID = "the run keeps waiting for its other triggers", moved.ID
			return nothing
		}
		return decision.Report
	}
	return request.failed(&Error{Op: "clear " + alarm.Name, Reason: ReasonLedgerUnavailable}, t.Now())
}

// cleared is a run without the triggers of an alarm up to its return to OK; false if it waits for none. A run that has counted more
// triggers than it holds is not cancelled.
func cleared(run Run, alarm Trigger, f Facts) (Decision, bool) {
	if run.State != RunWaiting || f.Policy != nil && f.Policy.KeepWhenCleared {
		return Decision{}, false
	}
	left := slices.DeleteFunc(slices.Clone(run.Triggers), func(t Trigger) bool {
		return t.of(alarm) && !t.Time.After(alarm.Time)
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
