package simulation_test

import (
	"testing"

	"opsworks-maintenance/lambda/simulation"
)

// deep lives sixteen days more seldom: that takes seconds here.
func deep(seed uint64) simulation.Story {
	s := simulation.Draw(seed, 500)
	s.Deep = true
	return s
}

func TestDeep(t *testing.T) { runSeeds(t, "TestDeep", 150, deep) }

// The same seed is the same run, however many threads the machine has.
func TestDeep_SameSeedSameRun(t *testing.T) { sameSeedSameRun(t, 10, deep) }

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
