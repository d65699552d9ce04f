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
	fmt.Fprintf(&b, "%d stories of %.1f h; %d invocations, %d sweeps left out, %d calls, %d starts, %d messages; %s, %.0f stories a second\n\n", c.Stories,
		c.Lived.Hours()/float64(c.Stories), c.Flights, c.Skipped, c.Calls, c.Jobs, c.Messages, took.Round(time.Millisecond),
		float64(c.Stories)/took.Seconds())
	faults := map[string]bool{}
	for step := range c.Tally {
		faults[step.Fault] = true
	}
	columns := slices.Sorted(maps.Keys(faults))
	fmt.Fprintf(&b, "%-22s %9s", "step", "calls")
	for _, fault := range columns {
		fmt.Fprintf(&b, " %7s", short(fault))
	}
	for _, op := range slices.Sorted(maps.Keys(c.Asked)) {
		fmt.Fprintf(&b, "\n%-22s %9d", op, c.Asked[op])
		for _, fault := range columns {
			fmt.Fprintf(&b, " %7d", c.Tally[Step{op, fault}])
		}
	}
	fmt.Fprintf(&b, "\n\n%-28s %9s %7s\n", "invariant", "tested", "broken")
	for _, kind := range slices.Sorted(maps.Keys(c.Active)) {
		fmt.Fprintf(&b, "%-28s %9d %7d\n", kind, c.Active[kind], broke[kind])
	}
	return b.String()
}

func short(fault string) string {
	fault = strings.NewReplacer("before", "b", "after", "a", "outage", "out", "fail", "f", "topic", "t").Replace(fault)
	return fault[:min(len(fault), 7)]
}
