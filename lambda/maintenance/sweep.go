package maintenance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// maxDue bounds how many runs a sweep works on: what is left, the next one takes, oldest first.
const maxDue = 1000

// sweep is the part of a turn that does what is due.
type sweep struct{ *turn }

// Sweep does what is due: runs that wait are started when they may, those that run are followed to their ends, attempts that were left
// in the middle are settled, notifications that are owed are published. Overlapping sweeps are harmless: who takes a run moves its
// next look, on condition that nobody else has.
func (r *Runner) Sweep(ctx context.Context) SweepResult {
	all, done := r.turn(ctx)
	defer done()
	t := sweep{all}
	t.shared = map[string]Backend{}
	for name, b := range t.Backends {
		t.shared[name] = b.Shared()
	}
	now := t.Now()
	due, err := t.Ledger.Due(t.callCtx, QueueDue, now, maxDue)
	if err != nil {
		return SweepResult{Err: err}
	}
	result := SweepResult{}
	if len(due) > 0 {
		result.Overdue = now.Sub(due[0].DueAt)
	}
	if err := t.applyLimit(now); ReasonOf(err) != ReasonMoved { // another sweep was faster
		result.Err = err
	}
	waiters, err := t.waiters(now)
	if err != nil {
		result.Err = err
	}
	result.Reports = append(result.Reports, t.checkExpected(now)...)
	if result.Open, err = t.countOpen(now); result.Err == nil {
		result.Err = err
	}
	t.published.postpones = true
	var moved []Report
	moved, result.Left = t.workOn(append(due, waiters...))
	result.Reports = append(result.Reports, moved...)
	postponed := t.published.takePostponed()
	t.inParallel(len(postponed), func(lane *turn, i int) { lane.deliver(postponed[i]) })
	result.Publishing = t.published.Publishing
	return result
}

// waiters are the runs that wait for a slot: as many of the oldest as slots are free, and those whose look is due anyway, which
// stay behind the others.
func (t sweep) waiters(now time.Time) ([]Due, error) {
	all, err := t.Ledger.Due(t.callCtx, QueueSlot, now, 0)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	free := len(all)
	if t.MaxConcurrent > 0 {
		holders, err := t.Ledger.Slots(t.callCtx, t.MaxConcurrent)
		if err != nil {
			return nil, err
		}
		free = 0
		for _, holder := range holders {
			if holder == "" {
				free++
			}
		}
	}
	t.behindOthers = map[string]bool{}
	var some []Due
	for i, d := range all {
		if i < free || !d.LookAt.After(now) {
			some = append(some, d)
			t.behindOthers[d.RunID] = i >= free
		}
	}
	return some[:min(len(some), maxDue)], nil
}

// workOn works on what is due, each backend's runs apart, so that one that hangs does not stand in the way of the others.
func (t sweep) workOn(due []Due) (reports []Report, left int) {
	byBackend := map[string][]Due{}
	for _, d := range due {
		byBackend[d.Backend] = append(byBackend[d.Backend], d)
	}
	names := slices.Sorted(maps.Keys(byBackend))
	byName, reached := make([][]Report, len(names)), make([]int, len(names))
	t.inParallel(len(names), func(lane *turn, i int) {
		some := byBackend[names[i]]
		each, followed, did := make([]Report, len(some)), make([][]Report, len(some)), make([]int, len(some))
		lane.inParallel(len(some), func(lane *turn, j int) {
			if lane.callCtx.Err() == nil { // what is left, the next sweep takes
				did[j] = 1
				each[j] = lane.safely("", some[j].RunID, func() (report Report) {
					report, followed[j] = sweep{lane}.sweepOne(some[j])
					return report
				})
			}
		})
		byName[i] = slices.DeleteFunc(append(each, slices.Concat(followed...)...), func(r Report) bool { return r.Outcome == "" && r.Err == nil })
		for _, n := range did {
			reached[i] += n
		}
	})
	left = len(due)
	for _, n := range reached {
		left -= n
	}
	return slices.Concat(byName...), left
}

// sweepOne takes one run and moves it. The next look is moved first, so that what kills a process is not first again. followed is what
// became of the servers that follow on its success.
func (t sweep) sweepOne(due Due) (report Report, followed []Report) {
	now := t.Now()
	if due.Edition > Edition { // later rules: left alone, and reported when nobody else moves it
		if now.Sub(due.DueAt) < unseenTicks*t.tick() {
			return Report{}, nil
		}
		return Report{Outcome: OutcomeError, Reason: ReasonUnsupported, RunID: due.RunID, State: due.State, At: now,
			Detail: fmt.Sprintf("a later version of the function wrote the run: its edition is %d, this version's %d", due.Edition, Edition)}, nil
	}
	run, err := t.Ledger.Take(t.callCtx, due, now.Add(t.tick()))
	switch reason := ReasonOf(err); {
	case reason == ReasonMoved, reason == ReasonUnknownRun:
		return Report{}, nil
	case err != nil:
		return Report{Outcome: OutcomeError, Reason: reason, RunID: due.RunID, At: now, Detail: err.Error(), Err: err}, nil
	}
	if len(run.Successors) > 0 {
		run, followed = t.triggerSuccessors(run)
	}
	return t.moveDue(run, run.Queue == QueueSlot), followed
}

// moveDue moves a run that nobody asks anything of.
func (t *turn) moveDue(run Run, lookNow bool) Report {
	f := t.facts(run.ServerName)
	f.BehindOthers = t.behindOthers[run.ID]
	if run.State == RunWaiting {
		var stop func()
		t, stop = t.prefetchLook(run.ServerName, run.activeTriggers(), f) // before the holds are read, so that they bind it
		defer stop()
		var err error
		if f.Snapshot, err = t.Ledger.Read(t.callCtx, run.ServerName); err != nil {
			return run.failed(err, t.Now())
		}
	}
	run, report, err := t.advance(run, f, moveOptions{lookNow: lookNow})
	if err != nil && ReasonOf(err) != ReasonAttemptAlive {
		return run.failed(err, t.Now())
	}
	return report
}

// failed is that a run could not be moved. The next sweep tries again.
func (r Run) failed(err error, now time.Time) Report {
	report := r.report(Notification{Outcome: OutcomeError, Reason: ReasonOf(err), At: now, Detail: err.Error()})
	report.Err = err
	return report
}

// countEveryTicks is how many ticks lie between two counts of what is open.
const countEveryTicks = 5

// countOpen counts the open runs by state, now and then.
func (t sweep) countOpen(now time.Time) (map[RunState]int, error) {
	if now.UnixNano()/int64(t.tick())%countEveryTicks != 0 || t.callCtx.Err() != nil {
		return nil, nil
	}
	open := map[RunState]int{RunWaiting: 0, RunStarting: 0, RunRunning: 0}
	for _, queue := range []Queue{QueueDue, QueueSlot} {
		all, err := whole(t.turn, queue)
		if err != nil {
			return nil, err
		}
		for _, d := range all {
			if d.State != RunOver {
				open[d.State]++
			}
		}
	}
	return open, nil
}

// expectEveryTicks is how many ticks lie between two looks at whether servers had the success that is expected of them.
const expectEveryTicks = 60

// checkExpected notifies of servers that have had no successful run for longer than they should, once per period. The record's name is by
// the period's end, so that any number of sweeps write one, and a period of another length is another.
func (t sweep) checkExpected(now time.Time) []Report {
	names := slices.Sorted(maps.Keys(t.Expected))
	if len(names) == 0 || t.callCtx.Err() != nil || now.UnixNano()/int64(t.tick())%expectEveryTicks > 1 {
		return nil
	}
	records, err := t.Ledger.Servers(t.callCtx, names)
	if err != nil {
		return []Report{Run{}.failed(err, now)}
	}
	var reports []Report
	for _, name := range names {
		if r := t.checkExpectedServer(name, records[name], now); r.Outcome != "" {
			reports = append(reports, r)
		}
	}
	return reports
}

func (t sweep) checkExpectedServer(name string, record ServerRecord, now time.Time) Report {
	since, detail := record.LastSuccess, "the last successful run ended "
	if since.IsZero() {
		since, detail = record.WatchedFrom, "no run has succeeded since watching began, "
	}
	if since.IsZero() {
		if err := t.Ledger.Watch(t.callCtx, name, now); err != nil {
			return Run{ServerName: name}.failed(err, now)
		}
		return Report{}
	}
	every := t.Expected[name]
	end := since.Add(now.Sub(since) / every * every)
	if !end.After(since) {
		return Report{}
	}
	missed := Run{ID: fmt.Sprintf("%s-%s-%s", name, ReasonNoSuccess, end.UTC().Format("20060102T150405")), State: RunOver,
		ServerName: name, Created: now, Ended: now, StandsUntil: end.Add(every), Outcome: OutcomeMissed, Reason: ReasonNoSuccess,
		Detail: detail + since.UTC().Format(time.RFC3339)}
	if policy, ok := t.Policy(name); ok {
		missed.Backend, missed.Zone = policy.Backend, policy.zone()
	}
	notification := Notification{Outcome: OutcomeMissed, Reason: ReasonNoSuccess, At: now, Detail: missed.Detail,
		Figures: Figures{Limit: every, Since: since}}
	missed.owe(notification, t.Notifier.Topics())
	stored, err := t.commit(Run{}, Decision{Run: missed}, moveOptions{})
	switch ReasonOf(err) {
	case "":
		t.deliver(stored)
		report := stored.report(notification)
		report.Count = true
		return report
	case ReasonMoved:
		return Report{} // it has been notified
	default:
		return missed.failed(err, now)
	}
}
