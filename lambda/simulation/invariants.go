package simulation

import (
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// The invariants that hold at each moment; invariants_end.go has those that hold when all is calm. skew is how
// far two containers' clocks differ.
const skew = 4 * time.Second

func (w *world) watchRead(c *call, server string) { c.flight.read[inLane{c.lane, server}] = w.now() }

func (w *world) watchLook(c *call, server string) {
	c.flight.looked[server], c.flight.asked[server] = w.now(), c.sent
}

// watchSent: a start that an adapter has let go, be it served later.
func (w *world) watchSent(c *call, run maintenance.Run) {
	w.attempts[run.ServerName] = w.now()
	w.must("start-after-its-deadline", c.sent.Before(run.Attempt.Ends.Add(skew)), "%s was sent by %s at %s; its attempt ended %s", run.ID,
		c.flight.id, w.plant.offset(c.sent), w.plant.offset(run.Attempt.Ends))
}

// watchKnown: who started something gets the answer to it.
func (w *world) watchKnown(c *call, run maintenance.Run) {
	c.flight.knows[inLane{c.lane, run.Attempt.ID}] = c.fate == fine
}

// watchStart: a start that its service has accepted.
func (w *world) watchStart(c *call, run maintenance.Run, j *job) {
	for _, other := range w.plant.active(w.plant.server(run.ServerName), w.now()) {
		closed := other.ours() && w.ledger.runs[other.run].last().Reason == maintenance.ReasonClosedByHand
		if other != j && other.ours() && !closed {
			w.must("two-at-once", false, "%s: %s goes on, and %s starts now", run.ServerName, other.id, j.id)
		}
	}
	if len(w.plant.jobs) > 1 {
		w.must("two-at-once", true, "")
	}
	for _, t := range run.Triggers {
		key := t.Key(run.ServerName)
		before := w.byKey[key]
		w.must("two-starts-of-one-trigger", before == nil || before.begins.IsZero(), "%s %s: %s, and now %s", t.Kind, t.Name, idOf(before), j.id)
		w.byKey[key] = j
	}
	if before := w.byRun[run.ID]; run.Attempt.Number > 1 || len(before) > 0 {
		began := slices.ContainsFunc(before, func(other *job) bool { return !other.begins.IsZero() })
		w.must("two-starts-of-one-run", !began, "%s was started before, and now %s", run.ID, j.id)
	}
	w.byRun[run.ID] = append(w.byRun[run.ID], j)
	stored := w.ledger.runs[run.ID].last()
	// Where an execution does not carry the run's id, another's that began in its stead is taken for it, as README says.
	mistaken := w.plant.byID[stored.Reference]
	w.must("start-after-its-conclusion", stored.Attempt.ID == run.Attempt.ID && stored.Holds() || mistaken != nil && !mistaken.ours() &&
		!mistaken.takesRun, "%s of %s, which is %s", j.id, run.ID, describe(stored))
	w.watchLimit(c, run)
	w.watchWindow(c, run)
}

func idOf(j *job) string {
	if j == nil {
		return "nothing"
	}
	return j.id
}

// watchLimit: what is claimed by the settings of now counts all that go on.
func (w *world) watchLimit(c *call, run maintenance.Run) {
	limit := c.flight.box.settings.limit
	if limit == 0 || c.flight.box.settings != w.settings || run.Attempt.Claimed.Before(w.deployed.Add(skew)) {
		return
	}
	var others []string
	for _, h := range w.ledger.order {
		if r := h.last(); r.ID != run.ID && r.Holds() && len(w.byRun[r.ID]) > 0 && !r.Attempt.Claimed.After(run.Attempt.Claimed) {
			others = append(others, r.ID)
		}
	}
	w.must("limit", len(others) < limit, "%s starts though the limit is %d, and there are %v", run.ID, limit, others)
}

// watchWindow: a start is claimed where its server's window is open, by the clock of the container that claims it.
func (w *world) watchWindow(c *call, run maintenance.Run) {
	policy, ok := c.flight.box.settings.policy(run.ServerName)
	w.must("allowed", ok && policy.Enabled, "%s starts, and its server may not be touched", run.ID)
	by := run.Attempt.Trigger
	if by.Kind != maintenance.TriggerManual {
		until := w.plant.server(run.ServerName).expires(by.Time)
		w.must("expired-starts-nothing", !run.Attempt.Claimed.After(until), "%s was claimed %s by %s %s, which expired %s", run.ID,
			w.plant.offset(run.Attempt.Claimed), by.Kind, by.Name, w.plant.offset(until))
	}
	if policy.Window.Hours == nil || slices.Contains(by.Overrides, maintenance.OverrideWindow) {
		return
	}
	w.must("window", policy.Window.Contains(run.Attempt.Claimed), "%s was claimed %s", run.ID, w.plant.offset(run.Attempt.Claimed))
}

// watchStop: a stop that its service has taken.
func (w *world) watchStop(c *call, j *job) {
	h := w.ledger.runs[c.about]
	run, asked := h.latest(c.sent, func(v version) bool { return v.by == c.flight.id && !v.run.Stop.At.IsZero() })
	if !asked { // it was to be stopped already
		run, _ = h.asOf(c.sent)
	}
	w.must("stop-without-a-reason", !run.Stop.At.IsZero(), "%s is stopped by %s, and nobody asked for it", j.id, c.flight.id)
	if run.Stop.Asked().IsZero() {
		w.must("begun-is-not-stopped", run.Began.IsZero() && c.flight.seen[run.ID].pending, "%s is stopped by %s, which has not seen it wait",
			j.id, c.flight.id)
	}
	j.stopped = true
}

// watchCommit: a change that the ledger has made.
func (w *world) watchCommit(c *call, change maintenance.Change) {
	from, to := change.From, change.To
	if to.ID == "" {
		return
	}
	w.note(named(to.ID, string(to.State), string(to.Outcome), string(to.Reason)), len(to.Owed))
	if claims(change) && to.Attempt.ID != from.Attempt.ID {
		w.watchClaim(c, change)
		w.watchSteering(c, change)
	}
	w.watchSteps(c, change)
	w.watchFollowed(c, change)
	w.watchOwed(change)
	w.watchTaken(c, change)
	if c.flight.knows[inLane{c.lane, to.Attempt.ID}] {
		w.must("writes-what-it-knows", to.State != maintenance.RunStarting, "%s got the answer to the start of %s, and writes that it is %s",
			c.flight.id, to.ID, describe(to))
	}
	record := w.ledger.servers[to.ServerName]
	if to.State == maintenance.RunOver {
		w.must("kept-by-what-is-over", record.OpenRun != to.ID && w.ledger.slots[from.Slot] != to.ID && w.ledger.nodes[from.Node] != to.ID,
			"%s is over and has its server, slot or node", to.ID)
		w.watchEnd(change)
		w.must("over-is-over", from.State != maintenance.RunOver || from.Outcome == to.Outcome &&
			from.Reason == to.Reason, "%s was %s %s, and is %s %s",
			to.ID, from.Outcome, from.Reason, to.Outcome, to.Reason)
	}
	w.must("looked-at-again", !to.Open() && len(to.Owed)+len(to.Successors) == 0 || !to.DueAt.IsZero(),
		"%s is %s, and is never looked at again", to.ID, describe(to))
	if to.State == maintenance.RunOver && from.State != maintenance.RunOver && !to.Began.IsZero() {
		w.ends[to.ServerName] = to.Ended
	}
	if from.Began.IsZero() && !to.Began.IsZero() {
		w.must("began-is-seen", slices.ContainsFunc(w.mine(to), func(j *job) bool {
			return j.began(w.now())
		}), "%s is taken to have begun at %s", to.ID, w.plant.offset(to.Began))
	}
	w.watchUnseen(c, change)
	fell := from.State == maintenance.RunStarting && to.State == maintenance.RunWaiting
	never := from.Holds() && to.State == maintenance.RunOver && to.Reason == maintenance.ReasonNeverBegan
	if fell || never {
		w.watchNothing(from, to)
	}
}

// watchEnd: a run that was followed to its end ended after its work did; one that is closed by hand could not be followed to its end.
func (w *world) watchEnd(change maintenance.Change) {
	from, to := change.From, change.To
	if from.State == maintenance.RunOver {
		return
	}
	long := func(since time.Time) bool { return !since.IsZero() && !change.Now.Before(since.Add(10*time.Minute)) }
	switch to.Reason {
	case maintenance.ReasonClosedByHand:
		w.must("closed-too-early", from.State == maintenance.RunStarting && long(from.Attempt.Claimed) ||
			from.State == maintenance.RunRunning && (change.Now.After(from.Deadline) || long(from.Unseen.Since)), "%s was %s", to.ID, describe(from))
	case "", maintenance.ReasonStopped, maintenance.ReasonStoppedElsewhere, maintenance.ReasonOutsideWindow, maintenance.ReasonCalendarClosed:
		for _, j := range w.byRun[to.ID] {
			if from.Holds() && j.attempt == to.Attempt.ID && !j.begins.IsZero() && (w.plant.server(to.ServerName).Own || to.Reference == j.id) {
				w.must("ended-after-its-work", !to.Ended.Before(j.ends.Add(-skew)), "%s is %s since %s, and %s ends %s", to.ID, describe(to),
					w.plant.offset(to.Ended), j.id, w.plant.offset(j.ends))
			}
		}
	}
}

// watchUnseen: a run that could not be followed for ten minutes is notified when that is seen; where it becomes overdue at the same
// time, that says both.
func (w *world) watchUnseen(c *call, change maintenance.Change) {
	to := change.To
	since := to.Unseen.Since
	again := c.flight.event.Verb == "sweep" && !change.From.Unseen.Since.IsZero() && !to.LookAt.Equal(change.From.LookAt)
	if !again || !to.Holds() || since.IsZero() || change.Now.Before(since.Add(10*time.Minute+timeout)) {
		return
	}
	said := slices.ContainsFunc(w.ledger.runs[to.ID].versions, func(v version) bool {
		return slices.ContainsFunc(v.run.Owed, func(n maintenance.Notification) bool {
			return (n.Outcome == maintenance.OutcomeError || n.Outcome == maintenance.OutcomeOverdue) && !n.At.Before(since.Add(-skew))
		})
	})
	w.must("unseen-is-notified", said, "%s has not been seen since %s", to.ID, w.plant.offset(since))
}

// watchNothing: somebody concludes that an attempt came to nothing.
func (w *world) watchNothing(from, to maintenance.Run) {
	for _, j := range w.byRun[to.ID] {
		if j.attempt == from.Attempt.ID {
			w.must("began-after-all", j.begins.IsZero(), "%s is %s %s, and %s begins at %s", to.ID, to.State, to.Reason, j.id,
				w.plant.offset(j.begins))
		}
	}
}

func (w *world) watchClaim(c *call, change maintenance.Change) {
	f, to, name := c.flight, change.To, change.To.ServerName
	if f.event.Verb == "start" && f.event.RunID != "" {
		w.must("acts-on-its-run", to.ID == f.event.RunID, "%s is claimed by a command about %s", to.ID, f.event.RunID)
	}
	looked, ok := f.looked[name]
	w.must("claim-on-old-facts", ok && !looked.Before(f.began), "%s is claimed by %s, which has not looked at %s", to.ID, f.id, name)
	if s := w.plant.server(name); s.Node != "" {
		seen := f.asked[name].Add(-longestLate - skew) // what was there by then, the look had to show
		w.must("claim-beside-the-work-of-others", !slices.ContainsFunc(w.plant.active(s, w.now()), func(j *job) bool {
			return !j.ours() && j.created.Before(seen)
		}), "%s is claimed by %s, which looked at %s", to.ID, f.id, w.plant.offset(f.asked[name]))
	}
	w.must("stop-is-obeyed", change.From.Stop.At.IsZero(), "%s is claimed, and was to be stopped", to.ID)
	read, ok := f.read[inLane{c.lane, name}]
	overridden := slices.Contains(to.Attempt.Trigger.Overrides, maintenance.OverrideHold)
	for _, whose := range []string{name, ""} {
		if hold, held := w.holds[whose]; held && w.now().Before(hold.until.Add(-skew)) {
			w.must("claim-under-a-hold", overridden || !ok || read.Before(hold.from), "%s is claimed by %s, which read at %s; the hold is of %s",
				to.ID, f.id, w.plant.offset(read), w.plant.offset(hold.from))
		}
	}
	by := to.Attempt.Trigger
	if closed, ok := w.plant.closed[name]; ok && !slices.Contains(by.Overrides, maintenance.OverrideCalendar) {
		w.must("calendar", !closed.covers(w.now()) || !closed.from.Before(f.began), "%s is claimed by %s; its calendar is closed since %s", to.ID,
			f.id, w.plant.offset(closed.from))
	}
	if by.Kind != maintenance.TriggerAlarm {
		return
	}
	policy, _ := f.box.settings.policy(name)
	w.must("new-alarm-starts-nothing", !w.onlyNew[by.Key(name)], "%s is claimed by the first state of %s", to.ID, by.Name)
	if came, ok := w.arrived[by.Key(name)]; ok {
		w.must("stale-starts-nothing", came.Sub(by.Time) <= policy.StaleAfter+skew+timeout, "%s is claimed by %s of %s, which came %s", to.ID,
			by.Name, w.plant.offset(by.Time), w.plant.offset(came))
	}
	if policy.DailyLimit > 0 {
		day := to.Attempt.CountedOn
		before := 0
		for _, j := range w.plant.jobs { // what was accepted by an alarm's claim of the day
			if h := w.ledger.runs[j.run]; j.server == name && h != nil && h.last().Attempt.CountedOn == day && !j.begins.IsZero() && j.run != to.ID {
				before++
			}
		}
		w.must("daily-limit", before < policy.DailyLimit, "%s is claimed for %s, and %d were started", to.ID, day, before)
	}
	if end := w.ends[name]; policy.Cooldown > 0 && !end.IsZero() {
		w.must("cooldown", !w.now().Before(end.Add(policy.Cooldown-skew)), "%s is claimed; the cooldown lasts until %s", to.ID,
			w.plant.offset(end.Add(policy.Cooldown)))
	}
}

// watchFailed: a call whose caller did not get its answer.
func (w *world) watchFailed(c *call) {
	switch service := serviceOf(c.op); {
	case service == "ledger":
		w.excuse(c.flight, c.about)
	case strings.HasPrefix(c.op, service+".Start") && w.unsure(c):
		if h := w.ledger.runs[c.about]; h != nil {
			w.attempts[h.last().ServerName] = w.now()
			if service == "ssm" {
				w.plant.rival(h.last())
			}
			w.plant.leaves(h.last())
		}
	}
}

// watchStopped: what an operator who stops a run is answered is so.
func (w *world) watchStopped(f *flight, r maintenance.Report) {
	h := w.ledger.runs[f.event.RunID]
	if h == nil {
		h = w.ledger.runs[w.ledger.servers[r.ServerName].OpenRun]
	}
	if h == nil {
		return
	}
	switch run := h.last(); {
	case r.Outcome == maintenance.OutcomeCancelled:
		w.must("stop-is-answered-truly", !run.Open() || run.ID != r.RunID, "%s is cancelled, and %s is %s", r.RunID, run.ID, describe(run))
	case r.Reason == maintenance.ReasonStopping:
		w.must("stop-is-answered-truly", !run.Open() || !run.Stop.At.IsZero() || run.ID != r.RunID, "%s is being stopped, and is %s", run.ID,
			describe(run))
	case r.Reason == maintenance.ReasonNotRunning:
		w.must("stop-is-answered-truly", !run.Open() || h.versions[0].at.After(f.began), "%s finds nothing, and %s is %s", f.id, run.ID,
			describe(run))
	}
}

// watchDeath: whatever it published, it has not recorded.
func (w *world) watchDeath(f *flight) { w.excuse(f, "") }

// excuse: what a flight published, of a run, of a server, or all, it may not have recorded.
func (w *world) excuse(f *flight, about string) {
	for i := range w.topics.messages {
		if m := &w.topics.messages[i]; m.flight == f && (about == "" || about == m.report.RunID || about == m.report.ServerName) {
			m.excused = true
		}
	}
}

// watchLanding: an invocation is over.
func (w *world) watchLanding(f *flight, failed bool) {
	if f.err != nil && f.err != errRetry && !f.dead {
		w.must("no-panic", false, "%s %s: %v", f.id, f.event, f.err)
	}
	for _, r := range f.reports {
		if h := w.ledger.runs[r.RunID]; r.Outcome == maintenance.OutcomeStarted && h != nil {
			w.must("answered-truly", len(w.mine(h.last())) > 0, "%s %s is answered started, and %s was not", f.id, f.event, r.RunID)
		}
		w.must("no-panic", r.Reason != maintenance.ReasonUnexpected && !slices.ContainsFunc(r.Publishing.Errs, func(err error) bool {
			return strings.Contains(err.Error(), "internal error")
		}), "%s %s: %s %v", f.id, f.event, r.Detail, r.Publishing.Errs)
	}
	if asks := []string{"stop", "close", "approve", "hold", "release"}; !failed &&
		(len(f.event.requests()) > 0 || slices.Contains(asks, f.event.Verb)) {
		w.must("answered", !slices.ContainsFunc(f.reports, func(r maintenance.Report) bool { return r.Outcome == "" }),
			"%s %s has an answer without an outcome", f.id, f.event)
	}
	if f.event.Verb == "stop" && len(f.reports) == 1 {
		w.watchStopped(f, f.reports[0])
	}
	if verb := f.event.Verb; (verb == "hold" || verb == "release") && len(f.reports) == 1 {
		w.watchBraked(f, f.reports[0])
	}
	for _, r := range f.event.requests() {
		key := r.Trigger.Key(r.ServerName)
		asked := w.requests[key]
		if asked == nil {
			asked = &request{server: r.ServerName, trigger: r.Trigger, by: f.id}
			w.requests[key] = asked
			w.order = append(w.order, key)
		}
		w.must("keys-tell-triggers-apart", asked.is(r), "%s %s of %s at %s has the key of %s %s of %s at %s", r.Trigger.Kind, r.Trigger.ID,
			r.ServerName, w.plant.offset(r.Trigger.Time), asked.trigger.Kind, asked.trigger.ID, asked.server, w.plant.offset(asked.trigger.Time))
		if failed || passedOver(f) {
			continue
		}
		asked.taken = true
		if !slices.Contains(asked.ways, f.event.Way) {
			asked.ways = append(asked.ways, f.event.Way)
		}
	}
	if f.event.Verb == "ok" && !failed {
		w.watchCleared(f)
	}
	if f.expired {
		w.excuse(f, "")
	}
	for id, s := range f.seen {
		if s.stops && !failed && !f.expired && w.now().Before(f.began.Add(timeout/2)) {
			w.must("stop-is-sent", s.asked, "%s follows %s, which is to be stopped, and does not ask for it", f.id, id)
		}
	}
}
