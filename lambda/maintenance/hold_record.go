package maintenance

import (
	"slices"
	"strings"
	"time"
)

// record is the record of a hold that binds and owes its end; the zero value if there is none. That of a hold that ran out says so itself.
func (t brake) record(was Hold, now time.Time) (Run, error) {
	if was.RunID == "" || !was.Live(now) {
		return Run{}, nil
	}
	run, err := t.Ledger.Run(t.callCtx, was.RunID)
	if ReasonOf(err) == ReasonUnknownRun || err == nil && !slices.ContainsFunc(run.Owed, Notification.isExpiry) {
		return Run{}, nil
	}
	return run, err
}

// newRecord is a hold's own record: it is over from the start, and stays due until its end has been notified.
func (t brake) newRecord(now time.Time) Run {
	subject := t.request.ServerName
	if subject == "" {
		subject = "fleet"
	}
	record := Run{ID: t.NewID(subject, now), ServerName: t.request.ServerName, Created: now, Ended: now,
		Triggers: []Trigger{t.request.Trigger}}
	if policy, ok := t.Policy(t.request.ServerName); ok {
		record.Backend, record.Zone = policy.Backend, policy.zone()
	}
	return record.to(RunOver)
}

// words are who held it, and why.
func (h Hold) words() string { return joined(": ", h.By, h.Reason) }

// joined are the texts that are not empty as one.
func joined(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), separator)
}

func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// isExpiry reports whether a notification is that a hold ran out.
func (n Notification) isExpiry() bool {
	return n.Outcome == OutcomeReleased && n.Reason == ReasonHoldExpired
}

// decideOver says what is next for a run that is over: nothing but notifications, and of a hold that it has run out.
func decideOver(run Run, f Facts) Decision {
	n := Decision{Run: run}
	i := slices.IndexFunc(run.Owed, Notification.isExpiry)
	if i < 0 || f.Now.Before(run.Owed[i].At) || !n.Run.markNotified("expired "+run.Owed[i].At.UTC().Format(time.RFC3339)) {
		return n
	}
	n.Report = run.report(run.Owed[i])
	n.Report.Count = true
	return n
}

// withoutExpiry are notifications but for that a hold runs out.
func withoutExpiry(owed []Notification) []Notification {
	return slices.DeleteFunc(slices.Clone(owed), Notification.isExpiry)
}

// expiry is that a hold runs out, for when that comes. It makes nothing old that is owed before.
func (h Hold) expiry(sequence int, topics []Topic) Notification {
	n := Notification{Sequence: sequence, Outcome: OutcomeReleased, Reason: ReasonHoldExpired, At: h.Until, Detail: h.words()}
	for _, topic := range OutcomeReleased.audience(true) {
		if slices.Contains(topics, topic) {
			n.Topics = append(n.Topics, Delivery{Topic: topic, Next: h.Until})
		}
	}
	return n
}
