package maintenance

import "time"

// Policy is what the owner of a server allows.
type Policy struct {
	Backend string
	Enabled bool
	Window  Window
	// StaleAfter is the age at which an alarm that arrives starts nothing any more.
	StaleAfter time.Duration
	// ExpiresAfter is how long a trigger waits; 0 is the default: the end of the window it came in, else of the next that opens,
	// and defaultExpiry without a window.
	ExpiresAfter time.Duration
	// Cooldown and DailyLimit hold alarms back, Deadline is after how long a run becomes overdue.
	Cooldown   time.Duration
	DailyLimit int
	Deadline   time.Duration
	// Calendars: the server has calendars, which are asked before it is looked at.
	Calendars bool
	// KeepWhenCleared lets a run wait on whose alarm has returned to OK.
	KeepWhenCleared bool
	// Approval are the kinds of triggers that an operator has to approve, and Work what is approved.
	Approval []TriggerKind
	Work     Work
	// After is the server that this one follows; empty is none.
	After string
	// BlockedBy are the alarms that keep it from being started.
	BlockedBy Blockers
}

// zone is the server's time zone, for messages; empty is UTC.
func (p Policy) zone() string {
	if p.Window.Location == nil {
		return ""
	}
	return p.Window.Location.String()
}

// defaultExpiry is how long a trigger waits for a server without a window.
const defaultExpiry = 6 * time.Hour

// Expires is when a trigger gives up waiting: a schedule's at the end of the window it fires in, else of the
// next; another's at the end of the next window that opens, or of that which is open.
func (p Policy) Expires(t Trigger) time.Time {
	if p.ExpiresAfter > 0 {
		return t.Time.Add(p.ExpiresAfter)
	}
	if p.Window.Hours == nil {
		return t.Time.Add(defaultExpiry)
	}
	from := t.Time
	if !p.Window.Contains(from) {
		opens, ok := p.Window.Opens(from)
		if !ok {
			return t.Time.Add(defaultExpiry)
		}
		from = opens
	}
	return p.Window.Closes(from)
}
