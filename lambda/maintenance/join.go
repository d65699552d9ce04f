package maintenance

import "time"

// joinRun is a run with one more trigger, looked at soon because that may be what lets it start.
func joinRun(run Run, t Trigger, now time.Time, topics []Topic) Decision {
	n := Decision{Run: run}
	r := &n.Run
	var more int
	if r.Triggers, more = mergeTrigger(run.Triggers, run.More, t); more != run.More {
		r.More, r.MoreTime = more, later(run.MoreTime, t.Time)
	}
	if run.State == RunWaiting && r.LookAt.After(now) {
		r.LookAt = now
	}
	notification := Notification{Outcome: OutcomeJoined, At: now, Trigger: &t}
	n.Report = r.report(notification)
	n.Report.Count = true
	r.owe(notification, topics)
	return n
}
