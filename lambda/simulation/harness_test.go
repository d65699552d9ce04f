package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// toy is code under test that does what a test says.
type toy func(ctx context.Context, w *world, f *flight) error

func (t toy) handle(ctx context.Context, w *world, f *flight) ([]maintenance.Report, error) {
	return nil, t(ctx, w, f)
}

// live runs a world of some minutes with a toy, which is asked to sweep at once, and gives its world.
func live(t *testing.T, s Story, do toy) (out *world) {
	t.Helper()
	s.Hours, s.Calm, s.Explicit = 10*time.Minute, 10*time.Minute, true
	if len(s.Lines) == 0 {
		s.Lines = []Line{{At: time.Second, ID: "a", Verb: "alarm", Args: []string{"server=s", "name=n"}}}
	}
	s.index()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(&s, do)
		w.goOn = true
		w.settings.limit = 0
		for _, l := range s.Lines {
			w.at(w.begin.Add(l.At), func() { w.say(l) })
		}
		w.drive()
		w.ground()
		out = w
	})
	return out
}

func read(ctx context.Context, w *world, name string) error {
	_, err := w.ledger.Read(ctx, name)
	return err
}

func odds(lines ...string) (out []Odd) {
	for _, l := range lines {
		s := Story{}
		if err := s.readOdd(strings.Fields("odd " + l)); err != nil {
			panic(err)
		}
		out = append(out, s.Odds...)
	}
	return out
}

func TestWorld_AnEventThatFailsComesAgainTwice(t *testing.T) {
	var tries []time.Duration
	live(t, Story{}, func(_ context.Context, w *world, f *flight) error {
		tries = append(tries, w.since().Truncate(time.Second))
		return errRetry
	})
	if want := []time.Duration{time.Second, time.Minute + time.Second, 3*time.Minute + time.Second}; !slices.Equal(tries, want) {
		t.Errorf("tried at %v, want %v", tries, want)
	}
}

func TestWorld_AContainerServesOneInvocationAtATime(t *testing.T) {
	var seen []*container
	lines := []Line{{At: time.Second, ID: "a", Verb: "sweep"}, {At: 2 * time.Second, ID: "b", Verb: "sweep"},
		{At: time.Minute, ID: "c", Verb: "sweep"}}
	live(t, Story{Lines: lines}, func(ctx context.Context, _ *world, f *flight) error {
		seen = append(seen, f.box)
		time.Sleep(10 * time.Second)
		return nil
	})
	if len(seen) != 3 || seen[0] == seen[1] || seen[2] != seen[0] && seen[2] != seen[1] {
		t.Errorf("the containers were %p", seen)
	}
}

func TestWorld_ADeployLeavesTheOldSettingsToWhatRuns(t *testing.T) {
	var limits []int
	lines := []Line{{At: time.Second, ID: "a", Verb: "sweep"}, {At: 2 * time.Second, ID: "d", Verb: "deploy", Args: []string{"limit=7"}},
		{At: time.Minute, ID: "b", Verb: "sweep"}}
	live(t, Story{Lines: lines}, func(_ context.Context, _ *world, f *flight) error {
		time.Sleep(5 * time.Second)
		limits = append(limits, f.box.settings.limit)
		return nil
	})
	if !slices.Equal(limits, []int{0, 7}) {
		t.Errorf("the limits were %v", limits)
	}
}

func TestWorld_WhatDoesNotEndInTimeDies(t *testing.T) {
	begun, ended := 0, 0
	w := live(t, Story{}, func(ctx context.Context, w *world, f *flight) error {
		begun++
		time.Sleep(time.Minute)
		_ = read(ctx, w, "s") // at which it dies
		ended++
		return nil
	})
	if begun != 1+retries || ended != 0 || w.calls != 0 {
		t.Errorf("begun %d times, ended %d, %d calls", begun, ended, w.calls)
	}
}

// Each fate does, or does not, what it says; and what dies does not go on.
func TestCall_MeetsItsFate(t *testing.T) {
	for _, tt := range []struct {
		fate        string
		done        bool // by the service
		answered    bool // with success
		hears, late bool // hears of anything; is done later
	}{
		{"fine", true, true, true, false},
		{"fail-before", false, false, true, false},
		{"fail-after", true, false, true, false},
		{"hang", false, false, true, false},
		{"hang-after", true, false, true, false},
		{"die-before", false, false, false, false},
		{"die-after", true, false, false, false},
		{"die-late", true, false, false, true},
	} {
		t.Run(tt.fate, func(t *testing.T) {
			var heard, done []time.Duration
			var err error
			s := Story{Odds: odds("a ledger.Count x - 0 = " + tt.fate + " 5s")}
			w := live(t, s, func(ctx context.Context, w *world, f *flight) error {
				defer func() { done = append(done, w.since()) }()
				_, err = w.ledger.Count(ctx, "x", w.begin)
				heard = append(heard, w.since())
				return nil
			})
			if got := w.ledger.counts["x"+w.begin.Format(time.DateOnly)]; tt.hears && got != boolInt(tt.done) {
				t.Errorf("it was done %d times", got)
			}
			if len(heard) != 1 && tt.hears || !tt.hears && len(done) != 2 { // it is tried again
				t.Errorf("it was heard of %d times, and %d invocations ended", len(heard), len(done))
			}
			if tt.hears && (err == nil) != tt.answered {
				t.Errorf("it was answered %v", err)
			}
		})
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Parallel work of one invocation is let go in an order of its own, the same each time.
func TestWorld_ParallelCallsComeInTheSameOrder(t *testing.T) {
	order := func() (out []string) {
		live(t, Story{Seed: 3}, func(ctx context.Context, w *world, f *flight) error {
			done := make(chan string)
			for n := range 8 {
				go func() {
					name := fmt.Sprint("s", n)
					_ = read(ctx, w, name)
					done <- name
				}()
			}
			for range 8 {
				out = append(out, <-done)
			}
			return nil
		})
		return out
	}
	first := order()
	if slices.IsSorted(first) {
		t.Error("they came in the order in which they were made")
	}
	for range 20 {
		if again := order(); !slices.Equal(again, first) {
			t.Fatalf("%v, and before %v", again, first)
		}
	}
}

// Leaving out one choice shifts no other.
func TestShrink_LeavesWhatBreaks(t *testing.T) {
	all := make([]int, 100)
	for i := range all {
		all[i] = i
	}
	got := drop(all, func(some []int) bool { return slices.Contains(some, 17) && slices.Contains(some, 71) })
	if !slices.Equal(got, []int{17, 71}) {
		t.Errorf("left is %v", got)
	}
}

func TestWorld_WhatIsPublishedUnrecordedBreaksAnInvariant(t *testing.T) {
	w := live(t, Story{}, func(ctx context.Context, w *world, f *flight) error {
		return notifier{w.topics, nil}.Publish(ctx, maintenance.TopicText, maintenance.Report{RunID: "r", Outcome: maintenance.OutcomeStarted})
	})
	if len(w.broke) == 0 || w.broke[0].Kind != "published-what-is-recorded" {
		t.Errorf("broke %v", w.broke)
	}
}
