package torture

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/maintenance"
)

// troubles are what may be notified of any run that something goes wrong with, and need not.
var troubles = []string{"error start-unconfirmed", "waiting unavailable", "waiting calendar-closed"}

// news are no ends: an end that comes first makes them old, so that they need not be notified.
var news = []string{"started", "joined", "waiting wrong-state", "records: started", "chat: started"}

// expect checks what must hold at the end of a story. Where nothing was struck, exactly its messages came; else no end is missing,
// nothing came that cannot be, and nothing began twice.
func (r *rig) expect(s story) {
	r.t.Helper()
	came, must, may := r.notified(), s.notified, s.notified
	struck := r.hits() > 0
	if struck {
		may = slices.Concat(s.notified, s.instead, troubles)
		must = slices.DeleteFunc(slices.Clone(s.notified), func(what string) bool { return len(s.instead) > 0 || slices.Contains(news, what) })
	}
	for what := range came {
		if _, onTopic, _ := strings.Cut(what, ": "); !slices.Contains(may, what) && !slices.Contains(may, onTopic) {
			r.t.Errorf("%q cannot be, and was notified", what)
		}
	}
	for _, what := range must {
		if came[what] == 0 {
			r.t.Errorf("%q was not notified, only %v", what, came)
		}
	}
	began := r.startsOf(name)
	wrong := began != s.starts
	if struck && len(s.instead) > 0 {
		ended := came["succeeded"]+came["cancelled stopped"] > 0
		wrong = began > s.starts || (began > 0) != ended
	}
	if wrong {
		r.t.Errorf("%d maintenances began, want %d; notified: %v", began, s.starts, came)
	}
	r.check()
}

// check checks what must hold at the end of every test: every end in the ledger was notified for people, no message says another, each
// came once, but for those that a publish without an answer or a death after one lets come again, and nothing is held any more.
func (r *rig) check() {
	r.t.Helper()
	r.notified()
	runs := map[string]maintenance.Run{}
	for _, server := range append(slices.Clone(r.Servers), unknown) {
		all, err := r.Ledger.History(context.Background(), server, 1000)
		r.must(err)
		for _, run := range all {
			runs[run.ID] = run
		}
	}
	type subject struct{ topic, run, outcome, reason string }
	copies, ended := map[subject]int{}, map[string]bool{}
	for _, m := range r.messages {
		s := subject{topic(m), m.Attributes["runId"], m.Attributes["outcome"], m.Attributes["reason"]}
		if s.outcome != "joined" && s.outcome != "in-progress" { // of which there is one for each trigger
			copies[s]++
		}
		is := runs[s.run]
		ended[s.run] = ended[s.run] || s.topic == "" && s.outcome == string(is.Outcome)
		if slices.Contains([]string{"succeeded", "failed", "cancelled", "missed"}, s.outcome) && s.outcome != string(is.Outcome) {
			r.t.Errorf("a message says that %s has %s; it is %s %s", s.run, s.outcome, is.State, is.Outcome)
		}
	}
	for s, n := range copies {
		if n > 1+r.repeatable {
			r.t.Errorf("%d messages are the same: %+v", n, s)
		}
	}
	for id, run := range runs {
		if run.Open() || !ended[id] {
			r.t.Errorf("the end of %s was not notified: %s %s %s", id, run.State, run.Outcome, run.Reason)
		}
	}
	r.free()
}

// notified counts the messages that came, by outcome and reason, and by topic if it is not that of people, once all that were published
// are there.
func (r *rig) notified() map[string]int {
	r.t.Helper()
	r.mu.Lock()
	published := r.published
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(r.messages) < published {
		message, ok := r.Receive(ctx)
		if !ok {
			r.t.Fatalf("%d messages were published, %d came", published, len(r.messages))
		}
		r.messages = append(r.messages, message)
	}
	counts := map[string]int{}
	for _, m := range r.messages {
		counts[topic(m)+strings.TrimSpace(m.Attributes["outcome"]+" "+m.Attributes["reason"])]++
	}
	return counts
}

// topic is the topic that a message came by, empty for that of people.
func topic(m machine.Message) string {
	for _, topic := range []string{"records", "chat"} {
		if strings.Contains(m.Topic, topic) {
			return topic + ": "
		}
	}
	return ""
}

// expectStarts checks that the maintenance of each server began so often, and that its success was notified so often.
func (r *rig) expectStarts(want int) {
	r.t.Helper()
	for _, server := range r.Servers {
		if n := r.startsOf(server); n != want {
			r.t.Errorf("%d maintenances of %s began, want %d", n, server, want)
		}
	}
	if came := r.notified(); came["succeeded"] != want*len(r.Servers) {
		r.t.Errorf("notified: %v", came)
	}
	r.check()
}

// free checks that nothing is due any more, and that nothing holds a server, its slot or its node.
func (r *rig) free() {
	r.t.Helper()
	ctx := context.Background()
	if due := r.due(); len(due) > 0 {
		r.t.Errorf("still due: %+v", due)
	}
	records, err := r.Ledger.Servers(ctx, r.Servers)
	r.must(err)
	for server, record := range records {
		holder, err := r.Ledger.Node(ctx, cmp.Or(r.Nodes[server], "none"))
		r.must(err)
		if record.OpenRun != "" || holder != "" {
			r.t.Errorf("%s is still held by %q, its node by %q", server, record.OpenRun, holder)
		}
	}
	holders, err := r.Ledger.Slots(ctx, 4)
	r.must(err)
	if strings.Join(holders, "") != "" {
		r.t.Errorf("a slot is still held: %q", holders)
	}
}
