package simulation

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// ledger is the model of lambda/ledger on DynamoDB, as weak as the documents let the table be:
//   - a consistent read is exact, one of an index may be as of a while ago, each item by itself (HowItWorks.ReadConsistency.html);
//   - a transaction is all or nothing, and is cancelled where another is at work on one of its items (API_TransactWriteItems.html). The
//     adapter repeats that, but for a slot, which is taken then (lambda/maintenance/ledger.go);
//   - what is throttled or has lost its answer, and could not be looked up, is ReasonLedgerUnavailable, done or not.
type ledger struct {
	*world
	runs    map[string]*history
	order   []*history // those that are in an index, or were lately; oldest first
	servers map[string]maintenance.ServerRecord
	keys    map[string]keptKey
	slots   map[int]string
	nodes   map[string]string
	fleet   maintenance.FleetRecord
	counts  map[string]int
	wrote   time.Time
}

// keptKey is what came of a trigger, until it counts as new again (lambda/ledger: thirty days).
type keptKey struct {
	maintenance.Decided
	until time.Time
}

const keepKey = 30 * 24 * time.Hour

// history is a run's versions, oldest first.
type history struct {
	id       string
	versions []version
}

type version struct {
	at  time.Time
	by  string // the flight that wrote it
	run maintenance.Run
}

func (h *history) last() maintenance.Run { return h.versions[len(h.versions)-1].run }

// latest is the latest version by a time that is such; false if none is.
func (h *history) latest(t time.Time, such func(version) bool) (maintenance.Run, bool) {
	for i := len(h.versions) - 1; i >= 0; i-- {
		if v := h.versions[i]; !v.at.After(t) && such(v) {
			return v.run, true
		}
	}
	return maintenance.Run{}, false
}

// asOf is the run as it was at a time; false if it was not yet.
func (h *history) asOf(t time.Time) (maintenance.Run, bool) {
	return h.latest(t, func(version) bool { return true })
}

func newLedger(w *world) *ledger {
	return &ledger{world: w, runs: map[string]*history{}, servers: map[string]maintenance.ServerRecord{}, keys: map[string]keptKey{},
		slots: map[int]string{}, nodes: map[string]string{}, counts: map[string]int{}}
}

// holdOf is the hold of a server or, without a name, of the fleet.
func (l *ledger) holdOf(serverName string) maintenance.Hold {
	if serverName == "" {
		return l.fleet.Hold
	}
	return l.servers[serverName].Hold
}

func ledgerError(op string, reason maintenance.Reason) *maintenance.Error {
	return &maintenance.Error{Op: op, Reason: reason, Err: errLost}
}

// ask is a call of the table. The one who gets an error gets nothing else.
func ask[T any](ctx context.Context, l *ledger, op, about string, serve func(*call) (T, error)) (out T, err error) {
	var answer T
	if got := l.call(ctx, "ledger."+op, about, func(c *call) { answer, err = serve(c) }); got != fine {
		return out, ledgerError(op, maintenance.ReasonLedgerUnavailable)
	}
	return answer, err
}

func (l *ledger) Read(ctx context.Context, serverName string) (maintenance.Snapshot, error) {
	return ask(ctx, l, "Read", serverName, func(c *call) (maintenance.Snapshot, error) {
		snapshot := maintenance.Snapshot{Fleet: l.fleet}
		if serverName != "" {
			snapshot.Server = copyRecord(l.servers[serverName])
		}
		if h := l.runs[snapshot.Server.OpenRun]; h != nil {
			snapshot.Open = copyRun(h.last())
		}
		l.watchRead(c, serverName)
		return snapshot, nil
	})
}

func (l *ledger) Run(ctx context.Context, id string) (maintenance.Run, error) {
	return ask(ctx, l, "Run", id, func(*call) (maintenance.Run, error) {
		h := l.runs[id]
		if h == nil {
			return maintenance.Run{}, ledgerError("read the run", maintenance.ReasonUnknownRun)
		}
		return copyRun(h.last()), nil
	})
}

func (l *ledger) Slots(ctx context.Context, most int) ([]string, error) {
	return ask(ctx, l, "Slots", "", func(*call) ([]string, error) {
		holders := make([]string, most)
		for i := range holders {
			holders[i] = l.slots[i+1]
		}
		return holders, nil
	})
}

func (l *ledger) Node(ctx context.Context, node string) (string, error) {
	return ask(ctx, l, "Node", node, func(*call) (string, error) { return l.nodes[node], nil })
}

// Take moves the next look alone.
func (l *ledger) Take(ctx context.Context, due maintenance.Due, next time.Time) (maintenance.Run, error) {
	return ask(ctx, l, "Take", due.RunID, func(c *call) (run maintenance.Run, err error) {
		h := l.runs[due.RunID]
		switch {
		case h == nil || h.last().Version != due.Version:
			return run, ledgerError("take the run", maintenance.ReasonMoved)
		case h.last().Edition > maintenance.Edition:
			return copyRun(h.last()), ledgerError("take the run", maintenance.ReasonUnsupported)
		}
		run = copyRun(h.last())
		run.DueAt = next
		run.Version++
		l.put(c.flight.id, run)
		return copyRun(run), nil
	})
}

// Due is read from an index: each item of it by itself is as it is, or as it was.
func (l *ledger) Due(ctx context.Context, queue maintenance.Queue, until time.Time, most int) ([]maintenance.Due, error) {
	return ask(ctx, l, "Due", string(queue), func(c *call) (out []maintenance.Due, err error) {
		l.prune()
		for _, h := range l.order {
			run, ok := l.shown(c, h)
			if ok && run.Queue == queue && !run.DueAt.IsZero() && !run.DueAt.After(until) {
				out = append(out, maintenance.Due{RunID: run.ID, Version: run.Version, Edition: run.Edition, DueAt: run.DueAt, LookAt: run.LookAt,
					State: run.State, Backend: run.Backend})
			}
		}
		slices.SortStableFunc(out, func(a, b maintenance.Due) int { return a.DueAt.Compare(b.DueAt) })
		if most > 0 && len(out) > most {
			out = out[:most]
		}
		return out, nil
	})
}

// shown is a run as an index shows it.
func (l *ledger) shown(c *call, h *history) (maintenance.Run, bool) {
	changed := h.versions[len(h.versions)-1].at
	if age := l.now().Sub(changed); age < longestLate {
		if o, ok := l.oddOf(c, h.id, "stale", l.knobs.Stale, func(r *roller) oddity { return oddity{"stale", staleness(r)} }); ok {
			return h.asOf(l.now().Add(-o.long))
		}
	}
	return h.last(), true
}

// staleness is how far back a reading is: most lags are short.
func staleness(r *roller) time.Duration {
	return r.between(0, oneOf(r, time.Second, 20*time.Second, 2*time.Minute, longestLate))
}

// prune forgets what no index shows any more.
func (l *ledger) prune() {
	gone := l.now().Add(-longestLate)
	l.order = slices.DeleteFunc(l.order, func(h *history) bool {
		last := h.versions[len(h.versions)-1]
		return last.run.DueAt.IsZero() && last.at.Before(gone)
	})
}

func (l *ledger) ByReference(ctx context.Context, reference string) (string, error) {
	return ask(ctx, l, "ByReference", reference, func(c *call) (id string, err error) {
		for _, h := range l.order {
			if run, ok := l.shown(c, h); ok && run.Reference == reference {
				id = run.ID
			}
		}
		return id, nil
	})
}

func (l *ledger) History(ctx context.Context, serverName string, most int) ([]maintenance.Run, error) {
	return ask(ctx, l, "History", serverName, func(c *call) (out []maintenance.Run, err error) {
		for _, id := range slices.Sorted(maps.Keys(l.runs)) {
			if run, ok := l.shown(c, l.runs[id]); ok && run.ServerName == serverName {
				out = append(out, copyRun(run))
			}
		}
		slices.SortStableFunc(out, func(a, b maintenance.Run) int { return b.Created.Compare(a.Created) })
		return out[:min(len(out), most)], nil
	})
}

func (l *ledger) Servers(ctx context.Context, names []string) (map[string]maintenance.ServerRecord, error) {
	return ask(ctx, l, "Servers", "", func(*call) (map[string]maintenance.ServerRecord, error) {
		records := map[string]maintenance.ServerRecord{}
		for _, name := range names {
			records[name] = copyRecord(l.servers[name])
		}
		return records, nil
	})
}

func (l *ledger) Count(ctx context.Context, what string, now time.Time) (int, error) {
	return ask(ctx, l, "Count", strings.ReplaceAll(what, " ", "_"), func(*call) (int, error) {
		day := what + now.UTC().Format(time.DateOnly)
		l.counts[day]++
		return l.counts[day], nil
	})
}

func (l *ledger) Watch(ctx context.Context, serverName string, since time.Time) error {
	_, err := ask(ctx, l, "Watch", serverName, func(*call) (none struct{}, err error) {
		record := l.servers[serverName]
		if record.WatchedFrom.IsZero() {
			record.WatchedFrom = since
			l.servers[serverName] = record
		}
		return none, nil
	})
	return err
}

func (l *ledger) Limit(ctx context.Context, was, is maintenance.FleetRecord) error {
	_, err := ask(ctx, l, "Limit", strconv.Itoa(is.Limit), func(*call) (none struct{}, err error) {
		if l.fleet.Limit != was.Limit || l.fleet.Wanted != was.Wanted || !l.fleet.WantedSince.Equal(was.WantedSince) {
			return none, ledgerError("set the limit", maintenance.ReasonMoved)
		}
		l.fleet.Limit, l.fleet.Wanted, l.fleet.WantedSince = is.Limit, is.Wanted, is.WantedSince
		l.wrote = l.now()
		return none, nil
	})
	return err
}
