package simulation_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/simulation"
)

var (
	seeds = flag.Int("seeds", 300, "how many seeds to run")
	first = flag.Uint64("seed", 1, "the first seed")
	trace = flag.Bool("trace", false, "print what happens, of one seed")
	keep  = flag.Int("shrink", 2000, "how many runs a story is shrunk in")
)

func TestShallow(t *testing.T) {
	began := time.Now()
	var counts simulation.Counts
	broke := map[string]int{}
	for seed := *first; seed < *first+uint64(*seeds); seed++ {
		o := simulation.Options{}
		if *trace {
			o.Trace = func(line string) { fmt.Println(line) }
		}
		r := simulation.Run(t, simulation.Draw(seed), o)
		counts.Add(r.Counts)
		for _, v := range r.Broke[:min(1, len(r.Broke))] {
			if broke[v.Kind]++; broke[v.Kind] == 1 {
				explain(t, seed, v)
			}
		}
	}
	fmt.Print(counts.Table(time.Since(began), broke))
}

// explain shrinks a violation's story and prints it, with the command that tells it again.
func explain(t *testing.T, seed uint64, v simulation.Violation) {
	t.Helper()
	r := simulation.Run(t, simulation.Draw(seed), simulation.Options{Record: true})
	story := simulation.Shrink(t, r.Story, v.Kind, *keep)
	var happened strings.Builder
	simulation.Run(t, story, simulation.Options{Trace: func(line string) { happened.WriteString("  " + line + "\n") }})
	t.Errorf("seed %d: %s\ngo test ./lambda/simulation -run TestShallow -seeds 1 -seed %d -trace\n\n%s\n%s", seed, v, seed, story, happened.String())
}
