package maintenance

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"
)

// Runner takes triggers to the ends of their runs. It holds nothing between two calls: everything it knows is in the ledger.
type Runner struct {
	// Policy finds what is allowed for a server; false if nothing is.
	Policy   func(serverName string) (Policy, bool)
	Backends map[string]Backend
	Ledger   Ledger
	Notifier Notifier
	// Alarms are asked for servers with BlockedBy alone.
	Alarms Alarms
	// MaxConcurrent is how many runs may hold a server at the same time; 0 is any number.
	MaxConcurrent int
	// Expected are the servers that must have a successful run at least so often.
	Expected map[string]time.Duration
	// Followers are, by a server's name, those that follow on its success. There are no circles.
	Followers map[string][]string
	// Tick is the period of the sweep; 0 is a minute. Pauses and what answers may lag are counted in it.
	Tick time.Duration
	// Now is the clock, NewID makes a name that is used once: of a run, or of an attempt, of a server.
	Now   func() time.Time
	NewID func(serverName string, at time.Time) string
}

// NewID makes the name of a run or an attempt: the server, the second, and 50 random bits, so that runs of a server sort by time and
// no two deliveries of one event ever share a name.
func NewID(serverName string, at time.Time) string {
	return fmt.Sprintf("%s-%s-%s", serverName, at.UTC().Format("20060102T150405"), rand.Text()[:10])
}

// Operator is a request of an operator about one run: by its id or, from the keyboard, by its server's name.
type Operator struct {
	ServerName string
	RunID      string
	// Trigger is who asked and when, By what they call themselves.
	Trigger Trigger
	By      string
	// Approves is true where the request is to let a run start, not to end it.
	Approves bool
}

// Refusal is an event that comes to no request.
type Refusal struct {
	Reason     Reason
	ServerName string
	Trigger    Trigger
	Detail     string
	Figures    Figures
	// Source says what sent it, where no server is known: its source, detail-type, and alarm or rule.
	Source string
	// Key is the event's deduplication key; empty where it has none.
	Key string
	// Until is when it may go otherwise, RunID the run that matters, Server what was seen.
	Until         time.Time
	RunID         string
	Server        Server
	requestDigest string
	// backend and zone are the server's by its policy.
	backend, zone string
}

// SweepResult is what a sweep came to.
type SweepResult struct {
	Reports []Report
	// Open counts the runs that are open, by state; nil if they were not counted.
	Open map[RunState]int
	// Overdue is how long the oldest due item has been due.
	Overdue time.Duration
	// Left is how many due items there was no time for.
	Left int
	Publishing
	// Err is why the sweep could not see what is due.
	Err error
}

// Plan is what would happen if maintenance of a server were asked for now, by each kind of trigger.
type Plan struct {
	ServerName string
	Server     Server
	Answers    []PlanAnswer
	// Run is the server's open run; its zero value if it has none.
	Run Run
	Err error
}

// PlanAnswer is what would happen for one kind of trigger.
type PlanAnswer struct {
	Trigger TriggerKind
	Outcome Outcome
	Reason  Reason
	Until   time.Time
	Expires time.Time
	// RunID is the run that matters: which it would join, or which is in the way.
	RunID   string
	Detail  string
	Figures Figures
}

// Fleet is the fleet as the ledger has it.
type Fleet struct {
	// Runs are the open ones, oldest first.
	Runs    []Run
	Servers map[string]ServerRecord
	Fleet   FleetRecord
	// Slots are who holds them, where there is a limit.
	Slots []string
	Err   error
}

// LaneOf names the share of an invocation's parallel work that a context belongs to, so that a simulation can tell equal calls apart.
func LaneOf(ctx context.Context) string { lane, _ := ctx.Value(laneKey{}).(string); return lane }

type laneKey struct{}
