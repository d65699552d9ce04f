package maintenance

import (
	"context"
	"math"
	"slices"
	"time"
)

// Ledger keeps runs, servers, keys, slots and nodes. Its errors are *Error. ReasonLedgerUnavailable means that it is unknown whether
// anything changed, so that the caller must not act as if it had.
type Ledger interface {
	// Read reads consistently what is kept of a server and of the fleet, and the server's open run; of the fleet alone for no name.
	Read(ctx context.Context, serverName string) (Snapshot, error)
	// Run reads one run consistently: ReasonUnknownRun if there is none.
	Run(ctx context.Context, id string) (Run, error)
	// Slots reads consistently who holds the slots 1 to most; empty is free.
	Slots(ctx context.Context, most int) ([]string, error)
	// Node reads consistently which run holds a managed node; empty is none.
	Node(ctx context.Context, node string) (string, error)

	// Commit carries out a change, all or nothing, and gives the run as it is now. The first condition that fails, in the order of
	// Change's fields, is the error's reason. A change whose answer was lost is looked up before it is reported as failed.
	Commit(ctx context.Context, change Change) (Run, error)
	// Take moves the next look of a run that an index showed, on condition that it is as shown, and gives the run as it is now:
	// ReasonMoved if another invocation has moved it.
	Take(ctx context.Context, due Due, next time.Time) (Run, error)

	// Due lists the runs of a queue whose next look is not after the time given, oldest first, at most so many; 0 is all. An index
	// lags behind: each has to be taken before anything rests on it.
	Due(ctx context.Context, queue Queue, until time.Time, most int) ([]Due, error)
	// ByReference finds the id of the run that has a backend's reference, empty if an index shows none.
	ByReference(ctx context.Context, reference string) (string, error)
	// History lists the latest runs and refusals of a server, newest first.
	History(ctx context.Context, serverName string, most int) ([]Run, error)
	// Servers reads consistently what is kept of servers, by name. One that nothing is known of is there with its zero record.
	Servers(ctx context.Context, names []string) (map[string]ServerRecord, error)

	// Count adds one to a counter of a day and gives its value.
	Count(ctx context.Context, what string, now time.Time) (int, error)
	// Watch remembers since when a server is watched, if nothing is known of that yet.
	Watch(ctx context.Context, serverName string, since time.Time) error
	// Limit remembers the concurrency limit by which all runs that run hold a slot, and since when it has been tried for; 0 is none:
	// ReasonMoved if it was not as given.
	Limit(ctx context.Context, was, is FleetRecord) error
}

// Change is one conditional write: a run as it shall be, and what changes with it. The order of the fields is that in which a failed
// condition becomes the reason.
type Change struct {
	// Key must be new, or so old that it counts as new: ReasonDuplicate, with what came of it. Empty is none.
	Key     string
	Decided Decided
	// From is the run as it was read: ReasonMoved if it is not at that version any more. Its zero value is a run that is new.
	// To with no ID stands for the key alone.
	From Run
	To   Run
	// Hold, if set, is how a hold changes: ReasonMoved if it was not as given.
	Hold *HoldChange
	// Open: the server has no open run, and gets this one: ReasonOpenRun with its Holder.
	Open bool
	// Claim, if set: the server has no hold (ReasonHeld), its cooldown and its daily limit allow it (ReasonCoolingDown,
	// ReasonDailyLimit), the server before it is as it was read (ReasonMoved), the slot To.Slot and the node To.Node are free, or already
	// its own (ReasonSlotTaken, also where another transaction is at work on it; ReasonNodeTaken with its Holder).
	Claim *Claim
	// Free: the server (if To is over), the slot and the node of From are given back; an end is kept for cooldown and history, a start
	// that did not happen is given back to its day.
	Free bool
	Now  time.Time
}

// HoldChange is a hold on a server or, without a name, on the fleet, as it was and as it shall be; its zero value is none.
type HoldChange struct {
	ServerName string
	Was, Is    Hold
}

// Claim is what a claim is held to; zero is no limit. A claim with a DailyLimit counts to its day.
type Claim struct {
	Cooldown   time.Duration
	DailyLimit int
	// IgnoreHold: an operator overrides the hold, or what is claimed runs already.
	IgnoreHold bool
	// Before is the server that goes before, BeforeChanges what its record counted when it was read; empty is none. So no claim is
	// beside that of a run that was claimed since.
	Before        string
	BeforeChanges int
	// SlotOnly: the run is in progress and takes a slot alone; its server is not claimed.
	SlotOnly bool
}

// CountOnly is a daily limit that refuses nothing.
const CountOnly = math.MaxInt

// Decided is what came of a trigger, kept with its key.
type Decided struct {
	Outcome       Outcome `json:"outcome"`
	Reason        Reason  `json:"reason,omitempty"`
	RunID         string  `json:"runId"`
	RequestDigest string  `json:"wishes,omitempty"`
}

// Due is a run as an index shows it, which may be as it was minutes ago.
type Due struct {
	RunID   string
	Version int
	Edition int
	DueAt   time.Time
	LookAt  time.Time
	State   RunState
	Backend string
}

// Snapshot is what a decision about a server rests on.
type Snapshot struct {
	Server ServerRecord
	// Open is the server's open run; its zero value if it has none.
	Open  Run
	Fleet FleetRecord
}

// ServerRecord is what the ledger keeps of a server beside its runs.
type ServerRecord struct {
	OpenRun string // the id of the run that is open
	// Ends are the last ten that began, newest first.
	Ends        []End
	LastSuccess time.Time
	// Day is the UTC day for which Starts counts the starts by alarms.
	Day         string
	Starts      int
	Hold        Hold
	WatchedFrom time.Time
	// Changes counts how often its open run was opened, claimed or ended.
	Changes int
}

// End is the end of one run, in short.
type End struct {
	RunID   string    `json:"runId"`
	Outcome Outcome   `json:"outcome"`
	Reason  Reason    `json:"reason,omitempty"`
	At      time.Time `json:"at"`
}

// Hold is an operator's brake on a server or the fleet.
type Hold struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	// Since is when it began, RunID the record that owes its notifications.
	Since time.Time `json:"since,omitzero"`
	RunID string    `json:"runId,omitempty"`
}

// Live reports whether the hold binds.
func (h Hold) Live(now time.Time) bool { return now.Before(h.Until) }

// FleetRecord is what the ledger keeps of the fleet.
type FleetRecord struct {
	Hold Hold
	// Limit is the concurrency limit by which all runs that run hold a slot; 0 is none. Wanted is that which a sweep is giving slots
	// for, WantedSince since when; Unlimited where runs have been claimed without a limit.
	Limit       int
	Wanted      int
	WantedSince time.Time
}

// Unlimited is the Wanted of a fleet without a concurrency limit. Zero is that of a fleet that has claimed nothing yet.
const Unlimited = -1

// StartsOn is how many starts by alarms count on a day.
func (s ServerRecord) StartsOn(day string) int {
	if s.Day != day {
		return 0
	}
	return s.Starts
}

// LastEnd is when the latest run that began ended; zero if none did.
func (s ServerRecord) LastEnd() time.Time {
	if len(s.Ends) == 0 {
		return time.Time{}
	}
	return s.Ends[0].At
}

// sawEnd reports whether the end of a run's own execution has been seen, so that a list that shows it going on is behind.
func (s ServerRecord) sawEnd(runID string) bool {
	return runID != "" && slices.ContainsFunc(s.Ends, func(e End) bool {
		return e.RunID == runID && e.Reason != ReasonClosedByHand && e.Reason != ReasonExecutionGone
	})
}

// MaxEnds is how many ends a server's record keeps.
const MaxEnds = 10

// Refuses says why a claim of a run may not be granted, as far as the server's record tells; nil if it may.
func (s ServerRecord) Refuses(c Claim, runID string, now time.Time) *Error {
	switch day := now.UTC().Format(time.DateOnly); {
	case s.OpenRun != "" && s.OpenRun != runID:
		return &Error{Reason: ReasonOpenRun, Holder: s.OpenRun}
	case s.Hold.Live(now) && !c.IgnoreHold:
		return &Error{Reason: ReasonHeld, Until: s.Hold.Until}
	case c.Cooldown > 0 && now.Before(s.LastEnd().Add(c.Cooldown)):
		return &Error{Reason: ReasonCoolingDown, Until: s.LastEnd().Add(c.Cooldown)}
	case c.DailyLimit > 0 && s.StartsOn(day) >= c.DailyLimit:
		return &Error{Reason: ReasonDailyLimit, Until: now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)}
	default:
		return nil
	}
}
