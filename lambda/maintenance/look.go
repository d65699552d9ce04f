package maintenance

import (
	"context"
	"errors"
	"slices"
)

// facts are those that cost no call.
func (t *turn) facts(serverName string) Facts {
	f := Facts{Now: t.Now(), Tick: t.tick(), MaxConcurrent: t.MaxConcurrent, Topics: t.Notifier.Topics(),
		Followers: t.Followers[serverName], Downstream: t.downstream(serverName)}
	if policy, ok := t.Policy(serverName); ok {
		f.Policy = &policy
		_, f.Supported = t.backend(policy.Backend)
	}
	return f
}

// decide decides, and looks at what the decision needs.
func (t *turn) decide(run Run, f *Facts, opts moveOptions) (Decision, error) {
	for {
		f.Now = t.Now()
		if !run.Open() {
			return decideOver(run, *f), nil
		}
		if run.State != "" && len(opts.triggers) == 0 && !opts.lookNow && run.LookAt.After(f.Now) {
			return Decision{Run: run}, nil // nothing is due yet but notifications
		}
		decision := decide(run, *f)
		if len(opts.triggers) > 0 {
			decision = decideWaiting(run, opts.triggers, *f)
		}
		if decision.Need == "" {
			return decision, nil
		}
		if err := t.callCtx.Err(); err != nil {
			return Decision{}, &Error{Op: "look at " + run.ServerName, Reason: ReasonUnavailable, Err: errNoTime}
		}
		if err := t.look(run, f, decision.Need); err != nil {
			return Decision{}, err
		}
	}
}

var errNoTime = errors.New("not enough time left in this invocation")

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
	case need == NeedPredecessor:
		snapshot, err := t.Ledger.Read(t.callCtx, f.Policy.After)
		f.Predecessor = &snapshot
		return err
	case need == NeedBlocking:
		f.Blocking = t.alarms.look(t.callCtx, f.Policy.BlockedBy)
	case !ok:
		err := &Error{Op: "look at " + run.ServerName, Reason: ReasonUnsupported, Err: errors.New("this version has no backend " + name)}
		f.Sighting, f.Calendar = &Sighting{At: f.Now, ServerErr: err, ExecutionsErr: err}, &CalendarState{}
	case need == NeedCalendar:
		state := backend.Calendar(t.callCtx, run.ServerName)
		f.Calendar = &state
	case run.Holds():
		seen := backend.Follow(t.callCtx, run)
		f.Sighting = &seen
	default:
		seen, before := t.prefetched.take()
		f.Sighting = &seen
		if before { // the holds were read
			return nil
		}
		seen = backend.Look(t.callCtx, run.ServerName)
		held, err := t.Ledger.Read(t.callCtx, run.ServerName) // a hold binds who looks after it
		f.Snapshot.Server.Hold, f.Snapshot.Fleet.Hold = held.Server.Hold, held.Fleet.Hold
		f.Predecessor = nil // it may have been started meanwhile
		return err
	}
	return nil
}

// prefetchedLook is a look at a server that is under way while the ledger is read.
type prefetchedLook chan Sighting

// take is what it showed, once.
func (a *prefetchedLook) take() (Sighting, bool) {
	if a == nil || *a == nil {
		return Sighting{}, false
	}
	seen, ok := <-*a
	*a = nil
	return seen, ok
}

// prefetchLook begins to look at a server that nothing but the ledger may keep from being started: most triggers find no open run, and
// start. stop waits until the look has ended.
func (t *turn) prefetchLook(serverName string, triggers []Trigger, f Facts) (lane *turn, stop func()) {
	certain := []gate{{check: allowed}, {check: enabled}, {check: supported}, {name: OverrideWindow, check: windowOpen}}
	passes := func(trigger Trigger) bool { return admit(certain, Run{}, trigger, f).Ruling == RulingPass }
	if f.Policy == nil || f.Policy.Calendars || f.Policy.BlockedBy.Blocks != nil || !slices.ContainsFunc(triggers, passes) {
		return t, func() {}
	}
	looks := t.lane("look")
	ctx, cancel := context.WithCancel(looks.callCtx)
	seen, over := make(prefetchedLook, 1), make(chan struct{})
	go func() {
		defer close(over)
		defer close(seen)
		defer func() { _ = recover() }() // the look that is made instead meets the same mistake, where it is reported
		backend, _ := looks.backend(f.Policy.Backend)
		seen <- backend.Look(ctx, serverName)
	}()
	with := *t
	with.prefetched = &seen
	return &with, func() { cancel(); <-over }
}

func (t *turn) lookAtSlots(f *Facts) error {
	holders, err := t.Ledger.Slots(t.callCtx, f.MaxConcurrent)
	if err != nil {
		return err
	}
	waiters, err := t.Ledger.Due(t.callCtx, QueueSlot, f.Now, 1)
	f.Slots = &Slots{Holders: holders, Waiters: len(waiters) > 0}
	return err
}
