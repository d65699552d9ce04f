package maintenance

import "time"

// Facts is everything a decision about a run rests on. What costs a call is read when a gate asks for it: nil until then.
type Facts struct {
	Now  time.Time
	Tick time.Duration
	// Policy is nil for a server that the settings do not have.
	Policy *Policy
	// Supported is whether this version has the policy's backend.
	Supported bool
	Snapshot  Snapshot
	// MaxConcurrent is the concurrency limit; 0 is none.
	MaxConcurrent int
	// Topics are those that the settings have.
	Topics []Topic

	// Followers are the servers that follow on a success of this one, Downstream those that follow on theirs too.
	Followers, Downstream []string

	// Predecessor is what is kept of the server that this one follows.
	Predecessor *Snapshot
	Calendar    *CalendarState
	Blocking    *Blocking
	Sighting    *Sighting
	Slots       *Slots
	// BehindOthers: others that wait for a slot come first.
	BehindOthers bool
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
	NeedPredecessor Need = "predecessor"
	NeedCalendar    Need = "calendar"
	NeedBlocking    Need = "alarms that block"
	NeedSighting    Need = "sighting"
	NeedSlots       Need = "slots"
)
