package maintenance

import (
	"errors"
	"reflect"
	"slices"
	"time"
)

// asked is what somebody asks of a run; its zero value is that nobody does, and time alone moves it.
type asked struct {
	// key is the deduplication key of the trigger, wishes what it asks for beside its server.
	key, wishes string
	// triggers are those to go by, in place of the run's own.
	triggers []Trigger
	// atOnce looks at it though its state does not want that yet.
	atOnce     bool
	attributes []EngineAttribute
}

// mostMoves bounds how often a move is decided again because somebody else moved the run.
const mostMoves = 8

// advance moves a run as far as it can go now: look, decide, commit, then start, publish, clear. It is the one way in which a run
// moves, for events, sweeps and operators alike. What it decides rests on the version that it commits on; if that has moved, it reads
// again and decides again.
func (t *turn) advance(run Run, f Facts, a asked) (Run, Report, error) {
	for range mostMoves {
		next, err := t.decide(run, &f, a)
		if err != nil {
			return run, Report{}, err
		}
		if next.Run.State == RunOver && run.State == "" {
			return next.Run, next.Report, nil // a refusal, which is recorded as one
		}
		if next.Claim != nil && run.Lease.Live(t.Now()) && run.Lease.By != t.id {
			return run, Report{}, &Error{Op: "claim " + run.ServerName, Reason: ReasonAttemptAlive, Until: run.Lease.Until,
				Err: errors.New("another invocation is at work on the run")}
		}
		moved, err := t.commit(run, next, a)
		switch reason := ReasonOf(err); {
		case err == nil:
			run = moved
		case reason == ReasonSlotTaken:
			f.Slots.Holders[next.Run.Slot-1] = "another run"
			continue
		case reason == ReasonNodeTaken:
			f.Node = holderOf(err)
			continue
		case run.State != "" && slices.Contains([]Reason{ReasonMoved, ReasonHeld, ReasonCoolingDown, ReasonDailyLimit}, reason):
			if run, f, err = t.reread(run); err != nil {
				return run, Report{}, err
			}
			continue
		default:
			return run, Report{}, err
		}
		report := next.Report
		if next.Claim != nil && run.Lease.By == t.id {
			run, report = t.start(run, a)
		}
		if next.Stop {
			report = t.stop(run, report)
		}
		return t.deliver(run), report, nil
	}
	return run, Report{}, &Error{Op: "move run " + run.ID, Reason: ReasonLedgerUnavailable, Err: errors.New("others moved it each time")}
}

// reread is a run that somebody else moved, with fresh facts.
func (t *turn) reread(run Run) (Run, Facts, error) {
	kept, err := t.Ledger.Read(t.record, run.ServerName)
	if err != nil {
		return run, Facts{}, err
	}
	now := kept.Open
	if now.ID != run.ID {
		if now, err = t.Ledger.Run(t.record, run.ID); err != nil {
			return run, Facts{}, err
		}
	}
	f := t.facts(run.ServerName)
	f.Kept = kept
	return now, f, nil
}

func holderOf(err error) *string {
	var e *Error
	holder := "another run"
	if errors.As(err, &e) && e.Holder != "" {
		holder = e.Holder
	}
	return &holder
}

// facts are those that cost no call.
func (t *turn) facts(serverName string) Facts {
	f := Facts{Now: t.Now(), Tick: t.tick(), MaxConcurrent: t.MaxConcurrent, Topics: t.Notifier.Topics()}
	if policy, ok := t.Policy(serverName); ok {
		f.Policy = &policy
		_, f.Supported = t.backend(policy.Backend)
	}
	return f
}

// decide decides, and looks at what the decision needs.
func (t *turn) decide(run Run, f *Facts, a asked) (Next, error) {
	for {
		f.Now = t.Now()
		if !run.Open() || run.State != "" && len(a.triggers) == 0 && !a.atOnce && run.Look.After(f.Now) {
			return Next{Run: run}, nil // its state wants nothing yet; something may be owed
		}
		next := decide(run, *f)
		if len(a.triggers) > 0 {
			next = decideWaiting(run, a.triggers, *f)
		}
		if next.Need == "" {
			return next, nil
		}
		if err := t.work.Err(); err != nil {
			return Next{}, &Error{Op: "look at " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}
		}
		if err := t.look(run, f, next.Need); err != nil {
			return Next{}, err
		}
	}
}

var errNoTime = errors.New("the time of this invocation is over")

// look reads one fact.
func (t *turn) look(run Run, f *Facts, need Need) error {
	name := run.Backend
	if !run.Holds() && f.Policy != nil {
		name = f.Policy.Backend
	}
	backend, ok := t.backend(name)
	switch {
	case need == NeedSlots:
		return t.lookAtSlots(f)
	case !ok:
		err := &Error{Op: "look at " + run.ServerName, Reason: ReasonUnsupported, Err: errors.New("this version has no backend " + name)}
		f.Sighting, f.Calendar = &Sighting{At: f.Now, ServerErr: err, ExecutionsErr: err}, &CalendarState{}
	case need == NeedCalendar:
		state := backend.Calendar(t.work, run.ServerName)
		f.Calendar = &state
	case run.Holds():
		seen := backend.Follow(t.work, run)
		f.Sighting = &seen
	default:
		seen := backend.Look(t.work, run.ServerName)
		f.Sighting = &seen
	}
	return nil
}

func (t *turn) lookAtSlots(f *Facts) error {
	holders, err := t.Ledger.Slots(t.work, f.MaxConcurrent)
	if err != nil {
		return err
	}
	waiters, err := t.Ledger.Due(t.work, QueueSlot, f.Now, 1)
	f.Slots = &Slots{Holders: holders, Waiters: len(waiters) > 0}
	return err
}

// commit writes what was decided, in one conditional write: the new state, the notifications it owes, and the lease of whoever
// publishes them, which is this turn unless another's lease binds it.
func (t *turn) commit(run Run, next Next, a asked) (Run, error) {
	now := t.Now()
	change := Change{Key: a.key, From: run, To: next.Run, Open: next.Open, Claim: next.Claim, Free: next.Free, Now: now}
	if next.Claim != nil && change.To.Attempt.ID == "" {
		if t.work.Err() != nil { // who claims has time to start
			return run, &Error{Op: "claim " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}
		}
		change.To.Attempt.ID, change.To.Attempt.Ends = t.NewID(run.ServerName, now), t.ends
		change.To.Lease, change.To.Look = Lease{By: t.id, Until: t.leaseEnds}, t.leaseEnds
		for _, attribute := range a.attributes {
			change.To.Attempt.Attributes = append(change.To.Attempt.Attributes, attribute.Name)
		}
	}
	if change.Key != "" {
		change.Decided = Decided{Outcome: OutcomeInProgress, RunID: change.To.ID, Wishes: a.wishes}
		if next.Claim == nil {
			change.Decided.Outcome, change.Decided.Reason = next.Report.Outcome, next.Report.Reason
		}
	}
	to, dropped := change.To.prune(now, t.Notifier.Topics())
	if next.Claim == nil && t.publish.Err() == nil {
		to = to.lend(Lease{By: t.id, Until: t.leaseEnds}, now, t.tick())
	}
	to.Edition = Edition
	change.To = to.schedule(now)
	if run.Version > 0 && !change.alters() {
		return run, nil
	}
	moved, err := t.Ledger.Commit(t.record, change)
	if err == nil {
		t.published.add(Publishing{Dropped: dropped})
	}
	return moved, err
}

// alters reports whether a change is worth a write: when a run is looked at next alone is not, for that has been moved before.
func (c Change) alters() bool {
	if c.Key != "" || c.Open || c.Claim != nil || c.Free {
		return true
	}
	from, to := c.From, c.To
	from.Look, from.Next, from.Queue = to.Look, to.Next, to.Queue
	return !reflect.DeepEqual(from, to) || c.From.Next.IsZero() != c.To.Next.IsZero() || c.From.Queue != c.To.Queue
}

// start starts what this turn has claimed, and writes what the attempt learned on the condition that the run is still its own.
func (t *turn) start(run Run, a asked) (Run, Report) {
	attempt := run.Attempt.ID
	answer := t.send(run, a)
	for range mostMoves {
		next := answered(run, answer, t.facts(run.ServerName))
		moved, err := t.commit(run, next, asked{})
		if ReasonOf(err) != ReasonMoved {
			report := next.Report
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
func (t *turn) send(run Run, a asked) Answer {
	backend, ok := t.backend(run.Backend)
	switch {
	case !ok:
		return Answer{Err: &Error{Op: "start", Reason: ReasonUnsupported}}
	case t.work.Err() != nil || !t.Now().Before(run.Attempt.Ends):
		return Answer{Err: &Error{Op: "start maintenance of " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}}
	default:
		return backend.Start(t.work, run, run.Attempt.Before, a.attributes)
	}
}

// stop asks the backend to stop a run. How it ends is seen; until then it is asked again at each look.
func (t *turn) stop(run Run, report Report) Report {
	backend, ok := t.backend(run.Backend)
	if !ok || run.State != RunRunning || t.work.Err() != nil {
		return report
	}
	if err := backend.Stop(t.work, run); err != nil && ReasonOf(err) != ReasonNotRunning {
		report.Err = errors.Join(report.Err, err)
	}
	return report
}

// joined is a run with one more trigger, looked at soon because that may be what lets it start.
func joined(run Run, t Trigger, now time.Time, topics []Topic) Next {
	n := Next{Run: run}
	r := &n.Run
	var more int
	if r.Triggers, more = join(run.Triggers, run.More, t); more != run.More {
		r.More, r.MoreTime = more, later(run.MoreTime, t.Time)
	}
	if run.State == RunWaiting && r.Look.After(now) {
		r.Look = now
	}
	notification := Notification{Outcome: OutcomeJoined, At: now, Trigger: &t}
	n.Report = r.report(notification)
	n.Report.Count = true
	r.owe(notification, topics)
	return n
}
