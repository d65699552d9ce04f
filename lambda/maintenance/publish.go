package maintenance

import (
	"fmt"
	"slices"
	"time"
)

// prune drops what is not published any more: what no longer holds, what is too old, and what a topic was owed that the settings no
// longer have. dropped counts the notifications that were due and are given up.
func (r Run) prune(now time.Time, topics []Topic) (Run, int) {
	var kept []Notification
	dropped := 0
	for _, n := range r.Owed {
		holds := r.stillTrue(n)
		n.Topics = slices.DeleteFunc(slices.Clone(n.Topics), func(d Delivery) bool {
			switch {
			case !slices.Contains(topics, d.Topic), !holds && d.Topic != TopicRecords:
				return true
			case d.tooLate(n.At, now):
				dropped++
				return true
			default:
				return false
			}
		})
		if len(n.Topics) > 0 {
			kept = append(kept, n)
		}
	}
	r.Owed = kept
	return r, dropped
}

// stillTrue reports whether a notification is still true. What was true before is for the records alone.
func (r Run) stillTrue(n Notification) bool {
	switch {
	case n.Outcome == OutcomeWaiting && n.Reason == ReasonApprovalNeeded: // what else it waits for meanwhile
		return r.State == RunWaiting && r.Approval.At.IsZero()
	case n.Outcome == OutcomeWaiting, n.Outcome == OutcomeError && r.State == RunWaiting:
		return r.State == RunWaiting && r.Wait.Reason == n.Reason
	case n.Outcome == OutcomeOverdue, n.Outcome == OutcomeStarted:
		return r.State == RunRunning
	case n.Outcome == OutcomeError && n.Reason == ReasonStartUnconfirmed:
		return r.State == RunStarting
	case n.Outcome == OutcomeError && r.Holds():
		return !r.Unseen.Since.IsZero()
	case n.Outcome == OutcomeError: // it is over, as it may be for another reason
		return r.Outcome == n.Outcome && r.Reason == n.Reason
	default:
		return true
	}
}

// today is a notification to readers with the alarms that block now in place of those that did; a record keeps its own.
func (n Notification) today(r Run, topic Topic) Notification {
	if topic != TopicRecords && n.Outcome == OutcomeWaiting && n.Reason == ReasonBlocked && r.Wait.Reason == ReasonBlocked {
		n.Detail, n.Figures = r.Wait.Detail, r.Wait.Figures
	}
	return n
}

// leaseForPublishing gives a publisher the lease, unless another's binds, and counts the try of all that is due.
func (r Run) leaseForPublishing(lease Lease, now time.Time, tick time.Duration) Run {
	if r.Lease.Live(now) && r.Lease.By != lease.By {
		return r
	}
	owed := slices.Clone(r.Owed)
	due, behind := false, map[Topic]bool{} // what comes after something that is not due has to wait for it
	for i := range owed {
		owed[i].Topics = slices.Clone(owed[i].Topics)
		for j := range owed[i].Topics {
			d := &owed[i].Topics[j]
			if behind[d.Topic] = behind[d.Topic] || d.Next.After(now); behind[d.Topic] {
				continue
			}
			due = true
			d.Tries++
			d.Next = now.Add(d.pause(tick))
			d.By = lease.By
		}
	}
	if !due {
		if r.Lease.By == lease.By {
			r.Lease = Lease{}
		}
		return r
	}
	r.Owed, r.Lease = owed, lease
	return r
}

// deliver publishes what this turn has the lease for, each topic by itself, and clears what was published. What fails is tried again
// by the next invocation that finds it due.
func (t *turn) deliver(run Run) Run {
	if run.Lease.By != t.id || t.published.postpone(run) {
		return run
	}
	topics := Topics()
	done := make([][]int, len(topics)) // the sequence numbers published, by topic
	sums := make([]Publishing, len(topics))
	t.inParallel(len(topics), func(lane *turn, i int) { done[i], sums[i] = publisher{lane}.publishTo(topics[i], run) })
	for _, sum := range sums {
		t.published.add(sum)
	}
	return publisher{t}.clear(run, func(topic Topic, sequence int) bool {
		return slices.Contains(done[slices.Index(topics, topic)], sequence)
	})
}

// publisher is the part of a turn that has the lease for a run's notifications.
type publisher struct{ *turn }

// publishTo publishes what one topic is owed, in order, up to the first failure. A mistake in the words of one is a failure too.
func (t publisher) publishTo(topic Topic, run Run) (done []int, sum Publishing) {
	defer func() {
		if mistake := recover(); mistake != nil {
			sum.Failed++
			sum.Errs = append(sum.Errs, fmt.Errorf("publish notifications of %s to %s: internal error: %v", run.ID, topic, mistake))
		}
	}()
	for _, n := range run.Owed {
		i := slices.IndexFunc(n.Topics, func(d Delivery) bool { return d.Topic == topic })
		if i < 0 {
			continue
		}
		if n.Topics[i].By != t.id {
			break // it is not due yet, and what comes after has to wait for it
		}
		report := run.report(n.today(run, topic))
		if policy, ok := t.Policy(run.ServerName); ok && (run.State == RunWaiting || n.Outcome == OutcomeMissed) {
			report.Expires, report.KeepWhenCleared = run.Expires(&policy), policy.KeepWhenCleared
		}
		if late := t.Now().Sub(n.At); late > LateAfter {
			report.Late = late
		}
		if err := t.Notifier.Publish(t.publishCtx, topic, report); err != nil {
			sum.Failed++
			sum.Errs = append(sum.Errs, fmt.Errorf("publish %s of %s to %s (try %d): %w",
				n.Outcome, run.ID, topic, n.Topics[i].Tries, err))
			break
		}
		sum.Published++
		done = append(done, n.Sequence)
	}
	return done, sum
}

// clear takes what was published off a run, and gives the lease back.
func (t publisher) clear(run Run, published func(Topic, int) bool) Run {
	for try := range maxMoves {
		t.pause(try)
		cleared := run.withoutPublished(published)
		if cleared.Lease.By == t.id {
			cleared.Lease = Lease{}
		}
		now := t.Now()
		moved, err := t.Ledger.Commit(t.recordCtx, Change{From: run, To: cleared.schedule(now), Now: now})
		if err == nil {
			return moved
		}
		if ReasonOf(err) != ReasonMoved {
			t.published.add(Publishing{Errs: []error{fmt.Errorf("record what was published of %s: %w", run.ID, err)}})
			return run
		}
		if run, err = t.Ledger.Run(t.recordCtx, run.ID); err != nil {
			t.published.add(Publishing{Errs: []error{err}})
			return run
		}
		if run.Edition > Edition { // its rules may say once more what was published; they are not written over
			return run
		}
	}
	t.published.add(Publishing{Errs: []error{fmt.Errorf("record what was published of %s: %w", run.ID, errContention)}})
	return run
}

// withoutPublished is a run that no longer owes what was published.
func (r Run) withoutPublished(published func(Topic, int) bool) Run {
	var owed []Notification
	for _, n := range r.Owed {
		n.Topics = slices.DeleteFunc(slices.Clone(n.Topics), func(d Delivery) bool { return published(d.Topic, n.Sequence) })
		if len(n.Topics) > 0 {
			owed = append(owed, n)
		}
	}
	r.Owed = owed
	return r
}
