package simulation

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// world is everything there is: the driver, the function's containers, the models, and what the invariants know.
type world struct {
	driver
	story  *Story
	knobs  *Knobs
	calm   time.Time
	target target
	deep   *deep // nil at the shallow depth

	flights  []*flight
	boxes    []*container
	settings *settings
	deployed time.Time
	grounded bool

	ledger *ledger
	plant  *plant
	alarms *alarms
	topics *topics
	outages

	record   bool
	recorded map[key]bool
	odds     []Odd
	trace    func(actor, what, how string)
	lines    []line
	busy     map[string]bool // actors that did more than look
	goOn     bool            // after a violation
	broke    []Violation

	calls, flown, skipped int
	asked                 map[string]int // how often each call was made
	tally                 map[Step]int
	active                map[string]int // how often each invariant's left side was true
	truth
}

// Step is a fault at a step.
type Step struct{ Op, Fault string }

// settings are those of one deploy.
type settings struct {
	servers map[string]Server
	limit   int
	topics  []maintenance.Topic
	off     map[string]bool // disabled
	works   map[string]int  // how often what would run has been changed
	// calendars are the servers that have one.
	calendars map[string]bool
}

// expected are the servers that must succeed so often.
func (s *settings) expected() map[string]time.Duration {
	all := map[string]time.Duration{}
	for name, server := range s.servers {
		if server.Expect > 0 {
			all[name] = server.Expect
		}
	}
	return all
}

// followers are, by a server's name, those that follow on its success.
func (s *settings) followers() map[string][]string {
	all := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(s.servers)) {
		if after := s.servers[name].After; after != "" {
			all[after] = append(all[after], name)
		}
	}
	return all
}

func (s *settings) policy(name string) (maintenance.Policy, bool) {
	server, ok := s.servers[name]
	if !ok {
		return maintenance.Policy{}, false
	}
	p := maintenance.Policy{
		Backend: server.Backend, Enabled: !s.off[name], StaleAfter: server.Stale, ExpiresAfter: server.Expires, Cooldown: server.Cooldown,
		DailyLimit: server.Daily, Deadline: server.Deadline, KeepWhenCleared: server.Keep, After: server.After, BlockedBy: server.blockers(),
		Work: maintenance.Work{Backend: server.Backend, Version: strconv.Itoa(s.works[name])}, Calendars: s.calendars[name],
	}
	if server.From != server.Until {
		p.Window = maintenance.Window{Hours: daily{server.From, server.Until}}
	}
	if server.Approval != "" {
		p.Approval = []maintenance.TriggerKind{maintenance.TriggerKind(server.Approval)}
	}
	return p, true
}

// daily is a window from a minute of each day until another.
type daily struct{ from, until int }

func (d daily) Covers(_ time.Weekday, minute int) bool {
	if d.from < d.until {
		return d.from <= minute && minute < d.until
	}
	return d.from <= minute || minute < d.until
}

func (d daily) Changes() []int { return []int{min(d.from, d.until), max(d.from, d.until)} }

// expires is when a trigger of a server gives up waiting: after so long, else when the window closes that is open or opens next, else after
// six hours (lambda/README.md, expiresAfter).
func (s Server) expires(t time.Time) time.Time {
	switch {
	case s.Expires > 0:
		return t.Add(s.Expires)
	case s.From == s.Until:
		return t.Add(6 * time.Hour)
	}
	at := t.UTC().Truncate(time.Minute)
	for !s.open(at) {
		at = at.Add(time.Minute)
	}
	for s.open(at) {
		at = at.Add(time.Minute)
	}
	return at
}

// open reports whether a server's window, which it has, is open.
func (s Server) open(t time.Time) bool {
	t = t.UTC()
	return daily{s.From, s.Until}.Covers(t.Weekday(), t.Hour()*60+t.Minute())
}

func newSettings(s *Story) *settings {
	out := &settings{servers: map[string]Server{}, limit: s.Limit, off: map[string]bool{}, works: map[string]int{},
		calendars: map[string]bool{}}
	for _, l := range s.Lines {
		if l.Verb == "calendar" {
			out.calendars[l.arg("server")] = true
		}
	}
	for _, server := range s.Servers {
		out.servers[server.Name] = server
	}
	for _, topic := range s.Topics {
		out.topics = append(out.topics, maintenance.Topic(topic))
	}
	return out
}

// deploy changes the settings: running invocations end by the old ones, new ones begin in new containers.
func (w *world) deploy(l Line) {
	next := &settings{servers: map[string]Server{}, limit: w.settings.limit, topics: w.settings.topics, off: map[string]bool{},
		works: maps.Clone(w.settings.works), calendars: w.settings.calendars}
	for name, server := range w.settings.servers {
		if !slices.Contains(l.list("drop"), name) {
			next.servers[name] = server
		}
	}
	for _, server := range w.story.Servers {
		if slices.Contains(l.list("add"), server.Name) {
			next.servers[server.Name] = server
		}
	}
	for _, name := range l.list("change") {
		next.works[name]++
	}
	for _, name := range l.list("disable") {
		next.off[name] = true
	}
	if l.arg("limit") != "" {
		next.limit = l.number("limit")
	}
	if topics := l.list("topics"); len(topics) > 0 {
		next.topics = nil
		for _, topic := range topics {
			next.topics = append(next.topics, maintenance.Topic(topic))
		}
	}
	w.use(next)
}

func (w *world) use(s *settings) {
	w.settings, w.deployed = s, w.now()
	for _, topic := range maintenance.Topics() {
		w.lacked[topic] = w.lacked[topic] || !slices.Contains(s.topics, topic)
	}
}

func newWorld(s *Story, t target) *world {
	w := &world{story: s, knobs: &s.Knobs, target: t, busy: map[string]bool{}, recorded: map[key]bool{}, asked: map[string]int{},
		tally: map[Step]int{}, outages: outages{}, active: map[string]int{}}
	w.woke = make(chan struct{}, 1)
	w.begin = time.Now().Round(0)
	w.calm, w.end = w.begin.Add(s.Calm), w.begin.Add(s.Hours)
	w.ledger, w.plant, w.topics = newLedger(w), newPlant(w), newTopics(w)
	w.alarms = &alarms{w, map[string][]span{}}
	w.truth = newTruth()
	w.use(newSettings(s))
	return w
}
