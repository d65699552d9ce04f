package maintenance

import (
	"slices"
	"strings"
)

// chains reports whether a success that rests on a trigger of this kind is followed: an alarm's or an operator's stands alone.
func (k TriggerKind) chains() bool { return k == TriggerSchedule || k == TriggerAfter }

// chained reports whether a run that succeeds is followed: the trigger that let it start decides, and before it was accepted any that may.
func chained(run Run) bool {
	if !run.Accepted.IsZero() {
		return run.Attempt.Trigger.Kind.chains()
	}
	return slices.ContainsFunc(run.Triggers, func(t Trigger) bool { return t.Kind.chains() })
}

// downstream are the servers that follow on a server, and those that follow on them, nearest first.
func (r *Runner) downstream(serverName string) []string {
	all := slices.Clone(r.Followers[serverName])
	for i := 0; i < len(all); i++ {
		for _, next := range r.Followers[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}

// maxNamed bounds how many servers a message names.
const maxNamed = 20

// followedBy is the detail of an end, which names whom it leaves without maintenance: an order stops at the first end that is no success.
func followedBy(run Run, e ending, f Facts) string {
	return notMaintained(e.detail, e.outcome != OutcomeSucceeded && chained(run), f)
}

func notMaintained(detail string, stops bool, f Facts) string {
	if !stops || len(f.Downstream) == 0 {
		return detail
	}
	names := "not maintained, because they follow it: " + joinFirst(f.Downstream, maxNamed, ", ")
	if detail == "" {
		return names
	}
	return names + "; " + strings.TrimSpace(detail)
}

// triggerSuccessors triggers the servers that follow on a run's success, by one trigger each, however often it is tried. They are
// recorded without a look, and the sweep starts them. What could not be recorded is still owed.
func (t sweep) triggerSuccessors(run Run) (Run, []Report) {
	trigger := Trigger{Kind: TriggerAfter, Name: run.ServerName, Time: run.Ended, ID: run.ID}
	to := run
	to.Successors = nil
	var reports []Report
	for _, name := range run.Successors {
		report := intake(t).ask(Request{ServerName: name, Trigger: trigger}, false)
		if report.Retry {
			to.Successors, report.Retry = append(to.Successors, name), false
		}
		reports = append(reports, report)
	}
	now := t.Now()
	if len(to.Successors) > 0 {
		to.LookAt = now.Add(t.tick())
	}
	moved, err := t.Ledger.Commit(t.recordCtx, Change{From: run, To: to.schedule(now), Now: now})
	if err != nil { // the keys of the triggers make another try harmless
		return run, reports
	}
	return moved, reports
}
