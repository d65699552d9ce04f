package simulation

import (
	"strconv"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// What aims: a person clicks on what a message offers, soon or when it is old; an alarm clears as its run is claimed; one comes in the
// second a cooldown ends.

// react is what operators do when they get a message.
func (w *world) react(r maintenance.Report) {
	if r.RunID == "" || w.grounded {
		return
	}
	for _, how := range []struct {
		verb   string
		chance float64
	}{{"start", w.knobs.Click}, {"stop", w.knobs.ClickStop}, {"approve", 3 * w.knobs.Approve},
		{"close", 3 * w.knobs.ClickClose}} {
		if how.verb == "approve" && r.Reason != maintenance.ReasonApprovalNeeded {
			continue
		}
		if how.verb == "close" && r.Outcome != maintenance.OutcomeOverdue && r.Outcome != maintenance.OutcomeError {
			continue
		}
		if how.verb == "start" && r.Outcome != maintenance.OutcomeWaiting && r.Outcome != maintenance.OutcomeMissed {
			continue
		}
		w.clicks++ // a message that comes twice is two to click on
		id := "click-" + r.RunID + "-" + string(r.Outcome) + "-" + strconv.Itoa(w.clicks)
		pause, ok := w.oddly(how.chance/3, func(q *roller) oddity {
			return oddity{how.verb, oneOf(q, q.between(time.Second, time.Minute), q.between(0, time.Hour))}
		}, id, "click-"+how.verb)
		if !ok {
			continue
		}
		w.after(pause, func() {
			w.invoke(id, Event{Verb: how.verb, Servers: []string{r.ServerName}, RunID: r.RunID, Trigger: maintenance.Trigger{
				Kind: maintenance.TriggerManual, Time: w.now().UTC(), ID: id, Overrides: []string{maintenance.OverrideWindow}}})
		})
	}
}

// aim is called when a run has moved.
func (w *world) aim(from, to maintenance.Run) {
	if w.grounded {
		return
	}
	w.aimAtStart(from, to)
	server, by := to.ServerName, to.Attempt.Trigger
	if to.State == maintenance.RunStarting && from.State != maintenance.RunStarting && by.Kind == maintenance.TriggerAlarm {
		id := "clears-" + to.Attempt.ID
		if pause, ok := w.oddly(w.knobs.Clear, func(q *roller) oddity {
			return oddity{"ok", q.between(0, oneOf(q, 300*time.Millisecond, time.Minute))}
		}, id, "clear"); ok {
			w.after(pause, func() {
				w.invoke(id, Event{Verb: "ok", Servers: []string{server}, Async: true, Way: w.way(id), Trigger: maintenance.Trigger{
					Kind: maintenance.TriggerAlarm, Name: by.Name, ID: by.ID, Time: w.now().UTC()}})
			})
		}
	}
	if to.State == maintenance.RunOver && from.State != maintenance.RunOver && !to.Began.IsZero() {
		w.aimAtCooldown(to)
	}
}

// aimAtHold: an alarm comes right after a hold.
func (w *world) aimAtHold(held string, by string) {
	for _, server := range w.story.Servers {
		if held != "" && held != server.Name {
			continue
		}
		id := "after-" + by + "-" + server.Name
		if pause, ok := w.oddly(w.knobs.Again, func(q *roller) oddity {
			return oddity{"alarm", oneOf(q, q.between(0, 100*time.Millisecond), q.between(0, time.Minute))}
		}, id, "again"); ok {
			w.after(pause, func() { w.alarm(id, server.Name, "health") })
		}
	}
}

// aimAtStart: somebody stops or closes a run in the second in which it starts.
func (w *world) aimAtStart(from, to maintenance.Run) {
	if to.State != maintenance.RunStarting || from.State == maintenance.RunStarting {
		return
	}
	server, run := to.ServerName, to.ID
	for _, verb := range []string{"stop", "close"} {
		id := verb + "s-" + to.Attempt.ID
		draw := func(q *roller) oddity { return oddity{verb, q.between(0, oneOf(q, 300*time.Millisecond, time.Minute))} }
		if pause, ok := w.oddly(w.knobs.ClickClose, draw, id, "click-"+verb); ok {
			w.after(pause, func() {
				w.invoke(id, Event{Verb: verb, Servers: []string{server}, RunID: run,
					Trigger: maintenance.Trigger{Kind: maintenance.TriggerManual, Time: w.now().UTC(), ID: id}})
			})
		}
	}
}

func (w *world) aimAtCooldown(run maintenance.Run) {
	id := "again-" + run.ID
	pause, ok := w.oddly(w.knobs.Again, func(q *roller) oddity {
		return oddity{"alarm", oneOf(q, q.between(-3*time.Second, 3*time.Second), q.between(0, 10*time.Minute))}
	}, id, "again")
	if !ok {
		return
	}
	server := w.plant.server(run.ServerName)
	at := run.Ended.Add(server.Cooldown + pause)
	w.at(at, func() { w.alarm(id, run.ServerName, "health") })
}
