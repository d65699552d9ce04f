package maintenance

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
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
			if r := reports[i]; r.Outcome == OutcomeWaiting && !r.Decided && lane.work.Err() == nil {
				reports[i] = lane.safely(r.ServerName, r.RunID, func() Report { return lane.startRecorded(r) })
			}
		})
	}
	t.errors(reports)
	return reports
}

// startRecorded goes on with a run that was recorded a moment ago.
func (t *turn) startRecorded(recorded Report) Report {
	kept, err := t.Ledger.Read(t.work, recorded.ServerName)
	if err != nil || kept.Open.ID != recorded.RunID {
		return recorded // the sweep goes on
	}
	f := t.facts(recorded.ServerName)
	f.Kept = kept
	_, report, err := t.advance(kept.Open, f, asked{})
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
	for range mostMoves {
		kept, err := t.Ledger.Read(t.work, serverName)
		if err != nil {
			return t.failed(Request{ServerName: serverName, Trigger: alarm}, err)
		}
		f := t.facts(serverName)
		next, ok := cleared(kept.Open, alarm, f)
		if !ok {
			return nothing
		}
		moved, err := t.commit(kept.Open, next, asked{})
		switch {
		case ReasonOf(err) == ReasonMoved:
			continue
		case err != nil:
			return t.failed(Request{ServerName: serverName, Trigger: alarm}, err)
		case next.Report.Outcome == "":
			nothing.Detail, nothing.RunID = "the run waits on for its other triggers", moved.ID
			return nothing
		}
		t.deliver(moved)
		return next.Report
	}
	return t.failed(Request{ServerName: serverName, Trigger: alarm}, &Error{Op: "clear " + alarm.Name, Reason: ReasonLedgerUnavailable})
}

// cleared is a run without the triggers of an alarm up to its return to OK; false if it waits for none. A run that has counted more
// triggers than it holds is not cancelled.
func cleared(run Run, alarm Trigger, f Facts) (Next, bool) {
	if run.State != RunWaiting || f.Policy != nil && f.Policy.KeepWhenCleared {
		return Next{}, false
	}
	left := slices.DeleteFunc(slices.Clone(run.Triggers), func(t Trigger) bool {
		ofIt := t.ID == alarm.ID || strings.HasPrefix(t.ID, alarm.ID+"#") // of one time series, or of the whole alarm
		return t.Kind == TriggerAlarm && t.Name == alarm.Name && ofIt && !t.Time.After(alarm.Time)
	})
	if len(left) == len(run.Triggers) {
		return Next{}, false
	}
	if len(left) == 0 && run.More == 0 {
		return end(run, ending{outcome: OutcomeCancelled, reason: ReasonAlarmCleared}, f), true
	}
	run.Triggers = left
	return Next{Run: run}, true
}

// Finished looks at once at the run that a backend knows by a reference, because it says that something has happened to it. It is a
// hint and no more: false if no run is known by it; the sweep follows every run.
func (r *Runner) Finished(ctx context.Context, reference string) (Report, bool, error) {
	t, done := r.turn(ctx)
	defer done()
	id, err := t.Ledger.ByReference(t.work, reference)
	if err != nil || id == "" {
		return Report{}, false, err
	}
	run, err := t.Ledger.Run(t.work, id)
	if err != nil || run.State != RunRunning || run.Edition > Edition {
		return Report{}, err == nil, err
	}
	report := t.safely(run.ServerName, run.ID, func() Report { return t.move(run, true) })
	report.Publishing = t.published.Publishing
	return report, true, report.Err
}

// History lists the latest runs and refusals of a server, newest first.
func (r *Runner) History(ctx context.Context, serverName string, most int) ([]Run, error) {
	t, done := r.turn(ctx)
	defer done()
	return t.Ledger.History(t.work, serverName, most)
}

// Status is the fleet: what is open, read consistently run by run, and what is kept of the servers that the names are.
func (r *Runner) Status(ctx context.Context, names []string) Fleet {
	t, done := r.turn(ctx)
	defer done()
	fleet := Fleet{Servers: map[string]ServerRecord{}}
	var all []Due
	for _, queue := range []Queue{QueueDue, QueueSlot} {
		due, err := t.Ledger.Due(t.work, queue, t.Now().AddDate(10, 0, 0), 0)
		all, fleet.Err = append(all, due...), errors.Join(fleet.Err, err)
	}
	all = slices.DeleteFunc(all, func(d Due) bool { return d.State == RunOver })
	runs := make([]Run, len(all))
	faults := make([]error, len(all))
	t.inParallel(len(all), func(lane *turn, i int) { runs[i], faults[i] = lane.Ledger.Run(lane.work, all[i].RunID) })
	for i, run := range runs {
		switch {
		case ReasonOf(faults[i]) == ReasonUnknownRun:
		case faults[i] != nil:
			fleet.Err = errors.Join(fleet.Err, faults[i])
		case run.Open():
			fleet.Runs = append(fleet.Runs, run)
		}
	}
	slices.SortFunc(fleet.Runs, func(a, b Run) int { return a.Created.Compare(b.Created) })
	t.statusOfFleet(&fleet, names)
	return fleet
}

func (t *turn) statusOfFleet(fleet *Fleet, names []string) {
	kept, err := t.Ledger.Read(t.work, "")
	fleet.Fleet, fleet.Err = kept.Fleet, errors.Join(fleet.Err, err)
	if len(names) > 0 {
		servers, err := t.Ledger.Servers(t.work, names)
		fleet.Err = errors.Join(fleet.Err, err)
		if servers != nil {
			fleet.Servers = servers
		}
	}
	if t.MaxConcurrent > 0 {
		slots, err := t.Ledger.Slots(t.work, t.MaxConcurrent)
		fleet.Slots, fleet.Err = slots, errors.Join(fleet.Err, err)
	}
}

// Stop is an operator's wish that a run ends: what waits is cancelled, what is being started is stopped once it has, what runs is
// asked to stop at each look until its end is seen.
func (r *Runner) Stop(ctx context.Context, o Operator) Report {
	return r.operate(ctx, o, func(t *turn, run Run) (Next, Report) {
		f := t.facts(run.ServerName)
		switch {
		case run.State == RunWaiting:
			return end(run, ending{outcome: OutcomeCancelled, reason: ReasonStopped, stop: true}, f), Report{}
		case run.State == RunRunning && !t.stoppable(run):
			return Next{}, o.answer(OutcomeRefused, ReasonUnsupported, run, "the backend "+run.Backend+" has no operation that stops maintenance", f.Now)
		}
		n := Next{Run: run, Stop: true}
		if n.Run.Stop.At.IsZero() {
			n.Run.Stop = Wish{At: f.Now, By: o.Trigger.ID}
		}
		n.Report = o.answer(OutcomeInProgress, ReasonStopping, n.Run, "asked to stop; how it ends is notified", f.Now)
		return n, Report{}
	})
}

// stoppable reports whether the run's backend can stop anything.
func (t *turn) stoppable(run Run) bool {
	backend, ok := t.backend(run.Backend)
	return ok && backend.Stops()
}

// Close gives up the record of a run past its deadline, or of one that could not be followed for a while, on an operator's word. What
// goes on at the server goes on. It is refused while an attempt may be alive.
func (r *Runner) Close(ctx context.Context, o Operator) Report {
	return r.operate(ctx, o, func(t *turn, run Run) (Next, Report) {
		f := t.facts(run.ServerName)
		long := func(since time.Time) bool { return !since.IsZero() && !f.Now.Before(since.Add(unseenTicks*f.Tick)) }
		switch {
		case run.State == RunWaiting:
			return Next{}, o.answer(OutcomeRefused, ReasonNotRunning, run, "the run waits and holds nothing; stop it instead", f.Now)
		case run.Lease.Live(f.Now) || run.State == RunStarting && f.Now.Before(run.Attempt.Ends.Add(leaseMargin)):
			return Next{}, o.answer(OutcomeRefused, ReasonAttemptAlive, run, "its attempt may be at work until "+
				later(run.Attempt.Ends, run.Lease.Until).UTC().Format(time.RFC3339), f.Now)
		case run.State == RunRunning && !f.Now.After(run.Deadline) && !long(run.Unseen.Since), run.State == RunStarting && !long(run.Attempt.Claimed):
			return Next{}, o.answer(OutcomeRefused, ReasonInProgress, run, "it is followed, and its deadline is "+run.Deadline.UTC().Format(time.RFC3339), f.Now)
		}
		return end(run, ending{outcome: OutcomeFailed, reason: ReasonClosedByHand, stop: true}, f), Report{}
	})
}

// answer is what an operator is told of a run.
func (o Operator) answer(outcome Outcome, reason Reason, run Run, detail string, now time.Time) Report {
	report := run.report(Notification{Outcome: outcome, Reason: reason, At: now, Detail: detail, Trigger: &o.Trigger, Stop: true})
	report.Count = true
	return report
}

// operate finds the run that an operator means, decides on it and commits, again if somebody else moved it.
func (r *Runner) operate(ctx context.Context, o Operator, decide func(*turn, Run) (Next, Report)) Report {
	t, done := r.turn(ctx)
	defer done()
	report := t.safely(o.ServerName, o.RunID, func() Report { return t.operateOn(o, decide) })
	report.Publishing = t.published.Publishing
	return report
}

func (t *turn) operateOn(o Operator, decide func(*turn, Run) (Next, Report)) Report {
	for range mostMoves {
		run, no, err := t.meant(o)
		if err != nil {
			return o.failed(err, t.Now())
		}
		if no.Outcome != "" {
			return no
		}
		next, no := decide(t, run)
		if no.Outcome != "" {
			return no
		}
		moved, err := t.commit(run, next, asked{})
		switch {
		case ReasonOf(err) == ReasonMoved:
			continue
		case err != nil:
			return o.failed(err, t.Now())
		}
		report := next.Report
		if next.Stop {
			report = t.stop(moved, report)
		}
		t.deliver(moved)
		return report
	}
	return o.failed(&Error{Op: "act on the run", Reason: ReasonLedgerUnavailable, Err: errors.New("others moved it each time")}, t.Now())
}

// meant is the run that an operator means, or the answer that there is none.
func (t *turn) meant(o Operator) (Run, Report, error) {
	run, err := Run{}, error(nil)
	if o.RunID != "" {
		run, err = t.Ledger.Run(t.work, o.RunID)
	} else {
		var kept Kept
		kept, err = t.Ledger.Read(t.work, o.ServerName)
		run = kept.Open
	}
	if err != nil && ReasonOf(err) != ReasonUnknownRun {
		return run, Report{}, err
	}
	now := t.Now()
	switch {
	case err != nil:
		run = Run{ID: o.RunID, ServerName: o.ServerName}
		return run, o.answer(OutcomeRefused, ReasonUnknownRun, run, "there is no run of that id", now), nil
	case run.ID == "":
		return run, o.answer(OutcomeRefused, ReasonNotRunning, Run{ServerName: o.ServerName}, "the server has no open run", now), nil
	case o.ServerName != "" && o.ServerName != run.ServerName:
		return run, o.answer(OutcomeRefused, ReasonInvalidRequest, run, otherServer(run), now), nil
	case !run.Open():
		return run, o.answer(OutcomeRefused, ReasonNotRunning, run, overText(run), now), nil
	default:
		return run, Report{}, nil
	}
}

// failed is a request that could not be carried out: the operator asks again.
func (o Operator) failed(err error, now time.Time) Report {
	return Report{Outcome: OutcomeError, Reason: ReasonOf(err), ServerName: o.ServerName, RunID: o.RunID, Trigger: o.Trigger, At: now, Stop: true,
		Detail: err.Error(), Err: err, Count: true}
}
