package maintenance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// memory is a ledger that keeps the interface's promises in memory, so that the domain is tested without a database. What the
// database makes of the promises is tested in package ledger.
type memory struct {
	mu      sync.Mutex
	runs    map[string]maintenance.Run
	causes  map[string]string
	leases  map[string]string
	servers map[string]maintenance.ServerRecord
	starts  map[string]int
	slots   int
	told    map[string]bool
	down    error
	calls   []string
}

func newMemory() *memory {
	return &memory{runs: map[string]maintenance.Run{}, causes: map[string]string{}, leases: map[string]string{},
		servers: map[string]maintenance.ServerRecord{}, starts: map[string]int{}, told: map[string]bool{}}
}

func refused(reason maintenance.Reason) error {
	return &maintenance.Error{Op: "ledger", Reason: reason}
}

// enter locks the ledger, unless it is down.
func (m *memory) enter(call string) error {
	m.mu.Lock()
	m.calls = append(m.calls, call)
	if m.down != nil {
		return &maintenance.Error{Op: call, Reason: maintenance.LedgerUnavailable, Err: m.down}
	}
	return nil
}

func (m *memory) put(run maintenance.Run) (maintenance.Run, error) {
	if m.runs[run.ID].Version != run.Version {
		return run, refused(maintenance.Moved)
	}
	run.Version++
	m.runs[run.ID] = run
	return run, nil
}

func (m *memory) Claim(_ context.Context, run maintenance.Run, limits maintenance.Limits) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Claim"); err != nil {
		return run, err
	}
	day := run.ServerName + limits.Now.UTC().Format(time.DateOnly)
	end := m.servers[run.ServerName].LastEnd
	switch {
	case run.Version == 0 && m.causes[run.Key] != "":
		return run, refused(maintenance.Duplicate)
	case m.leases[run.ServerName] != "":
		return run, refused(maintenance.Leased)
	case limits.Cooldown > 0 && !end.IsZero() && limits.Now.Before(end.Add(limits.Cooldown)):
		return run, &maintenance.Error{Op: "claim", Reason: maintenance.CoolingDown, Until: end.Add(limits.Cooldown)}
	case limits.DailyLimit > 0 && m.starts[day] >= limits.DailyLimit:
		return run, refused(maintenance.DailyLimit)
	case limits.MaxConcurrent > 0 && m.slots >= limits.MaxConcurrent:
		return run, refused(maintenance.FleetBusy)
	}
	if limits.DailyLimit > 0 {
		run.Counted = limits.Now.UTC().Format(time.DateOnly)
	}
	run.Slot = limits.MaxConcurrent > 0
	stored, err := m.put(run)
	if err != nil {
		return run, err
	}
	m.causes[run.Key], m.leases[run.ServerName] = run.ID, run.ID
	if run.Counted != "" {
		m.starts[day]++
	}
	if run.Slot {
		m.slots++
	}
	return stored, nil
}

func (m *memory) Record(_ context.Context, run maintenance.Run) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Record"); err != nil {
		return run, err
	}
	if m.causes[run.Key] != "" {
		return run, refused(maintenance.Duplicate)
	}
	m.causes[run.Key] = run.ID
	return m.put(run)
}

func (m *memory) Save(_ context.Context, run maintenance.Run) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Save"); err != nil {
		return run, err
	}
	return m.put(run)
}

func (m *memory) Free(_ context.Context, run maintenance.Run) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Free"); err != nil {
		return run, err
	}
	if m.runs[run.ID].Version != run.Version {
		return run, refused(maintenance.Moved)
	}
	if m.leases[run.ServerName] == run.ID {
		delete(m.leases, run.ServerName)
	}
	if run.Slot {
		m.slots--
		run.Slot = false
	}
	if run.Counted != "" && !run.Accepted {
		m.starts[run.ServerName+run.Counted]--
		run.Counted = ""
	}
	if run.Began {
		record := m.servers[run.ServerName]
		record.LastEnd = run.Ended
		if run.Outcome == maintenance.Succeeded {
			record.LastSuccess = run.Ended
		}
		m.servers[run.ServerName] = record
	}
	return m.put(run)
}

func (m *memory) Open(context.Context) ([]maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Open"); err != nil {
		return nil, err
	}
	var runs []maintenance.Run
	for _, run := range m.runs {
		if run.Open() {
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b maintenance.Run) int {
		return strings.Compare(a.Created.Format(time.RFC3339Nano)+a.ID, b.Created.Format(time.RFC3339Nano)+b.ID)
	})
	return runs, nil
}

func (m *memory) Find(_ context.Context, id string) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Find"); err != nil {
		return maintenance.Run{}, err
	}
	run, ok := m.runs[id]
	if !ok {
		return run, refused(maintenance.NotFound)
	}
	return run, nil
}

func (m *memory) History(_ context.Context, name string, most int) ([]maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("History"); err != nil {
		return nil, err
	}
	var runs []maintenance.Run
	for _, run := range m.runs {
		if run.ServerName == name && len(runs) < most {
			runs = append(runs, run)
		}
	}
	return runs, nil
}

func (m *memory) Servers(_ context.Context, names []string) (map[string]maintenance.ServerRecord, error) {
	defer m.mu.Unlock()
	if err := m.enter("Servers"); err != nil {
		return nil, err
	}
	records := map[string]maintenance.ServerRecord{}
	for _, name := range names {
		record := m.servers[name]
		record.Lease = m.leases[name]
		record.StartsToday = m.starts[name+now.UTC().Format(time.DateOnly)]
		records[name] = record
	}
	return records, nil
}

func (m *memory) Notice(_ context.Context, name string, since time.Time) error {
	defer m.mu.Unlock()
	if err := m.enter("Notice"); err != nil {
		return err
	}
	record := m.servers[name]
	record.WatchedFrom = since
	m.servers[name] = record
	return nil
}

func (m *memory) MissedTold(_ context.Context, name string, at time.Time) error {
	defer m.mu.Unlock()
	if err := m.enter("MissedTold"); err != nil {
		return err
	}
	record := m.servers[name]
	record.MissedTold = at
	m.servers[name] = record
	return nil
}

func (m *memory) FirstTo(_ context.Context, tell string, _, _ time.Time) (bool, error) {
	defer m.mu.Unlock()
	if err := m.enter("FirstTo"); err != nil {
		return false, err
	}
	return !m.told[tell], nil
}

func (m *memory) Told(_ context.Context, tell string, _ time.Time) error {
	defer m.mu.Unlock()
	if err := m.enter("Told"); err != nil {
		return err
	}
	m.told[tell] = true
	return nil
}

// world is a Runner with everything around it: a clock that stands still until it is moved, servers whose state the test sets,
// topics that remember, and a ledger in memory.
type world struct {
	*maintenance.Runner
	mu       sync.Mutex // a sweep works on several runs at once
	clock    time.Time
	servers  map[string]*maintenance.Server
	traces   map[string]trace
	starts   []string
	startErr func(name string) error // after which the server is as it is
	lookErr  error
	traceErr error
	// what a backend says that knows its runs by name
	reference, warning string
	looks              int
	sayErr             error
	said               []string
	ledger             *memory
	policy             maintenance.Policy
}

// trace is what was recorded of a server.
type trace struct {
	text        string
	maintenance bool
}

func newWorld(names ...string) *world {
	w := &world{clock: now, servers: map[string]*maintenance.Server{}, traces: map[string]trace{}, ledger: newMemory()}
	if len(names) == 0 {
		names = []string{"automate-06"}
	}
	for _, name := range names {
		w.servers[name] = &maintenance.Server{Name: name, Backend: "opsworks-cm", Status: maintenance.Healthy, MaintenanceStatus: maintenance.MaintenanceSuccess}
	}
	w.policy = maintenance.Policy{Backend: "opsworks-cm", Enabled: true, StaleAfter: time.Hour, Patience: 6 * time.Hour, Cooldown: 12 * time.Hour, DailyLimit: 2, Deadline: 4 * time.Hour}
	ids := 0
	w.Runner = &maintenance.Runner{
		Policy: func(name string) (maintenance.Policy, bool) {
			_, ok := w.servers[name]
			return w.policy, ok
		},
		Backends: map[string]maintenance.Backend{"opsworks-cm": w},
		Ledger:   w.ledger,
		Notifier: w,
		Now:      func() time.Time { return w.clock },
		NewRunID: func(name string, _ time.Time) string {
			w.mu.Lock()
			defer w.mu.Unlock()
			ids++
			return fmt.Sprintf("%s-%03d", name, ids)
		},
	}
	return w
}

func (w *world) Describe(_ context.Context, name string) (maintenance.Server, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if w.lookErr != nil {
		return maintenance.Server{}, w.lookErr
	}
	server, ok := w.servers[name]
	if !ok || server.Status == "" {
		return maintenance.Server{}, &maintenance.Error{Op: "describe", Reason: maintenance.NotFound}
	}
	return *server, nil
}

// Share reads all servers with the first look.
func (w *world) Share() maintenance.Look {
	var once sync.Once
	var err error
	all := map[string]maintenance.Server{}
	read := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.looks++
		err = w.lookErr
		for name, server := range w.servers {
			if server.Status != "" {
				all[name] = *server
			}
		}
	}
	return func(_ context.Context, name string) (maintenance.Server, error) {
		once.Do(read)
		server, ok := all[name]
		switch {
		case err != nil:
			return maintenance.Server{}, err
		case !ok:
			return maintenance.Server{}, &maintenance.Error{Op: "describe", Reason: maintenance.NotFound}
		}
		return server, nil
	}
}

func (w *world) Start(_ context.Context, _ maintenance.Run, server maintenance.Server, _ []maintenance.EngineAttribute) (maintenance.Server, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.startErr != nil {
		if err := w.startErr(server.Name); err != nil {
			return *w.servers[server.Name], "", err
		}
	}
	w.starts = append(w.starts, server.Name)
	w.servers[server.Name].Status = maintenance.UnderMaintenance
	return *w.servers[server.Name], w.reference, nil
}

// Find and Follow go by the server's state and what the test says was recorded, as the backend of OpsWorks CM does.
func (w *world) Find(ctx context.Context, run maintenance.Run) (maintenance.Evidence, error) {
	server, err := w.Describe(ctx, run.ServerName)
	if err != nil {
		return maintenance.Evidence{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.traces[run.ServerName]
	evidence := maintenance.Evidence{Server: server, Reference: w.reference, Detail: found.text}
	switch {
	case server.Status == maintenance.UnderMaintenance:
		evidence.Finding = maintenance.Began
	case w.traceErr != nil:
		return evidence, w.traceErr
	case found.maintenance:
		evidence.Finding = maintenance.Began
	case found.text == "" && server.Status.Startable():
		evidence.Finding = maintenance.NothingStarted
	}
	return evidence, nil
}

func (w *world) Follow(ctx context.Context, run maintenance.Run, look maintenance.Look) (maintenance.Progress, error) {
	server, err := look(ctx, run.ServerName)
	if maintenance.ReasonOf(err) == maintenance.NotFound && err != nil {
		return maintenance.Progress{}, &maintenance.Error{Op: "follow", Reason: maintenance.ServerGone}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	found := w.traces[run.ServerName]
	progress := maintenance.Progress{Server: server, Detail: found.text, Warning: w.warning}
	switch {
	case err != nil:
		return progress, err
	case server.Status == maintenance.UnderMaintenance:
		progress.State = maintenance.UnderWay
	case server.Status != maintenance.Healthy && server.Status != maintenance.Unhealthy && server.Status != maintenance.Failed:
	case run.Began || w.traceErr == nil && found.maintenance:
		progress.State = maintenance.Over
	case w.traceErr == nil:
		progress.State = maintenance.NothingSeen
	}
	return progress, nil
}

func (w *world) Notify(_ context.Context, r maintenance.Report) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sayErr != nil {
		return w.sayErr
	}
	w.said = append(w.said, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Request.ServerName, r.Outcome, r.Reason)))
	return nil
}

// alarm asks by an alarm whose state changed just now; each call is a new state change.
func (w *world) alarm(name string) maintenance.Report {
	return w.Ask(context.Background(), w.alarmRequest(name))
}

func (w *world) alarmRequest(name string) maintenance.Request {
	return maintenance.Request{ServerName: name, Cause: maintenance.Cause{Kind: maintenance.CauseAlarm, Name: name + "-health", ID: "arn:" + name, Time: w.clock}}
}

func (w *world) schedule(name string) maintenance.Report {
	return w.AskAll(context.Background(), []maintenance.Request{
		{ServerName: name, Cause: maintenance.Cause{Kind: maintenance.CauseSchedule, Name: "weekly", ID: "weekly", Time: w.clock}}})[0]
}

// sweep lets time pass and sweeps.
func (w *world) sweep(after time.Duration) []maintenance.Report {
	w.clock = w.clock.Add(after)
	reports, err := w.Sweep(context.Background())
	if err != nil {
		reports = append(reports, maintenance.Report{Outcome: maintenance.Errored, Reason: maintenance.ReasonOf(err)})
	}
	return reports
}

// finish ends a server's maintenance.
func (w *world) finish(name string, status maintenance.MaintenanceStatus) {
	w.servers[name].Status, w.servers[name].MaintenanceStatus = maintenance.Healthy, status
}

// only is the one run there is.
func (w *world) only() maintenance.Run {
	for _, run := range w.ledger.runs {
		return run
	}
	return maintenance.Run{}
}

var errDown = errors.New("down")
