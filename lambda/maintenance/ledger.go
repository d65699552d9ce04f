package maintenance

import (
	"context"
	"time"
)

// Ledger keeps the runs, one lease per server, and what people have been told. Its errors are *Error; LedgerUnavailable means that
// nothing is known to have changed, and that whoever asked must not go on as if it had.
type Ledger interface {
	// Claim moves a run to starting, all or nothing: the cause is new (or the run's own), the server has no lease, its cooldown
	// and daily limit allow it, a slot of the fleet is free. The first condition that fails, in that order, is the error's
	// reason: Duplicate, Leased, CoolingDown, DailyLimit, FleetBusy. A claim of the same attempt whose answer was lost is
	// recognised as made.
	Claim(ctx context.Context, run Run, limits Limits) (Run, error)
	// Record writes a new run that waits or is closed already, with its cause: Duplicate if the cause is known.
	Record(ctx context.Context, run Run) (Run, error)
	// Save writes a move that concerns the run alone: Moved if somebody else moved it first.
	Save(ctx context.Context, run Run) (Run, error)
	// Free writes a move after which the run holds its server no more: back to waiting, or closed. It frees lease and slot,
	// keeps the end of a run that began for the cooldown, and gives a start that did not happen back to the day.
	Free(ctx context.Context, run Run) (Run, error)
	// Open lists the runs that are not closed, oldest first. With an error it gives those it could read.
	Open(ctx context.Context) ([]Run, error)
	// Find reads one run: NotFound if there is none.
	Find(ctx context.Context, id string) (Run, error)
	// History lists the latest runs of a server, newest first.
	History(ctx context.Context, serverName string, most int) ([]Run, error)
	// Servers reads what is kept of servers, by name. One that nothing is known of is there with its zero record.
	Servers(ctx context.Context, names []string) (map[string]ServerRecord, error)
	// Notice remembers that a server is watched since, if nothing is known of it yet.
	Notice(ctx context.Context, serverName string, since time.Time) error
	// MissedTold remembers when people were last told that a server misses its maintenance.
	MissedTold(ctx context.Context, serverName string, at time.Time) error
	// FirstTo claims the telling of something that is told once: false if it has been told, or is being told until the time
	// given. Told makes it final.
	FirstTo(ctx context.Context, tell string, now, until time.Time) (bool, error)
	Told(ctx context.Context, tell string, now time.Time) error
}

// Limits are what a claim is held to; zero is no limit.
type Limits struct {
	Cooldown      time.Duration
	DailyLimit    int
	MaxConcurrent int
	Now           time.Time
}

// ServerRecord is what the ledger keeps of a server beside its runs.
type ServerRecord struct {
	Lease       string    // the id of the run that holds the server
	LastEnd     time.Time // of a run that began
	LastSuccess time.Time
	WatchedFrom time.Time
	MissedTold  time.Time
	StartsToday int
}
