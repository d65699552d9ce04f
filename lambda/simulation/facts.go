package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// facts are what one invocation has seen.
type facts struct {
	looked map[string]time.Time  // servers, when they were last looked at
	asked  map[string]time.Time  // servers, when that look began
	alarms map[string]readAlarms // by prefix; under driver.mu
	read   map[inLane]time.Time  // servers, when their record and the fleet's were last read in a share of its work
	knows  map[inLane]bool       // attempts whose answer to Start came, there
	seen   map[string]seeing     // runs that it followed; under driver.mu
}

// seeing is what a flight saw of a run that it followed, and what it did: pending, that it had not begun; decided, that it has written what
// it made of that.
type seeing struct{ pending, decided, stops, asked bool }

// inLane is a server or an attempt in one share of an invocation's parallel work: what others have learned, that does not know.
type inLane struct{ lane, name string }

func newFacts() facts {
	return facts{looked: map[string]time.Time{}, asked: map[string]time.Time{}, read: map[inLane]time.Time{},
		alarms: map[string]readAlarms{}, knows: map[inLane]bool{}, seen: map[string]seeing{}}
}

// truth is what the invariants know and the code under test does not.
type truth struct {
	byRun    map[string][]*job
	byKey    map[string]*job      // by a trigger's key: what it started
	attempts map[string]time.Time // servers, when a start was last sent
	ends     map[string]time.Time // servers, when their latest run that began ended
	holds    map[string]span      // servers, and the fleet by the empty name: since when, until when
	heldEver map[string][]span    // all their holds there ever were
	released map[string]time.Time // when their hold was released last
	approved map[string]maintenance.Work
	stops    map[string]bool     // runs that somebody has asked a backend to stop; under driver.mu
	braked   map[string]bool     // flights that have changed a hold
	follow   map[string]followUp // runs that succeeded: who has to follow
	keyed    map[string]int      // how often each trigger's key was written
	requests map[string]*request
	order    []string                   // asked, by their first delivery
	arrived  map[string]time.Time       // by a trigger's key: when it came first
	onlyNew  map[string]bool            // by a trigger's key: each delivery says that the alarm has just been made
	stuck    map[string]string          // servers: what hindered them twenty minutes before the end, empty if nothing did
	lacked   map[maintenance.Topic]bool // topics that the settings did not have at some time
	clicks   int
}

// request is one trigger for one server, as the world knows it.
type request struct {
	server  string
	trigger maintenance.Trigger
	// taken: an invocation ended well that had it.
	taken bool
	by    string
	ways  []string // by which it was taken, each once
}

// is reports whether it is for the same trigger of the same server: an alarm's or a schedule's is told by when it was, to the millisecond.
func (q *request) is(r maintenance.Request) bool {
	a, b := q.trigger, r.Trigger
	same := q.server == r.ServerName && a.Kind == b.Kind && a.ID == b.ID
	return same && (a.Kind == maintenance.TriggerManual || a.Time.UnixMilli() == b.Time.UnixMilli())
}

func newTruth() truth {
	return truth{byRun: map[string][]*job{}, byKey: map[string]*job{}, attempts: map[string]time.Time{},
		ends: map[string]time.Time{}, holds: map[string]span{}, heldEver: map[string][]span{},
		released: map[string]time.Time{}, approved: map[string]maintenance.Work{},
		stops: map[string]bool{}, braked: map[string]bool{}, follow: map[string]followUp{}, keyed: map[string]int{},
		requests: map[string]*request{},
		arrived:  map[string]time.Time{}, onlyNew: map[string]bool{}, stuck: map[string]string{},
		lacked: map[maintenance.Topic]bool{}}
}

// Violation is an invariant that was broken.
type Violation struct {
	Kind, Text string
	At         time.Duration
}

func (v Violation) String() string {
	return fmt.Sprintf("%s at %s: %s", v.Kind, v.At.Round(time.Millisecond), v.Text)
}

// must states an invariant whose left side is true.
func (w *world) must(kind string, holds bool, format string, args ...any) {
	w.active[kind]++
	if holds {
		return
	}
	v := Violation{kind, fmt.Sprintf(format, args...), w.since()}
	w.broke = append(w.broke, v)
	if w.trace != nil {
		w.trace("BROKEN", v.Kind, v.Text)
	}
}

// mine are the jobs that are a run's, or that nobody can tell from its own: where the answer to Start is not recorded and the service does
// not say whose a job is, others' of about that time.
func (w *world) mine(run maintenance.Run) []*job {
	out := slices.Clone(w.byRun[run.ID])
	server := w.plant.server(run.ServerName)
	recorded := !run.Accepted.IsZero() && !run.Accepted.Equal(run.Attempt.Claimed) // who adopts, takes the claim for the answer
	if server.Own || recorded && len(out) > 0 {
		return out
	}
	for _, j := range w.plant.jobs {
		same := j.server == server.Name || server.Node != "" && j.node == server.Node
		since := j.created
		if server.Backend == "opsworks-cm" {
			since = j.ends // its state says only that it is under maintenance
		}
		late := server.Backend == "ssm" && since.After(run.Attempt.Ends.Add(longestLate+15*time.Second))
		if same && !late && !j.ours() && !since.Before(run.Attempt.Claimed.Add(-4*time.Second)) {
			out = append(out, j)
		}
	}
	return out
}

// maintainedLately: what others begin now, the service could not tell from a maintenance of ours.
func (w *world) maintainedLately(server string) bool {
	if h := w.ledger.runs[w.ledger.servers[server].OpenRun]; h != nil && h.last().Holds() {
		return true
	}
	long := w.now().Add(-20 * time.Minute)
	if at, ok := w.attempts[server]; ok && at.After(long) {
		return true
	}
	return slices.ContainsFunc(w.plant.jobs, func(j *job) bool { return j.server == server && j.ours() && j.ends.After(long) })
}

// describe is a run's state in a line of a story's trace.
func describe(r maintenance.Run) string {
	text := string(r.State)
	if r.State == maintenance.RunWaiting {
		text += " for " + string(r.Wait.Reason)
	}
	if r.State == maintenance.RunOver {
		text += " as " + strings.TrimSpace(string(r.Outcome)+" "+string(r.Reason))
	}
	if r.Slot != 0 {
		text += fmt.Sprintf(" slot %d", r.Slot)
	}
	if r.Lease.By != "" {
		text += " leased"
	}
	if !r.Stop.At.IsZero() {
		text += " to be stopped"
	}
	if r.Reference != "" {
		text += " as " + r.Reference
	}
	text += fmt.Sprintf(" for %d triggers, owes", len(r.Triggers))
	for _, n := range r.Owed {
		text += " " + string(n.Outcome)
		for _, d := range n.Topics {
			text += "/" + string(d.Topic)
		}
	}
	return text
}
