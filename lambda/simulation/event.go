package simulation

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// Event is what wakes the function.
type Event struct {
	// Verb is alarm, schedule, ok, start, stop, close, approve, hold, release, status, plan, history, sweep, finished or unreadable.
	Verb      string
	Servers   []string
	Trigger   maintenance.Trigger
	RunID     string
	Reference string
	Until     time.Time // of a hold
	Way       string    // of ways, by which an alarm comes; empty: the first
	// Async events come again where the function failed. An operator waits for the answer instead.
	Async bool
}

func (e Event) String() string {
	return strings.TrimSpace(e.Verb + " " + strings.Join(e.Servers, ",") + " " + e.Trigger.Name + " " + e.RunID + e.Reference + " " + e.Way)
}

// ways are those by which an alarm's change of state comes: a rule of EventBridge, its action on the function, a topic. At the shallow
// depth they differ in what they say alone.
var ways = []string{"rule", "action", "sns"}

// way is that of an alarm that aims, by the event's name.
func (w *world) way(id string) string { return oneOf(roll(w.story.Seed, named("way", id)), ways...) }

// alarm sends an alarm of what aims, of now.
func (w *world) alarm(id, server, name string) {
	w.invoke(id, Event{Verb: "alarm", Servers: []string{server}, Async: true, Way: w.way(id),
		Trigger: maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: name, ID: name, Time: w.now().UTC()}})
}

// requests are the requests of an event that wants something started.
func (e Event) requests() []maintenance.Request {
	switch e.Verb {
	case "alarm", "schedule", "start":
	default:
		return nil
	}
	var out []maintenance.Request
	for _, name := range e.Servers {
		out = append(out, maintenance.Request{ServerName: name, Trigger: e.Trigger, RunID: e.RunID})
	}
	return out
}

// hold is the request of an event that holds or releases.
func (e Event) hold() maintenance.HoldRequest {
	q := maintenance.HoldRequest{Until: e.Until, By: e.Trigger.ID, Trigger: e.Trigger}
	if len(e.Servers) > 0 {
		q.ServerName = e.Servers[0]
	}
	return q
}

// target is the code under test.
type target interface {
	handle(ctx context.Context, w *world, f *flight) ([]maintenance.Report, error)
}

// errRetry is an event that only another delivery can help.
var errRetry = errors.New("it has to come again")

// runner drives the domain's Runner, as the function's handler does.
type runner struct{}

func (runner) handle(ctx context.Context, w *world, f *flight) ([]maintenance.Report, error) {
	r := &maintenance.Runner{
		Policy: f.box.settings.policy, Backends: w.plant.backends(), Ledger: w.ledger, Notifier: notifier{w.topics, f.box.settings.topics},
		Alarms:        watchedAlarms{w.alarms, w},
		MaxConcurrent: f.box.settings.limit, Followers: f.box.settings.followers(), Expected: f.box.settings.expected(),
		Now: f.box.now, NewID: f.newID(&sync.Mutex{}),
	}
	e := f.event
	var reports []maintenance.Report
	operator := maintenance.Operator{RunID: e.RunID, Trigger: e.Trigger}
	if len(e.Servers) > 0 {
		operator.ServerName = e.Servers[0]
	}
	switch e.Verb {
	case "alarm", "schedule", "start":
		reports = r.Ask(ctx, e.requests())
	case "ok":
		reports = r.Clear(ctx, e.Servers, e.Trigger)
	case "unreadable":
		reports = []maintenance.Report{r.Refuse(ctx, maintenance.Refusal{Reason: maintenance.ReasonInvalidEvent, Source: e.Reference})}
	case "sweep":
		reports = r.Sweep(ctx).Reports
	case "finished":
		_, _, _ = r.Finished(ctx, e.Reference) // the sweep follows it too
	case "stop":
		reports = []maintenance.Report{r.Stop(ctx, operator)}
	case "close":
		reports = []maintenance.Report{r.Close(ctx, operator)}
	case "approve":
		reports = []maintenance.Report{r.Approve(ctx, operator)}
	case "hold":
		reports = []maintenance.Report{r.Hold(ctx, e.hold()).Report}
	case "release":
		reports = []maintenance.Report{r.Release(ctx, e.hold()).Report}
	case "status":
		r.Status(ctx, slices.Sorted(maps.Keys(f.box.settings.servers)))
	case "plan":
		r.Plan(ctx, operator.ServerName)
	case "history":
		_, _ = r.History(ctx, operator.ServerName, 20)
	}
	for _, report := range reports {
		if report.Retry {
			return reports, errRetry
		}
	}
	return reports, nil
}
