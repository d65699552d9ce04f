package maintenance

import (
	"context"
	"time"
)

// Backend runs maintenance on servers of one kind. It reports what it saw, raw; what that proves is concluded in one place, conclude.go.
type Backend interface {
	// Look reads a server and the maintenance in progress there, no matter who started it.
	Look(ctx context.Context, serverName string) Sighting
	// Follow reads what is to be seen of a run that was claimed: by its reference or, without one, by what began since the claim.
	Follow(ctx context.Context, run Run) Sighting
	// Start starts maintenance of a server as Look just showed it, once.
	Start(ctx context.Context, run Run, server Server, attributes []EngineAttribute) Answer
	// Stop asks for a running run to be stopped: ReasonNotRunning if there is nothing to stop. Stops says whether the backend can at all.
	Stop(ctx context.Context, run Run) error
	Stops() bool
	// Calendar reads the calendars that may forbid a server's start. Without any it is open.
	Calendar(ctx context.Context, serverName string) CalendarState
	// Shared is the same backend for the looks of one sweep: what one has read serves those right after it.
	Shared() Backend
}

// The parameters that give a runbook the managed node it runs on, and the id of the run it is started for.
const (
	ParameterNode  = "InstanceId"
	ParameterRunID = "RunId"
)

// Sighting is what one look showed: what was read, and what could not be read.
type Sighting struct {
	// At is when the look began: what was read is as of then, or as of up to five minutes before.
	At time.Time
	// Server is as read. ServerErr is why it was not: ReasonNotFound if it was missing from the answer, ReasonAmbiguous if there are
	// several, else why the reading failed.
	Server    Server
	ServerErr error
	// Executions are the executions of runbooks that the look was about: on Look those that go on, on the server's node; on Follow
	// that with the run's reference, else all that may be the run's. ExecutionsErr says that some could not be read, so that the
	// list proves nothing by what it lacks: ReasonNotFound if the one asked for by its reference was missing.
	Executions    []Execution
	ExecutionsErr error
	// Events are what the service recorded of the server since the claim, newest first, where the backend has such.
	Events    []Event
	EventsErr error
	// Warning is something that an operator should look into, though the run continues.
	Warning string
}

// Execution is one execution of a runbook.
type Execution struct {
	ID string
	// RunID is the run that the execution was started for, if its runbook takes one; TakesRunID says whether it does.
	RunID      string
	TakesRunID bool
	Node       string
	Started    time.Time
	Ended      time.Time
	State      ExecutionState
	// Began is true if a step of it has begun, Stopping while it is being stopped.
	Began, Stopping bool
	// Step is the one that goes on, or that failed, or was the last; Detail what the service recorded, in words.
	Step   string
	Detail string
}

// ExecutionState is how far an execution has come. The zero value is one that this version does not know: it counts as in progress.
type ExecutionState int

// The states of an execution.
const (
	ExecutionUnknown ExecutionState = iota
	ExecutionPending
	ExecutionRunning
	ExecutionSucceeded
	ExecutionFailed
	ExecutionCancelled
)

// Over reports whether the execution has ended.
func (s ExecutionState) Over() bool {
	return s == ExecutionSucceeded || s == ExecutionFailed || s == ExecutionCancelled
}

// Event is one entry of what a service recorded of a server.
type Event struct {
	At      time.Time
	Message string
	// Maintenance is true if the event proves that maintenance was in progress; Succeeded if it says that it succeeded.
	Maintenance bool
	Succeeded   bool
}

// Answer is what an attempt to start came to.
type Answer struct {
	// Err is nil if the backend accepted it. ReasonStartUnconfirmed says that it is unknown; every other reason that nothing
	// was started.
	Err error
	// Reference is the backend's name for what it started, if it gives one.
	Reference string
	// Server is as the answer, or a look after it, showed it.
	Server Server
	// Record is the server in the answer as JSON, all fields by the API's names, without the values of its engine attributes.
	Record string
}

// CalendarState is what a server's calendars say.
type CalendarState struct {
	// Closed is true also where they could not be read: then Err says why.
	Closed bool
	// Next is when they next change, where that is known.
	Next time.Time
	Err  error
}
