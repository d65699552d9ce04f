package maintenance

import (
	"slices"
	"time"
)

// Facts is everything a decision about a run rests on. What costs a call is read when a gate asks for it: nil until then.
type Facts struct {
	Now  time.Time
	Tick time.Duration
	// Policy is nil for a server that the settings do not have.
	Policy *Policy
	// Supported is whether this version has the policy's backend.
	Supported bool
	Kept      Kept
	// MaxConcurrent is the concurrency limit; 0 is none.
	MaxConcurrent int
	// Topics are those that the settings have.
	Topics []Topic

	Calendar *CalendarState
	Sighting *Sighting
	Slots    *Slots
	// Behind: others that wait for a slot come first.
	Behind bool
	// Node is the run that holds the server's node, where that is known before the claim finds out.
	Node *string
}

// Slots are who holds the slots, and whether other runs wait for one.
type Slots struct {
	Holders []string
	Waiters bool
}

// Need is a fact that a decision lacks.
type Need string

// The facts that are read when they are needed.
const (
	NeedCalendar Need = "calendar"
	NeedSighting Need = "sighting"
	NeedSlots    Need = "slots"
)

// Ruling is what a gate says. The zero value is no ruling, which lets nothing pass.
type Ruling int

// The rulings of a gate.
const (
	_            Ruling = iota
	RulingPass          // nothing against it
	RulingWait          // not now, but it may pass later
	RulingRefuse        // no
	RulingAsk           // a fact is needed first
)

// Verdict is a gate's ruling with its reason.
type Verdict struct {
	Ruling Ruling
	Reason Reason
	// Until is when it may pass, or be asked again, zero where that is not known.
	Until  time.Time
	Detail string
	Need   Need
	// Holder is the run that is in the way.
	Holder string
}

var pass = Verdict{Ruling: RulingPass}

// gate is one check. name is what an operator overrides it by; empty for gates that cannot be overridden. kinds are the triggers it
// applies to; empty is all.
type gate struct {
	name  string
	kinds []TriggerKind
	check func(Run, Trigger, Facts) Verdict
}

// The gates' names, as an operator's request has them.
const (
	OverrideHold     = "hold"
	OverrideOrder    = "order"
	OverrideBlocked  = "blocked"
	OverrideWindow   = "window"
	OverrideCalendar = "calendar"
)

// Overrides lists them.
func Overrides() []string {
	return []string{OverrideHold, OverrideOrder, OverrideBlocked, OverrideWindow, OverrideCalendar}
}

var byMachine = []TriggerKind{TriggerAlarm, TriggerSchedule, TriggerAfter}

// The gates, in the order in which they are asked: the first that does not pass is the reason. What needs no call comes first, so that
// nothing is looked at while window or calendar is closed.
var gates = []gate{
	{check: allowed},
	{check: enabled},
	{check: supported},
	{name: OverrideHold, check: held},
	{kinds: byMachine, check: approved},
	{name: OverrideWindow, check: windowOpen},
	{name: OverrideCalendar, check: calendarOpen},
	{check: looked},
	{check: found},
	{check: stateAllows},
	{kinds: []TriggerKind{TriggerAlarm}, check: cooledDown},
	{check: slotFree},
	{check: nodeFree},
}

// arrival are the gates that are asked once, when a trigger arrives.
var arrival = []gate{
	{check: allowed},
	{check: enabled},
	{kinds: []TriggerKind{TriggerAlarm, TriggerSchedule}, check: fresh},
	{kinds: []TriggerKind{TriggerAlarm}, check: notNew},
}

// admit asks the gates for one trigger of a run. What waits for a trigger is refused to an operator, who is there to ask again.
func admit(gates []gate, run Run, t Trigger, f Facts) Verdict {
	for _, g := range gates {
		if len(g.kinds) > 0 && !slices.Contains(g.kinds, t.Kind) {
			continue
		}
		if g.name != "" && t.Kind == TriggerManual && slices.Contains(t.Overrides, g.name) {
			continue
		}
		if v := g.check(run, t, f); v.Ruling != RulingPass {
			if v.Ruling == RulingWait && t.Kind == TriggerManual {
				v.Ruling = RulingRefuse
			}
			return v
		}
	}
	return pass
}

// weigh asks the gates for every trigger of a run that has not expired: the first that passes lets the run start. Else the run
// waits if one of them may pass later; only if all are refused, it is. expired is true if none is left.
func weigh(run Run, triggers []Trigger, f Facts) (v Verdict, by Trigger, expired bool) {
	expired = true
	for _, t := range triggers {
		if f.Policy != nil && t.Kind != TriggerManual && f.Now.After(f.Policy.Expires(t)) {
			continue
		}
		expired = false
		switch asked := admit(gates, run, t, f); {
		case asked.Ruling == RulingPass || asked.Ruling == RulingAsk:
			return asked, t, false
		case v.Ruling == 0 || v.Ruling == RulingRefuse && asked.Ruling == RulingWait:
			v, by = asked, t
		}
	}
	return v, by, expired
}

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

// clockSkew is how far a trigger may be dated in the future: clocks differ by minutes at most.
const clockSkew = 5 * time.Minute

// fresh: what an old alarm complained of may be long gone, and a schedule's hour passes. A redriven dead letter is how they get old.
func fresh(_ Run, t Trigger, f Facts) Verdict {
	latest := t.Time.Add(f.Policy.StaleAfter)
	if t.Kind == TriggerSchedule {
		latest = f.Policy.Expires(t)
	}
	switch {
	case f.Now.After(latest):
		return Verdict{Ruling: RulingRefuse, Reason: ReasonStale, Detail: "it is " + f.Now.Sub(t.Time).Round(time.Second).String() +
			" old; what arrives after " + latest.Sub(t.Time).String() + " starts nothing"}
	case t.Time.Sub(f.Now) > clockSkew:
		return Verdict{Ruling: RulingRefuse, Reason: ReasonStale, Detail: "it is dated " + t.Time.Sub(f.Now).Round(time.Second).String() +
			" in the future; " + clockSkew.String() + " are allowed"}
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
	for _, h := range []Hold{f.Kept.Fleet.Hold, f.Kept.Server.Hold} {
		if h.Live(f.Now) {
			return Verdict{Ruling: RulingWait, Reason: ReasonHeld, Until: h.Until, Detail: h.Reason}
		}
	}
	return pass
}

func approved(_ Run, t Trigger, f Facts) Verdict {
	if slices.Contains(f.Policy.Approval, t.Kind) {
		return Verdict{Ruling: RulingWait, Reason: ReasonApprovalNeeded}
	}
	return pass
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
	case run.Missing.again(ReasonNotFound, f.Now).counts(f.Now, f.Tick):
		return Verdict{Ruling: RulingRefuse, Reason: ReasonNotFound, Detail: err.Error()}
	default:
		return Verdict{Ruling: RulingWait, Reason: ReasonNotFound, Detail: err.Error()}
	}
}

// stateAllows follows the operation's own rule, HEALTHY or UNHEALTHY (API_StartMaintenance). The states that pass by themselves are
// worth waiting for, those that do not are refused, and so is a state that this version does not know.
func stateAllows(run Run, _ Trigger, f Facts) Verdict {
	for _, e := range f.Sighting.Executions {
		if !e.State.Over() {
			return Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress, Holder: e.RunID, Detail: "the execution " + e.ID + " goes on"}
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
	record := f.Kept.Server
	record.OpenRun, record.Hold = "", Hold{}
	if no := record.Refuses(Claim{Cooldown: f.Policy.Cooldown, DailyLimit: f.Policy.DailyLimit}, run.ID, f.Now); no != nil {
		return Verdict{Ruling: RulingRefuse, Reason: no.Reason, Until: no.Until}
	}
	return pass
}

// slotFree: until all runs that run hold a slot of the limit that the settings have now, nobody knows how many are free.
func slotFree(run Run, t Trigger, f Facts) Verdict {
	wait := Verdict{Ruling: RulingWait, Reason: ReasonConcurrencyLimit}
	switch {
	case f.MaxConcurrent == 0:
		return pass
	case f.Kept.Fleet.Limit != f.MaxConcurrent:
		wait.Detail = "slots are being given to the runs that go on"
		return wait
	case f.Slots == nil:
		return Verdict{Ruling: RulingAsk, Need: NeedSlots}
	case f.Behind, f.Slots.Waiters && t.Kind != TriggerManual && run.Queue != QueueSlot:
		wait.Detail = "others wait for a slot before it"
		return wait
	case freeSlot(f.Slots.Holders, run.ID) == 0:
		wait.Detail, wait.Holder = "held by "+joinNames(f.Slots.Holders), f.Slots.Holders[0]
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

func joinNames(names []string) string {
	const most = 5
	text := ""
	for i, name := range names {
		switch {
		case i == most:
			return text + ", …"
		case i > 0:
			text += ", "
		}
		text += name
	}
	return text
}

// nodeFree: two names of one node never run at once. The claim finds out who has it; nothing is read for it before.
func nodeFree(run Run, _ Trigger, f Facts) Verdict {
	switch node := f.Sighting.Server.Node; {
	case node == "" || f.Node == nil:
		return pass
	case *f.Node != "" && *f.Node != run.ID:
		return Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress, Holder: *f.Node, Detail: "the node " + node + " is held by the run " + *f.Node}
	default:
		return pass
	}
}
