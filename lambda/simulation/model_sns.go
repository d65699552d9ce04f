package simulation

import (
	"context"
	"time"

	"opsworks-maintenance/lambda/maintenance"
)

// topics is the model of lambda/notify on SNS: Publish is at least once
// (docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html).
// A topic that was deleted, or whose key is denied, refuses everything: that is an outage of the service that has the topic's name, and no
// topic's trouble is another's.
type topics struct {
	*world
	messages []publication
	tried    map[delivery]tries // under driver.mu
}

// delivery is one notification to one topic, tries are when it was tried to be published.
type delivery struct {
	run      string
	topic    maintenance.Topic
	sequence int
}

type tries struct {
	first, last time.Time
	n           int
}

func (t *topics) try(d delivery) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.tried[d]
	if all.n++; all.n == 1 {
		all.first = t.now()
	}
	all.last = t.now()
	t.tried[d] = all
}

// publication is what was published, and by which call.
type publication struct {
	topic  maintenance.Topic
	report maintenance.Report
	flight *flight
	// excused: the publisher could not know that it was, or could not record it. Then it may come again.
	excused bool
}

func newTopics(w *world) *topics { return &topics{world: w, tried: map[delivery]tries{}} }

// notifier is what one invocation has: the topics of its own settings.
type notifier struct {
	*topics
	have []maintenance.Topic
}

func (n notifier) Topics() []maintenance.Topic { return n.have }

func (n notifier) Publish(ctx context.Context, topic maintenance.Topic, r maintenance.Report) error {
	about := r.RunID
	if about == "" {
		about = "none"
	}
	n.try(delivery{r.RunID, topic, r.Sequence})
	got := n.call(ctx, "sns."+string(topic), about+"/"+string(r.Outcome), func(c *call) {
		n.messages = append(n.messages, publication{topic, r, c.flight, c.fate.ambiguous()})
		n.watchPublished(c, topic, r)
	})
	if got != fine {
		return errLost
	}
	return nil
}
