package maintenance

import (
	"context"
	"slices"
	"time"
)

// Topic is one audience.
type Topic string

// The topics.
const (
	TopicText    Topic = "text"    // for readers
	TopicRecords Topic = "records" // for machines
	TopicChat    Topic = "chat"
)

// Topics lists them all.
func Topics() []Topic { return []Topic{TopicText, TopicRecords, TopicChat} }

// Notification is what is to be published: facts, not text, which is rendered when it is published.
type Notification struct {
	Sequence int       `json:"seq"`
	Outcome  Outcome   `json:"outcome"`
	Reason   Reason    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"`
	Detail   string    `json:"detail,omitempty"`
	Figures  Figures   `json:"figures,omitzero"`
	// Trigger is what it is about, where that is not the run's own.
	Trigger *Trigger `json:"trigger,omitempty"`
	Server  Server   `json:"server,omitzero"`
	// Attempt is the number of the try to start it that this is about.
	Attempt int `json:"attempt,omitempty"`
	// Answer is the Server that StartMaintenance returned, as JSON by the API's names, for the record.
	Answer string `json:"answer,omitempty"`
	// Stop is true where the request was to end a run.
	Stop bool `json:"stop,omitempty"`
	// Topics are those it has still to be published to.
	Topics []Delivery `json:"topics"`
}

// Figures are what a reason turns on: the limit that decides, and who is in the way.
type Figures struct {
	// Limit is the longest that a trigger may be old or dated ahead, or that a server may go without success, or the cooldown.
	Limit time.Duration `json:"limit,omitempty"`
	// Most is the daily limit or the concurrency limit, Holders are the runs that have its slots, the first five of them.
	Most    int      `json:"most,omitempty"`
	Holders []string `json:"holders,omitempty"`
	// Alarms are those that block, the first three of them; Most is how many there are.
	Alarms []string `json:"alarms,omitempty"`
	// Since is the last success of a server that has had none for too long, or when watching it began; or since when the first of Alarms
	// has been in ALARM.
	Since time.Time `json:"since,omitzero"`
	// Step is the step of a runbook that goes on, or the last one of an execution that has ended.
	Step string `json:"step,omitempty"`
}

// Delivery is a notification on its way to one topic.
type Delivery struct {
	Topic Topic `json:"topic"`
	// Tries counts those begun, whatever came of them; Next is when it is tried again.
	Tries int       `json:"tries,omitempty"`
	Next  time.Time `json:"next,omitzero"`
	// By is the lease under which it was tried last.
	By string `json:"by,omitempty"`
}

// How long a notification may take to reach a topic before it is dropped: what a machine or a chat room gets a day late is no news.
const (
	keepText   = 14 * 24 * time.Hour
	keepOthers = 24 * time.Hour
)

// LateAfter is after how long a message says that it is late.
const LateAfter = 10 * time.Minute

func (d Delivery) tooLate(at, now time.Time) bool {
	if d.Topic == TopicText {
		return now.After(at.Add(keepText))
	}
	return now.After(at.Add(keepOthers))
}

// pause is how long to wait after a try: longer each time, from a tick to sixty.
func (d Delivery) pause(tick time.Duration) time.Duration {
	pause := tick
	for range min(d.Tries-1, 6) {
		pause *= 2
	}
	return min(pause, 60*tick)
}

// Notifier publishes to the topics that the settings have.
type Notifier interface {
	// Topics are those there are.
	Topics() []Topic
	// Publish renders a report and publishes it to one topic. An error says that it was not published, or that this is unknown.
	Publish(ctx context.Context, topic Topic, report Report) error
}

// audience are the topics that an outcome is notified on.
func (o Outcome) audience(promised bool) []Topic {
	switch o {
	case OutcomeIgnored, "":
		return nil
	case OutcomeJoined, OutcomeInProgress:
		if promised {
			return []Topic{TopicText, TopicRecords}
		}
		return []Topic{TopicRecords}
	default:
		return Topics()
	}
}

// supersedes reports whether a notification of a run makes those before it old. That one more trigger came does not.
func (o Outcome) supersedes() bool { return o != OutcomeJoined && o != OutcomeInProgress }

// maxOwed bounds how many notifications of triggers a run owes, so that its item stays small while a topic is away.
const maxOwed = 10

// foldIntoLast reports whether a run owes so many notifications of triggers that one more only counts with the last.
func (r *Run) foldIntoLast(n *Notification) bool {
	if n.Trigger != nil {
		trigger := *n.Trigger
		trigger.Reason = cut(trigger.Reason, maxMiddleReason)
		n.Trigger = &trigger
	}
	last, count := -1, 0
	for i, owed := range r.Owed {
		if !owed.Outcome.supersedes() {
			last, count = i, count+1
		}
	}
	if count < maxOwed {
		return false
	}
	r.Owed = slices.Clone(r.Owed)
	r.Owed[last].Detail = "and more triggers since"
	return true
}

// owe adds a notification for the topics there are. A later one of a run supersedes text and chat that have not been sent; records
// all go out, in order.
func (r *Run) owe(n Notification, topics []Topic) {
	promised := r.Promised
	if !n.Outcome.supersedes() && r.Open() { // what joins a run, or finds it in progress, is no news the second time
		promised = promised && r.markNotified("text "+string(n.Outcome))
	}
	for _, topic := range n.Outcome.audience(promised) {
		if slices.Contains(topics, topic) {
			n.Topics = append(n.Topics, Delivery{Topic: topic})
		}
	}
	r.Promised = r.Promised || n.Outcome.supersedes() && n.Outcome != OutcomeIgnored
	if len(n.Topics) == 0 || !n.Outcome.supersedes() && r.Open() && r.foldIntoLast(&n) {
		return
	}
	if n.Outcome.supersedes() && n.Reason != ReasonApprovalNeeded {
		askAgain(r)
	}
	r.Sequence++
	n.Sequence = r.Sequence
	var kept []Notification
	for _, older := range r.Owed {
		older.Topics = slices.DeleteFunc(slices.Clone(older.Topics), func(d Delivery) bool {
			return n.Outcome.supersedes() && d.Topic != TopicRecords &&
				slices.ContainsFunc(n.Topics, func(new Delivery) bool { return new.Topic == d.Topic })
		})
		if len(older.Topics) > 0 {
			kept = append(kept, older)
		}
	}
	r.Owed = append(kept, n)
}
