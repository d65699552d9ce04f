package maintenance_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// memory is a ledger that keeps the promises of maintenance.Ledger and Change, in the order of Change's fields. What the database makes
// of the promises is tested in package ledger, what a hostile one does in package simulation.
type memory struct {
	mu      sync.Mutex
	runs    map[string]maintenance.Run
	keys    map[string]maintenance.Decided
	since   map[string]time.Time // of a key
	servers map[string]maintenance.ServerRecord
	slots   map[int]string
	nodes   map[string]string
	fleet   maintenance.FleetRecord
	counts  map[string]int
	calls   []string
	// stale is what the index shows besides, as it was some time ago.
	stale []maintenance.Due
	// fail, if set, is asked before each call; before runs ahead of a commit, as somebody who is faster.
	fail   func(call string) error
	before func(maintenance.Change)
}

func newMemory() *memory {
	return &memory{runs: map[string]maintenance.Run{}, keys: map[string]maintenance.Decided{}, since: map[string]time.Time{},
		servers: map[string]maintenance.ServerRecord{}, slots: map[int]string{}, nodes: map[string]string{}, counts: map[string]int{}}
}

func (m *memory) enter(call string) error {
	m.mu.Lock()
	m.calls = append(m.calls, call)
	if m.fail != nil {
		if err := m.fail(call); err != nil {
			return &maintenance.Error{Op: call, Reason: maintenance.ReasonLedgerUnavailable, Err: err}
		}
	}
	return nil
}

func (m *memory) Read(_ context.Context, name string) (maintenance.Snapshot, error) {
	defer m.mu.Unlock()
	if err := m.enter("Read"); err != nil {
		return maintenance.Snapshot{}, err
	}
	record := m.servers[name]
	return maintenance.Snapshot{Server: record, Open: m.runs[record.OpenRun], Fleet: m.fleet}, nil
}

func (m *memory) Run(_ context.Context, id string) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Run"); err != nil {
		return maintenance.Run{}, err
	}
	run, ok := m.runs[id]
	if !ok {
		return run, &maintenance.Error{Op: "read run", Reason: maintenance.ReasonUnknownRun}
	}
	return run, nil
}

func (m *memory) Slots(_ context.Context, most int) ([]string, error) {
	defer m.mu.Unlock()
	if err := m.enter("Slots"); err != nil {
		return nil, err
	}
	holders := make([]string, most)
	for i := range most {
		holders[i] = m.slots[i+1]
	}
	return holders, nil
}

func (m *memory) Node(_ context.Context, node string) (string, error) {
	defer m.mu.Unlock()
	if err := m.enter("Node"); err != nil {
		return "", err
	}
	return m.nodes[node], nil
}

func (m *memory) Commit(_ context.Context, c maintenance.Change) (maintenance.Run, error) {
	m.mu.Lock()
	before := m.before
	m.before = nil
	m.mu.Unlock()
	if before != nil {
		before(c)
	}
	defer m.mu.Unlock()
	if err := m.enter("Commit"); err != nil {
		return c.From, err
	}
	if err := m.refuses(c); err != nil {
		err.Op = "commit " + c.To.ID
		return c.From, err
	}
	if c.Key != "" {
		m.keys[c.Key], m.since[c.Key] = c.Decided, c.Now
	}
	if c.To.ID == "" {
		return maintenance.Run{}, nil
	}
	if c.Claim != nil && c.Claim.DailyLimit > 0 {
		c.To.Attempt.CountedOn = c.Now.UTC().Format(time.DateOnly)
	}
	m.apply(c)
	c.To.Version = c.From.Version + 1
	c.To.DueAt = inMillis(c.To.DueAt)
	m.runs[c.To.ID] = c.To
	return c.To, nil
}

func (m *memory) refuses(c maintenance.Change) *maintenance.Error {
	server := m.servers[c.To.ServerName]
	if d, ok := m.keys[c.Key]; ok && c.Key != "" && c.Now.Before(m.since[c.Key].AddDate(0, 0, 30)) {
		return &maintenance.Error{Reason: maintenance.ReasonDuplicate, Decided: d, Holder: d.RunID}
	}
	if c.To.ID != "" && m.runs[c.To.ID].Version != c.From.Version {
		return &maintenance.Error{Reason: maintenance.ReasonMoved}
	}
	if c.Hold != nil && *m.hold(c.Hold.ServerName) != c.Hold.Was {
		return &maintenance.Error{Reason: maintenance.ReasonMoved}
	}
	if c.Open && server.OpenRun != "" {
		return &maintenance.Error{Reason: maintenance.ReasonOpenRun, Holder: server.OpenRun}
	}
	if c.Claim == nil {
		return nil
	}
	if !c.Claim.SlotOnly {
		if err := server.Refuses(*c.Claim, c.To.ID, c.Now); err != nil {
			return err
		}
		if before := c.Claim.Before; before != "" && m.servers[before].Changes != c.Claim.BeforeChanges {
			return &maintenance.Error{Reason: maintenance.ReasonMoved}
		}
	}
	if holder := m.slots[c.To.Slot]; holder != "" && holder != c.To.ID {
		return &maintenance.Error{Reason: maintenance.ReasonSlotTaken, Holder: holder}
	}
	if holder := m.nodes[c.To.Node]; holder != "" && holder != c.To.ID {
		return &maintenance.Error{Reason: maintenance.ReasonNodeTaken, Holder: holder}
	}
	return nil
}

// hold is a server's hold or, without a name, the fleet's.
func (m *memory) hold(serverName string) *maintenance.Hold {
	if serverName == "" {
		return &m.fleet.Hold
	}
	hold := m.servers[serverName].Hold
	return &hold
}

func (m *memory) apply(c maintenance.Change) {
	if c.Hold != nil && c.Hold.ServerName == "" {
		m.fleet.Hold = c.Hold.Is
	} else if c.Hold != nil {
		record := m.servers[c.Hold.ServerName]
		record.Hold = c.Hold.Is
		m.servers[c.Hold.ServerName] = record
	}
	server := m.servers[c.To.ServerName]
	if c.Open || c.Claim != nil && !c.Claim.SlotOnly {
		server.OpenRun = c.To.ID
		server.Changes++
	}
	if c.Claim != nil {
		if c.To.Slot > 0 {
			m.slots[c.To.Slot] = c.To.ID
		}
		if c.To.Node != "" {
			m.nodes[c.To.Node] = c.To.ID
		}
		if day := c.To.Attempt.CountedOn; c.Claim.DailyLimit > 0 {
			server.Day, server.Starts = day, server.StartsOn(day)+1
		}
	}
	if c.Free {
		if m.slots[c.From.Slot] == c.From.ID {
			delete(m.slots, c.From.Slot)
		}
		if m.nodes[c.From.Node] == c.From.ID {
			delete(m.nodes, c.From.Node)
		}
		happened := !c.From.Accepted.IsZero() || !c.To.Accepted.IsZero() || maintenance.MayHaveRun(c.To) || c.To.State == maintenance.RunRunning
		if day := c.From.Attempt.CountedOn; day != "" && !happened && server.Day == day && server.Starts > 0 {
			server.Starts--
		}
		if !c.To.Open() && server.OpenRun == c.To.ID {
			server.OpenRun = ""
			server.Changes++
		}
		if !c.To.Open() && maintenance.MayHaveRun(c.To) {
			end := maintenance.End{RunID: c.To.ID, Outcome: c.To.Outcome, Reason: c.To.Reason, At: c.To.Ended}
			server.Ends = slices.Insert(slices.Clone(server.Ends), 0, end)
			slices.SortStableFunc(server.Ends, func(a, b maintenance.End) int { return b.At.Compare(a.At) })
			server.Ends = server.Ends[:min(len(server.Ends), maintenance.MaxEnds)]
			if c.To.Outcome == maintenance.OutcomeSucceeded && end.At.After(server.LastSuccess) {
				server.LastSuccess = c.To.Ended
			}
		}
	}
	m.servers[c.To.ServerName] = server
}

func (m *memory) Take(_ context.Context, due maintenance.Due, next time.Time) (maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("Take"); err != nil {
		return maintenance.Run{}, err
	}
	run := m.runs[due.RunID]
	if run.Version != due.Version {
		return run, &maintenance.Error{Op: "take", Reason: maintenance.ReasonMoved}
	}
	if run.Edition > maintenance.Edition {
		return run, &maintenance.Error{Op: "take", Reason: maintenance.ReasonUnsupported}
	}
	run.Version, run.DueAt = run.Version+1, inMillis(next)
	m.runs[run.ID] = run
	return run, nil
}

func (m *memory) Due(_ context.Context, queue maintenance.Queue, until time.Time, most int) ([]maintenance.Due, error) {
	defer m.mu.Unlock()
	if err := m.enter("Due"); err != nil {
		return nil, err
	}
	due := slices.Clone(m.stale)
	for _, r := range m.runs {
		if r.Queue == queue && !r.DueAt.IsZero() && !r.DueAt.After(until) {
			due = append(due, maintenance.Due{RunID: r.ID, Version: r.Version, Edition: r.Edition, DueAt: r.DueAt, LookAt: r.LookAt, State: r.State,
				Backend: r.Backend})
		}
	}
	slices.SortFunc(due, func(a, b maintenance.Due) int { return a.DueAt.Compare(b.DueAt) })
	if most > 0 && len(due) > most {
		due = due[:most]
	}
	return due, nil
}

// inMillis is a time as the index has it, not before it was wanted.
func inMillis(t time.Time) time.Time {
	if cut := t.Truncate(time.Millisecond); !cut.Equal(t) {
		return cut.Add(time.Millisecond)
	}
	return t
}

func (m *memory) ByReference(_ context.Context, reference string) (string, error) {
	defer m.mu.Unlock()
	if err := m.enter("ByReference"); err != nil {
		return "", err
	}
	for _, r := range m.runs {
		if r.Reference == reference {
			return r.ID, nil
		}
	}
	return "", nil
}

func (m *memory) History(_ context.Context, name string, most int) ([]maintenance.Run, error) {
	defer m.mu.Unlock()
	if err := m.enter("History"); err != nil {
		return nil, err
	}
	var runs []maintenance.Run
	for _, r := range m.runs {
		if r.ServerName == name {
			runs = append(runs, r)
		}
	}
	slices.SortFunc(runs, func(a, b maintenance.Run) int { return b.Created.Compare(a.Created) })
	return runs[:min(len(runs), most)], nil
}

func (m *memory) Servers(_ context.Context, names []string) (map[string]maintenance.ServerRecord, error) {
	defer m.mu.Unlock()
	if err := m.enter("Servers"); err != nil {
		return nil, err
	}
	records := map[string]maintenance.ServerRecord{}
	for _, name := range names {
		records[name] = m.servers[name]
	}
	return records, nil
}

func (m *memory) Count(_ context.Context, what string, now time.Time) (int, error) {
	defer m.mu.Unlock()
	if err := m.enter("Count"); err != nil {
		return 0, err
	}
	key := fmt.Sprint(what, now.UTC().Format(time.DateOnly))
	m.counts[key]++
	return m.counts[key], nil
}

func (m *memory) Watch(_ context.Context, name string, since time.Time) error {
	defer m.mu.Unlock()
	if err := m.enter("Watch"); err != nil {
		return err
	}
	record := m.servers[name]
	if record.WatchedFrom.IsZero() {
		record.WatchedFrom = since
	}
	m.servers[name] = record
	return nil
}

func (m *memory) Limit(_ context.Context, was, is maintenance.FleetRecord) error {
	defer m.mu.Unlock()
	if err := m.enter("Limit"); err != nil {
		return err
	}
	if m.fleet != was {
		return &maintenance.Error{Op: "limit", Reason: maintenance.ReasonMoved}
	}
	m.fleet = is
	return nil
}
