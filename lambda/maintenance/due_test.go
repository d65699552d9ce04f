package maintenance_test

import (
	"slices"
	"testing"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

func TestRunner_AStartIsLookedAtAMinuteLater(t *testing.T) {
	f := newFixture(t)
	f.alarm()
	if run := f.only(); !run.LookAt.Equal(f.clock.Add(time.Minute)) || !run.DueAt.Equal(run.LookAt) {
		t.Errorf("started at %s, it is looked at %s, and due %s", f.clock, run.LookAt, run.DueAt)
	}
}

// Text waits up to 14 days, others one.
func TestRunner_HowLongATopicIsWaitedFor(t *testing.T) {
	f := newFixture(t)
	f.mailbox.broken = map[maintenance.Topic]bool{maintenance.TopicText: true, maintenance.TopicRecords: true, maintenance.TopicChat: true}
	f.policy.Enabled = false
	f.alarm() // the record of a refusal is due until its notifications are gone
	owes := func(age time.Duration) (left []maintenance.Topic) {
		f.clock = now.Add(age)
		f.Sweep(f.invocation())
		for _, n := range f.only().Owed {
			for _, d := range n.Topics {
				left = append(left, d.Topic)
			}
		}
		return left
	}
	const day, pause = 24 * time.Hour, 61 * time.Minute // no two tries are further apart
	for _, tt := range []struct {
		age  time.Duration
		want []maintenance.Topic
	}{
		{day - pause, topics},
		{day + pause, []maintenance.Topic{maintenance.TopicText}},
		{14*day - pause, []maintenance.Topic{maintenance.TopicText}},
		{14*day + pause, nil},
	} {
		if got := owes(tt.age); !slices.Equal(got, tt.want) {
			t.Errorf("after %s it is owed to %v, want %v", tt.age, got, tt.want)
		}
	}
}
