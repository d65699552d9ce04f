package simulation

import (
	"context"
	"time"

	dynamo "opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

// asking is what the domain asks of an adapter: its requests alone do not all say what they are about.
type asking struct {
	about  string // a run, a server, a topic
	server string
	run    maintenance.Run
	change *maintenance.Change
	report *maintenance.Report
	reads  bool // what a claim rests on
}

type askingKey struct{}

func (a asking) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, askingKey{}, a)
}

// seen is a backend whose calls say what they are about.
type seen struct {
	maintenance.Backend
	*deep
}

func (s seen) Shared() maintenance.Backend { return seen{s.Backend.Shared(), s.deep} }

func (s seen) Look(ctx context.Context, name string) maintenance.Sighting {
	sighting := s.Backend.Look(asking{about: name, server: name}.in(ctx), name)
	f := flightOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	f.looked[name] = sighting.At.Add(-f.box.skew) // when what it shows was read, be it for another server
	f.asked[name] = f.looked[name]
	return sighting
}

func (s seen) Follow(ctx context.Context, run maintenance.Run) maintenance.Sighting {
	sighting := s.Backend.Follow(asking{about: run.ID, server: run.ServerName, run: run}.in(ctx), run)
	s.saw(ctx, run, sighting)
	return sighting
}

func (s seen) Start(ctx context.Context, run maintenance.Run, server maintenance.Server,
	a []maintenance.EngineAttribute) maintenance.Answer {
	return s.Backend.Start(asking{about: run.ID, server: run.ServerName, run: run}.in(ctx), run, server, a)
}

func (s seen) Stop(ctx context.Context, run maintenance.Run) error {
	s.asks(ctx, run)
	return s.Backend.Stop(asking{about: run.ID, server: run.ServerName, run: run}.in(ctx), run)
}

func (s seen) Calendar(ctx context.Context, name string) maintenance.CalendarState {
	return s.Backend.Calendar(asking{about: name, server: name}.in(ctx), name)
}

// Check implements maintenance.Checker, as far as the backend does.
func (s seen) Check(ctx context.Context, name string) error {
	if checker, ok := s.Backend.(maintenance.Checker); ok {
		return checker.Check(asking{about: name, server: name}.in(ctx), name)
	}
	return nil
}

// publisher is a notifier whose requests say which report they are.
type publisher struct {
	maintenance.Notifier
	*deep
}

func (p publisher) Publish(ctx context.Context, topic maintenance.Topic, r maintenance.Report) error {
	about := r.RunID
	if about == "" {
		about = "none"
	}
	p.topics.try(delivery{r.RunID, topic, r.Sequence})
	return p.Notifier.Publish(asking{about: about + "/" + string(r.Outcome), server: r.ServerName, report: &r}.in(ctx), topic, r)
}

// books is the ledger of one container. Each share of its parallel work has a ledger to itself: tokens are drawn without a context, and
// in one share they are drawn in the same order each time.
type books struct {
	*deep
	code *code
}

// lane is one share's ledger.
type lane struct {
	*dynamo.Ledger
	key key
	n   int
}

func (l *lane) token() string {
	l.n++
	return short(l.key.number(l.n))
}

func (b books) in(ctx context.Context, a asking) (context.Context, *dynamo.Ledger) {
	name := maintenance.LaneOf(ctx)
	b.code.mu.Lock()
	defer b.code.mu.Unlock()
	l := b.code.lanes[name]
	if l == nil {
		l = &lane{}
		l.Ledger = dynamo.New(b.config(wire{b.deep, dynamo.AttemptTimeout}), runsTable, l.token)
		b.code.lanes[name] = l
	}
	if k := b.code.flight.key.and("token", name); l.key != k {
		l.key, l.n = k, 0
	}
	return a.in(ctx), l.Ledger
}

func (b books) Read(ctx context.Context, name string) (maintenance.Snapshot, error) {
	ctx, l := b.in(ctx, asking{about: name, server: name, reads: true})
	return l.Read(ctx, name)
}

func (b books) Run(ctx context.Context, id string) (maintenance.Run, error) {
	ctx, l := b.in(ctx, asking{about: id})
	return l.Run(ctx, id)
}

func (b books) Slots(ctx context.Context, most int) ([]string, error) {
	ctx, l := b.in(ctx, asking{about: "slots"})
	return l.Slots(ctx, most)
}

func (b books) Node(ctx context.Context, node string) (string, error) {
	ctx, l := b.in(ctx, asking{about: node})
	return l.Node(ctx, node)
}

func (b books) Commit(ctx context.Context, change maintenance.Change) (maintenance.Run, error) {
	about := change.To.ID
	if about == "" {
		about = change.Key
	}
	ctx, l := b.in(ctx, asking{about: about, server: change.To.ServerName, change: &change})
	return l.Commit(ctx, change)
}

func (b books) Take(ctx context.Context, due maintenance.Due, next time.Time) (maintenance.Run, error) {
	ctx, l := b.in(ctx, asking{about: due.RunID})
	return l.Take(ctx, due, next)
}

func (b books) Due(ctx context.Context, queue maintenance.Queue, until time.Time, most int) ([]maintenance.Due, error) {
	ctx, l := b.in(ctx, asking{about: string(queue)})
	return l.Due(ctx, queue, until, most)
}

func (b books) ByReference(ctx context.Context, reference string) (string, error) {
	ctx, l := b.in(ctx, asking{about: reference})
	return l.ByReference(ctx, reference)
}

func (b books) History(ctx context.Context, name string, most int) ([]maintenance.Run, error) {
	ctx, l := b.in(ctx, asking{about: name})
	return l.History(ctx, name, most)
}

func (b books) Servers(ctx context.Context, names []string) (map[string]maintenance.ServerRecord, error) {
	ctx, l := b.in(ctx, asking{about: "servers"})
	return l.Servers(ctx, names)
}

func (b books) Count(ctx context.Context, what string, now time.Time) (int, error) {
	ctx, l := b.in(ctx, asking{about: "count"})
	return l.Count(ctx, what, now)
}

func (b books) Watch(ctx context.Context, name string, since time.Time) error {
	ctx, l := b.in(ctx, asking{about: name})
	return l.Watch(ctx, name, since)
}

func (b books) Limit(ctx context.Context, was, is maintenance.FleetRecord) error {
	ctx, l := b.in(ctx, asking{about: "fleet"})
	return l.Limit(ctx, was, is)
}
