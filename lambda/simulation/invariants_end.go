package simulation

import (
	"maps"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// atEnd are the invariants that hold when nothing has broken for hours.
func (w *world) atEnd() {
	text := !w.lacked[maintenance.TopicText] && !w.down("text")
	w.endKept()
	w.endRepeats()
	if w.deep != nil {
		w.deep.atEnd()
	}
	for _, id := range slices.Sorted(maps.Keys(w.ledger.runs)) {
		w.endRun(w.ledger.runs[id].last())
	}
	w.endRecords()
	w.endFollowed()
	w.endExpected(text)
	for _, key := range w.order {
		w.endTrigger(key, w.requests[key], text)
		w.endWays(key, w.requests[key])
	}
	if !text {
		return
	}
	for _, j := range w.plant.jobs {
		run := w.ledger.runs[j.run]
		unclear := run != nil && run.last().State == maintenance.RunStarting // and named above, if it should not be
		if j.ours() && !unclear && !j.begins.IsZero() && j.ends.Before(w.end.Add(-30*time.Minute)) {
			w.must("end-notified", w.notified(j.run), "%s of %s ended %s", j.id, j.run, w.plant.offset(j.ends))
		}
	}
}

// notified: people got the end of a run.
func (w *world) notified(runID string) bool {
	h := w.ledger.runs[runID]
	if h == nil || h.last().Open() {
		return false
	}
	run := h.last()
	return slices.ContainsFunc(w.topics.messages, func(m publication) bool {
		return m.topic == maintenance.TopicText && m.report.RunID == run.ID && m.report.Outcome == run.Outcome
	})
}

// endKept: no server, slot or node is kept without an open run.
func (w *world) endKept() {
	open := func(id string) bool { h := w.ledger.runs[id]; return h != nil && h.last().Open() }
	for _, name := range slices.Sorted(maps.Keys(w.ledger.servers)) {
		if id := w.ledger.servers[name].OpenRun; id != "" {
			w.must("kept-server", open(id), "%s by %s", name, id)
		}
	}
	for slot, id := range w.ledger.slots {
		w.must("kept-slot", open(id) && w.ledger.runs[id].last().Slot == slot, "%d by %s", slot, id)
	}
	for node, id := range w.ledger.nodes {
		w.must("kept-node", open(id), "%s by %s", node, id)
	}
}

// endRepeats: what was published twice was not known to have been the first time.
func (w *world) endRepeats() {
	type what struct {
		topic   maintenance.Topic
		run     string
		outcome maintenance.Outcome
		reason  maintenance.Reason
		at      time.Time
		attempt int
	}
	for d, all := range w.topics.tried { // at most one more an hour, once the pauses have grown (design: the outbox)
		most := 12 + int(all.last.Sub(all.first)/time.Hour)
		w.must("tries-grow-apart", all.n <= most, "number %d of %s was tried on %s for %d times in %s", d.sequence, d.run, d.topic, all.n,
			all.last.Sub(all.first))
	}
	count := map[what]int{}
	for _, m := range w.topics.messages {
		key := what{m.topic, m.report.RunID, m.report.Outcome, m.report.Reason, m.report.At, m.report.Attempt}
		if !m.excused {
			count[key]++
			w.must("repeated", count[key] < 2, "%s %s %s on %s for the %d. time", key.run, key.outcome, key.reason, key.topic, count[key])
		}
	}
}

// grace is how long what is pending may take when nothing breaks.
const grace = 20 * time.Minute

// endRun: what is pending has finished, or is named here: what waits for a window that opens later, and what goes on.
func (w *world) endRun(run maintenance.Run) {
	if run.Attempt.ID != "" { // of a foreign runbook's two candidates nobody can tell which is the run's; operators know, and close it
		w.must("finished-starting", run.State != maintenance.RunStarting || run.Attempt.Ends.After(w.end.Add(-grace)) || len(w.mine(run)) > 1,
			"%s is %s", run.ID, describe(run))
	}
	switch run.State {
	case maintenance.RunWaiting:
		policy, ok := w.settings.policy(run.ServerName)
		why, asked := w.stuck[run.ServerName]
		w.must("free-run-starts", !asked || why != "" || w.hindrance(run.ServerName, run.ID) != "", "%s is %s, and nothing is in its way", run.ID,
			describe(run))
		w.must("finished-waiting", ok && slices.ContainsFunc(run.Triggers, func(t maintenance.Trigger) bool {
			return policy.Expires(t).After(w.end.Add(-grace))
		}) || run.More > 0 || run.Wait.Until.After(w.end), "%s is %s", run.ID, describe(run))
	case maintenance.RunRunning:
		w.must("finished-running", slices.ContainsFunc(w.mine(run), func(j *job) bool {
			return j.ends.After(w.end.Add(-grace))
		}), "%s is %s", run.ID, describe(run))
	}
	if j := w.plant.byID[run.Reference]; j != nil && j.node != "" && !run.Stop.At.IsZero() && run.Stop.At.Before(w.end.Add(-grace)) &&
		run.Reason != maintenance.ReasonClosedByHand {
		until := slices.MaxFunc([]time.Time{run.Stop.At, w.calm}, time.Time.Compare).Add(grace)
		begun := run.Stop.Asked().IsZero() && !j.begins.IsZero() && j.begins.Before(until) // what closes stops nothing that has begun
		w.must("stop-reaches-its-work", j.result == maintenance.ExecutionCancelled || j.ends.Before(until) || begun,
			"%s was to be stopped %s, and %s ends %s as %s", run.ID, w.plant.offset(run.Stop.At), j.id, w.plant.offset(j.ends), stateName(j.result))
	}
	for _, n := range run.Owed {
		for _, d := range n.Topics {
			broken := w.down(string(d.Topic))
			if broken {
				w.must("outbox-gives-up", w.end.Sub(n.At) < keptFor(d.Topic)+2*time.Hour, "%s owes %s on %s since %s", run.ID, n.Outcome,
					d.Topic, w.plant.offset(n.At))
			}
			w.must("outbox-empties", broken || !slices.Contains(w.settings.topics, d.Topic) ||
				n.At.After(w.end.Add(-grace)), "%s owes %s %s on %s since %s",
				run.ID, n.Outcome, n.Reason, d.Topic, w.plant.offset(n.At))
			w.must("outbox-drops", n.At.After(w.end) || slices.Contains(w.settings.topics, d.Topic),
				"%s owes %s on %s, which the settings do not have", run.ID, n.Outcome, d.Topic)
		}
	}
}

// succeeded reports whether a run of a server succeeded between two times, and that was recorded by then.
func (w *world) succeeded(server string, from, until time.Time) bool {
	for _, h := range w.ledger.runs {
		run, ok := h.asOf(until)
		if ok && run.ServerName == server && run.Outcome == maintenance.OutcomeSucceeded && run.Ended.After(from) && run.Ended.Before(until) {
			return true
		}
	}
	return false
}

// endExpected: readers were told of the last whole period in which a server should have succeeded and did not. That is looked at hourly.
func (w *world) endExpected(text bool) {
	latest := w.end.Add(-70 * time.Minute)
	if !text || latest.Before(w.calm.Add(70*time.Minute)) || latest.Before(w.deployed.Add(70*time.Minute)) {
		return
	}
	for name, every := range w.settings.expected() {
		record := w.ledger.servers[name]
		since := record.LastSuccess
		if since.IsZero() {
			since = record.WatchedFrom
		}
		period := since.Add(latest.Sub(since) / every * every)
		if since.IsZero() || period.After(since) {
			id := name + "-" + string(maintenance.ReasonNoSuccess) + "-" + period.UTC().Format("20060102T150405")
			w.must("no-success-is-told", w.notified(id), "%s should succeed each %s, has not since %s, and %s was not told", name, every,
				w.plant.offset(since), id)
		}
	}
}

// owesRecord reports whether a notification is owed to machines. That a hold runs out is not, until it does.
func owesRecord(n maintenance.Notification) bool {
	return n.Reason != maintenance.ReasonHoldExpired &&
		slices.ContainsFunc(n.Topics, func(d maintenance.Delivery) bool { return d.Topic == maintenance.TopicRecords })
}

// endRecords: machines got all that a run ever owed them, but for what a storm kept from them for as long as it is tried.
func (w *world) endRecords() {
	long := slices.ContainsFunc(w.outages["records"], func(o outage) bool { return o.until.Sub(o.from) > 20*time.Hour })
	if w.lacked[maintenance.TopicRecords] || w.down("records") || long {
		return
	}
	type what struct {
		run     string
		outcome maintenance.Outcome
		reason  maintenance.Reason
		at      time.Time
	}
	came := map[what]bool{}
	for _, m := range w.topics.messages {
		if m.topic == maintenance.TopicRecords {
			came[what{m.report.RunID, m.report.Outcome, m.report.Reason, m.report.At}] = true
		}
	}
	for _, h := range w.ledger.runs {
		tooMany := h.versions[0].run.State == maintenance.RunOver && w.manyRefused(h.versions[0].at)
		for i, v := range h.versions {
			for _, n := range v.run.Owed {
				if !owesRecord(n) || tooMany || n.At.After(w.end.Add(-grace)) || h.owesStill(i+1, n) {
					continue
				}
				triedUntil := n.At.Add(keptFor(maintenance.TopicRecords))
				gaveUp := triedUntil.Before(w.calm.Add(2*time.Hour)) && i+1 < len(h.versions) && !h.versions[i+1].at.Before(triedUntil)
				w.must("records-are-complete", gaveUp || came[what{h.id, n.Outcome, n.Reason, n.At}], "%s owed %s %s of %s, which never came",
					h.id, n.Outcome, n.Reason, w.plant.offset(n.At))
			}
		}
	}
}

// owesStill reports whether a version of a run owes a notification to machines.
func (h *history) owesStill(i int, n maintenance.Notification) bool {
	return i < len(h.versions) && slices.ContainsFunc(h.versions[i].run.Owed, func(m maintenance.Notification) bool {
		return owesRecord(m) && m.Outcome == n.Outcome && m.Reason == n.Reason && m.At.Equal(n.At)
	})
}

// manyRefused: of the refusals of that day, one message says that there are more than are notified one by one.
func (w *world) manyRefused(at time.Time) bool {
	return w.ledger.runs["event-"+string(maintenance.ReasonManyRefusals)+"-"+at.UTC().Format("20060102")] != nil
}

// keptFor is how long a notification waits for its topic (lambda/README.md).
func keptFor(topic maintenance.Topic) time.Duration {
	if topic == maintenance.TopicText {
		return 14 * day
	}
	return day
}

// endTrigger: a trigger that was taken ends in a notification, or in a silence that is meant.
func (w *world) endTrigger(key string, asked *request, text bool) {
	if !asked.taken {
		return
	}
	decided, ok := w.ledger.keys[key]
	operator := asked.trigger.Kind == maintenance.TriggerManual
	w.must("trigger-kept", ok || operator, "%s %s of %s was taken by %s, and is nowhere", asked.trigger.Kind, asked.trigger.Name, asked.server,
		asked.by)
	h := w.ledger.runs[decided.RunID]
	if !ok || !text || operator || h == nil || h.last().Open() {
		return
	}
	waited := h.versions[0].run.State == maintenance.RunWaiting // for somebody who mends something, which is an error too
	claimed := slices.ContainsFunc(h.versions, func(v version) bool {
		return v.run.Attempt.ID != "" && v.run.Attempt.Trigger.Key(asked.server) == key
	})
	switch {
	case decided.Outcome == maintenance.OutcomeIgnored, decided.Outcome == maintenance.OutcomeInProgress && !claimed:
	case !waited && (decided.Outcome == maintenance.OutcomeRefused || decided.Outcome == maintenance.OutcomeError): // one a day of each kind
		w.must("refusal-notified", slices.ContainsFunc(w.topics.messages, func(m publication) bool {
			same := m.report.Reason == decided.Reason && m.report.ServerName == asked.server && m.report.Outcome == decided.Outcome
			return (same || m.report.Reason == maintenance.ReasonManyRefusals) && m.topic == maintenance.TopicText &&
				m.report.At.Sub(w.arrived[key]).Abs() < day+time.Hour
		}), "%s %s of %s: %s %s", asked.trigger.Kind, asked.trigger.Name, asked.server, decided.Outcome, decided.Reason)
	default:
		if run := h.last(); run.Outcome == maintenance.OutcomeInProgress && !run.Promised {
			return
		}
		w.must("trigger-notified", w.notified(decided.RunID), "%s %s of %s was %s with %s, which is over", asked.trigger.Kind, asked.trigger.Name,
			asked.server, decided.Outcome, decided.RunID)
	}
}
