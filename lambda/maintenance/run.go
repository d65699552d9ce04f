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
	RunWaiting  RunState = "waiting"  // it may not start yet, and is tried until its triggers expire
	RunStarting RunState = "starting" // claimed by one attempt, which may be under way, over or dead
	RunRunning  RunState = "running"  // the backend accepted it, and it is followed
	RunOver     RunState = "over"
)

// moves is the table of moves, and the only one. A record begins as any of the states under "".
var moves = map[RunState][]RunState{
	"":          {RunWaiting, RunStarting, RunOver},
	RunWaiting:  {RunWaiting, RunStarting, RunOver},
	RunStarting: {RunStarting, RunWaiting, RunRunning, RunOver},
	RunRunning:  {RunRunning, RunOver},
	RunOver:     {RunOver},
}

// Edition is that of the rules in this package. An item that needs later ones is left alone.
const Edition = 1

// Queue is the list that a run is due in.
type Queue string

// The queues. A run that waits for a slot stands apart, by its first trigger.
const (
	QueueDue  Queue = "due"
	QueueSlot Queue = "slot"
)

// Run is one maintenance of one server, from its first trigger to its end, or the record of a refusal, which is over from the start.
// It holds everything that following it needs, so that a change of the settings never orphans it. Its fields are stored one by one,
// under the names given here; they are only ever added to.
type Run struct {
	ID      string   `json:"id"`
	State   RunState `json:"state"`
	Version int      `json:"version"` // of the record: every move is conditional on it
	// Edition is the lowest of the rules that may move the run.
	Edition    int       `json:"edition"`
	ServerName string    `json:"server"`
	Backend    string    `json:"backend,omitempty"`
	Zone       string    `json:"zone,omitempty"` // the server's time zone, for messages
	Created    time.Time `json:"created"`

	// Triggers are what asked for it, one for each alarm or schedule; More counts those beyond, MoreTime is the latest of them.
	Triggers []Trigger `json:"triggers,omitempty"`
	More     int       `json:"more,omitempty"`
	MoreTime time.Time `json:"moreTime,omitzero"`

	// LookAt is when its state is due for a look, DueAt when anything about it is, a notification that is owed included. The zero
	// value of DueAt is never: nothing is left to do. Queue is the list it stands in until then.
	LookAt time.Time `json:"look,omitzero"`
	Queue  Queue     `json:"queue,omitempty"`
	DueAt  time.Time `json:"next,omitzero"`
	// Wait is what a waiting run waits for.
	Wait Wait `json:"wait,omitzero"`
	// Approval is what approval was asked for, and whether an operator has given it.
	Approval Approval `json:"approval,omitzero"`
	// Promised is true once something was notified that makes readers wait for an end.
	Promised bool `json:"promised,omitempty"`

	// Attempt is the latest try to start it.
	Attempt Attempt `json:"attempt,omitzero"`
	// Lease is one invocation's exclusive right to start or to publish.
	Lease Lease `json:"lease,omitzero"`
	// Slot is the number of the slot it holds, from 1; 0 is none. Node is the managed node that it holds.
	Slot int    `json:"slot,omitempty"`
	Node string `json:"node,omitempty"`

	// Reference is the backend's name for what was started. Accepted is when the backend accepted it, Began when it was first seen
	// in progress, LastUnderMaintenance when the server was last seen under maintenance.
	Reference            string    `json:"reference,omitempty"`
	Accepted             time.Time `json:"accepted,omitzero"`
	Began                time.Time `json:"began,omitzero"`
	LastUnderMaintenance time.Time `json:"lastUnder,omitzero"`
	Deadline             time.Time `json:"deadline,omitzero"`
	// Missing counts how often something that should be there was missing from an answer; Unseen is since when the run could
	// not be followed, and why.
	Missing Missing `json:"missing,omitzero"`
	Unseen  Unseen  `json:"unseen,omitzero"`
	// Stop is a request that it ends.
	Stop StopRequest `json:"stop,omitzero"`
	// Notified marks what is notified once in a run's life.
	Notified []string `json:"notified,omitempty"`

	// Outcome is how it ended, and Server the server as last seen.
	Outcome Outcome   `json:"outcome,omitempty"`
	Reason  Reason    `json:"reason,omitempty"`
	Ended   time.Time `json:"ended,omitzero"`
	Detail  string    `json:"detail,omitempty"`
	Server  Server    `json:"lastSeen,omitzero"`
	// StandsUntil is how long it is not said again, if that is longer than to its end: its record is kept beyond it.
	StandsUntil time.Time `json:"stands,omitzero"`

	// Successors are the servers that its success has yet to trigger.
	Successors []string `json:"successors,omitempty"`
	// Owed are the notifications that have not been published yet, oldest first.
	Owed []Notification `json:"owed,omitempty"`
	// Sequence numbers the notifications of a run.
	Sequence int `json:"sequence,omitempty"`
}

// Wait is what a run waits for.
type Wait struct {
	Reason Reason    `json:"reason"`
	Since  time.Time `json:"since"`
	// Until is when it is known to be out of the way, zero where that is unknown.
	Until   time.Time `json:"until,omitzero"`
	Detail  string    `json:"detail,omitempty"`
	Figures Figures   `json:"figures,omitzero"`
	// Looks counts the looks since, by which the pauses between them grow.
	Looks int `json:"looks,omitempty"`
}

// Attempt is one try to start a run: what it rested on, enough to find it again if its answer is lost.
type Attempt struct {
	ID      string    `json:"id"`
	Number  int       `json:"number"`
	Claimed time.Time `json:"claimed"`
	Ends    time.Time `json:"ends"` // from then on nothing is sent any more
	// Trigger is the one that let it start.
	Trigger Trigger `json:"trigger"`
	// Attributes are the names of the engine attributes; their values are kept nowhere.
	Attributes       []string `json:"attributes,omitempty"`
	ServerAtDecision Server   `json:"before,omitzero"`   // the server as the decision saw it
	CountedOn        string   `json:"counted,omitempty"` // the day whose limit the start counts against
	// Unconfirmed is why it is unknown whether it started.
	Unconfirmed string `json:"unconfirmed,omitempty"`
}

// Lease is one invocation's exclusive right to start or to publish, until a deadline.
type Lease struct {
	By    string    `json:"by"`
	Until time.Time `json:"until"`
}

// Live reports whether the lease binds others.
func (l Lease) Live(now time.Time) bool { return l.By != "" && now.Before(l.Until) }

// Missing is that something was not in an answer. It proves nothing until it has been missing for long enough, often enough.
type Missing struct {
	What Reason `json:"what"` // what its being gone for good would be called
	// Since, Last and Looks are those of a series of looks of which none is further from the one before than an answer lags; between
	// others it can have been there. First and All are those of every look that lacked it, since it was seen.
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
	Looks int       `json:"looks"`
	First time.Time `json:"first"`
	All   int       `json:"all"`
}

// again counts one more look that lacks the same.
func (m Missing) again(what Reason, now time.Time, tick time.Duration) Missing {
	if m.What != what {
		m = Missing{What: what, First: now}
	}
	if now.Sub(m.Last) > lagTicks*tick+serviceClockSkew {
		m.Since, m.Looks = now, 0
	}
	m.Last = now
	m.Looks++
	m.All++
	return m
}

// Unseen is since when a run could not be followed.
type Unseen struct {
	Since  time.Time `json:"since"`
	Reason Reason    `json:"reason"`
	Detail string    `json:"detail,omitempty"`
}

// StopRequest is a request to stop a run, kept until the run has ended.
type StopRequest struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty"` // the id of the request
	// Closed is why it is made, where no operator did.
	Closed Reason `json:"closed,omitempty"`
}

// Asked is when an operator asked for it; zero where nobody has.
func (s StopRequest) Asked() time.Time {
	if s.closed() != "" {
		return time.Time{}
	}
	return s.At
}

// Open reports whether the run is not over.
func (r Run) Open() bool { return r.State != RunOver }

// Holds reports whether the run holds its server against another start.
func (r Run) Holds() bool { return r.State == RunStarting || r.State == RunRunning }

// Trigger is the one that messages name: that which let the run start, else the latest.
func (r Run) Trigger() Trigger {
	switch {
	case r.Attempt.ID != "":
		return r.Attempt.Trigger
	case len(r.Triggers) > 0:
		return r.Triggers[len(r.Triggers)-1]
	default:
		return Trigger{}
	}
}

// to is the run in its next state. A move that is not in the table is a mistake of this program.
func (r Run) to(next RunState) Run {
	if !slices.Contains(moves[r.State], next) {
		panic(fmt.Sprintf("run %s: no move from %q to %q", r.ID, r.State, next))
	}
	r.State = next
	return r
}

// unmarkNotified lets what has such a mark be notified again.
func (r *Run) unmarkNotified(such func(mark string) bool) {
	r.Notified = slices.DeleteFunc(slices.Clone(r.Notified), such)
}

// untold is how a mark begins of what readers have to be told again, and nobody else.
const untold = "again "

// tellAgain lets readers be told again what has such a mark.
func tellAgain(r *Run, such func(mark string) bool) {
	r.Notified = slices.Clone(r.Notified)
	for i, mark := range r.Notified {
		if such(mark) {
			r.Notified[i] = untold + mark
		}
	}
}

// tellOnce owes what is notified once in a run's life. It reports whether that is the first time.
func tellOnce(r *Run, once string, n Notification, topics []Topic) (first bool) {
	if !r.markNotified(once) {
		return false
	}
	if first = !slices.Contains(r.Notified, untold+once); !first {
		topics = slices.DeleteFunc(slices.Clone(topics), func(t Topic) bool { return t != TopicText })
		r.unmarkNotified(func(mark string) bool { return mark == untold+once })
	}
	r.owe(n, topics)
	return first
}

// owesText reports whether readers have not been told yet what a run has come to.
func owesText(run Run, outcome Outcome, reason Reason) bool {
	return slices.ContainsFunc(run.Owed, func(n Notification) bool {
		return n.Outcome == outcome && n.Reason == reason &&
			slices.ContainsFunc(n.Topics, func(d Delivery) bool { return d.Topic == TopicText })
	})
}

// markNotified marks what is notified once; false if it has been already.
func (r *Run) markNotified(what string) bool {
	if slices.Contains(r.Notified, what) {
		return false
	}
	r.Notified = append(slices.Clone(r.Notified), what)
	return true
}
