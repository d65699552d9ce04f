package maintenance

import (
	"slices"
	"time"
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
	Until   time.Time
	Detail  string
	Figures Figures
	Need    Need
	// Holder is the run that is in the way.
	Holder string
	// Fault: it waits for somebody who mends something, so that it is planned, answered and notified as an error.
	Fault bool
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

var automaticTriggers = []TriggerKind{TriggerAlarm, TriggerSchedule, TriggerAfter}

// The gates, in the order in which they are asked: the first that does not pass is the reason. What needs no call comes first, so that
// nothing is looked at while window or calendar is closed, but for an attempt that was given up.
var gates = []gate{
	{check: allowed},
	{check: enabled},
	{check: supported},
	{name: OverrideHold, check: held},
	{kinds: automaticTriggers, check: approved},
	{name: OverrideOrder, check: predecessorDone},
	{name: OverrideWindow, check: windowOpen},
	{name: OverrideCalendar, check: calendarOpen},
	{name: OverrideBlocked, check: unblocked}, // which is asked before the claim, never while a slot is held
	{check: looked},
	{check: found},
	{check: stateAllows},
	{kinds: []TriggerKind{TriggerAlarm}, check: cooledDown},
	{check: slotFree},
	{check: nodeFree},
}

// arrivalGates are the gates that are asked once, when a trigger arrives.
var arrivalGates = []gate{
	{check: allowed},
	{check: enabled},
	{kinds: automaticTriggers, check: fresh},
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

// admitAny asks the gates for every trigger of a run that has not expired: the first that passes lets the run start, one whose success is
// followed before others, so that an alarm breaks no order. Else the run waits if one of them may pass later; only if all are refused, it
// is. expired is true if none is left.
func admitAny(run Run, triggers []Trigger, f Facts) (v Verdict, by Trigger, expired bool) {
	expired = true
	for _, t := range triggers {
		if f.Policy != nil && t.Kind != TriggerManual && f.Now.After(f.Policy.Expires(t)) {
			continue
		}
		expired = false
		switch verdict := admit(gates, run, t, f); {
		case verdict.Ruling == RulingAsk, verdict.Ruling == RulingPass && t.Kind.chains():
			return verdict, t, false
		case v.Ruling == RulingPass:
		case verdict.Ruling == RulingPass:
			v, by = verdict, t
		case v.Ruling == 0 || v.Ruling == RulingRefuse && verdict.Ruling == RulingWait:
			v, by = verdict, t
		}
	}
	return v, by, expired
}
