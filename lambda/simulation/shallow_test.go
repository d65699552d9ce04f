package simulation_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/simulation"
)

var (
	seeds = flag.Int("seeds", 0, "how many seeds to run; 0 is as many as there is time for in every test")
	first = flag.Uint64("seed", 1, "the first seed")
	tell  = flag.Bool("tell", false, "print all that happens")
	tries = flag.Int("shrink", 2000, "in how many runs a story is shrunk")
	save  = flag.String("save", "", "the folder to save stories of violations in")
	shard = flag.Int("shards", 2, "how many seeds run at the same time")
)

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(1600) // a story leaves much behind, and none of it is needed again
	debug.SetMemoryLimit(6 << 30)
	os.Exit(m.Run())
}

// enough is from how many seeds on a fault that met no step, and an invariant that nothing tested, is a failure of the simulation itself.
const enough = 1000

func shallow(seed uint64) simulation.Story { return simulation.Draw(seed, 50) }

func TestShallow(t *testing.T) { runSeeds(t, "TestShallow", 2000, shallow) }

// runSeeds runs as many seeds as the flag says, or some.
func runSeeds(t *testing.T, test string, some int, draw func(seed uint64) simulation.Story) {
	if *seeds > 0 {
		some = *seeds
	}
	began := time.Now()
	var mu sync.Mutex
	var counts simulation.Counts
	broke := map[string]int{}
	defer progress(t, func() string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprintf("%d of %d seeds, violations %v", counts.Stories, some, broke)
	})()
	t.Run("seeds", func(t *testing.T) {
		for n := range *shard {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				for i := n; i < some; i += *shard {
					seed := *first + uint64(i)
					r := simulation.Run(t, draw(seed), telling())
					mu.Lock()
					counts.Add(r.Counts)
					v, new := firstOf(r, broke)
					mu.Unlock()
					if new {
						explain(t, test, draw(seed), v)
					}
				}
			})
		}
	})
	fmt.Print(counts.Table(time.Since(began), broke))
	if counts.Stories >= enough {
		for _, what := range counts.Untested() {
			t.Error(what)
		}
	}
}

// progress says every ten seconds how far it is, until it is stopped.
func progress(t *testing.T, far func() string) (stop func()) {
	if !testing.Verbose() {
		return func() {}
	}
	done := make(chan struct{})
	began, tick := time.Now(), time.NewTicker(10*time.Second)
	go func() {
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Printf("%s: %s: %s\n", t.Name(), time.Since(began).Round(time.Second), far())
			}
		}
	}()
	return func() { tick.Stop(); close(done) }
}

func telling() simulation.Options {
	if !*tell {
		return simulation.Options{}
	}
	return simulation.Options{Trace: func(line string) { fmt.Println(line) }}
}

// firstOf counts the first violation of a run, and says whether its kind is new.
func firstOf(r simulation.Result, broke map[string]int) (simulation.Violation, bool) {
	if len(r.Broke) == 0 {
		return simulation.Violation{}, false
	}
	broke[r.Broke[0].Kind]++
	return r.Broke[0], broke[r.Broke[0].Kind] == 1
}

// explain shrinks a violation's story and prints it, with the command that tells it again.
func explain(t *testing.T, test string, drawn simulation.Story, v simulation.Violation) {
	t.Helper()
	seed := drawn.Seed
	r := simulation.Run(t, drawn, simulation.Options{Record: true})
	story := simulation.Shrink(t, r.Story, v.Kind, *tries)
	if *save != "" {
		if err := os.WriteFile(filepath.Join(*save, fmt.Sprintf("%s-%d.story", v.Kind, seed)), []byte(story.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
	t.Errorf("seed %d: %s\ngo test ./lambda/simulation -run %s$ -seeds 1 -seed %d -tell\n\n%s\n%s", seed, v, test, seed, story,
		happens(t, story))
}

// happens is how a story ends, in as many lines as somebody may read; -tell has all.
func happens(t *testing.T, story simulation.Story) string {
	var lines []string
	simulation.Run(t, story, simulation.Options{Trace: func(line string) { lines = append(lines, "  "+line) }})
	return strings.Join(lines[max(0, len(lines)-5000):], "\n")
}

// TestStories tells what once broke again.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.story")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".story"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			story, err := simulation.Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			o := telling()
			o.Record = true
			r := simulation.Run(t, story, o)
			if len(r.Broke) > 0 {
				t.Errorf("%s\n%s", r.Broke[0], happens(t, story))
			}
			met := func(told simulation.Odd) bool {
				return slices.ContainsFunc(r.Story.Odds, func(o simulation.Odd) bool { return o.Name == told.Name })
			}
			if len(story.Odds) > 0 && !slices.ContainsFunc(story.Odds, met) { // those after what was mended need not be
				t.Error("nothing meets any of its choices: it has become another story")
			}
		})
	}
}

// The same seed is the same run, however many threads the machine has.
func TestShallow_SameSeedSameRun(t *testing.T) { sameSeedSameRun(t, 60, shallow) }

func sameSeedSameRun(t *testing.T, some int, draw func(seed uint64) simulation.Story) {
	if *seeds > 0 {
		some = *seeds
	}
	want := make([]uint64, some)
	for _, threads := range []int{1, 2} {
		before := runtime.GOMAXPROCS(threads)
		defer runtime.GOMAXPROCS(before)
		for range 2 {
			for i := range want {
				r := simulation.Run(t, draw(uint64(i+1)), simulation.Options{})
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

// A story that names its choices is the run that it was taken from.
func TestStory_SaysAllThatMatters(t *testing.T) {
	for seed := range uint64(100) {
		drawn := simulation.Run(t, shallow(seed), simulation.Options{Record: true})
		written := drawn.Story.String()
		story, err := simulation.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		if again := story.String(); again != written {
			t.Fatalf("seed %d: written\n%s\nread\n%s", seed, written, again)
		}
		if told := simulation.Run(t, story, simulation.Options{}); told.Hash != drawn.Hash {
			t.Errorf("seed %d: the story told again is another: %d calls, and %d", seed, told.Calls, drawn.Calls)
		}
	}
}
