package maintenance

import (
	"slices"
	"time"
)

// allowed: the settings are the list of servers that may be touched at all.
func allowed(_ Run, _ Trigger, f Facts) Verdict {
	if f.Policy == nil {
		return Verdict{Ruling: RulingRefuse, Reason: ReasonNotAllowed}
	}
	return pass
}

func enabled(_ Run, _ Trigger, f Facts) Verdict {
	if !f.Policy.Enabled {
		return Verdict{Ruling: RulingRefuse, Reason: ReasonDisabled}
	}
	return pass
}

func supported(_ Run, _ Trigger, f Facts) Verdict {
	if !f.Supported {
		return Verdict{Ruling: RulingRefuse, Reason: ReasonUnsupported, Detail: "this version has no backend " + f.Policy.Backend}
	}
	return pass
}

// triggerClockSkew is how far a trigger may be dated in the future: clocks differ by minutes at most.
const triggerClockSkew = 5 * time.Minute

// fresh: what an old alarm complained of may be long gone, and the hour of every trigger passes. A redriven dead letter is how they get
// old, and a window that closes meanwhile.
func fresh(_ Run, t Trigger, f Facts) Verdict {
	latest := f.Policy.Expires(t)
	if stale := t.Time.Add(f.Policy.StaleAfter); t.Kind == TriggerAlarm && stale.Before(latest) {
		latest = stale
	}
	switch {
	case f.Now.After(latest):
		return Verdict{Ruling: RulingRefuse, Reason: ReasonStale, Figures: Figures{Limit: latest.Sub(t.Time)},
			Detail: "it is " + f.Now.Sub(t.Time).Round(time.Second).String() + " old; the limit is " + latest.Sub(t.Time).String()}
	case t.Time.Sub(f.Now) > triggerClockSkew:
		return Verdict{Ruling: RulingRefuse, Reason: ReasonStale, Figures: Figures{Limit: triggerClockSkew},
			Detail: "it is dated " + t.Time.Sub(f.Now).Round(time.Second).String() + " in the future; the limit is " + triggerClockSkew.String()}
	default:
		return pass
	}
}

func notNew(_ Run, t Trigger, _ Facts) Verdict {
	if t.NewAlarm {
		return Verdict{Ruling: RulingRefuse, Reason: ReasonNewAlarm}
	}
	return pass
}

func held(_ Run, _ Trigger, f Facts) Verdict {
	for _, h := range []Hold{f.Snapshot.Fleet.Hold, f.Snapshot.Server.Hold} {
		if h.Live(f.Now) {
			return Verdict{Ruling: RulingWait, Reason: ReasonHeld, Until: h.Until, Detail: h.words()}
		}
	}
	return pass
}

func approved(run Run, t Trigger, f Facts) Verdict {
	if slices.Contains(f.Policy.Approval, t.Kind) && !run.Approval.covers(f.Policy.Work) {
		return Verdict{Ruling: RulingWait, Reason: ReasonApprovalNeeded, Detail: run.Approval.Asked.difference(f.Policy.Work)}
	}
	return pass
}

// predecessorDone: while the server that goes before is under maintenance, this one is not touched. A run of it that waits goes first if it
// waits for the same trigger, until that ends or expires; and if it is due to be looked at: both may have waited for one window. What it
// comes to then, the next look finds, a tick later: by that its own looks, whose pauses grow, do not meet this one's for ever. A run that
// this version may not move keeps nobody while it waits.
func predecessorDone(_ Run, t Trigger, f Facts) Verdict {
	if f.Policy.After == "" {
		return pass
	}
	if f.Predecessor == nil {
		return Verdict{Ruling: RulingAsk, Need: NeedPredecessor}
	}
	before := f.Predecessor.Open
	wait := Verdict{Ruling: RulingWait, Reason: ReasonAfterRunning, Holder: before.ID, Until: f.Now.Add(f.Tick)}
	switch {
	case before.Holds():
		wait.Until, wait.Detail = time.Time{}, "the run "+before.ID+" of "+f.Policy.After+" is not over"
		return wait
	case before.State != RunWaiting || before.Edition > Edition:
		return pass
	case t.in(before.Triggers):
		wait.Detail = "the run " + before.ID + " of " + f.Policy.After + " waits for the same trigger"
		return wait
	case !before.LookAt.After(f.Now):
		wait.Detail = "the run " + before.ID + " of " + f.Policy.After + " may start now"
		return wait
	default:
		return pass
	}
}

// in reports whether a trigger is among those that another server got.
func (t Trigger) in(held []Trigger) bool {
	return slices.ContainsFunc(held, func(h Trigger) bool { return h.Kind == t.Kind && h.ID == t.ID && h.Time.Equal(t.Time) })
}

func windowOpen(_ Run, _ Trigger, f Facts) Verdict {
	if f.Policy.Window.Contains(f.Now) {
		return pass
	}
	until, _ := f.Policy.Window.Opens(f.Now)
	return Verdict{Ruling: RulingWait, Reason: ReasonOutsideWindow, Until: until}
}

// calendarOpen: a calendar that cannot be read is closed.
func calendarOpen(_ Run, _ Trigger, f Facts) Verdict {
	switch c := f.Calendar; {
	case c == nil:
		return Verdict{Ruling: RulingAsk, Need: NeedCalendar}
	case c.Closed && c.Err != nil:
		return Verdict{Ruling: RulingWait, Reason: ReasonCalendarClosed, Detail: "it could not be read: " + c.Err.Error()}
	case c.Closed:
		return Verdict{Ruling: RulingWait, Reason: ReasonCalendarClosed, Until: c.Next}
	default:
		return pass
	}
}

// looked: what cannot be looked at is not touched.
func looked(_ Run, _ Trigger, f Facts) Verdict {
	if f.Sighting == nil {
		return Verdict{Ruling: RulingAsk, Need: NeedSighting}
	}
	for _, err := range []error{f.Sighting.ServerErr, f.Sighting.ExecutionsErr} {
		switch reason := ReasonOf(err); {
		case err == nil || reason == ReasonNotFound:
		case reason.Retryable():
			return Verdict{Ruling: RulingWait, Reason: reason, Detail: err.Error()}
		default:
			return Verdict{Ruling: RulingRefuse, Reason: reason, Detail: err.Error()}
		}
	}
	return pass
}

// found: one answer without the server proves nothing, so a run waits until it has been missing long enough.
func found(run Run, _ Trigger, f Facts) Verdict {
	err := f.Sighting.ServerErr
	switch {
	case err == nil && f.Sighting.ExecutionsErr != nil: // a list that lacks what it should hold
		return Verdict{Ruling: RulingWait, Reason: ReasonUnavailable, Detail: f.Sighting.ExecutionsErr.Error()}
	case err == nil:
		return pass
	case run.Missing.again(ReasonNotFound, f.Now, f.Tick).conclusive(f.Now, f.Tick):
		return Verdict{Ruling: RulingRefuse, Reason: ReasonNotFound, Detail: err.Error()}
	default:
		return Verdict{Ruling: RulingWait, Reason: ReasonNotFound, Detail: err.Error()}
	}
}

// stateAllows follows the operation's own rule, HEALTHY or UNHEALTHY (API_StartMaintenance). The states that pass by themselves are
// worth waiting for, those that do not are refused, and so is a state that this version does not know.
func stateAllows(run Run, _ Trigger, f Facts) Verdict {
	for _, e := range f.Sighting.Executions {
		if !e.State.Over() && !f.Snapshot.Server.sawEnd(e.RunID) {
			return Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress, Holder: e.RunID, Detail: "the execution " + e.ID + " has not ended"}
		}
	}
	switch status := f.Sighting.Server.Status; {
	case status.Startable():
		return pass
	case status == StatusUnderMaintenance:
		return Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress}
	case status.Passing():
		return Verdict{Ruling: RulingWait, Reason: ReasonWrongState}
	default: // FAILED, DELETING, TERMINATED, and what this version does not know
		return Verdict{Ruling: RulingRefuse, Reason: ReasonWrongState}
	}
}

// cooledDown answers as the claim will, which holds it against others.
func cooledDown(run Run, _ Trigger, f Facts) Verdict {
	record := f.Snapshot.Server
	record.OpenRun, record.Hold = "", Hold{}
	if no := record.Refuses(Claim{Cooldown: f.Policy.Cooldown, DailyLimit: f.Policy.DailyLimit}, run.ID, f.Now); no != nil {
		v := Verdict{Ruling: RulingRefuse, Reason: no.Reason, Until: no.Until}
		if no.Reason == ReasonDailyLimit {
			v.Figures.Most = f.Policy.DailyLimit
		} else {
			v.Figures.Limit = f.Policy.Cooldown
		}
		return v
	}
	return pass
}

// slotFree: until every run in progress holds a slot of the limit in today's settings, the number of free slots is unknown.
func slotFree(run Run, t Trigger, f Facts) Verdict {
	wait := Verdict{Ruling: RulingWait, Reason: ReasonConcurrencyLimit, Figures: Figures{Most: f.MaxConcurrent}}
	switch {
	case f.MaxConcurrent == 0:
		return pass
	case f.Snapshot.Fleet.Limit != f.MaxConcurrent:
		wait.Detail = "the concurrency limit has changed: the runs in progress get slots first"
		return wait
	case f.Slots == nil:
		return Verdict{Ruling: RulingAsk, Need: NeedSlots}
	case f.BehindOthers, f.Slots.Waiters && t.Kind != TriggerManual && run.Queue != QueueSlot:
		wait.Detail = "other runs are ahead of it in the queue for a slot"
		return wait
	case freeSlot(f.Slots.Holders, run.ID) == 0:
		wait.Detail, wait.Holder = "held by "+joinFirst(f.Slots.Holders, 5, ", "), f.Slots.Holders[0]
		wait.Figures.Holders = f.Slots.Holders[:min(len(f.Slots.Holders), 5)]
		return wait
	default:
		return pass
	}
}

// freeSlot is the number of a slot that is free, 0 if none is. Runs begin their search at different slots, so that many at once do not
// all try the same.
func freeSlot(holders []string, runID string) int {
	if len(holders) == 0 {
		return 0
	}
	first := 0
	for i := range len(runID) {
		first = (first*31 + int(runID[i])) % len(holders)
	}
	for i := range holders {
		if slot := (first + i) % len(holders); holders[slot] == "" || holders[slot] == runID {
			return slot + 1
		}
	}
	return 0
}

// nodeFree: two names of one node never run at once. The claim finds out who has it; nothing is read for it before.
func nodeFree(run Run, _ Trigger, f Facts) Verdict {
	switch node := f.Sighting.Server.Node; {
	case node == "" || f.Node == nil:
		return pass
	case *f.Node != "" && *f.Node != run.ID:
		return Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress, Holder: *f.Node,
			Detail: "the node " + node + " is held by the run " + *f.Node}
	default:
		return pass
	}
}
