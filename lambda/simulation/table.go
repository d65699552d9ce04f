package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Table is what many runs came to: how much was lived, which fault met which step how often, and what each invariant was tested by.
func (c Counts) Table(took time.Duration, broke map[string]int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d stories of %.1f h; %d invocations, %d sweeps left out, %d calls, %d starts, %d messages; "+
		"%s, %.0f stories a second\n\n", c.Stories,
		c.Lived.Hours()/float64(c.Stories), c.Flights, c.Skipped, c.Calls, c.Jobs, c.Messages, took.Round(time.Millisecond),
		float64(c.Stories)/took.Seconds())
	columns := slices.Concat(fateNames[1:], []string{"slow", "late"})
	fmt.Fprintf(&b, "%-22s %9s", "step", "calls")
	for _, fault := range columns {
		fmt.Fprintf(&b, " %11s", fault)
	}
	b.WriteString("  its own")
	for _, op := range slices.Sorted(maps.Keys(c.Asked)) {
		fmt.Fprintf(&b, "\n%-22s %9d", op, c.Asked[op])
		for _, fault := range columns {
			fmt.Fprintf(&b, " %11d", c.Tally[Step{op, fault}]+c.Tally[Step{op, "outage-" + fault}])
		}
		c.others(&b, op, columns)
	}
	b.WriteString("\nworld")
	c.others(&b, "world", nil)
	fmt.Fprintf(&b, "\n\n%-28s %9s %7s\n", "invariant", "tested", "broken")
	for _, kind := range slices.Sorted(maps.Keys(c.Active)) {
		fmt.Fprintf(&b, "%-28s %9d %7d\n", kind, c.Active[kind], broke[kind])
	}
	return b.String()
}

// others are the faults of a step that have no column.
func (c Counts) others(b *strings.Builder, op string, columns []string) {
	var own []string
	for step, n := range c.Tally {
		if step.Op == op && !slices.Contains(columns, step.Fault) && !strings.HasPrefix(step.Fault, "outage-") {
			own = append(own, fmt.Sprintf("  %s %d", step.Fault, n))
		}
	}
	slices.Sort(own)
	b.WriteString(strings.Join(own, ""))
}

// models are the faults of the models and of the world, at both depths: each must have met something. shallowModels and deepModels are
// those that only that depth has.
var models = []string{"slow", "late", "stale", "conflict", "lag", "empty", "partial", "refuse", "queue", "reboot", "bad-run", "cancel",
	"never",
	"begin-late", "no-event", "rival", "end-lost", "end-late", "end-twice", "skew", "twice", "retard", "overlap", "click-start", "click-stop",
	"click-close", "click-approve", "clear", "again"}

var shallowModels, deepModels = []string{}, []string{"unprocessed"}

// often is how many calls of an operation there must be before each fate is expected to have met one.
const often = 4000

// Untested names what so many runs did not meet: a fault at none of its steps, an invariant whose left side was never true.
func (c Counts) Untested() (out []string) {
	met := map[string]int{}
	for step, n := range c.Tally {
		met[step.Fault] += n
	}
	faults, kinds := slices.Concat(models, shallowModels), invariants
	if c.Active["records-agree"] > 0 { // it is the deep depth's
		faults, kinds = slices.Concat(models, deepModels), slices.Concat(invariants, deepInvariants)
	}
	for _, fault := range faults {
		if met[fault] == 0 {
			out = append(out, "the fault "+fault+" met nothing")
		}
	}
	for op, n := range c.Asked {
		for _, fate := range fateNames[1:] {
			if n > often && c.Tally[Step{op, fate}] == 0 {
				out = append(out, fmt.Sprintf("none of %d calls of %s met %s", n, op, fate))
			}
		}
	}
	for _, kind := range kinds {
		if c.Active[kind] == 0 {
			out = append(out, "nothing tested the invariant "+kind)
		}
	}
	slices.Sort(out)
	return out
}

// deepInvariants are those of the deep depth alone, which must have been tested there.
var deepInvariants = []string{"records-agree", "says-what-is-reported"}

// invariants are those that must have been tested, at both depths. A test compares both lists with the code.
var invariants = []string{
	"acts-on-its-run", "after-a-success", "alarms-are-read-before-the-claim", "allowed", "answered", "answered-truly",
	"approved-by-an-operator", "began-after-all", "began-is-seen", "begun-is-not-stopped", "brake-is-answered-truly",
	"brakes-what-was-asked", "calendar", "claim-before-its-turn", "claim-before-the-same-trigger", "claim-beside-a-hold",
	"claim-beside-an-alarm", "claim-beside-an-alarm-that-was-seen", "claim-beside-the-work-of-others", "claim-on-old-facts",
	"claim-out-of-order", "claim-unapproved", "claim-under-a-hold", "closed-stops-what-waits", "closed-too-early", "cooldown",
	"daily-limit", "end-notified", "ended-after-its-work", "expired-starts-nothing", "finished-running", "finished-starting",
	"finished-waiting", "followed-once", "free-run-starts", "free-server-starts", "holds-are-read-with-the-look",
	"kept-by-what-is-over", "kept-node", "kept-server", "kept-slot", "keys-tell-triggers-apart", "limit", "looked-at-again",
	"new-alarm-starts-nothing", "no-panic", "no-success-is-told", "ok-takes-back-by-action", "ok-takes-back-by-rule",
	"ok-takes-back-by-sns", "ok-takes-back-its-own", "one-trigger-by-all-ways", "outbox-drops", "outbox-empties",
	"outbox-gives-up", "over-is-over", "published-what-is-recorded", "reasons-are-so", "records-are-complete",
	"records-in-order", "refusal-notified", "repeated", "says-why", "stale-starts-nothing", "start-after-its-conclusion",
	"start-after-its-deadline", "stop-is-answered-truly", "stop-is-obeyed", "stop-is-sent", "stop-reaches-its-work",
	"stop-without-a-reason", "told-once", "told-what-is-so", "tries-grow-apart", "trigger-kept", "trigger-notified",
	"true-cancelled", "true-error", "true-failed", "true-held", "true-missed", "true-overdue", "true-refused", "true-released",
	"true-started", "true-succeeded", "true-waiting", "two-at-once", "two-starts-of-one-run", "two-starts-of-one-trigger",
	"unseen-is-notified", "window", "writes-what-it-knows",
}
