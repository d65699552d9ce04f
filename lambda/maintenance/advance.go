package maintenance

import (
	"errors"
	"slices"
)

// asked is what somebody asks of a run; its zero value is that nobody does, and time alone moves it.
type asked struct {
	// key is the deduplication key of the trigger, wishes what it asks for beside its server.
	key, wishes string
	// triggers are those to go by, in place of the run's own.
	triggers []Trigger
	// maxParallel looks at it though its state does not want that yet.
	atOnce     bool
	attributes []EngineAttribute
}

// maxMoves bounds how often a move is decided again because somebody else moved the run.
const maxMoves = 10

// advance moves a run as far as it can go now: look, decide, commit, then start, publish, clear. It is the one way in which a run
// moves, for events, sweeps and operators alike. What it decides rests on the version that it commits on; if that has moved, it reads
// again and decides again.
func (t *turn) advance(run Run, f Facts, a asked) (Run, Report, error) {
	for try := 0; try < maxMoves; {
		t.pause(try)
		next, err := t.decide(run, &f, a)
		if err != nil {
			return run, Report{}, err
		}
		if next.Run.State == RunOver && run.State == "" {
			report := next.Report // a refusal, which is recorded as one
			report.RunID = next.Verdict.Holder
			if f.Sighting != nil {
				report.Server = f.Sighting.Server
			}
			return next.Run, report, nil
		}
		if err := t.bars(run, next); err != nil {
			return run, Report{}, err
		}
		moved, err := t.commit(run, next, a)
		if err != nil {
			if reason := ReasonOf(err); reason != ReasonSlotTaken && reason != ReasonNodeTaken { // of which there are only so many
				try++
			}
			if run, f, err = t.afterRefusal(err, run, next, f, a); err != nil {
				return run, Report{}, err
			}
			continue
		}
		run, report := moved, next.Report
		if next.Claim != nil && run.Lease.By == t.id {
			run, report = t.start(run, a)
			next.Stop = run.State == RunRunning && !run.Stop.At.IsZero()
		}
		if next.Stop {
			report = t.stop(run, report)
		}
		return t.deliver(run), report, nil
	}
	return run, Report{}, &Error{Op: "move run " + run.ID, Reason: ReasonLedgerUnavailable, Err: errOthers}
}

var errOthers = errors.New("others were faster each time")

// bars is why a run that may start is left alone: another invocation has the lease, and may be at work.
func (t *turn) bars(run Run, next Next) error {
	if next.Claim == nil || !run.Lease.Live(t.Now()) || run.Lease.By == t.id {
		return nil
	}
	return &Error{Op: "claim " + run.ServerName, Reason: ReasonAttemptAlive, Until: run.Lease.Until, Err: errors.New("another invocation is at work on the run")}
}

// afterRefusal is what to decide on once a change was refused: the same run with a fact more, or the run as somebody else has moved it.
// What somebody asks of a run that has moved has to find its place anew.
func (t *turn) afterRefusal(err error, run Run, next Next, f Facts, a asked) (Run, Facts, error) {
	switch reason := ReasonOf(err); {
	case reason == ReasonSlotTaken:
		f.Slots.Holders[next.Run.Slot-1] = holderOf(err)
		return run, f, nil
	case reason == ReasonNodeTaken:
		holder := holderOf(err)
		f.Node = &holder
		return run, f, nil
	case run.State != "" && a.key == "" && slices.Contains([]Reason{ReasonMoved, ReasonHeld, ReasonCoolingDown, ReasonDailyLimit}, reason):
		return t.reread(run)
	default:
		return run, f, err
	}
}

// reread is a run that somebody else moved, with fresh facts.
func (t *turn) reread(run Run) (Run, Facts, error) {
	kept, err := t.Ledger.Read(t.recordCtx, run.ServerName)
	if err != nil {
		return run, Facts{}, err
	}
	now := kept.Open
	if now.ID != run.ID {
		if now, err = t.Ledger.Run(t.recordCtx, run.ID); err != nil {
			return run, Facts{}, err
		}
	}
	f := t.facts(run.ServerName)
	f.Kept = kept
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
