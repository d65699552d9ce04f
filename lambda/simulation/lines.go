package simulation

import (
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// play queues what a story's lines say. What each verb takes stands here, and nowhere else.
func (w *world) play() {
	for _, l := range w.story.Lines {
		w.at(w.begin.Add(l.At), func() { w.say(l) })
	}
	w.minute(0)
	w.probe()
}

func (w *world) say(l Line) {
	until := w.now().Add(l.long("for"))
	if l.arg("for") == "ever" {
		until = w.end.Add(time.Hour)
	}
	if w.trace != nil {
		w.trace("world", l.Verb, strings.Join(l.Args, " "))
	}
	switch l.Verb {
	case "deploy":
		w.deploy(l)
	case "outage":
		w.outages[l.arg("service")] = append(w.outages[l.arg("service")], outage{span{w.now(), until}, l.arg("how")})
	case "foreign":
		w.foreign(l, until)
	case "backup":
		w.plant.backup(l.arg("server"), until)
	case "trouble":
		w.alarms.troubles[l.arg("of")] = append(w.alarms.troubles[l.arg("of")], span{w.now(), until})
	case "gone":
		w.plant.leave(l.arg("server"))
	case "calendar":
		w.plant.close(l.arg("server"), until)
	default:
		w.invoke(l.ID, w.event(l))
	}
}

// event is the event that a line sends. An alarm's and a schedule's time is when it happened, the line's when it arrives.
func (w *world) event(l Line) Event {
	e := Event{Verb: l.Verb, Servers: l.list("server"), RunID: w.runOf(l), Reference: l.arg("of"), Way: l.arg("way")}
	at := w.now()
	if l.arg("time") != "" {
		at = w.begin.Add(l.long("time"))
	}
	e.Trigger = maintenance.Trigger{Name: l.arg("name"), Time: at.UTC(), ID: l.arg("name"), NewAlarm: l.arg("new") != ""}
	if l.arg("for") != "" {
		e.Until = at.Add(l.long("for")).UTC()
	}
	switch l.Verb {
	case "alarm", "ok":
		e.Trigger.Kind, e.Async = maintenance.TriggerAlarm, true
		e.Trigger.NewAlarm = e.Trigger.NewAlarm && e.Way != "sns" // which cannot say so
	case "schedule":
		e.Trigger.Kind, e.Async = maintenance.TriggerSchedule, true
	case "unreadable", "sweep":
		e.Async = true
	default:
		e.Trigger.Kind, e.Trigger.Overrides = maintenance.TriggerManual, l.list("override")
		if e.Trigger.ID = l.arg("key"); e.Trigger.ID == "" {
			e.Trigger.ID = l.ID
		}
	}
	return e
}

// runOf is the run that an operator's line is about: run=1 is that of the latest message about the server, run=2 of the one before.
func (w *world) runOf(l Line) string {
	back, err := strconv.Atoi(l.arg("run"))
	if err != nil {
		return l.arg("run")
	}
	for i := len(w.topics.messages) - 1; i >= 0; i-- {
		m := w.topics.messages[i]
		if m.topic != maintenance.TopicText || m.report.ServerName != l.arg("server") {
			continue
		}
		if back--; back == 0 {
			return m.report.RunID
		}
	}
	return ""
}

// foreign is maintenance that others start.
func (w *world) foreign(l Line, until time.Time) {
	server := w.plant.server(l.arg("server"))
	if w.plant.gone(server.Name) || !w.plant.room(server) {
		return
	}
	if server.Backend == "opsworks-cm" && w.maintainedLately(server.Name) {
		return
	}
	w.plant.others(&job{id: "foreign-" + l.ID, server: server.Name, node: server.Node, takesRun: server.Own, created: w.now(), begins: w.now(),
		ends: until, result: maintenance.ExecutionSucceeded})
}

// minute is the schedule of the sweep: once a minute, some minutes twice, late, or many at once (EventBridge delivers at least once:
// eb-troubleshooting.html).
func (w *world) minute(m int) {
	next := m + 1
	defer func() { w.at(w.begin.Add(time.Duration(next)*time.Minute), func() { w.minute(next) }) }()
	if until, quiet := w.quiet(m); quiet {
		next = max(next, min(until, m-m%anyway+anyway))
		w.skipped += next - m
		return
	}
	id := "sweep-" + strconv.Itoa(m)
	pause := roll(w.story.Seed, named(id)).between(0, 1500*time.Millisecond)
	if late, ok := w.oddly(w.knobs.Retard/5, lasts("retard", 0, 90*time.Second), id, "retard"); ok {
		pause += late
	}
	sweep := Event{Verb: "sweep", Async: true}
	w.after(pause, func() { w.invoke(id, sweep) })
	if between, ok := w.oddly(w.knobs.Twice/5, lasts("twice", 0, 5*time.Second), id, "twice"); ok {
		w.after(pause+between, func() { w.invoke(id+".2", sweep) })
	}
	if between, ok := w.oddly(w.knobs.Overlap/5, lasts("overlap", 0, 100*time.Millisecond), id, "overlap"); ok {
		for n := range 4 {
			again := id + ".o" + strconv.Itoa(n)
			w.after(pause+between*time.Duration(n+1), func() { w.invoke(again, sweep) })
		}
	}
}

// anyway is after how many minutes a sweep is made that would find nothing. Once an hour, in its first minute or the second by its own
// clock, it looks for servers that lack a success.
const anyway = 30

// quiet: a sweep would find nothing due, and nothing changed that an index could show too late. Until is the minute from which on that
// may not be so.
func (w *world) quiet(m int) (until int, quiet bool) {
	now := w.now()
	if m%anyway == 0 || m%60 == 1 || w.flying > 0 || w.ledger.fleet.Limit != w.settings.limit || now.Sub(w.deployed) < 5*time.Minute {
		return 0, false
	}
	if now.Sub(w.ledger.wrote) < longestLate {
		return 0, false
	}
	w.ledger.prune()
	due, next := w.end, w.end
	for _, h := range w.ledger.order {
		if at := h.last().DueAt; !at.IsZero() && at.Before(due) {
			due = at
		}
	}
	due = due.Add(-3 * time.Second)
	if len(w.queue) > 0 {
		next = w.queue[0].at
	}
	if due.Before(next) {
		next = due
	}
	return int(next.Sub(w.begin) / time.Minute), !due.Before(now)
}
