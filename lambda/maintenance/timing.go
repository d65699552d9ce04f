package maintenance

import "time"

// What is counted in ticks of the sweep, a minute each by default. AWS documents no bound for how far its answers lag;
// five minutes are taken for the most, and everything negative waits for twice that.
const (
	lagTicks        = 5  // what is read may be as of so long ago
	missingTicks    = 10 // what is missing from answers counts after so long, and missingLooks looks
	missingLooks    = 3
	goneTicks       = 60 // however far apart they are, of so many looks over so long not all are wrong
	goneLooks       = 6
	startProofTicks = 15 // a run that was accepted has shown by then that it began
	unseenTicks     = 10 // a run that cannot be followed is notified after so long
	everyTickFor    = 15 // a run is looked at every tick for so long, then every second one
	maxPauseTicks   = 15 // the longest pause between looks at a run that waits
)

func (r *Runner) tick() time.Duration {
	if r.Tick <= 0 {
		return time.Minute
	}
	return r.Tick
}

// conclusive reports whether something has been missing for long enough, often enough, to be taken for gone.
func (m Missing) conclusive(now time.Time, tick time.Duration) bool {
	return m.Looks >= missingLooks && !now.Before(m.Since.Add(missingTicks*tick)) ||
		m.All >= goneLooks && !now.Before(m.First.Add(goneTicks*tick))
}

// nextFollow is when a run that was claimed is looked at after now.
func (r Run) nextFollow(now time.Time, tick time.Duration) time.Time {
	if now.Before(r.Attempt.Claimed.Add(everyTickFor * tick)) {
		return now.Add(tick)
	}
	return now.Add(2 * tick)
}

// nextTry is when a run that waits is looked at after now, not after it is given up. Where it is known when what is in the way is out of
// it, that is then, and each quarter of an hour before, because that may change: a hold is released, a calendar opened, a window moved by a
// deploy. Such a look is three calls of the ledger, and one of a calendar. Else it is after a pause that grows.
func (w Wait) nextTry(now, expires time.Time, tick time.Duration) time.Time {
	next := now.Add(min(time.Duration(max(w.Looks, 1)), maxPauseTicks) * tick)
	if w.Until.After(now) {
		if next = now.Add(maxPauseTicks * tick); w.Until.Before(next) {
			next = w.Until
		}
	}
	if expires.IsZero() { // no policy says when: the next look refuses it
		return now.Add(tick)
	}
	if next.After(expires) {
		next = expires.Add(time.Millisecond) // by then it has expired
	}
	return next
}

// schedule sets when the run is looked at next, of whatever is left to do: after the lease that binds others, when its state is due
// for it, or when a notification is tried again. What waits for a slot stands in a queue by its age.
func (r Run) schedule(now time.Time) Run {
	r.Queue, r.DueAt = QueueDue, r.LookAt
	if !r.Open() && len(r.Successors) == 0 {
		r.DueAt = time.Time{}
	}
	first := map[Topic]bool{} // the others wait for it
	for _, n := range r.Owed {
		for _, d := range n.Topics {
			if first[d.Topic] {
				continue
			}
			first[d.Topic] = true
			if r.DueAt.IsZero() || d.Next.Before(r.DueAt) {
				r.DueAt = later(d.Next, now)
			}
		}
	}
	switch {
	case r.Lease.Live(now) && !r.DueAt.IsZero():
		r.DueAt = r.Lease.Until
	case r.State == RunWaiting && r.Wait.Reason == ReasonConcurrencyLimit: // in its turn, or before to publish what it owes
		r.LookAt, r.Queue, r.DueAt = r.DueAt, QueueSlot, r.Created
	}
	if r.DueAt.IsZero() {
		r.Queue = ""
	}
	return r
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
