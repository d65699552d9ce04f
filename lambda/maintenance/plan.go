package maintenance

import "context"

// Plan says what would happen if maintenance of a server were asked for now, by each kind of trigger. The same code decides it as
// decides what happens; nothing is changed.
func (r *Runner) Plan(ctx context.Context, serverName string) Plan {
	t, done := r.turn(ctx)
	defer done()
	plan := Plan{ServerName: serverName}
	f := t.facts(serverName)
	if f.Policy != nil {
		if f.Kept, plan.Err = t.Ledger.Read(t.work, serverName); plan.Err != nil {
			return plan
		}
		plan.Run = f.Kept.Open
	}
	for _, kind := range []TriggerKind{TriggerAlarm, TriggerSchedule, TriggerManual} {
		answer, err := t.planFor(Trigger{Kind: kind, Time: f.Now}, serverName, &f)
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
func (t *turn) planFor(trigger Trigger, serverName string, f *Facts) (PlanAnswer, error) {
	answer := PlanAnswer{Trigger: trigger.Kind, RunID: f.Kept.Open.ID}
	open := f.Kept.Open
	v := admit(arrival, Run{}, trigger, *f)
	switch {
	case v.Ruling == RulingRefuse:
		answer.Outcome, answer.Reason, answer.Until, answer.Detail = v.Reason.outcome(), v.Reason, v.Until, v.Detail
		return answer, nil
	case open.Holds() && (open.State == RunRunning || trigger.Kind == TriggerManual):
		answer.Outcome = OutcomeInProgress
		return answer, nil
	case open.ID != "" && open.Open() && trigger.Kind != TriggerManual:
		answer.Outcome, answer.Reason, answer.Until = OutcomeJoined, open.Wait.Reason, open.Wait.Until
		return answer, nil
	}
	run, a := open, asked{triggers: []Trigger{trigger}}
	if run.ID == "" || !run.Open() {
		run = Run{ServerName: serverName, Triggers: a.triggers}
	}
	next, err := t.decide(run, f, a)
	if err != nil {
		return answer, err
	}
	if next.Claim != nil && next.Run.Node != "" && f.Node == nil { // which the claim itself would find out
		holder, err := t.Ledger.Node(t.work, next.Run.Node)
		if err != nil {
			return answer, err
		}
		f.Node = &holder
		if next, err = t.decide(run, f, a); err != nil {
			return answer, err
		}
	}
	if next.Claim != nil {
		next.Verdict = t.checked(next.Verdict, serverName, *f)
	}
	v = next.Verdict
	answer.Reason, answer.Until, answer.Detail = v.Reason, v.Until, v.Detail
	if v.Holder != "" {
		answer.RunID = v.Holder
	}
	switch v.Ruling {
	case RulingPass:
		answer.Outcome = OutcomeStarted
	case RulingWait:
		answer.Outcome, answer.Expires = OutcomeWaiting, f.Policy.Expires(trigger)
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

// checked is a verdict with what the backend says beforehand.
func (t *turn) checked(v Verdict, serverName string, f Facts) Verdict {
	backend, _ := t.backend(f.Policy.Backend)
	checker, ok := backend.(Checker)
	if !ok {
		return v
	}
	if err := checker.Check(t.work, serverName); err != nil {
		return Verdict{Ruling: RulingRefuse, Reason: ReasonOf(err), Detail: err.Error()}
	}
	return v
}
