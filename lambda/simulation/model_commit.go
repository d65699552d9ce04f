package simulation

import (
	"context"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// kindOf says what a change is for, so that faults are counted at each step apart.
func kindOf(c maintenance.Change) string {
	switch {
	case c.To.ID == "":
		return "key"
	case c.Hold != nil:
		return "hold"
	case c.Claim != nil && c.Claim.SlotOnly:
		return "slot"
	case c.Claim != nil:
		return "claim"
	case c.Key != "" && c.From.Version == 0:
		return "record"
	case c.Key != "":
		return "join"
	case c.Free:
		return "free"
	case c.From.Version == 0:
		return "new"
	case c.From.State == c.To.State && len(c.To.Owed) < len(c.From.Owed):
		return "clear"
	default:
		return "move"
	}
}

// Commit carries out a change as lambda/maintenance/ledger.go promises it: the conditions in the order of Change's fields.
func (l *ledger) Commit(ctx context.Context, change maintenance.Change) (maintenance.Run, error) {
	about := change.To.ID
	if about == "" {
		about = change.Key
	}
	return ask(ctx, l, "Commit-"+kindOf(change), about, func(c *call) (maintenance.Run, error) {
		if no := l.refuses(c, change); no != nil {
			no.Op = "commit"
			return maintenance.Run{}, no
		}
		return l.apply(c, change), nil
	})
}

func (l *ledger) refuses(c *call, change maintenance.Change) *maintenance.Error {
	if kept, ok := l.keys[change.Key]; ok && change.Key != "" && kept.until.After(change.Now) {
		return &maintenance.Error{Reason: maintenance.ReasonDuplicate, Holder: kept.RunID, Decided: kept.Decided}
	}
	to := change.To
	if to.ID == "" {
		return nil
	}
	stored := maintenance.Run{}
	if h := l.runs[to.ID]; h != nil {
		stored = h.last()
	}
	if stored.Version != change.From.Version {
		return &maintenance.Error{Reason: maintenance.ReasonMoved}
	}
	if change.Hold != nil && !l.holdOf(change.Hold.ServerName).Until.Equal(change.Hold.Was.Until) {
		return &maintenance.Error{Reason: maintenance.ReasonMoved}
	}
	if no := l.refusesServer(change); no != nil {
		return no
	}
	if takes(change, to.Slot != 0, to.Slot == change.From.Slot) {
		if holder := l.slots[to.Slot]; holder != "" && holder != to.ID || l.conflicts(c) {
			return &maintenance.Error{Reason: maintenance.ReasonSlotTaken, Holder: holder}
		}
	}
	if takes(change, to.Node != "", to.Node == change.From.Node) {
		if holder := l.nodes[to.Node]; holder != "" && holder != to.ID {
			return &maintenance.Error{Reason: maintenance.ReasonNodeTaken, Holder: holder}
		}
	}
	return nil
}

func (l *ledger) refusesServer(change maintenance.Change) *maintenance.Error {
	record := l.servers[change.To.ServerName]
	switch {
	case claims(change):
		if no := record.Refuses(*change.Claim, change.To.ID, change.Now); no != nil {
			return no
		}
		if before := change.Claim.Before; before != "" && l.servers[before].Changes != change.Claim.BeforeChanges {
			return &maintenance.Error{Reason: maintenance.ReasonMoved}
		}
	case change.Open && record.OpenRun != "":
		return &maintenance.Error{Reason: maintenance.ReasonOpenRun, Holder: record.OpenRun}
	}
	return nil
}

// claims reports whether the server is claimed too, takes whether a slot or a node is taken that was not the run's before.
func claims(c maintenance.Change) bool { return c.Claim != nil && !c.Claim.SlotOnly }

func takes(c maintenance.Change, any, same bool) bool {
	return any && (c.Claim != nil || !same) && !(c.Free && same)
}

// conflicts: another transaction is at work on the slot, and may come to nothing.
func (l *ledger) conflicts(c *call) bool {
	_, ok := l.oddOf(c, "slot", "conflict", l.knobs.Conflict, happens("conflict"))
	return ok
}

func (l *ledger) apply(c *call, change maintenance.Change) maintenance.Run {
	if change.Key != "" {
		l.keys[change.Key] = keptKey{change.Decided, change.Now.Add(keepKey)}
		l.keyed[change.Key]++
	}
	l.wrote = l.now()
	run := copyRun(change.To)
	if run.ID == "" {
		l.watchCommit(c, change)
		return run
	}
	run.Version, run.DueAt = change.From.Version+1, run.DueAt.Add(time.Millisecond-1).Truncate(time.Millisecond)
	record := copyRecord(l.servers[run.ServerName])
	if change.Open || claims(change) {
		record.OpenRun = run.ID
		record.Changes++
	}
	if claims(change) && change.Claim.DailyLimit > 0 {
		run.Attempt.CountedOn = change.Now.UTC().Format(time.DateOnly)
		if record.Day != run.Attempt.CountedOn {
			record.Day, record.Starts = run.Attempt.CountedOn, 0
		}
		record.Starts++
	}
	if takes(change, run.Slot != 0, run.Slot == change.From.Slot) {
		l.slots[run.Slot] = run.ID
	}
	if takes(change, run.Node != "", run.Node == change.From.Node) {
		l.nodes[run.Node] = run.ID
	}
	if change.Free {
		l.free(&record, change)
	}
	if change.Hold != nil {
		if record.Hold = change.Hold.Is; run.ServerName == "" {
			l.fleet.Hold = change.Hold.Is
		}
	}
	if run.ServerName != "" {
		l.servers[run.ServerName] = record
	}
	l.put(c.flight.id, run)
	change.To = run
	l.watchCommit(c, change)
	l.aim(change.From, run)
	return copyRun(run)
}

// free gives back what the run held, an end to the server's record, and a start that did not happen to its day.
func (l *ledger) free(record *maintenance.ServerRecord, change maintenance.Change) {
	from, to := change.From, change.To
	if from.Slot != 0 && l.slots[from.Slot] == to.ID {
		delete(l.slots, from.Slot)
	}
	if from.Node != "" && l.nodes[from.Node] == to.ID {
		delete(l.nodes, from.Node)
	}
	changes := record.Changes
	if !to.Open() && record.OpenRun == to.ID {
		record.OpenRun, record.Changes = "", changes+1
	}
	if !to.Open() && maintenance.MayHaveRun(to) {
		recordEnd(record, to, change.Now)
		record.Changes = changes + 1
	}
	happened := to.State == maintenance.RunRunning || !to.Accepted.IsZero() || maintenance.MayHaveRun(to)
	counted := from.Attempt.CountedOn
	if counted != "" && from.Accepted.IsZero() && !happened {
		record.Changes = changes + 1
		if record.Day == counted && record.Starts > 0 {
			record.Starts--
		}
	}
}

func recordEnd(record *maintenance.ServerRecord, run maintenance.Run, now time.Time) {
	end := maintenance.End{RunID: run.ID, Outcome: run.Outcome, Reason: run.Reason, At: run.Ended}
	if end.At.IsZero() {
		end.At = now
	}
	record.Ends = append([]maintenance.End{end}, record.Ends...)
	slices.SortStableFunc(record.Ends, func(a, b maintenance.End) int { return b.At.Compare(a.At) })
	record.Ends = record.Ends[:min(len(record.Ends), maintenance.MaxEnds)]
	if end.Outcome == maintenance.OutcomeSucceeded && end.At.After(record.LastSuccess) {
		record.LastSuccess = end.At
	}
}

func (l *ledger) put(by string, run maintenance.Run) {
	h := l.runs[run.ID]
	if h == nil {
		h = &history{id: run.ID}
		l.runs[run.ID] = h
		l.order = append(l.order, h)
	} else if !slices.Contains(l.order, h) {
		l.order = append(l.order, h)
	}
	h.versions = append(h.versions, version{l.now(), by, run})
	l.wrote = l.now()
	if n := len(h.versions); l.trace != nil && (n == 1 || describe(run) != describe(h.versions[n-2].run)) {
		l.trace(by, run.ID, describe(run))
	}
}

// copyRun is a run that shares nothing with another, as what has been encoded and decoded does not.
func copyRun(r maintenance.Run) maintenance.Run {
	r.Triggers, r.Notified = slices.Clone(r.Triggers), slices.Clone(r.Notified)
	r.Owed, r.Successors = slices.Clone(r.Owed), slices.Clone(r.Successors)
	for i, n := range r.Owed {
		r.Owed[i].Topics = slices.Clone(n.Topics)
		if n.Trigger != nil {
			t := *n.Trigger
			r.Owed[i].Trigger = &t
		}
	}
	return r
}

func copyRecord(r maintenance.ServerRecord) maintenance.ServerRecord {
	r.Ends = slices.Clone(r.Ends)
	return r
}
