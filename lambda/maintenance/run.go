package maintenance

import (
	"fmt"
	"slices"
	"time"
)

// RunState is how far a run has come.
type RunState string

// The states of a run.
const (
	RunWaiting  RunState = "waiting"  // it may not start yet and is tried until its patience ends
	RunStarting RunState = "starting" // claimed by one attempt, which may be under way, over or dead
	RunRunning  RunState = "running"  // maintenance has started and is followed
	RunClosing  RunState = "closing"  // the end is known and being told by one finisher
	RunClosed   RunState = "closed"
)

// moves is the table of moves, and the only one. A run begins as a record of any of the states under "".
var moves = map[RunState][]RunState{
	"":          {RunWaiting, RunStarting, RunClosed},
	RunWaiting:  {RunWaiting, RunStarting, RunClosed},
	RunStarting: {RunStarting, RunWaiting, RunRunning, RunClosed},
	RunRunning:  {RunRunning, RunClosing, RunClosed},
	RunClosing:  {RunClosing, RunClosed},
}

// Run is one maintenance of one server for one cause, from its first record to its close. It holds everything that following
// it needs, so that a change of the settings never orphans it. It is stored as it is: the names of its fields are the record's.
type Run struct {
	ID         string
	State      RunState
	Version    int // of the record: every move is conditional on it
	ServerName string
	Backend    string
	Cause      Cause
	Key        string
	// Attributes are the names of the engine attributes; their values are nowhere kept, so a run that has some can only be
	// started by whoever brings them.
	Attributes []string
	Overrides  []string
	Zone       string        // the server's time zone, for messages
	Allowance  time.Duration // from start to deadline
	Created    time.Time

	// Reason and Until are what a waiting run waits for, and why a closed run that did not begin was closed.
	Reason       Reason
	Until        time.Time
	PatienceEnds time.Time

	Attempt     string // the attempt that holds a starting run
	AttemptEnds time.Time
	Claimed     time.Time
	Slot        bool   // the run holds a slot of the fleet
	Counted     string // the day whose limit the start counts against
	Before      Status // the state the decision rested on
	Node        string // of the server it rested on, and Runbook: enough to find a start again whose answer was lost
	Runbook     string

	// Accepted is true once the backend said yes, Began once there is proof that maintenance went on.
	Accepted  bool
	Reference string // the backend's name for what it started
	Began     bool
	Started   time.Time
	Deadline  time.Time

	// What people have been told, besides start and end, which the states themselves record.
	WaitingTold     bool
	OverdueTold     bool
	UnconfirmedTold bool

	// Outcome is how a closing or closed run ended.
	Outcome           Outcome
	Ended             time.Time
	Status            Status
	MaintenanceStatus MaintenanceStatus
	Detail            string
}

// Open reports whether anything is left to do for the run.
func (r Run) Open() bool { return r.State != RunClosed }

// Held reports whether an attempt holds the run: nobody else touches it until that is over.
func (r Run) Held(now time.Time) bool {
	return (r.State == RunStarting || r.State == RunClosing) && now.Before(r.AttemptEnds)
}

// to is the run in its next state. A move that is not in the table is a mistake of this program.
func (r Run) to(next RunState) Run {
	if !slices.Contains(moves[r.State], next) {
		panic(fmt.Sprintf("run %s: no move from %q to %q", r.ID, r.State, next))
	}
	r.State = next
	return r
}

// request is the wish behind a run, as far as it is recorded.
func (r Run) request() Request {
	request := Request{ServerName: r.ServerName, Cause: r.Cause, Overrides: r.Overrides}
	for _, name := range r.Attributes {
		request.EngineAttributes = append(request.EngineAttributes, EngineAttribute{Name: name})
	}
	return request
}
