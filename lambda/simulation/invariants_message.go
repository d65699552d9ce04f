package simulation

import (
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// watchPublished: what people and machines are told is recorded, and true when it is sent.
func (w *world) watchPublished(c *call, topic maintenance.Topic, r maintenance.Report) {
	if w.trace != nil {
		w.trace(c.flight.id, "says on "+string(topic)+": "+r.RunID, string(r.Outcome)+" "+string(r.Reason))
	}
	w.note(named(r.RunID, string(r.Outcome), string(r.Reason)), r.Sequence)
	nothing := []maintenance.Outcome{maintenance.OutcomeRefused, maintenance.OutcomeError, maintenance.OutcomeMissed}
	w.must("says-why", r.Reason != "" || !slices.Contains(nothing, r.Outcome), "%s says %s on %s without a reason", r.RunID, r.Outcome, topic)
	run, recorded := w.decided(r)
	w.must("published-what-is-recorded", recorded, "%s %s %s on %s", r.RunID, r.Outcome, r.Reason, topic)
	asked := r.Stop && (r.Outcome == maintenance.OutcomeRefused || r.Outcome == maintenance.OutcomeInProgress) // an answer to an operator
	if !recorded || asked {
		return
	}
	w.watchTruth(c.sent, topic, run, r)
	w.watchReason(r)
	if topic == maintenance.TopicRecords {
		w.watchOrder(r)
	} else {
		w.watchTold(c, r)
	}
	if topic == maintenance.TopicText {
		w.react(r)
	}
}

// watchReason: a window that is said to be closed was closed, and a hold was there, when that was decided.
func (w *world) watchReason(r maintenance.Report) {
	if r.Outcome != maintenance.OutcomeWaiting && r.Outcome != maintenance.OutcomeRefused {
		return
	}
	switch s := w.plant.server(r.ServerName); r.Reason {
	case maintenance.ReasonOutsideWindow:
		w.must("reasons-are-so", s.From != s.Until && !s.open(r.At), "%s says that the window was closed at %s", r.RunID, w.plant.offset(r.At))
	case maintenance.ReasonHeld:
		was := func(h span) bool { return !r.At.Before(h.from.Add(-skew)) && r.At.Before(h.until) }
		w.must("reasons-are-so", slices.ContainsFunc(w.heldEver[r.ServerName], was) || slices.ContainsFunc(w.heldEver[""], was),
			"%s says that there was a hold at %s", r.RunID, w.plant.offset(r.At))
	}
}

// watchOrder: a record comes after those before it of its run.
func (w *world) watchOrder(r maintenance.Report) {
	for _, n := range w.ledger.runs[r.RunID].last().Owed {
		before := n.Sequence < r.Sequence && owesRecord(n)
		w.must("records-in-order", !before || slices.ContainsFunc(w.topics.messages, func(m publication) bool {
			return m.topic == maintenance.TopicRecords && m.report.RunID == r.RunID && m.report.Sequence == n.Sequence
		}), "%s says %s before %s", r.RunID, r.Outcome, n.Outcome)
	}
}

// decided is the run as it was when what is reported was decided: the first version that owes it.
func (w *world) decided(r maintenance.Report) (maintenance.Run, bool) {
	h := w.ledger.runs[r.RunID]
	if h == nil {
		return maintenance.Run{}, false
	}
	for _, v := range h.versions {
		for _, n := range v.run.Owed {
			if n.Outcome == r.Outcome && n.Reason == r.Reason && n.At.Equal(r.At) {
				return v.run, true
			}
		}
	}
	return maintenance.Run{}, false
}

// watchTruth: what a message says is so when it is sent. A record is history: what it says is not, was not when it was decided.
func (w *world) watchTruth(sent time.Time, topic maintenance.Topic, run maintenance.Run, r maintenance.Report) {
	now := sent
	if topic == maintenance.TopicRecords {
		now = r.At.Add(-skew)
	}
	any := func(is func(*job) bool) bool {
		return slices.ContainsFunc(w.mine(run), func(j *job) bool { return !j.created.After(sent) && is(j) })
	}
	own := slices.ContainsFunc(w.byRun[run.ID], func(j *job) bool { return !j.created.After(now) && !j.begins.IsZero() })
	ended := func(how maintenance.ExecutionState) bool {
		return any(func(j *job) bool { return j.result == how && !j.ends.After(sent) })
	}
	kind := "true-" + string(r.Outcome)
	untrue := func(holds bool) { w.must(kind, holds, "%s says %s %s on %s", r.RunID, r.Outcome, r.Reason, topic) }
	switch {
	case r.Reason == maintenance.ReasonClosedByHand:
		untrue(run.Attempt.ID != "")
	case r.Outcome == maintenance.OutcomeHeld, r.Outcome == maintenance.OutcomeReleased:
		w.watchBrakeTold(sent, topic, r)
	case r.Reason == maintenance.ReasonEndUnclear: // nobody saw it begin lately, nor could
		untrue(run.Backend == "opsworks-cm" && !slices.ContainsFunc(w.byRun[run.ID], func(j *job) bool {
			return j.began(r.At.Add(-2*longestLate)) && r.At.Before(j.ends.Add(-skew))
		}))
	case r.Reason == maintenance.ReasonNoSuccess:
		untrue(!w.succeeded(r.ServerName, r.At.Add(skew-r.Figures.Limit), r.At.Add(-skew)))
	case r.Outcome == maintenance.OutcomeFailed && r.Reason == maintenance.ReasonServerGone:
		untrue(w.plant.gone(run.ServerName) && w.plant.left[run.ServerName].Before(sent))
	case r.Outcome == maintenance.OutcomeStarted:
		untrue(any(func(*job) bool { return true }))
	case r.Outcome == maintenance.OutcomeSucceeded:
		untrue(ended(maintenance.ExecutionSucceeded))
	case r.Outcome == maintenance.OutcomeFailed && r.Reason == maintenance.ReasonNeverBegan:
		untrue(!slices.ContainsFunc(w.byRun[run.ID], func(j *job) bool { return j.began(now) }))
	case r.Outcome == maintenance.OutcomeFailed:
		untrue(ended(maintenance.ExecutionFailed))
	case r.Outcome == maintenance.OutcomeCancelled:
		untrue((!own || ended(maintenance.ExecutionCancelled)) && w.stoppedSo(run, r.Reason))
	case r.Outcome == maintenance.OutcomeWaiting || r.Outcome == maintenance.OutcomeMissed || r.Outcome == maintenance.OutcomeRefused:
		untrue(!own)
	case r.Outcome == maintenance.OutcomeError && run.Outcome == maintenance.OutcomeError:
		untrue(!own)
	case r.Outcome == maintenance.OutcomeOverdue:
		unseen := !run.Unseen.Since.IsZero()    // then it says no more than that the deadline has passed
		lately := r.At.Add(-longestLate - skew) // one that comes late says so
		if run.Backend == "opsworks-cm" {       // seen under maintenance late, it may have ended long before; only then the five minutes begin
			lately = lately.Add(-longestLate)
		}
		goesOn := any(func(j *job) bool { return j.begins.IsZero() || lately.Before(j.ends) }) ||
			// of its own, for all that shows
			slices.ContainsFunc(w.plant.backups[run.ServerName], func(s span) bool { return lately.Before(s.until) })
		untrue((unseen || goesOn) && !sent.Before(r.Deadline.Add(-skew)))
	}
}
