package maintenance

import (
	"context"
	"errors"
	"slices"
)

// History lists the latest runs and refusals of a server, newest first.
func (r *Runner) History(ctx context.Context, serverName string, most int) ([]Run, error) {
	t, done := r.turn(ctx)
	defer done()
	return t.Ledger.History(t.callCtx, serverName, most)
}

// Status is the fleet: what is open, read consistently run by run, and what is kept of the servers that the names are.
func (r *Runner) Status(ctx context.Context, names []string) Fleet {
	t, done := r.turn(ctx)
	defer done()
	fleet := Fleet{Servers: map[string]ServerRecord{}}
	var all []Due
	for _, queue := range []Queue{QueueDue, QueueSlot} {
		due, err := whole(t, queue)
		all, fleet.Err = append(all, due...), errors.Join(fleet.Err, err)
	}
	all = slices.DeleteFunc(all, func(d Due) bool { return d.State == RunOver })
	runs := make([]Run, len(all))
	faults := make([]error, len(all))
	t.inParallel(len(all), func(lane *turn, i int) { runs[i], faults[i] = lane.Ledger.Run(lane.callCtx, all[i].RunID) })
	for i, run := range runs {
		switch {
		case ReasonOf(faults[i]) == ReasonUnknownRun:
		case faults[i] != nil:
			fleet.Err = errors.Join(fleet.Err, faults[i])
		case run.Open():
			fleet.Runs = append(fleet.Runs, run)
		}
	}
	slices.SortFunc(fleet.Runs, func(a, b Run) int { return a.Created.Compare(b.Created) })
	fleet.read(t, names)
	return fleet
}

// read reads what the fleet and its servers share.
func (f *Fleet) read(t *turn, names []string) {
	snapshot, err := t.Ledger.Read(t.callCtx, "")
	f.Fleet, f.Err = snapshot.Fleet, errors.Join(f.Err, err)
	if len(names) > 0 {
		servers, err := t.Ledger.Servers(t.callCtx, names)
		f.Err = errors.Join(f.Err, err)
		if servers != nil {
			f.Servers = servers
		}
	}
	if t.MaxConcurrent > 0 {
		slots, err := t.Ledger.Slots(t.callCtx, t.MaxConcurrent)
		f.Slots, f.Err = slots, errors.Join(f.Err, err)
	}
}
