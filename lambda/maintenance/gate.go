package maintenance

import (
	"slices"
	"time"
)

// Policy is what the owner of a server allows.
type Policy struct {
	Backend string
	Enabled bool
	Window  Window
	// StaleAfter is the age at which an alarm starts nothing any more, Patience the age for a schedule.
	StaleAfter time.Duration
	Patience   time.Duration
	// Cooldown and DailyLimit hold alarms back, Deadline is when a run becomes overdue.
	Cooldown   time.Duration
	DailyLimit int
	Deadline   time.Duration
}

// Facts is everything a decision rests on. Policy is nil for a server nobody allowed, Server for one that does not exist.
type Facts struct {
	Request Request
	Policy  *Policy
	Server  *Server
	// Calendar is what the server's calendars say; its zero value is that there are none.
	Calendar Verdict
	Now      time.Time
}

// Answer is what a gate says. The zero value is no answer, which lets nothing pass.
type Answer int

// The answers of a gate.
const (
	_      Answer = iota
	Pass          // nothing against it
	Wait          // not now, but it may pass later
	Refuse        // no
	Join          // the server is under maintenance already, which is what was asked for
)

func (a Answer) String() string {
	switch a {
	case Pass:
		return "pass"
	case Wait:
		return "wait"
	case Refuse:
		return "refuse"
	case Join:
		return "join"
	default:
		return "no answer"
	}
}

// Verdict is a gate's answer with its reason and, for Wait, the time it may pass, zero where nobody knows.
type Verdict struct {
	Answer Answer
	Reason Reason
	Until  time.Time
	Detail string
}

var pass = Verdict{Answer: Pass}

// gate is one check. name is what a person overrides it by; empty for gates that cannot be overridden.
type gate struct {
	name  string
	check func(Facts) Verdict
}

// The gates, in the order in which they are asked: the first that does not pass is the reason. Those before need no look at
// the server, so a request they refuse costs no call.
var (
	before = []gate{{check: allowed}, {check: enabled}, {check: fresh}}
	seen   = []gate{{check: found}, {check: rightState}, {name: "window", check: open}, {name: "calendar", check: calendarOpen}}
)

// Admit asks the gates that need no look at the server.
func Admit(f Facts) Verdict { return ask(before, f) }

// Decide asks every gate, once the server has been looked at. It is a pure function of the facts.
func Decide(f Facts) Verdict {
	if v := Admit(f); v.Answer != Pass {
		return v
	}
	return ask(seen, f)
}

func ask(gates []gate, f Facts) Verdict {
	for _, g := range gates {
		if g.name != "" && f.Request.Cause.Kind == CauseManual && slices.Contains(f.Request.Overrides, g.name) {
			continue
		}
		if v := g.check(f); v.Answer != Pass {
			return v
		}
	}
	return pass
}

// allowed: the settings are the list of servers that may be touched at all.
func allowed(f Facts) Verdict {
	if f.Policy == nil {
		return Verdict{Answer: Refuse, Reason: NotAllowed}
	}
	return pass
}

func enabled(f Facts) Verdict {
	if !f.Policy.Enabled {
		return Verdict{Answer: Refuse, Reason: Disabled}
	}
	return pass
}

// fresh: what an old alarm complained of may be long gone, and a schedule's hour passes. A redriven dead letter is how they get old.
func fresh(f Facts) Verdict {
	var limit time.Duration
	switch f.Request.Cause.Kind {
	case CauseAlarm:
		limit = f.Policy.StaleAfter
	case CauseSchedule:
		limit = f.Policy.Patience
	case CauseManual:
		return pass
	}
	// Clocks differ by minutes at most: what is dated later was not sent by a clock.
	if age := f.Now.Sub(f.Request.Cause.Time); age > limit || age < -5*time.Minute {
		return Verdict{Answer: Refuse, Reason: Stale}
	}
	return pass
}

func found(f Facts) Verdict {
	if f.Server == nil {
		return Verdict{Answer: Refuse, Reason: NotFound}
	}
	return pass
}

// rightState follows the operation's own rule, HEALTHY or UNHEALTHY (API_StartMaintenance). The states that pass by
// themselves are worth waiting for, those that do not are refused, and so is a state nobody has heard of.
func rightState(f Facts) Verdict {
	switch f.Server.Status {
	case Healthy, Unhealthy:
		return pass
	case UnderMaintenance:
		return Verdict{Answer: Join}
	case BackingUp, Modifying, Restoring, Creating, Setup, Running, ConnectionLost:
		return Verdict{Answer: Wait, Reason: WrongState}
	default: // FAILED, DELETING, TERMINATED, and what this version does not know
		return Verdict{Answer: Refuse, Reason: WrongState}
	}
}

func open(f Facts) Verdict {
	if f.Policy.Window.Contains(f.Now) {
		return pass
	}
	until, _ := f.Policy.Window.Opens(f.Now)
	return Verdict{Answer: Wait, Reason: OutsideWindow, Until: until}
}

func calendarOpen(f Facts) Verdict {
	if f.Calendar.Answer != 0 {
		return f.Calendar
	}
	return pass
}
