package simulation

import (
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// probe asks each server for maintenance once nothing breaks any more: one that nothing hinders has to start. So has a run that waits.
func (w *world) probe() {
	for i, server := range w.story.Servers {
		name, id := server.Name, "probe-"+server.Name
		w.at(w.calm.Add(30*time.Minute+time.Duration(i)*5*time.Minute), func() {
			why, asked := w.hindrance(name, ""), w.now()
			w.alarm(id, name, "probe")
			w.after(4*time.Minute, func() {
				if why == "" {
					started := func(j *job) bool { return j.ours() && j.server == name && j.created.After(asked) }
					w.must("free-server-starts", slices.ContainsFunc(w.plant.jobs, started), "nothing hinders %s, and %s starts nothing", name, id)
				}
			})
		})
		if i == 0 { // so that something goes on at the end
			w.at(w.end.Add(-6*time.Minute), func() { w.alarm("last-"+name, name, "last") })
		}
		w.at(w.end.Add(-20*time.Minute), func() { w.stuck[name] = w.hindrance(name, w.ledger.servers[name].OpenRun) })
	}
}

// hindrance is why a server need not be started now for an alarm, by what the world knows; a run may be its own. Empty: nothing is.
func (w *world) hindrance(name, run string) string {
	now, server := w.now(), w.plant.server(name)
	policy, ok := w.settings.policy(name)
	soon := now.Add(5 * time.Minute)
	held := func(whose string) bool { h, ok := w.holds[whose]; return ok && now.Add(-skew).Before(h.until) }
	record := w.ledger.servers[name]
	holding, queued, today, ended := 0, false, 0, time.Time{}
	for _, h := range w.ledger.runs {
		last := h.last()
		if last.Holds() && last.ID != run {
			holding++
		}
		queued = queued || last.ID != run && last.State == maintenance.RunWaiting && last.Wait.Reason == maintenance.ReasonConcurrencyLimit
		if last.ServerName == name && last.State == maintenance.RunOver && last.Attempt.ID != "" && last.Ended.After(ended) {
			ended = last.Ended // of what was started, for all that was known
		}
		if last.ServerName == name && slices.ContainsFunc(h.versions, func(v version) bool {
			return v.run.Attempt.CountedOn == now.UTC().Format(time.DateOnly)
		}) {
			today++
		}
	}
	switch {
	case !ok || !policy.Enabled || w.plant.gone(name):
		return "it may not be touched, or is not there"
	case policy.Window.Hours != nil && !(policy.Window.Contains(now) && policy.Window.Contains(soon)):
		return "its window"
	case held(name) || held(""):
		return "a hold"
	case len(policy.Approval) > 0:
		return "an approval"
	case policy.After != "":
		return "an order"
	case policy.BlockedBy.Blocks != nil && len(w.alarms.inAlarmAt(now)) > 0:
		return "an alarm"
	case w.plant.closed[name].covers(now) || w.plant.closed[name].covers(soon):
		return "its calendar"
	case record.OpenRun != "" && record.OpenRun != run:
		return "its open run"
	case server.Node != "" && w.ledger.nodes[server.Node] != "" && w.ledger.nodes[server.Node] != run, len(w.plant.active(server, now)) > 0:
		return "what goes on there"
	case slices.ContainsFunc(w.plant.backups[name], func(s span) bool { return s.covers(now) || s.covers(soon) }):
		return "a backup"
	case !ended.IsZero() && now.Before(ended.Add(policy.Cooldown+skew)):
		return "its cooldown"
	case policy.DailyLimit > 0 && today >= policy.DailyLimit:
		return "its daily limit"
	case w.settings.limit > 0 && (holding >= w.settings.limit || queued):
		return "the limit"
	}
	return ""
}
