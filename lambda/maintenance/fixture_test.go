package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// now is a Saturday.
var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

var topics = []maintenance.Topic{maintenance.TopicText, maintenance.TopicRecords, maintenance.TopicChat}

// fixture is a Runner over the memory ledger, a backend that shows what a test sets, and a mailbox.
type fixture struct {
	*maintenance.Runner
	t       *testing.T
	ledger  *memory
	backend *backend
	mailbox *mailbox
	clock   time.Time
	policy  maintenance.Policy
	// of the triggers that a test sends
	server   string
	age      time.Duration
	newAlarm bool
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, ledger: newMemory(), backend: newBackend(), mailbox: &mailbox{topics: topics}, clock: now, server: "puppet-01",
		policy: maintenance.Policy{Backend: "fake", Enabled: true, StaleAfter: time.Hour, Cooldown: 12 * time.Hour, DailyLimit: 2,
			Deadline: 4 * time.Hour}}
	ids := 0
	f.Runner = &maintenance.Runner{
		Policy: func(name string) (maintenance.Policy, bool) {
			return f.policy, name != "stranger"
		},
		Backends: map[string]maintenance.Backend{"fake": f.backend},
		Ledger:   f.ledger, Notifier: f.mailbox,
		Now: func() time.Time { return f.clock },
		NewID: func(name string, _ time.Time) string {
			f.ledger.mu.Lock()
			defer f.ledger.mu.Unlock()
			ids++
			return fmt.Sprintf("%s-%d", name, ids)
		},
	}
	return f
}

func (f *fixture) trigger(kind maintenance.TriggerKind, name string) maintenance.Request {
	id := "arn:" + name
	if kind == maintenance.TriggerManual {
		id += f.clock.String()
	}
	return maintenance.Request{ServerName: "puppet-01", Trigger: maintenance.Trigger{Kind: kind, Name: name, ID: id, Time: f.clock}}
}

// invocation has the time that Lambda gives the function.
func (f *fixture) invocation() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	f.t.Cleanup(cancel)
	return ctx
}

func (f *fixture) alarm() maintenance.Report {
	return f.ask(f.trigger(maintenance.TriggerAlarm, "disk"))
}

func (f *fixture) ask(q maintenance.Request) maintenance.Report {
	reports := f.Ask(f.invocation(), []maintenance.Request{q})
	f.expectReasons(reports...)
	return reports[0]
}

// expectReasons: what came to nothing says why.
func (f *fixture) expectReasons(reports ...maintenance.Report) {
	f.t.Helper()
	for _, r := range reports {
		if r.Reason == "" && slices.Contains([]maintenance.Outcome{maintenance.OutcomeRefused, maintenance.OutcomeError,
			maintenance.OutcomeMissed}, r.Outcome) {
			f.t.Errorf("%s of %s is %s without a reason: %s", r.RunID, r.ServerName, r.Outcome, r.Detail)
		}
	}
}

func (f *fixture) operator(overrides ...string) maintenance.Report {
	q := f.trigger(maintenance.TriggerManual, "")
	q.Trigger.Overrides = overrides
	return f.ask(q)
}

// sweeps lets time pass, a sweep a minute.
func (f *fixture) sweeps(n int) []maintenance.Report {
	var reports []maintenance.Report
	for range n {
		f.clock = f.clock.Add(time.Minute)
		result := f.Sweep(f.invocation())
		if result.Err != nil {
			f.t.Errorf("sweep at %s: %v", f.clock.Format(time.TimeOnly), result.Err)
		}
		reports = append(reports, result.Reports...)
	}
	f.expectReasons(reports...)
	for _, mail := range f.mailbox.got {
		f.expectReasons(mail.report)
	}
	return reports
}

// only is the run there is.
func (f *fixture) only() maintenance.Run {
	f.t.Helper()
	if len(f.ledger.runs) != 1 {
		f.t.Fatalf("there are %d runs, not one: %v", len(f.ledger.runs), f.ledger.runs)
	}
	for _, run := range f.ledger.runs {
		return run
	}
	panic("unreachable")
}

func (f *fixture) expectMail(want ...string) {
	f.t.Helper()
	if got := f.mailbox.on(maintenance.TopicText); !slices.Equal(got, want) {
		f.t.Errorf("people got %q, want %q", got, want)
	}
}

// backend shows what a test sets, and keeps what it was asked.
type backend struct {
	mu sync.Mutex
	// look and follow are what is seen; answer is what a start is answered.
	look   func() maintenance.Sighting
	follow func(maintenance.Run) maintenance.Sighting
	answer func(maintenance.Run) maintenance.Answer
	closed maintenance.CalendarState
	stops  bool
	stop   error // what a stop is answered

	started, stopped []string
	looks, follows   int
	asked            string // the server looked at last
	attributes       []maintenance.EngineAttribute
}

func newBackend() *backend {
	b := &backend{stops: true}
	b.look = func() maintenance.Sighting { return maintenance.Sighting{Server: healthy("i-1")} }
	b.answer = func(maintenance.Run) maintenance.Answer {
		return maintenance.Answer{Reference: "execution-1", Server: healthy("i-1")}
	}
	b.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionRunning) }
	return b
}

func healthy(node string) maintenance.Server {
	return maintenance.Server{Name: "puppet-01", Backend: "fake", Status: maintenance.StatusHealthy, Node: node, Runbook: "runbook"}
}

func execution(state maintenance.ExecutionState) maintenance.Sighting {
	e := maintenance.Execution{ID: "execution-1", Node: "i-1", State: state, Began: state != maintenance.ExecutionPending,
		Detail: "Steps: Patch"}
	return maintenance.Sighting{Server: healthy("i-1"), Executions: []maintenance.Execution{e}}
}

func failing(reason maintenance.Reason) error {
	return &maintenance.Error{Op: "call the service", Reason: reason, Err: errors.New("the service says so")}
}

func (b *backend) Look(_ context.Context, serverName string) maintenance.Sighting {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = serverName
	b.looks++
	return b.look()
}

func (b *backend) Follow(_ context.Context, run maintenance.Run) maintenance.Sighting {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.follows++
	return b.follow(run)
}

func (b *backend) Start(_ context.Context, run maintenance.Run, _ maintenance.Server,
	attributes []maintenance.EngineAttribute) maintenance.Answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started, b.attributes = append(b.started, run.ID), attributes
	return b.answer(run)
}

func (b *backend) Stop(_ context.Context, run maintenance.Run) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = append(b.stopped, run.Reference)
	return b.stop
}

func (b *backend) Stops() bool { return b.stops }

func (b *backend) Calendar(context.Context, string) maintenance.CalendarState { return b.closed }

func (b *backend) Shared() maintenance.Backend { return b }

// mailbox keeps what was published.
type mailbox struct {
	mu     sync.Mutex
	topics []maintenance.Topic
	broken map[maintenance.Topic]bool
	got    []mail
	tried  []maintenance.Topic
	// onPublish is called with each report that people get.
	onPublish func(maintenance.Report)
}

type mail struct {
	topic  maintenance.Topic
	report maintenance.Report
}

func (m *mailbox) Topics() []maintenance.Topic { return m.topics }

func (m *mailbox) Publish(_ context.Context, topic maintenance.Topic, r maintenance.Report) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tried = append(m.tried, topic)
	if m.onPublish != nil {
		m.onPublish(r)
	}
	if m.broken[topic] {
		return errors.New("no such topic")
	}
	m.got = append(m.got, mail{topic, r})
	return nil
}

// on are the outcomes and reasons that came by a topic.
func (m *mailbox) on(topic maintenance.Topic) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var got []string
	for _, mail := range m.got {
		if mail.topic == topic {
			text := string(mail.report.Outcome)
			if mail.report.Reason != "" {
				text += " " + string(mail.report.Reason)
			}
			got = append(got, text)
		}
	}
	return got
}
