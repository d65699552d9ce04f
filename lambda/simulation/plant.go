package simulation

import (
	"context"
	"slices"
	"strconv"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// plant is what is maintained: servers, nodes, and the maintenance that goes on there, by anybody. Both backends read it late.
type plant struct {
	*world
	jobs    []*job
	byID    map[string]*job
	backups map[string][]span    // a server's, where the service makes such
	closed  map[string]span      // a server's calendar
	left    map[string]time.Time // servers that are gone for good, since when
}

type span struct{ from, until time.Time }

func (s span) covers(t time.Time) bool { return !t.Before(s.from) && t.Before(s.until) }

// job is one maintenance as its service has it: accepted, begun unless never, ended.
type job struct {
	id, server, node string
	run, attempt     string // that it was started for, empty for others'
	takesRun         bool
	created          time.Time
	begins           time.Time // zero is never
	ends             time.Time
	result           maintenance.ExecutionState
	stopped          bool // by us: the service has taken a request
}

func (j *job) ours() bool { return j.run != "" }

// state is how far it had come at a time. ok is false if it was not there yet.
func (j *job) state(at time.Time) (state maintenance.ExecutionState, ok bool) {
	switch {
	case at.Before(j.created):
		return 0, false
	case !at.Before(j.ends):
		return j.result, true
	case !j.begins.IsZero() && !at.Before(j.begins):
		return maintenance.ExecutionRunning, true
	default:
		return maintenance.ExecutionPending, true
	}
}

func (j *job) began(at time.Time) bool { return !j.begins.IsZero() && !at.Before(j.begins) }

func newPlant(w *world) *plant {
	return &plant{world: w, byID: map[string]*job{}, backups: map[string][]span{}, closed: map[string]span{}, left: map[string]time.Time{}}
}

// backends are those that a Runner has.
func (p *plant) backends() map[string]maintenance.Backend {
	return map[string]maintenance.Backend{"ssm": ssm{p}, "opsworks-cm": opsworksCM{p}}
}

// add keeps a job from its acceptance on.
func (p *plant) add(j *job) {
	p.jobs = append(p.jobs, j)
	p.byID[j.id] = j
	if p.trace != nil {
		p.trace("plant", j.id, "begins "+p.offset(j.begins)+" ends "+p.offset(j.ends)+" "+stateName(j.result))
	}
}

// others is a job that others have started.
func (p *plant) others(j *job) {
	if p.gone(j.server) {
		return
	}
	if p.deep != nil {
		p.deep.others(j)
		return
	}
	p.add(j)
}

// backup is one that the service makes of a server.
func (p *plant) backup(server string, until time.Time) {
	if p.gone(server) || p.deep != nil && !p.deep.backUp(server, until) {
		return
	}
	p.backups[server] = append(p.backups[server], span{p.now(), until})
}

// close closes a server's calendar.
func (p *plant) close(server string, until time.Time) {
	p.closed[server] = span{p.now(), until}
	if p.deep != nil {
		p.deep.nodes.SetCalendar(calendarOf(server), false, until)
	}
}

// leave takes a server away for good, and with its node all others there. What goes on there fails.
func (p *plant) leave(name string) {
	server := p.server(name)
	for _, s := range p.story.Servers {
		if s.Name == name || s.Node != "" && s.Node == server.Node {
			p.left[s.Name] = p.now()
		}
	}
	for _, j := range p.active(server, p.now()) {
		if p.deep == nil || !p.deep.fail(j) {
			ssm{p}.end(j, 0, maintenance.ExecutionFailed)
		}
	}
}

func (p *plant) gone(name string) bool { return !p.left[name].IsZero() }

// missing: a server is in no answer, for a while or for good.
func (p *plant) missing(c *call, name string) bool {
	if p.gone(name) {
		return true
	}
	if p.during("empty", name, p.knobs.Empty) {
		p.met(c, "empty")
		return true
	}
	return false
}

func (p *plant) offset(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Sub(p.begin).Round(time.Millisecond).String()
}

// active is what goes on at a server's node, or is accepted there, in truth.
func (p *plant) active(server Server, at time.Time) []*job {
	var out []*job
	for i := len(p.jobs) - 1; i >= 0; i-- {
		j := p.jobs[i]
		if j.server != server.Name && (server.Node == "" || j.node != server.Node) {
			continue
		}
		if state, ok := j.state(at); ok && !state.Over() {
			out = append(out, j)
		}
	}
	return out
}

// room: others may begin something at a server. Systems Manager lets executions run side by side on one node; where ours carry no run's id,
// and in OpsWorks CM, nobody could tell the two apart.
func (p *plant) room(s Server) bool { return s.Own || len(p.active(s, p.now())) == 0 }

// server is a server as the world has it, whatever the settings say.
func (p *plant) server(name string) Server {
	i := slices.IndexFunc(p.story.Servers, func(s Server) bool { return s.Name == name })
	if i < 0 {
		return Server{Name: name}
	}
	return p.story.Servers[i]
}

// lag is how far back a reading is: AWS documents no bound, and five minutes are taken.
func (p *plant) lag(c *call, of string) time.Time {
	o, _ := p.oddOf(c, of, "lag", p.knobs.Lag, func(r *roller) oddity { return oddity{"lag", staleness(r)} })
	return p.now().Add(-o.long)
}

// during: in the first ten minutes of each twenty something may be wrong, for less than five. So no ten minutes, after which what is
// missing counts, have more than one time of it.
func (p *plant) during(what, whom string, chance float64) bool {
	const block = 20 * time.Minute
	n := int(p.since() / block)
	name := whom + "-" + strconv.Itoa(n)
	long, ok := p.oddly(chance, lasts(what, 10*time.Second, longestLate), name, what)
	from := time.Duration(n)*block + roll(p.story.Seed, named(name, what, "from")).between(0, block/2-longestLate)
	return ok && p.since() >= from && p.since() < from+long
}

func backendError(op string, reason maintenance.Reason) *maintenance.Error {
	return &maintenance.Error{Op: op, Reason: reason, Err: errLost}
}

// calendar is what a backend reads of a server's calendar. One that could not be read is closed.
func (p *plant) calendar(ctx context.Context, kind, serverName string) (state maintenance.CalendarState) {
	got := p.call(ctx, kind+".Calendar", serverName, func(*call) {
		if closed := p.closed[serverName]; closed.covers(p.now()) {
			state = maintenance.CalendarState{Closed: true, Next: closed.until}
		}
	})
	if got != fine {
		return maintenance.CalendarState{Closed: true, Err: backendError("read the calendar", maintenance.ReasonUnavailable)}
	}
	return state
}

func stateName(s maintenance.ExecutionState) string {
	return map[maintenance.ExecutionState]string{maintenance.ExecutionPending: "pending", maintenance.ExecutionRunning: "running",
		maintenance.ExecutionSucceeded: "succeeded", maintenance.ExecutionFailed: "failed", maintenance.ExecutionCancelled: "cancelled"}[s]
}
