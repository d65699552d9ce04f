package simulation

import (
	"strconv"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// What aims: a person clicks on what a message offers, soon or when it is old; an alarm clears as its run is claimed; one comes in the second
// a cooldown ends.

// react is what operators do when they get a message.
func (w *world) react(r maintenance.Report) {
	if r.RunID == "" || w.grounded {
		return
	}
	for _, how := range []struct {
		verb   string
		chance float64
	}{{"start", w.knobs.Click}, {"stop", w.knobs.ClickStop}} {
		if how.verb == "start" && r.Outcome != maintenance.OutcomeWaiting && r.Outcome != maintenance.OutcomeMissed {
			continue
		}
		id := "click-" + how.verb + "-" + r.RunID + "-" + string(r.Outcome)
		k := named(id)
		o, ok := w.odd(k, how.chance/3, func() []string { return []string{id} }, func(q *roller) oddity {
			return oddity{how.verb, oneOf(q, q.between(time.Second, time.Minute), q.between(0, time.Hour))}
		})
		if !ok {
			continue
		}
		w.clicks++
		again := id + "." + strconv.Itoa(w.clicks)
		w.after(o.long, func() {
			w.invoke(again, Event{Verb: how.verb, Servers: []string{r.ServerName}, RunID: r.RunID, Trigger: maintenance.Trigger{
				Kind: maintenance.TriggerManual, Time: w.now().UTC(), ID: again, Overrides: []string{maintenance.OverrideWindow}}})
		})
	}
}

// aim is called when a run has moved.
func (w *world) aim(from, to maintenance.Run) {
	if w.grounded {
		return
	}
	by := to.Attempt.Trigger
	if to.State == maintenance.RunStarting && from.State != maintenance.RunStarting && by.Kind == maintenance.TriggerAlarm {
		id := "clears-" + to.Attempt.ID
		if o, ok := w.odd(named(id), w.knobs.Clear, func() []string { return []string{id} }, func(q *roller) oddity {
			return oddity{"ok", q.between(0, oneOf(q, 300*time.Millisecond, time.Minute))}
		}); ok {
			w.after(o.long, func() {
				w.invoke(id, Event{Verb: "ok", Servers: []string{to.ServerName}, Async: true, Trigger: maintenance.Trigger{
					Kind: maintenance.TriggerAlarm, Name: by.Name, ID: by.ID, Time: w.now().UTC()}})
			})
		}
	}
	if to.State == maintenance.RunOver && from.State != maintenance.RunOver && !to.Began.IsZero() {
		w.aimAtCooldown(to)
	}
}

func (w *world) aimAtCooldown(run maintenance.Run) {
	id := "again-" + run.ID
	o, ok := w.odd(named(id), w.knobs.Again, func() []string { return []string{id} }, func(q *roller) oddity {
		return oddity{"alarm", oneOf(q, q.between(-3*time.Second, 3*time.Second), q.between(0, 10*time.Minute))}
	})
	if !ok {
		return
	}
	server := w.plant.server(run.ServerName)
	at := run.Ended.Add(server.Cooldown + o.long)
	w.at(at, func() {
		w.invoke(id, Event{Verb: "alarm", Servers: []string{run.ServerName}, Async: true, Trigger: maintenance.Trigger{
			Kind: maintenance.TriggerAlarm, Name: "health", ID: "health", Time: w.now().UTC()}})
	})
}
