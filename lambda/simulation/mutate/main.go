// Command mutate asks whether anything notices when the code is wrong. It breaks a copy of what is committed, one change at a time:
//
//	go run ./lambda/simulation/mutate -canaries                known faults, put back (testdata/mutants)
//	go run ./lambda/simulation/mutate -canaries '0[67]-*'      some of them
//	go run ./lambda/simulation/mutate -n 40 -seed 1            changes drawn from the domain and its adapters
//
// A canary is a patch that begins with its head: "row:", the row of the table that it restores, "depth:", shallow or deep, and what the
// fault is, in words. It has to apply, to compile, and to be found by that depth of the simulation within -seeds seeds.
//
// A drawn mutation has to compile; else the next one drawn takes its place, and so it does for one that equivalent.txt argues to change
// nothing. The package's own tests are asked first, then the simulation.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	canaries := flag.Bool("canaries", false, "put back the faults of testdata/mutants; arguments are patterns of their names")
	revision := flag.String("tree", "HEAD", "the commit that is copied")
	n := flag.Int("n", 40, "how many mutations are drawn")
	seed := flag.Uint64("seed", 1, "what they are drawn by")
	seeds := flag.Int("seeds", 0, "how many seeds of the simulation are run on each: 5000 for canaries, 2000 for mutations")
	survivors := flag.Int("survivors", 2, "how many drawn mutations may survive")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *canaries {
		err = runCanaries(ctx, *revision, firstSet(*seeds, 5000), flag.Args())
	} else {
		err = survey(ctx, *revision, *n, *survivors, *seed, firstSet(*seeds, 2000))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func firstSet(given, otherwise int) int {
	if given > 0 {
		return given
	}
	return otherwise
}

// Where things lie in the repository.
var (
	patches    = filepath.Join("testdata", "mutants")
	simulation = filepath.Join("lambda", "simulation")
	argued     = filepath.Join(simulation, "mutate", "equivalent.txt")
)
