package maintenance

import "context"

// planner is a turn that changes nothing.
type planner struct{ *turn }

// Plan says what would happen if maintenance of a server were asked for now, by each kind of trigger. The same code decides it as
// decides what happens; nothing is changed.
func (r *Runner) Plan(ctx context.Context, serverName string) Plan {
	all, done := r.turn(ctx)
	defer done()
	t := planner{all}
	plan := Plan{ServerName: serverName}
	f := t.facts(serverName)
	if f.Policy != nil {
		if f.Snapshot, plan.Err = t.Ledger.Read(t.callCtx, serverName); plan.Err != nil {
			return plan
		}
		plan.Run = f.Snapshot.Open
		if f.Snapshot.Fleet.Wanted == 0 { // nothing has been claimed yet, so no run lacks a slot
			f.Snapshot.Fleet.Limit = t.MaxConcurrent
		}
	}
	check := t.check(serverName, f)
	for _, kind := range TriggerKinds() {
		if kind == TriggerAfter && (f.Policy == nil || f.Policy.After == "") {
			continue
		}
		answer, err := t.planFor(Trigger{Kind: kind, Time: f.Now}, serverName, &f, check)
		if err != nil {
			plan.Err = err
			return plan
		}
		plan.Answers = append(plan.Answers, answer)
	}
	if f.Sighting != nil {
		plan.Server = f.Sighting.Server
	}
	return plan
}

// planFor is what would happen for one trigger.
func (t planner) planFor(trigger Trigger, serverName string, f *Facts, check func() error) (PlanAnswer, error) {
	answer := PlanAnswer{Trigger: trigger.Kind, RunID: f.Snapshot.Open.ID}
	open := f.Snapshot.Open
	v := admit(arrivalGates, Run{}, trigger, *f)
	switch {
	case v.Ruling == RulingRefuse:
		answer.Outcome, answer.Reason, answer.Until, answer.Detail, answer.Figures = v.Reason.outcome(), v.Reason, v.Until, v.Detail, v.Figures
		return answer, nil
	case open.Holds() && (open.State == RunRunning || trigger.Kind == TriggerManual):
		answer.Outcome = OutcomeInProgress
		return answer, nil
	case open.ID != "" && open.Open() && trigger.Kind != TriggerManual:
		answer.Outcome = OutcomeJoined
		if open.State == RunWaiting {
			answer.Reason, answer.Until = open.Wait.Reason, open.Wait.Until
		}
		return answer, nil
	}
	run, opts := open, moveOptions{triggers: []Trigger{trigger}}
	if run.ID == "" || !run.Open() {
		run = Run{ServerName: serverName, Triggers: opts.triggers}
	}
	decision, err := t.decide(run, f, opts)
	if err != nil {
		return answer, err
	}
	if decision.Claim != nil && decision.Run.Node != "" && f.Node == nil { // which the claim itself would find out
		holder, err := t.Ledger.Node(t.callCtx, decision.Run.Node)
		if err != nil {
			return answer, err
		}
		f.Node = &holder
		if decision, err = t.decide(run, f, opts); err != nil {
			return answer, err
		}
	}
	v = decision.Verdict
	if decision.Claim != nil {
		v = checked(v, check())
	}
	answer.Reason, answer.Until, answer.Detail, answer.Figures = v.Reason, v.Until, v.Detail, v.Figures
	if v.Holder != "" {
		answer.RunID = v.Holder
	}
	switch v.Ruling {
	case RulingPass:
		answer.Outcome = OutcomeStarted
	case RulingWait:
		answer.Outcome, answer.Expires = OutcomeWaiting, f.Policy.Expires(trigger)
		if v.Fault {
			answer.Outcome = OutcomeError
		}
		if v.Until.After(answer.Expires) { // what is in the way is in the way for longer than it would wait
			answer.Outcome = OutcomeMissed
		}
	default:
		answer.Outcome = v.Reason.outcome()
	}
	return answer, nil
}

// Checker is a Backend that can tell beforehand that a start would be refused, other than by the server's state.
type Checker interface {
	Check(ctx context.Context, serverName string) error
}

// check asks the backend once, for whatever would start.
func (t planner) check(serverName string, f Facts) func() error {
	asked, answer := false, error(nil)
	return func() error {
		if asked {
			return answer
		}
		asked = true
		backend, _ := t.backend(f.Policy.Backend)
		if checker, ok := backend.(Checker); ok {
			answer = checker.Check(t.callCtx, serverName)
		}
		return answer
	}
}

// checked is a verdict with what the backend says beforehand. That it could not be asked refuses no start.
func checked(v Verdict, err error) Verdict {
	switch ReasonOf(err) {
	case "":
		return v
	case ReasonRunbookUnusable:
		return Verdict{Ruling: RulingRefuse, Reason: ReasonRunbookUnusable, Detail: err.Error()}
	default:
		v.Detail = "the runbook could not be checked: " + err.Error()
		return v
	}
}
