package maintenance

import (
	"context"
	"fmt"
	"time"
)

// Plan is what would happen if maintenance of a server were asked for now, by each kind of cause.
type Plan struct {
	ServerName string
	Server     Server
	Answers    []PlanAnswer
	// Lease is the run that holds the server, if one does.
	Lease string
	// Detail is why the server was not found, if it was not.
	Detail string
	Err    error
}

// PlanAnswer is what would happen for one kind of cause.
type PlanAnswer struct {
	Cause   CauseKind
	Outcome Outcome
	Reason  Reason
	Until   time.Time
}

// Plan asks every gate, the ledger's conditions included, and changes nothing.
func (r *Runner) Plan(ctx context.Context, serverName string) Plan {
	t, done := r.turn(ctx)
	defer done()
	plan := Plan{ServerName: serverName}
	facts := Facts{Request: Request{ServerName: serverName}, Now: t.Now()}
	var record ServerRecord
	slots := 0
	policy, ok := t.Policy(serverName)
	if ok {
		facts.Policy = &policy
		backend, ok := t.Backends[policy.Backend]
		if !ok {
			plan.Err = &Error{Op: "plan " + serverName, Reason: Unsupported}
			return plan
		}
		server, err := backend.Describe(t.work, serverName)
		if err != nil && ReasonOf(err) != NotFound {
			plan.Err = err
			return plan
		}
		if err == nil {
			plan.Server, facts.Server = server, &server
		} else {
			plan.Server.Backend, plan.Detail = policy.Backend, err.Error()
		}
		facts.Calendar = t.calendar(backend, serverName)
		if record, slots, plan.Err = t.held(serverName); plan.Err != nil {
			return plan
		}
		plan.Lease = record.Lease
	}
	for _, kind := range []CauseKind{CauseAlarm, CauseSchedule, CauseManual} {
		facts.Request.Cause = Cause{Kind: kind, Time: facts.Now}
		v := Decide(facts)
		if v.Answer == Pass {
			v = claimable(kind, policy, record, slots, t.MaxConcurrent, facts.Now)
		}
		plan.Answers = append(plan.Answers, PlanAnswer{Cause: kind, Outcome: v.planned(kind), Reason: v.Reason, Until: v.Until})
	}
	return plan
}

// held reads what the ledger's conditions would see: the server's record and the slots taken.
func (t *turn) held(serverName string) (ServerRecord, int, error) {
	records, err := t.Ledger.Servers(t.work, []string{serverName})
	if err != nil || t.MaxConcurrent == 0 {
		return records[serverName], 0, err
	}
	open, err := t.Ledger.Open(t.work)
	return records[serverName], slots(open), err
}

// slots counts the runs that hold one.
func slots(runs []Run) int {
	held := 0
	for _, run := range runs {
		if run.Slot {
			held++
		}
	}
	return held
}

// claimable answers as the ledger's claim would, in its order.
func claimable(kind CauseKind, policy Policy, record ServerRecord, slots, most int, now time.Time) Verdict {
	cooled := record.LastEnd.Add(policy.Cooldown)
	switch {
	case record.Lease != "":
		return Verdict{Answer: Join}
	case kind == CauseAlarm && !record.LastEnd.IsZero() && now.Before(cooled):
		return Verdict{Answer: Refuse, Reason: CoolingDown, Until: cooled}
	case kind == CauseAlarm && policy.DailyLimit > 0 && record.StartsToday >= policy.DailyLimit:
		return Verdict{Answer: Refuse, Reason: DailyLimit, Until: now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)}
	case most > 0 && slots >= most:
		return Verdict{Answer: Wait, Reason: FleetBusy}
	default:
		return pass
	}
}

// planned is the outcome a verdict would come to.
func (v Verdict) planned(kind CauseKind) Outcome {
	switch {
	case v.Answer == Pass:
		return Started
	case v.Answer == Wait && kind != CauseManual:
		return Waiting
	default:
		return v.outcome()
	}
}

// History lists the latest runs of a server, newest first.
func (r *Runner) History(ctx context.Context, serverName string) ([]Run, error) {
	t, done := r.turn(ctx)
	defer done()
	return t.Ledger.History(t.work, serverName, 20)
}

// Close ends, on a person's word, a run that will not end by itself, and frees what it held. What goes on at the server goes on.
func (r *Runner) Close(ctx context.Context, runID string) Report {
	t, done := r.turn(ctx)
	defer done()
	run, err := t.Ledger.Find(t.work, runID)
	if err != nil {
		report := Report{Outcome: ReasonOf(err).outcome(), Reason: ReasonOf(err), RunID: runID, At: t.Now(), Detail: err.Error(), Untold: true, Stop: true,
			Request: Request{Cause: Cause{Kind: CauseManual, Time: t.Now()}}}
		if report.Reason == NotFound {
			report.Reason, report.Detail = InvalidRequest, "There is no run of that id"
		}
		return report
	}
	if !run.Open() {
		report := newReport(run, Refused, ClosedByHand, t.Now())
		report.Detail, report.Untold, report.Stop = fmt.Sprintf("the run is closed already: %s", run.Outcome), true, true
		return report
	}
	run.Outcome, run.Reason, run.Ended = Ended, ClosedByHand, t.Now()
	report := t.say(newReport(run, Ended, ClosedByHand, t.Now()))
	if _, err := t.Ledger.Free(t.tell, run.to(RunClosed)); err != nil { // the server is held still, which whoever asked has to know
		report.Outcome, report.Reason, report.LedgerErr, report.Stop = Errored, LedgerUnavailable, err, true
		report.Detail = "The run is not closed, ask again: " + err.Error()
	}
	return report
}

// Stop asks a server's backend to stop the run that holds the server. How the run ends is found out and told as always.
func (r *Runner) Stop(ctx context.Context, serverName string, cause Cause) Report {
	t, done := r.turn(ctx)
	defer done()
	report := t.stopRun(serverName, Report{Outcome: Refused, Stop: true, RunID: t.NewRunID(serverName, t.Now()), At: t.Now(),
		Request: Request{ServerName: serverName, Cause: cause}, Server: Server{Name: serverName}})
	if !report.Outcome.Told() {
		return report
	}
	return t.sayOnce(report, t.tellKey(report))
}

func (t *turn) stopRun(serverName string, report Report) Report {
	run, err := t.holder(serverName)
	if err != nil {
		report.Outcome, report.Reason, report.Detail = ReasonOf(err).outcome(), ReasonOf(err), err.Error()
		return report
	}
	backend := run.Backend // whatever the settings say by now
	if run.ID != "" {
		report.RunID, report.Server.Backend = run.ID, run.Backend
	} else if policy, ok := t.Policy(serverName); ok {
		backend = policy.Backend
	}
	stopper, can := t.Backends[backend].(Stopper)
	switch {
	case !can && backend != "":
		report.Reason, report.Detail = Unsupported, backend+" has no operation that stops a maintenance"
		return report
	case run.State != RunRunning:
		report.Reason, report.Detail = NotRunning, fmt.Sprintf("no run of the server is running; its state is %q", run.State)
		return report
	}
	if err := stopper.Stop(t.work, run); err != nil {
		report.Outcome, report.Reason, report.Detail = ReasonOf(err).outcome(), ReasonOf(err), err.Error()
		return report
	}
	report.Outcome, report.Reason, report.Detail = InProgress, Stopping, "asked to stop "+run.Reference+"; how it ends is told"
	return report
}

// holder is the run that holds a server; its zero value if none does.
func (t *turn) holder(serverName string) (Run, error) {
	records, err := t.Ledger.Servers(t.work, []string{serverName})
	if err != nil || records[serverName].Lease == "" {
		return Run{}, err
	}
	return t.Ledger.Find(t.work, records[serverName].Lease)
}

// Finished follows at once the run that a backend knows by a reference, because it says that something has happened to it. It is a
// hint and no more: false if no run has that reference, be it that its start is not recorded yet; the sweep follows every run.
func (r *Runner) Finished(ctx context.Context, reference string) ([]Report, bool, error) {
	t, done := r.turn(ctx)
	defer done()
	runs, err := t.Ledger.Open(t.work)
	for _, run := range runs {
		if run.Reference == reference && run.State != RunStarting {
			return t.safely(run), true, nil
		}
	}
	return nil, false, err
}

// Refuse tells of an event that came to no request: a refusal once per reason and day. What is ignored passes through.
func (r *Runner) Refuse(ctx context.Context, report Report) Report {
	t, done := r.turn(ctx)
	defer done()
	if !report.Outcome.Told() {
		return report
	}
	return t.sayOnce(report, t.tellKey(report))
}
