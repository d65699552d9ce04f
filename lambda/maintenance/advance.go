package maintenance

import (
	"errors"
	"slices"
	"time"
)

// moveOptions are what a request adds to a move of a run. The zero value is no request: time alone moves the run.
type moveOptions struct {
	// key is the deduplication key of the trigger, requestDigest that of all it asks for beside its server.
	key, requestDigest string
	// triggers are used in place of the run's own.
	triggers []Trigger
	// lookNow looks at the run before its state calls for it.
	lookNow    bool
	attributes []EngineAttribute
}

// maxMoves bounds how often a move is decided again because another invocation moved the run.
const maxMoves = 10

// advance moves a run as far as it can go now: look, decide, commit, then start, publish, clear. It is the one way in which a run
// moves, for events, sweeps and operators alike. What it decides rests on the version that it commits on; if that has moved, it reads
// again and decides again.
func (t *turn) advance(run Run, f Facts, opts moveOptions) (Run, Report, error) {
	for try := 0; try < maxMoves; {
		t.pause(try)
		decision, err := t.decide(run, &f, opts)
		if err != nil {
			return run, Report{}, err
		}
		if decision.Run.State == RunOver && run.State == "" {
			report := decision.Report // a refusal, which is recorded as one
			report.RunID = decision.Verdict.Holder
			if f.Sighting != nil {
				report.Server = f.Sighting.Server
			}
			return decision.Run, report, nil
		}
		if err := run.leaseConflict(decision, t.id, t.Now()); err != nil {
			return run, Report{}, err
		}
		moved, err := t.commit(run, decision, opts)
		if err != nil {
			if reason := ReasonOf(err); reason != ReasonSlotTaken && reason != ReasonNodeTaken { // of which there are only so many
				try++
			}
			if run, f, err = t.afterRefusal(err, run, decision, f, opts); err != nil {
				return run, Report{}, err
			}
			continue
		}
		run, report := moved, decision.Report
		if decision.Claim != nil && decision.Run.Attempt.ID == "" && run.Lease.By == t.id { // an attempt that is resumed has one
			run, report = starter{t}.start(run, opts)
			decision.Stop = run.State == RunRunning && !run.Stop.Asked().IsZero()
		}
		if decision.Stop {
			report = t.stop(run, report)
		}
		return t.deliver(run), report, nil
	}
	return run, Report{}, &Error{Op: "move run " + run.ID, Reason: ReasonLedgerUnavailable, Err: errContention}
}

var errContention = errors.New("other invocations moved it each time")

// leaseConflict is why a run that may start is left alone: another invocation has the lease, and may be at work.
func (r Run) leaseConflict(decision Decision, by string, now time.Time) error {
	if decision.Claim == nil || !r.Lease.Live(now) || r.Lease.By == by {
		return nil
	}
	return &Error{Op: "claim " + r.ServerName, Reason: ReasonAttemptAlive, Until: r.Lease.Until,
		Err: errors.New("another invocation holds the run's lease")}
}

// afterRefusal is what to decide on once a change was refused: the same run with one more fact, or the run as another invocation moved it.
// A request about a run that has moved is placed again from the start.
func (t *turn) afterRefusal(err error, run Run, decision Decision, f Facts, opts moveOptions) (Run, Facts, error) {
	switch reason := ReasonOf(err); {
	case reason == ReasonSlotTaken:
		f.Slots.Holders[decision.Run.Slot-1] = holderOf(err)
		return run, f, nil
	case reason == ReasonNodeTaken:
		holder := holderOf(err)
		f.Node = &holder
		return run, f, nil
	case run.State != "" && opts.key == "" && slices.Contains([]Reason{ReasonMoved, ReasonHeld, ReasonCoolingDown, ReasonDailyLimit}, reason):
		return t.reread(run)
	default:
		return run, f, err
	}
}

// reread is a run that another invocation moved, with fresh facts.
func (t *turn) reread(run Run) (Run, Facts, error) {
	snapshot, err := t.Ledger.Read(t.recordCtx, run.ServerName)
	if err != nil {
		return run, Facts{}, err
	}
	now := snapshot.Open
	if now.ID != run.ID {
		if now, err = t.Ledger.Run(t.recordCtx, run.ID); err != nil {
			return run, Facts{}, err
		}
	}
	f := t.facts(run.ServerName)
	f.Snapshot = snapshot
	return now, f, nil
}

// holderOf is the run that a refusal says is in the way.
func holderOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Holder != "" {
		return e.Holder
	}
	return "another run"
}
