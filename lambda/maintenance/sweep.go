package maintenance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Beginning is how long a run may take to show that it began. MaintenanceStatus alone may be last week's.
const Beginning = 15 * time.Minute

// Listed is after how long what has been started is certainly to be found, if it is there: reads may lag behind writes.
const Listed = time.Minute

// atOnce bounds how many runs are worked on at the same time.
const atOnce = 8

// Sweep is the work on the clock: runs that wait are started when they may, runs that run are followed to their end, runs that
// were left in the middle are put right, oldest first and as far as the time allows. The reports are those of runs something
// happened to. The error is one of the ledger that kept the sweep from seeing all of the runs.
func (r *Runner) Sweep(ctx context.Context) ([]Report, error) {
	t, done := r.turn(ctx)
	defer done()
	runs, err := t.Ledger.Open(t.work) // with an error it may still have found some
	t.look, t.full = t.share(), r.MaxConcurrent > 0 && slots(runs) >= r.MaxConcurrent

	reports := make([][]Report, len(runs))
	inParallel(len(runs), func(i int) {
		if t.work.Err() == nil { // what is left, the next sweep takes
			reports[i] = t.safely(runs[i])
		}
	})
	if err == nil {
		reports = append(reports, t.expect())
	}
	return slices.Concat(reports...), err
}

// share makes what a look at one server reads serve the whole sweep, where the backend can.
func (t *turn) share() func(context.Context, Backend, string) (Server, error) {
	looks := map[Backend]Look{}
	for _, b := range t.Backends {
		looks[b] = b.Describe
		if s, ok := b.(Sharer); ok {
			looks[b] = s.Share()
		}
	}
	return func(ctx context.Context, b Backend, name string) (Server, error) { return looks[b](ctx, name) }
}

// safely keeps a mistake of this program about one run from ending the sweep of all others.
func (t *turn) safely(run Run) (reports []Report) {
	defer func() {
		if mistake := recover(); mistake != nil {
			r := newReport(run, Errored, Unexpected, t.Now())
			r.Detail = fmt.Sprint(mistake)
			reports = []Report{t.sayOnce(r, "mistake#"+run.ID)}
		}
	}()
	return t.advance(run)
}

// advance takes one run as far as it can go now.
func (t *turn) advance(run Run) []Report {
	if run.Held(t.Now()) {
		return nil
	}
	backend, ok := t.Backends[run.Backend]
	if !ok && run.State != RunWaiting {
		r := newReport(run, Errored, Unsupported, t.Now())
		r.Untold = true
		return []Report{r}
	}
	switch run.State {
	case RunWaiting:
		return t.retry(run)
	case RunStarting:
		return t.repair(run, backend)
	case RunRunning:
		return t.follow(run, backend)
	case RunClosing:
		return t.close(run, Server{})
	default:
		return nil
	}
}

// retry tries a run that waits, until its patience ends.
func (t *turn) retry(run Run) []Report {
	if !t.Now().After(run.PatienceEnds) {
		return []Report{t.attempt(run, nil)}
	}
	run.Outcome, run.Ended = Missed, t.Now()
	r := t.say(newReport(run, Missed, run.Reason, t.Now()))
	if r.PublishErr == nil {
		_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunClosed))
	}
	return []Report{r}
}

// follow looks whether a running run has ended.
func (t *turn) follow(run Run, backend Backend) []Report {
	progress, err := backend.Follow(t.work, run, func(ctx context.Context, name string) (Server, error) { return t.look(ctx, backend, name) })
	var reports []Report
	switch reason := ReasonOf(err); {
	case err != nil && (reason == ServerGone || reason == ExecutionGone && t.Now().After(run.Started.Add(Listed))):
		return t.end(run, Ended, reason, Server{}, err.Error())
	case err != nil: // the next sweep looks again, and the deadline is asked below
	case progress.State == UnderWay && !run.Began:
		run.Began = true
		saved, err := t.Ledger.Save(t.tell, run.to(RunRunning))
		if err != nil {
			return nil
		}
		run = saved
	case progress.State == Over:
		run.Began = true
		outcome := Ended
		if progress.Server.MaintenanceStatus == MaintenanceSuccess {
			outcome = Succeeded
		}
		return t.end(run, outcome, "", progress.Server, progress.Detail)
	case progress.State == NothingSeen && t.Now().After(run.Started.Add(Beginning)):
		return t.end(run, Ended, NeverBegan, progress.Server, progress.Detail)
	}
	if progress.Warning != "" {
		r := newReport(run, InProgress, UnknownStatus, t.Now()).seen(progress.Server)
		r.Detail, r.Untold = progress.Warning, true
		reports = append(reports, r)
	}
	if t.Now().After(run.Deadline) && !run.OverdueTold {
		r := t.say(newReport(run, Overdue, "", t.Now()).seen(progress.Server))
		if r.PublishErr == nil {
			run.OverdueTold = true
			_, r.LedgerErr = t.Ledger.Save(t.tell, run.to(RunRunning))
		}
		reports = append(reports, r)
	}
	return reports
}

// end takes a run to closing: one finisher, which then tells the end.
func (t *turn) end(run Run, outcome Outcome, reason Reason, server Server, detail string) []Report {
	run.Outcome, run.Reason, run.Ended, run.Detail = outcome, reason, t.Now(), detail
	run.Status, run.MaintenanceStatus = server.Status, server.MaintenanceStatus
	return t.close(run, server)
}

// close tells the end of a run and frees what it held. Only this turn does, until it is certainly over.
func (t *turn) close(run Run, server Server) []Report {
	closing, err := t.Ledger.Save(t.tell, t.hold(run.to(RunClosing)))
	if err != nil {
		return t.quiet(run, err)
	}
	r := t.say(newReport(closing, closing.Outcome, closing.Reason, t.Now()).seen(server))
	if r.PublishErr != nil {
		_, r.LedgerErr = t.Ledger.Save(t.tell, t.letGo(closing.to(RunClosing)))
		return []Report{r}
	}
	_, r.LedgerErr = t.Ledger.Free(t.tell, closing.to(RunClosed))
	return []Report{r}
}

// quiet reports a ledger's error on a run that nothing else happened to; that somebody else was faster is none.
func (t *turn) quiet(run Run, err error) []Report {
	if ReasonOf(err) == Moved {
		return nil
	}
	r := newReport(run, Errored, LedgerUnavailable, t.Now())
	r.LedgerErr, r.Untold = err, true
	return []Report{r}
}

// expect tells of servers that have had no successful run for longer than they should, once per period.
func (t *turn) expect() []Report {
	names := slices.Sorted(maps.Keys(t.Expected))
	if len(names) == 0 || t.work.Err() != nil {
		return nil
	}
	records, err := t.Ledger.Servers(t.work, names)
	if err != nil {
		return t.quiet(Run{}, err)
	}
	var reports []Report
	var faults []error
	for _, name := range names {
		record, every, now := records[name], t.Expected[name], t.Now()
		since := record.LastSuccess
		if since.IsZero() {
			since = record.WatchedFrom
		}
		switch {
		case since.IsZero():
			faults = append(faults, t.Ledger.Notice(t.tell, name, now))
		case now.Sub(since) > every && now.Sub(record.MissedTold) > every:
			run := t.newRun(Request{ServerName: name})
			r := newReport(run, Missed, NoSuccess, now)
			r.Detail = "no successful run since the ledger watches it, " + since.UTC().Format(time.RFC3339)
			if !record.LastSuccess.IsZero() {
				r.Detail = "the last successful run ended " + since.UTC().Format(time.RFC3339)
			}
			if r = t.say(r); r.PublishErr == nil {
				r.LedgerErr = t.Ledger.MissedTold(t.tell, name, now)
			}
			reports = append(reports, r)
		}
	}
	if err := errors.Join(faults...); err != nil {
		reports = append(reports, t.quiet(Run{}, err)...)
	}
	return reports
}
