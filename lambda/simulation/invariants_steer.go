package simulation

import (
	"maps"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// The invariants of what operators and settings steer: holds, approvals, and the order of servers.

// followUp are the servers that have to follow on a run's success, each by one trigger.
type followUp struct {
	trigger maintenance.Trigger
	servers []string
}

// watchSteps: a change of a hold, an approval, a success and its successors.
func (w *world) watchSteps(c *call, change maintenance.Change) {
	from, to := change.From, change.To
	if change.Hold != nil {
		w.braked[c.flight.id] = true
		if e := c.flight.event; e.Verb == "hold" || e.Verb == "release" {
			w.must("brakes-what-was-asked", change.Hold.ServerName == e.hold().ServerName, "%s is about %q, and changes the hold of %q", c.flight.id,
				e.hold().ServerName, change.Hold.ServerName)
		}
		w.held(change.Hold.ServerName, change.Hold.Is)
	}
	if !to.Approval.At.IsZero() && !to.Approval.At.Equal(from.Approval.At) {
		asked := from.Approval.Asked
		w.must("approved-by-an-operator", c.flight.event.Verb == "approve" && (asked == (maintenance.Work{}) || asked == to.Approval.Asked),
			"%s is approved by %s for %v; asked for was %v", to.ID, c.flight.event.Verb, to.Approval.Asked, asked)
		w.approved[to.ID] = to.Approval.Asked
	}
	if to.State == maintenance.RunOver && from.Holds() && to.Outcome == maintenance.OutcomeSucceeded && chains(to) {
		w.follow[to.ID] = followUp{maintenance.Trigger{Kind: maintenance.TriggerAfter, Name: to.ServerName, Time: to.Ended, ID: to.ID},
			c.flight.box.settings.followers()[to.ServerName]}
	}
	for _, t := range to.Triggers {
		if t.Kind == maintenance.TriggerAfter && !slices.ContainsFunc(from.Triggers, func(o maintenance.Trigger) bool { return o.ID == t.ID }) {
			due, ok := w.follow[t.ID]
			w.must("after-a-success", ok && slices.Contains(due.servers, to.ServerName), "%s is triggered by %s, on which it has not to follow",
				to.ID, t.ID)
		}
	}
}

// chains: a run's start rested on a schedule, or on a success before it.
func chains(run maintenance.Run) bool {
	by := run.Attempt.Trigger.Kind
	return by == maintenance.TriggerSchedule || by == maintenance.TriggerAfter
}

// held: a hold in another's place is as old as that was.
func (w *world) held(server string, h maintenance.Hold) {
	if h == (maintenance.Hold{}) {
		delete(w.holds, server)
		w.released[server] = w.now()
		return
	}
	since := w.now()
	if before, ok := w.holds[server]; ok && w.now().Before(before.until.Add(-skew)) {
		since = before.from
	}
	w.holds[server] = span{since, h.Until}
	w.heldEver[server] = append(w.heldEver[server], span{since, h.Until})
	w.aimAtHold(server, h.RunID+"-"+w.plant.offset(w.now()))
}

// watchSteering: what a claim is bound by beside its windows and limits.
func (w *world) watchSteering(c *call, change maintenance.Change) {
	f, to, name := c.flight, change.To, change.To.ServerName
	policy, _ := f.box.settings.policy(name)
	by := to.Attempt.Trigger
	read := f.read[inLane{c.lane, name}]
	w.must("holds-are-read-with-the-look", !read.Before(f.asked[name]),
		"%s is claimed by %s, which read at %s, and looked at %s", to.ID, f.id, w.plant.offset(read), w.plant.offset(f.asked[name]))
	if hold, held := w.holds[name]; held && w.now().Before(hold.until.Add(-skew)) {
		w.must("claim-beside-a-hold", slices.Contains(by.Overrides, maintenance.OverrideHold), "%s is claimed by %s; the hold is of %s", to.ID,
			f.id, w.plant.offset(hold.from))
	}
	if slices.Contains(policy.Approval, by.Kind) {
		work, ok := w.approved[to.ID]
		w.must("claim-unapproved", ok && work == policy.Work, "%s is claimed by %s %s for %v; approved was %v", to.ID, by.Kind, by.Name,
			policy.Work, work)
	}
	if policy.BlockedBy.Blocks != nil && !slices.Contains(by.Overrides, maintenance.OverrideBlocked) {
		w.watchBlocked(f, to, policy.BlockedBy)
	}
	if policy.After == "" || slices.Contains(by.Overrides, maintenance.OverrideOrder) {
		return
	}
	read, ok := f.read[inLane{c.lane, policy.After}]
	since := w.holdsSince(policy.After)
	w.must("claim-out-of-order", ok && since.IsZero(),
		"%s is claimed by %s, which read at %s; %s goes on since %s", to.ID, f.id, w.plant.offset(read), policy.After, w.plant.offset(since))
	if h := w.ledger.runs[w.ledger.servers[policy.After].OpenRun]; h != nil && h.last().State == maintenance.RunWaiting {
		due := h.last().LookAt
		w.must("claim-before-its-turn", due.After(read.Add(-skew)), "%s is claimed by %s, which read at %s; %s was due to be looked at %s",
			to.ID, f.id, w.plant.offset(read), h.last().ID, w.plant.offset(due))
	}
	if w.keyed[by.Key(policy.After)] > 0 {
		w.watchSameTrigger(to, policy.After, read)
	}
}

// watchSameTrigger: a trigger that two servers got does not start the one that follows while the one that goes before waits for it,
// whatever else that waits for. What came to that one after it was read, the claim could not know.
func (w *world) watchSameTrigger(to maintenance.Run, before string, read time.Time) {
	by := to.Attempt.Trigger
	same := func(t maintenance.Trigger) bool { return t.Kind == by.Kind && t.ID == by.ID && t.Time.Equal(by.Time) }
	overtaken := false
	if h := w.ledger.runs[w.ledger.servers[before].OpenRun]; h != nil && h.last().State == maintenance.RunWaiting {
		was, there := h.asOf(read)
		overtaken = there && slices.ContainsFunc(was.Triggers, same) && slices.ContainsFunc(h.last().Triggers, same)
	}
	w.must("claim-before-the-same-trigger", !overtaken, "%s is claimed by %s %s, for which %s waits", to.ID, by.Kind, by.Name, before)
}

// holdsSince is since when a server's open run is being started or runs; zero if it does neither.
func (w *world) holdsSince(server string) (since time.Time) {
	h := w.ledger.runs[w.ledger.servers[server].OpenRun]
	if h == nil {
		return since
	}
	for i := len(h.versions) - 1; i >= 0 && h.versions[i].run.Holds(); i-- {
		since = h.versions[i].at
	}
	return since
}

// watchBraked: what an operator who holds or releases is answered is so.
func (w *world) watchBraked(f *flight, r maintenance.Report) {
	hold, live := w.holds[r.ServerName]
	switch {
	case r.Outcome == maintenance.OutcomeHeld || r.Outcome == maintenance.OutcomeReleased:
		w.must("brake-is-answered-truly", w.braked[f.id], "%s is answered %s, and has changed nothing", f.id, r.Outcome)
	case r.Reason == maintenance.ReasonHoldUnchanged && f.event.Verb == "release":
		stood := live && hold.from.Before(f.began) && w.now().Before(hold.until.Add(-skew))
		w.must("brake-is-answered-truly", !stood, "%s finds no hold, and there is one since %s", f.id, w.plant.offset(hold.from))
	}
}

// watchBrakeTold: a hold that is told of is, or was, there; one that is told to be over is, or another has begun since.
func (w *world) watchBrakeTold(sent time.Time, topic maintenance.Topic, r maintenance.Report) {
	kind := "true-" + string(r.Outcome)
	if r.Outcome == maintenance.OutcomeHeld {
		w.must(kind, r.Until.After(r.At), "%s is held until %s", r.RunID, w.plant.offset(r.Until))
		return
	}
	if r.Reason == maintenance.ReasonHoldExpired {
		late, last := r.At.Add(-skew), w.holds[r.ServerName]
		released, was := w.released[r.ServerName]
		w.must(kind, last.until.Equal(r.At) || last.from.After(late) || !was || !released.Before(late),
			"%s says that a hold ran out at %s, which was released at %s", r.RunID, w.plant.offset(r.At), w.plant.offset(released))
	}
	hold := w.holds[r.ServerName] // since it was written: who asked for it may have died long before
	live := sent.Before(hold.until.Add(-skew)) && hold.from.Before(r.At.Add(-skew))
	w.must(kind, !live, "%s says %s %s on %s, and there is a hold since %s until %s", r.RunID, r.Outcome, r.Reason, topic,
		w.plant.offset(hold.from), w.plant.offset(hold.until))
}

// endFollowed: each server that follows was triggered once by each success.
func (w *world) endFollowed() {
	for _, id := range slices.Sorted(maps.Keys(w.follow)) {
		due := w.follow[id]
		if due.trigger.Time.After(w.end.Add(-30 * time.Minute)) {
			continue
		}
		for _, name := range due.servers {
			n := w.keyed[due.trigger.Key(name)]
			w.must("followed-once", n == 1, "%s follows on %s, and was triggered %d times", name, id, n)
		}
	}
}
