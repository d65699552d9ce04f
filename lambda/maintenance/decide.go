package maintenance

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Decision is what a decision comes to: the run as it shall be, and what changes with it.
type Decision struct {
	// Need is a fact that has to be looked at first; then nothing else counts.
	Need Need
	// Run is the run as it shall be. It has the state "" if nothing was decided about it.
	Run Run
	// Open, Claim and Free are those of the Change. A claim is followed by Start.
	Open  bool
	Claim *Claim
	Free  bool
	Hold  *HoldChange
	// Proceed moves the run on at once, once the decision is committed.
	Proceed bool
	// Stop asks the backend to stop the maintenance.
	Stop bool
	// Verdict is what the gates said, of a run that may start or not.
	Verdict Verdict
	// Report is what happened by it, if anything.
	Report Report
}

// decide says what is next for a run. It is a pure function of the run, the facts and the time in them.
func decide(run Run, f Facts) Decision {
	switch run.State {
	case "", RunWaiting:
		return decideWaiting(run, run.activeTriggers(), f)
	case RunStarting, RunRunning:
		return decideClaimed(run, f)
	default:
		return Decision{Run: run}
	}
}

// decideWaiting asks the gates whether a run may start, for the triggers given.
func decideWaiting(run Run, triggers []Trigger, f Facts) Decision {
	if f.Sighting != nil && run.Attempt.ID != "" {
		// an attempt that was given up shows itself after all
		if mine, clear := ownExecution(run, f.Sighting.Executions, f.Tick); mine != nil || !clear {
			return resume(run, f)
		}
	}
	if run.Attempt.ID != "" && f.Sighting == nil && f.Policy != nil && f.Supported { // it may, whatever binds another start
		return Decision{Need: NeedSighting}
	}
	v, by, expired := admitAny(run, triggers, f)
	switch {
	case v.Ruling == RulingAsk:
		return Decision{Need: v.Need}
	case v.Ruling == RulingPass:
		return claim(run, by, f)
	case expired && run.Wait.Reason == "": // before it was looked at
		v = fresh(run, run.Trigger(), f)
		return end(run, ending{outcome: OutcomeMissed, reason: v.Reason, detail: v.Detail, figures: v.Figures}, f)
	case expired:
		return end(run, ending{outcome: OutcomeMissed, reason: run.Wait.Reason, detail: run.Wait.Detail, figures: run.Wait.Figures}, f)
	case v.Ruling == RulingWait:
		return keepWaiting(run, v, f)
	default:
		decision := end(run, ending{outcome: v.Reason.outcome(), reason: v.Reason, detail: v.Detail, until: v.Until, figures: v.Figures}, f)
		decision.Verdict = v
		return decision
	}
}

// claim makes a run starting: one attempt has it, and its server, slot and node, until the attempt is over.
func claim(run Run, by Trigger, f Facts) Decision {
	n := Decision{Run: run.to(RunStarting), Open: run.State == "", Verdict: pass, Claim: &Claim{}}
	if by.Kind == TriggerAlarm {
		n.Claim = &Claim{Cooldown: f.Policy.Cooldown, DailyLimit: f.Policy.DailyLimit}
	}
	n.Claim.IgnoreHold = slices.Contains(by.Overrides, OverrideHold)
	if f.Predecessor != nil && !slices.Contains(by.Overrides, OverrideOrder) {
		n.Claim.Before, n.Claim.BeforeChanges = f.Policy.After, f.Predecessor.Server.Changes
	}
	r := &n.Run
	leaveWait(r)
	askAgain(r)
	if by.Kind == TriggerManual { // where it is refused, the run waits on for the same
		r.Wait = run.Wait
	}
	r.Backend, r.Missing, r.Unseen = f.Policy.Backend, Missing{}, Unseen{}
	r.Attempt = Attempt{Number: run.Attempt.Number + 1, Claimed: f.Now, Trigger: by, ServerAtDecision: f.Sighting.Server}
	if n.Claim.DailyLimit > 0 {
		r.Attempt.CountedOn = f.Now.UTC().Format(time.DateOnly)
	}
	r.Node, r.Deadline = f.Sighting.Server.Node, f.Now.Add(f.Policy.Deadline)
	if f.MaxConcurrent > 0 && f.Slots != nil {
		r.Slot = freeSlot(f.Slots.Holders, run.ID)
	}
	r.Server = f.Sighting.Server
	return n
}

// resume claims a server again for an attempt that was given up and shows itself after all; nothing is started.
func resume(run Run, f Facts) Decision {
	switch {
	case f.Node != nil && *f.Node != "" && *f.Node != run.ID:
		return keepWaiting(run, Verdict{Ruling: RulingWait, Reason: ReasonUnavailable, Holder: *f.Node,
			Detail: "an earlier attempt turns out to have started, on a node held by the run " + *f.Node}, f)
	case f.MaxConcurrent > 0 && f.Slots == nil:
		return Decision{Need: NeedSlots}
	}
	n := Decision{Run: run.to(RunStarting), Claim: &Claim{IgnoreHold: true}, Verdict: Verdict{Ruling: RulingRefuse, Reason: ReasonInProgress,
		Holder: run.ID}}
	if run.Attempt.Trigger.Kind == TriggerAlarm { // it was given back to its day
		n.Claim.DailyLimit = CountOnly
	}
	leaveWait(&n.Run)
	askAgain(&n.Run)
	n.Run.Missing, n.Run.Node, n.Run.LookAt = Missing{}, run.Attempt.ServerAtDecision.Node, f.Now
	if f.Slots != nil { // it is in progress, whether a slot is free or not
		n.Run.Slot = freeSlot(f.Slots.Holders, run.ID)
	}
	n.Report = n.Run.report(Notification{Outcome: OutcomeInProgress, Reason: ReasonInProgress, At: f.Now,
		Detail: "an earlier attempt turns out to have started"})
	return n
}

// keepWaiting lets a run wait. That is notified once, but not of a run that only waits for its turn.
func keepWaiting(run Run, v Verdict, f Facts) Decision {
	n := Decision{Run: run.to(RunWaiting), Open: run.State == "", Verdict: v}
	r := &n.Run
	if r.Wait.Reason != v.Reason {
		leaveWait(r)
		r.Wait = Wait{Reason: v.Reason, Since: f.Now}
	}
	r.Wait.Until, r.Wait.Detail, r.Wait.Figures, r.Wait.Looks = v.Until, cut(v.Detail, maxReason), v.Figures, r.Wait.Looks+1
	if v.Reason == ReasonNotFound {
		r.Missing = r.Missing.again(ReasonNotFound, f.Now, f.Tick)
	} else if f.Sighting != nil && f.Sighting.ServerErr == nil {
		r.Missing = Missing{}
	}
	if f.Sighting != nil && f.Sighting.ServerErr == nil {
		r.Server = f.Sighting.Server
	}
	r.LookAt = r.Wait.nextTry(f.Now, r.Expires(f.Policy), f.Tick)
	if soon := f.Now.Add(2 * f.Tick); v.Reason == ReasonNotFound && r.LookAt.After(soon) { // looks that lie far apart prove nothing
		r.LookAt = soon
	}
	once := string(OutcomeWaiting)
	if v.Reason == ReasonApprovalNeeded { // for each work that it is asked for
		once += " " + f.Policy.Work.digest()
		r.Approval = Approval{Asked: f.Policy.Work}
	}
	notification := Notification{Outcome: OutcomeWaiting, Reason: v.Reason, At: f.Now, Until: v.Until, Detail: r.Wait.Detail,
		Figures: v.Figures, Server: r.Server}
	if v.Fault {
		notification.Outcome, once = OutcomeError, string(OutcomeError)+" "+string(v.Reason)
	}
	n.Report = r.report(notification)
	n.Report.Since, n.Report.Expires, n.Report.Count = r.Wait.Since, r.Expires(f.Policy), run.State == ""
	if v.Reason != ReasonConcurrencyLimit {
		tellOnce(r, once, notification, f.Topics)
	}
	return n
}

// leaveWait ends what a run waits for. What readers were not told by then, they are told when it waits again: that it does, and what is at
// fault. That approval is needed stays true meanwhile, and is told.
func leaveWait(r *Run) {
	waits := r.Wait.Reason != ReasonApprovalNeeded && owesText(*r, OutcomeWaiting, r.Wait.Reason)
	fault := owesText(*r, OutcomeError, r.Wait.Reason)
	tellAgain(r, func(mark string) bool {
		return waits && mark == string(OutcomeWaiting) || fault && mark == string(OutcomeError)+" "+string(r.Wait.Reason)
	})
	r.Wait = Wait{}
}

// askAgain lets approval be asked for again that readers were not asked for, where that is said no more.
func askAgain(r *Run) {
	if owesText(*r, OutcomeWaiting, ReasonApprovalNeeded) {
		tellAgain(r, func(mark string) bool { return strings.HasPrefix(mark, string(OutcomeWaiting)+" ") })
	}
}

// activeTriggers are the triggers that a run goes by: those it holds, and one for those beyond.
func (r Run) activeTriggers() []Trigger {
	if r.More == 0 {
		return r.Triggers
	}
	return append(slices.Clip(r.Triggers), Trigger{Kind: TriggerAlarm, Name: fmt.Sprintf("one of %d more", r.More), Time: r.MoreTime})
}

// Expires is when the last of a run's triggers does, by a policy of today; zero if none waits.
func (r Run) Expires(p *Policy) time.Time {
	var last time.Time
	for _, t := range r.activeTriggers() {
		if p != nil && t.Kind != TriggerManual {
			last = later(last, p.Expires(t))
		}
	}
	return last
}

// ending is how a run ends.
type ending struct {
	outcome Outcome
	reason  Reason
	detail  string
	until   time.Time
	figures Figures
	server  Server
	stop    bool
}

// end takes a run to its end, which is notified on every topic, and frees what it held.
func end(run Run, e ending, f Facts) Decision {
	n := Decision{Run: run.to(RunOver), Free: run.State != ""}
	r := &n.Run
	e.detail = followedBy(run, e, f)
	r.Outcome, r.Reason, r.Ended, r.Detail, r.LookAt, r.Slot, r.Node = e.outcome, e.reason, f.Now, cut(e.detail, maxDetail), time.Time{}, 0, ""
	r.Wait, r.Unseen = Wait{}, Unseen{}
	if r.Accepted.IsZero() && !MayHaveRun(*r) {
		r.Attempt.CountedOn = ""
	}
	if e.server != (Server{}) {
		r.Server = e.server
	}
	if e.outcome == OutcomeSucceeded && chained(run) && len(f.Followers) > 0 {
		r.Successors, r.LookAt = f.Followers, f.Now
	}
	notification := Notification{Outcome: e.outcome, Reason: e.reason, At: f.Now, Until: e.until, Detail: r.Detail,
		Figures: e.figures, Stop: e.stop}
	n.Report = r.report(notification)
	n.Report.Count = true
	r.owe(notification, f.Topics)
	return n
}

// MayHaveRun reports whether maintenance began, or may have: cooldown and daily limit count it.
func MayHaveRun(r Run) bool { return !r.Began.IsZero() || r.Reason == ReasonEndUnclear }

// maxDetail bounds what a run keeps of what a backend says, in bytes.
const maxDetail = 2048
