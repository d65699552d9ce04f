package simulation

import (
	"cmp"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// The invariants of the ways by which an alarm comes.

// passedOver: what comes by a topic may be about anybody's server.
func passedOver(f *flight) bool {
	return f.event.Way == "sns" && slices.ContainsFunc(f.reports, func(r maintenance.Report) bool {
		return r.Outcome == maintenance.OutcomeIgnored && r.Reason == maintenance.ReasonNotAllowed
	})
}

// watchCleared: an OK, by whatever way it came, has taken its alarm back from the run that waited for it from its beginning to its end.
func (w *world) watchCleared(f *flight) {
	server, ok := f.event.Servers[0], f.event.Trigger
	if policy, known := f.box.settings.policy(server); known && policy.KeepWhenCleared {
		return
	}
	for _, h := range w.ledger.order {
		was, there := h.asOf(f.began)
		asks := func(t maintenance.Trigger) bool {
			return t.Kind == maintenance.TriggerAlarm && t.ID == ok.ID && !t.Time.After(ok.Time) && slices.ContainsFunc(was.Triggers,
				func(before maintenance.Trigger) bool { return before.ID == t.ID && before.Time.Equal(t.Time) })
		}
		if !there || was.ServerName != server || was.State != maintenance.RunWaiting || !slices.ContainsFunc(was.Triggers, asks) {
			continue
		}
		waits := !slices.ContainsFunc(h.versions, func(v version) bool { return v.at.After(f.began) && v.run.State != maintenance.RunWaiting })
		kind := "ok-takes-back-by-" + cmp.Or(f.event.Way, ways[0])
		w.must(kind, !waits || !slices.ContainsFunc(h.last().Triggers, asks), "%s of %s is over, and %s waits on for it: %s", f.id,
			ok.Name, h.id, describe(h.last()))
	}
}

// endWays: one change of an alarm's state that was taken by several ways is one trigger: its key was written once, and nothing that is
// almost it was taken for another.
func (w *world) endWays(key string, asked *request) {
	if len(asked.ways) < 2 {
		return
	}
	n := w.keyed[key]
	w.must("one-trigger-by-all-ways", n == 1, "%s of %s came by %v, and was decided %d times", asked.trigger.Name, asked.server, asked.ways, n)
	for _, h := range w.ledger.order {
		for _, t := range h.last().Triggers {
			almost := h.last().ServerName == asked.server && t.Kind == maintenance.TriggerAlarm && t.Name == asked.trigger.Name &&
				t.Time.Sub(asked.trigger.Time).Abs() < time.Second
			if almost {
				w.must("one-trigger-by-all-ways", w.requests[t.Key(asked.server)] != nil, "%s of %s came by %v, and %s has it as %s at %s",
					asked.trigger.Name, asked.server, asked.ways, h.id, t.ID, t.Time)
			}
		}
	}
}
