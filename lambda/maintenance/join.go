package maintenance

import "time"

// joined is a run with one more trigger, looked at soon because that may be what lets it start.
func joined(run Run, t Trigger, now time.Time, topics []Topic) Next {
	n := Next{Run: run}
	r := &n.Run
	var more int
	if r.Triggers, more = join(run.Triggers, run.More, t); more != run.More {
		r.More, r.MoreTime = more, later(run.MoreTime, t.Time)
	}
	if run.State == RunWaiting && r.Look.After(now) {
		r.Look = now
	}
	notification := Notification{Outcome: OutcomeJoined, At: now, Trigger: &t}
	n.Report = r.report(notification)
	n.Report.Count = true
	r.owe(notification, topics)
	return n
}
