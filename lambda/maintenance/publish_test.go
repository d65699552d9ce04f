package maintenance_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_ABrokenTopicStandsInNobodysWay(t *testing.T) {
	for _, broken := range topics {
		t.Run(string(broken), func(t *testing.T) {
			f := newFixture(t)
			f.mailbox.broken = map[maintenance.Topic]bool{broken: true}
			if r := f.alarm(); r.Outcome != maintenance.OutcomeStarted || r.Publishing.Failed != 1 {
				t.Fatalf("an alarm comes to %s, with %d failures to publish", r.Outcome, r.Publishing.Failed)
			}
			f.sweeps(65)
			f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionFailed) }
			f.sweeps(3)
			run := f.only()
			if run.State != maintenance.RunOver || f.ledger.servers["puppet-01"].OpenRun != "" {
				t.Errorf("the run is %s, its server held by %q", run.State, f.ledger.servers["puppet-01"].OpenRun)
			}
			for _, topic := range topics {
				want := []string{"started", "failed"}
				if topic == broken {
					want = nil
				}
				if got := f.mailbox.on(topic); !slices.Equal(got, want) {
					t.Errorf("by %s came %q, want %q", topic, got, want)
				}
			}
			f.mailbox.broken = nil
			f.sweeps(70)
			want := []string{"failed"}
			if broken == maintenance.TopicRecords { // which supersede nothing
				want = []string{"started", "failed"}
			}
			if got := f.mailbox.on(broken); !slices.Equal(got, want) {
				t.Errorf("once %s is mended it gets %q, want %q", broken, got, want)
			}
			if run := f.only(); !run.DueAt.IsZero() || len(run.Owed) > 0 {
				t.Errorf("after that %d notifications are owed", len(run.Owed))
			}
		})
	}
}

func TestRunner_WhatCannotBePublishedIsTriedEverMoreSeldomAndDropped(t *testing.T) {
	f := newFixture(t)
	f.mailbox.topics = []maintenance.Topic{maintenance.TopicText, maintenance.TopicChat}
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicChat: true}
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	dropped := 0
	for range 26 * 60 {
		f.clock = f.clock.Add(time.Minute)
		dropped += f.Sweep(f.invocation()).Dropped
	}
	tries := 0
	for _, call := range f.mailbox.tried {
		if call == maintenance.TopicChat {
			tries++
		}
	}
	if dropped != 1 || tries > 40 || tries < 20 {
		t.Errorf("in 26 hours chat was tried %d times and dropped %d times", tries, dropped)
	}
	if run := f.only(); len(run.Owed) != 0 || !run.DueAt.IsZero() {
		t.Errorf("what was dropped is owed: %v", run.Owed)
	}
}

func TestRunner_ATopicThatTheSettingsNoLongerHaveIsDroppedAtOnce(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicChat: true}
	f.alarm()
	f.mailbox.topics = []maintenance.Topic{maintenance.TopicText}
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(3)
	if run := f.only(); !run.DueAt.IsZero() {
		t.Errorf("the run is due at %s, and owes %v", run.DueAt, run.Owed)
	}
}

func TestRunner_NothingIsPublishedThatIsNotRecorded(t *testing.T) {
	f := newFixture(t)
	f.mailbox.onPublish = func(r maintenance.Report) {
		run := f.ledger.runs[r.RunID]
		if r.Outcome == maintenance.OutcomeStarted && run.Reference == "" {
			t.Error("a start is published whose reference is not recorded")
		}
		if r.Outcome == maintenance.OutcomeSucceeded && run.State != maintenance.RunOver {
			t.Errorf("an end is published of a run that is %s", run.State)
		}
	}
	f.alarm()
	f.backend.follow = func(maintenance.Run) maintenance.Sighting { return execution(maintenance.ExecutionSucceeded) }
	f.sweeps(2)
	f.expectMail("started", "succeeded")
}

func TestRunner_OverlappingSweepsSayEverythingOnce(t *testing.T) {
	f := newFixture(t)
	f.Expected = map[string]time.Duration{"puppet-02": time.Hour}
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.policy.ExpiresAfter = time.Hour
	f.alarm()
	for range 3 * 60 {
		f.clock = f.clock.Add(time.Minute)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { f.Sweep(f.invocation()) })
		}
		all.Wait()
	}
	got := f.mailbox.on(maintenance.TopicText)
	slices.Sort(got)
	if want := []string{"missed no-success", "missed no-success", "missed outside-window", "waiting outside-window"}; !slices.Equal(got,
		want) {
		t.Errorf("five sweeps a minute say %q, want %q", got, want)
	}
}

func TestRunner_ADeathBeforeClearRepeatsATopicOnce(t *testing.T) {
	f := newFixture(t)
	commits := 0
	f.ledger.fail = func(call string) error {
		if call == "Commit" {
			if commits++; commits == 3 {
				return errors.New("the process died")
			}
		}
		return nil
	}
	f.alarm()
	f.sweeps(10)
	f.expectMail("started", "started")
}

func TestRunner_ALateMessageSaysSo(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true}
	f.alarm()
	f.sweeps(20)
	f.mailbox.broken = nil
	f.sweeps(20)
	f.expectMail("started")
	for _, mail := range f.mailbox.got {
		if mail.topic == maintenance.TopicText && mail.report.Late < maintenance.LateAfter {
			t.Errorf("a message twenty minutes late says %s", mail.report.Late)
		}
	}
}

func TestRunner_WhatNoLongerHoldsIsNotPublished(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true}
	f.policy.Window = maintenance.Window{Hours: closed{}}
	f.alarm()
	f.sweeps(12*60 + 5) // it has started
	f.mailbox.broken = nil
	f.sweeps(60)
	f.expectMail("started")
}

func TestRunner_OverlappingSweepsSayOnceThatARunIsOverdue(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	f.clock = f.clock.Add(5 * time.Hour)
	for range 3 {
		f.clock = f.clock.Add(2 * time.Minute)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() { f.Sweep(f.invocation()) })
		}
		all.Wait()
	}
	f.expectMail("started", "overdue")
}

func TestRunner_OverlappingDeliveriesAreRefusedOnce(t *testing.T) {
	f := newFixture(t)
	f.policy.Enabled = false
	q := f.trigger(maintenance.TriggerAlarm, "disk")
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if r := f.ask(q); r.Outcome != maintenance.OutcomeRefused {
				t.Errorf("a delivery comes to %s %s", r.Outcome, r.Reason)
			}
		})
	}
	all.Wait()
	f.expectMail("refused disabled")
}
