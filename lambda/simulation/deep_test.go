package simulation_test

import (
	"runtime"
	"testing"

	"opsworks-maintenance/lambda/simulation"
)

func deep(seed uint64) simulation.Story {
	s := simulation.Draw(seed)
	s.Deep = true
	return s
}

func TestDeep(t *testing.T) { runSeeds(t, "TestDeep", 60, deep) }

// The same seed is the same run, however many threads the machine has.
func TestDeep_SameSeedSameRun(t *testing.T) {
	const some = 10
	var want [some]uint64
	for _, threads := range []int{1, 2} {
		before := runtime.GOMAXPROCS(threads)
		defer runtime.GOMAXPROCS(before)
		for range 2 {
			for i := range want {
				r := simulation.Run(t, deep(uint64(i+1)), simulation.Options{})
				if want[i] == 0 {
					want[i] = r.Hash
				}
				if r.Hash != want[i] {
					t.Errorf("seed %d with %d threads: %x, and before %x", i+1, threads, r.Hash, want[i])
				}
			}
		}
	}
}

// A story that names its choices is the run that it was taken from, at this depth too.
func TestDeep_StorySaysAllThatMatters(t *testing.T) {
	for seed := range uint64(6) {
		drawn := simulation.Run(t, deep(seed), simulation.Options{Record: true})
		story, err := simulation.Parse(drawn.Story.String())
		if err != nil {
			t.Fatal(err)
		}
		if told := simulation.Run(t, story, simulation.Options{}); told.Hash != drawn.Hash {
			t.Errorf("seed %d: the story told again is another: %d calls, and %d", seed, told.Calls, drawn.Calls)
		}
	}
}
