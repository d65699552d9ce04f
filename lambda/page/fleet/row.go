package fleet

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
	"opsworks-maintenance/lambda/settings"
)

// row is one server of the page.
type row struct {
	name   string
	server *settings.Server // nil: not in the settings
	zone   *time.Location
	read   bool // whether its record could be read
	record maintenance.ServerRecord
	run    maintenance.Run // the open one; its zero value if there is none
	report maintenance.Report
	next   upcoming
	state  state
}

// state is what a row says at a glance. What needs somebody comes first.
type state int

const (
	unread state = iota
	unfollowed
	overdue
	approval
	running
	starting
	waiting
	failed
	held
	quiet
	disabled
	removed
)

// glances are a state's class in the style sheet, and its words.
var glances = map[state][2]string{
	unread: {"bad", "? not read"}, unfollowed: {"bad", "! not followed"}, overdue: {"bad", "! overdue"},
	approval: {"ask", "? approval needed"}, running: {"run", "▶ running"}, starting: {"run", "▶ starting"},
	waiting: {"wait", "… waiting"}, failed: {"bad", "✕ failed"}, held: {"wait", "‖ held"},
	quiet: {"calm", "nothing open"}, disabled: {"calm", "disabled"}, removed: {"calm", "not in the settings"},
}

// rows are the servers of the settings and those that have an open run besides: what needs somebody first, else by name.
func (p *page) rows(fleet maintenance.Fleet) []row {
	all := map[string]*row{}
	add := func(name string) *row {
		if all[name] == nil {
			all[name] = p.row(name)
			all[name].record, all[name].read = fleet.Servers[name]
		}
		return all[name]
	}
	for i := range p.Settings.Servers {
		add(p.Settings.Servers[i].Name)
	}
	for _, run := range fleet.Runs {
		add(run.ServerName).run = run
	}
	sorted := make([]row, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r := all[name]
		r.settle(p.now)
		sorted = append(sorted, *r)
	}
	slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(a.state, b.state) })
	return sorted
}

// row is a server as the settings have it.
func (p *page) row(name string) *row {
	r := &row{name: name, zone: time.UTC}
	if server, ok := p.Settings.Server(name); ok {
		r.server, r.zone, r.next = server, server.Location, p.upcoming(server)
	}
	return r
}

// settle says how a row stands.
func (r *row) settle(now time.Time) {
	if r.run.ID != "" {
		r.report = r.standing(r.run, now)
	}
	r.state = r.stands(now)
}

// standing is how a run of the server stands, on the server's clock.
func (r *row) standing(run maintenance.Run, now time.Time) maintenance.Report {
	report := maintenance.Stands(run, now, policyOf(r.server))
	report.Zone = cmp.Or(report.Zone, r.zone.String())
	if hold := r.record.Hold; hold.RunID == run.ID && hold.Live(now) { // of one that is over its record does not say when it ended
		report.Until = hold.Until
	}
	return report
}

func (r *row) stands(now time.Time) state {
	switch {
	case r.run.ID == "" && (!r.read || r.record.OpenRun != ""): // an open run that is not among those read
		return unread
	case r.run.ID != "" && r.report.Outcome == maintenance.OutcomeError:
		return unfollowed
	case r.run.ID != "" && r.report.Outcome == maintenance.OutcomeOverdue:
		return overdue
	case r.run.State == maintenance.RunWaiting && r.run.Wait.Reason == maintenance.ReasonApprovalNeeded:
		return approval
	case r.run.State == maintenance.RunWaiting:
		return waiting
	case r.run.State == maintenance.RunStarting:
		return starting
	case r.run.ID != "":
		return running
	case r.record.Hold.Live(now):
		return held
	case r.server == nil:
		return removed
	case !r.server.Enabled:
		return disabled
	case len(r.record.Ends) > 0 && r.record.Ends[0].Outcome == maintenance.OutcomeFailed:
		return failed
	default:
		return quiet
	}
}

// says is how it stands, in the words of messages; empty where nothing is open.
func (r *row) says() string {
	switch {
	case r.run.ID != "":
		return message.Summary(r.report)
	case r.state == unread && r.record.OpenRun != "":
		return "Its open run " + short(r.record.OpenRun) + " is not among those that were read."
	case r.state == held:
		return message.Summary(maintenance.Report{Outcome: maintenance.OutcomeHeld, ServerName: r.name, Until: r.record.Hold.Until,
			At: r.record.Hold.Since, Zone: r.zone.String()})
	case r.state == failed:
		end := r.record.Ends[0]
		return message.Summary(maintenance.Report{Outcome: end.Outcome, Reason: end.Reason, ServerName: r.name, At: end.At,
			Zone: r.zone.String()})
	default:
		return ""
	}
}

// since is since when it stands so, in a sentence; empty where that is not known.
func (r *row) since() string {
	said := func(what string, t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return what + " " + when(t, r.zone) + "."
	}
	switch r.state {
	case approval, waiting:
		return said("Waits since", r.run.Wait.Since)
	case running, overdue:
		return said("Started", r.run.Accepted)
	case unfollowed:
		if r.run.Unseen.Since.IsZero() {
			return said("Tried", r.run.Attempt.Claimed)
		}
		return said("Not seen since", r.run.Unseen.Since)
	case held:
		return said("Held since", r.record.Hold.Since)
	default:
		return ""
	}
}

// policyOf is what says when a run expires; nil for a server that the settings do not have.
func policyOf(s *settings.Server) *maintenance.Policy {
	if s == nil {
		return nil
	}
	return &maintenance.Policy{Window: s.Opens(), ExpiresAfter: s.ExpiresAfter, KeepWhenCleared: s.KeepWhenCleared}
}

// clock is how a time is written, by the server's own clock.
const clock = "Mon 2 Jan 15:04 MST"

func when(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(clock)
}
