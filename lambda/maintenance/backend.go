package maintenance

import (
	"context"
	"time"
)

// Backend runs maintenance on servers of one kind. Its errors are *Error. What it can do besides it says by being a Sharer, a Stopper
// or a Calendar too.
type Backend interface {
	// Describe looks at one server. Its error carries NotFound if there is none, Ambiguous if there are several.
	Describe(ctx context.Context, serverName string) (Server, error)
	// Start starts maintenance of a server as Describe returned it just before. It returns the server as last seen, also
	// with an error, and the name by which the backend knows what it started, if it gives one. WrongState, with what was seen,
	// if the server no longer was in a state to start from; StartUnconfirmed if nobody can tell whether maintenance started.
	Start(ctx context.Context, run Run, server Server, attributes []EngineAttribute) (Server, string, error)
	// Find looks for the start of a run whose attempt ended without an answer. Its error carries NotFound if there is no such
	// server and nothing was started.
	Find(ctx context.Context, run Run) (Evidence, error)
	// Follow looks how far a run has come that was started. Its error carries ServerGone or ExecutionGone if there is nothing
	// left to follow.
	Follow(ctx context.Context, run Run, look Look) (Progress, error)
}

// Look is how a Backend should look at a server: like Describe, and perhaps remembered from a look at all servers.
type Look func(ctx context.Context, serverName string) (Server, error)

// Sharer is a Backend that can look at many servers for less: what one look has read serves those after it.
type Sharer interface {
	Share() Look
}

// Stopper is a Backend that can stop what it started.
type Stopper interface {
	Stop(ctx context.Context, run Run) error
}

// Calendar is a Backend whose servers have calendars that may forbid a start.
type Calendar interface {
	// Open reports whether a server's calendars let it start now, and if not, when they next change, where that is known.
	Open(ctx context.Context, serverName string) (open bool, next time.Time, err error)
}

// Evidence is what a backend shows of a start whose answer nobody has.
type Evidence struct {
	Finding Finding
	Server  Server
	// Reference is the backend's name for what was started, if it has one.
	Reference string
	// Detail is what the backend recorded, in words.
	Detail string
}

// Finding is what evidence comes to. The zero value is that nobody can tell.
type Finding int

// The findings.
const (
	Unclear        Finding = iota
	Began                  // maintenance has started since the claim, and may have ended
	NothingStarted         // it is certain that nothing was
)

// Progress is how far a run has come.
type Progress struct {
	State ProgressState
	// Server is as last seen. Once the run is over, its MaintenanceStatus is the run's.
	Server Server
	// Detail is what the backend recorded of the run, in words.
	Detail string
	// Warning is something about the run that people should look into, though it goes on.
	Warning string
}

// ProgressState is what the backend shows of a run. The zero value is that nobody can tell yet.
type ProgressState int

// The states of progress.
const (
	Unsettled   ProgressState = iota
	UnderWay                  // it goes on, which proves that it began
	Over                      // it began and has ended
	NothingSeen               // the server has settled, and nothing shows that this run ever began
)
