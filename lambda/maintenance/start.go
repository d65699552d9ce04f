package maintenance

import "errors"

// start starts what this turn has claimed, and writes what the attempt learned on the condition that the run is still its own.
func (t *turn) start(run Run, opts moveOptions) (Run, Report) {
	attempt := run.Attempt.ID
	answer := t.send(run, opts)
	for try := range maxMoves {
		t.pause(try)
		decision := applyAnswer(run, answer, t.facts(run.ServerName))
		moved, err := t.commit(run, decision, moveOptions{})
		if ReasonOf(err) != ReasonMoved {
			report := decision.Report
			if report.Err = err; err == nil {
				run = moved
			}
			return run, report
		}
		if run, _, err = t.reread(run); err != nil || run.Attempt.ID != attempt || run.State != RunStarting {
			return run, Report{Outcome: OutcomeError, Reason: ReasonStartUnconfirmed, ServerName: run.ServerName, RunID: run.ID, At: t.Now(), Err: err,
				Trigger: run.Trigger(), Detail: "what the attempt came to could not be recorded; it is looked for", Count: true}
		}
	}
	return run, Report{Outcome: OutcomeError, Reason: ReasonStartUnconfirmed, ServerName: run.ServerName, RunID: run.ID, At: t.Now(), Count: true,
		Trigger: run.Trigger(), Detail: "others moved the run each time its start was to be recorded; it is looked for"}
}

// send sends the start, unless the attempt's time is over.
func (t *turn) send(run Run, opts moveOptions) Answer {
	backend, ok := t.backend(run.Backend)
	switch {
	case !ok:
		return Answer{Err: &Error{Op: "start", Reason: ReasonUnsupported}}
	case t.callCtx.Err() != nil || !t.Now().Before(run.Attempt.Ends):
		return Answer{Err: &Error{Op: "start maintenance of " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}}
	default:
		return backend.Start(t.callCtx, run, run.Attempt.ServerAtDecision, opts.attributes)
	}
}

// stop asks the backend to stop a run. How it ends is seen; until then it is asked again at each look.
func (t *turn) stop(run Run, report Report) Report {
	backend, ok := t.backend(run.Backend)
	if !ok || !backend.Stops() || run.State != RunRunning || t.callCtx.Err() != nil {
		return report
	}
	if err := backend.Stop(t.callCtx, run); err != nil && ReasonOf(err) != ReasonNotRunning {
		report.Err = errors.Join(report.Err, err)
	}
	return report
}
