package maintenance

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// maxRefusals is how many refusals of alarms and unreadable events are notified in a day, before one message says that there are more.
const maxRefusals = 50

// Refuse records and notifies an event that comes to no request.
func (r *Runner) Refuse(ctx context.Context, refusal Refusal) Report {
	t, done := r.turn(ctx)
	defer done()
	report := t.safely(refusal.ServerName, "", func() Report { return t.refuse(refusal) })
	report.Publishing = t.published.Publishing
	return report
}

// refusal is what a verdict makes of a request.
func refusal(q Request, v Verdict, f Facts) Refusal {
	r := Refusal{Reason: v.Reason, ServerName: q.ServerName, Trigger: q.Trigger, Detail: v.Detail, Figures: v.Figures, Until: v.Until,
		RunID: v.Holder, Key: q.Trigger.Key(q.ServerName), requestDigest: q.digest()}
	if f.Policy != nil {
		r.backend, r.zone = f.Policy.Backend, f.Policy.zone()
	}
	if f.Sighting != nil {
		r.Server = f.Sighting.Server
	}
	return r
}

// refuse records a refusal with its notification owed: one for a server (or what sent the event), a reason and a day. A schedule's and
// an operator's are never capped.
func (t *turn) refuse(r Refusal) Report {
	now := t.Now()
	record := r.record(now)
	report := record.report(Notification{Outcome: record.Outcome, Reason: r.Reason, At: now, Detail: r.Detail,
		Figures: r.Figures, Until: r.Until})
	report.Count = true
	if r.RunID != "" {
		report.RunID = r.RunID
	}
	known, err := t.Ledger.Run(t.callCtx, record.ID)
	switch {
	case err == nil && known.ID != "": // it has been notified today: the key alone
		record = Run{}
	case ReasonOf(err) != ReasonUnknownRun:
		return r.unrecorded(report, err)
	default:
		record.owe(Notification{Outcome: record.Outcome, Reason: r.Reason, At: now, Detail: record.Detail, Figures: r.Figures,
			Until: r.Until, Server: r.Server}, t.Notifier.Topics())
	}
	return t.recordRefusal(record, report, r)
}

// recordRefusal writes the record and the trigger's key in one transaction. If another invocation was faster with the record, the key alone
// is written.
func (t *turn) recordRefusal(record Run, report Report, r Refusal) Report {
	n := Decision{Run: record, Report: report}
	for range 2 {
		if n.Run.ID == "" && r.Key == "" {
			return report
		}
		stored, err := t.commit(Run{}, n, moveOptions{key: r.Key, requestDigest: r.requestDigest})
		switch ReasonOf(err) {
		case "":
			if r.capped() && stored.ID != "" {
				stored = t.withinCap(stored)
			}
			t.deliver(stored)
			return report
		case ReasonDuplicate:
			return intake{t}.answerDuplicate(Request{ServerName: r.ServerName, Trigger: r.Trigger}, r.requestDigest, err)
		case ReasonMoved:
			n.Run = Run{}
		default:
			return r.unrecorded(report, err)
		}
	}
	return report
}

// unrecorded is a refusal that the ledger did not take: only the event, delivered again, can help.
func (r Refusal) unrecorded(report Report, err error) Report {
	report.Outcome, report.Reason, report.Err = OutcomeError, ReasonOf(err), err
	report.Detail = strings.TrimPrefix(r.Detail+"; the refusal ("+string(r.Reason)+") could not be recorded", "; ")
	report.Retry = r.Trigger.Kind != TriggerManual
	return report
}

// record is a refusal as it is kept: a run that was over from the start.
func (r Refusal) record(now time.Time) Run {
	day := now.UTC().Format("20060102")
	subject, parts := r.ServerName, []string{r.ServerName, r.Source, string(r.Reason), day}
	if subject == "" {
		subject = "event"
	}
	if r.Trigger.Kind == TriggerManual {
		parts = append(parts, r.Trigger.ID)
	}
	run := Run{ID: fmt.Sprintf("%s-%s-%s-%s", subject, r.Reason, day, digest(parts...)[:8]), State: RunOver,
		ServerName: r.ServerName, Backend: r.backend, Zone: r.zone,
		Created: now, Ended: now, Outcome: r.Reason.outcome(), Reason: r.Reason, Detail: cut(r.Detail, maxDetail), Server: r.Server}
	if r.Trigger.Kind != "" {
		trigger := r.Trigger
		trigger.Name, trigger.Reason = cut(trigger.Name, maxName), cut(trigger.Reason, maxReason)
		run.Triggers = []Trigger{trigger}
	}
	if !ValidServerName(subject) {
		run.ID = "event" + strings.TrimPrefix(run.ID, subject)
	}
	return run
}

// capped reports whether refusals like it are counted against the day's limit.
func (r Refusal) capped() bool { return r.Trigger.Kind == TriggerAlarm || r.Trigger.Kind == "" }

// withinCap counts a refusal that has just been recorded, and no repetition of one: that has a key already. One too many of the day owes
// nothing any more, once the one message that reports those is recorded. Until then it is owed, so that nobody who fails here hides it.
func (t *turn) withinCap(stored Run) Run {
	now := t.Now()
	n, err := t.Ledger.Count(t.recordCtx, "refusals", now)
	if err != nil || n <= maxRefusals {
		return stored
	}
	more := Run{ID: "event-" + string(ReasonManyRefusals) + "-" + now.UTC().Format("20060102"), State: RunOver, Created: now, Ended: now,
		Outcome: OutcomeRefused, Reason: ReasonManyRefusals, Detail: fmt.Sprintf("more than %d refusals of alarms and unreadable events today; "+
			"the others are in the log, and those of a server in its history", maxRefusals)}
	more.owe(Notification{Outcome: OutcomeRefused, Reason: ReasonManyRefusals, At: now, Detail: more.Detail}, t.Notifier.Topics())
	told, err := t.commit(Run{}, Decision{Run: more}, moveOptions{})
	switch ReasonOf(err) {
	case "":
		t.deliver(told)
	case ReasonMoved: // it is recorded
	default:
		return stored
	}
	return publisher{t}.clear(stored, func(Topic, int) bool { return true })
}
