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

// doubts are what may be notified of any run that something goes wrong with, and need not.
var doubts = []string{"error start-unconfirmed", "waiting unavailable", "waiting calendar-closed"}

// news are no ends: an end that comes first makes them old, so that they need not be notified.
var news = []string{"started", "records: started", "chat: started"}

// expect checks what must hold at the end of a scenario. Where no call met a fault, exactly its messages came; else no end is missing,
// nothing came that cannot be, and nothing began twice.
func (h *harness) expect(s scenario) {
	h.t.Helper()
	came, must, may := h.notified(), s.notified, s.notified
	faulty := h.hits() > 0
	if faulty {
		may = slices.Concat(s.notified, s.instead, doubts)
		must = slices.DeleteFunc(slices.Clone(s.notified), func(what string) bool { return len(s.instead) > 0 || slices.Contains(news, what) })
	}
	for what := range came {
		if _, onTopic, _ := strings.Cut(what, ": "); !slices.Contains(may, what) && !slices.Contains(may, onTopic) {
			h.t.Errorf("%q cannot be, and was notified", what)
		}
	}
	for _, what := range must {
		if came[what] == 0 {
			h.t.Errorf("%q was not notified, only %v", what, came)
		}
	}
	began := h.startsOf(name)
	wrong := began != s.starts
	if faulty && len(s.instead) > 0 {
		ended := came["succeeded"]+came["cancelled stopped"] > 0
		wrong = began > s.starts || (began > 0) != ended
	}
	if wrong {
		h.t.Errorf("%d maintenances began, want %d; notified: %v", began, s.starts, came)
	}
	h.check()
}

// check checks what must hold at the end of every test: every end in the ledger was notified for people, no message says another, each
// came once, but for those that a publish without an answer or a death after one lets come again, and nothing is held any more.
func (h *harness) check() {
	h.t.Helper()
	h.notified()
	runs := map[string]maintenance.Run{}
	for _, server := range h.Servers {
		all, err := h.Ledger.History(context.Background(), server, 1000)
		h.must(err)
		for _, run := range all {
			runs[run.ID] = run
		}
	}
	type told struct{ topic, run, outcome, reason string }
	copies, ended := map[told]int{}, map[string]bool{}
	for _, m := range h.messages {
		s := told{topic(m), m.Attributes["runId"], m.Attributes["outcome"], m.Attributes["reason"]}
		if s.outcome != "joined" && s.outcome != "in-progress" { // of which there is one for each trigger
			copies[s]++
		}
		is := runs[s.run]
		ended[s.run] = ended[s.run] || s.topic == "" && s.outcome == string(is.Outcome)
		if slices.Contains([]string{"succeeded", "failed", "cancelled", "missed"}, s.outcome) && s.outcome != string(is.Outcome) {
			h.t.Errorf("a message says that %s has %s; it is %s %s", s.run, s.outcome, is.State, is.Outcome)
		}
	}
	for s, n := range copies {
		if n > 1+h.repeatable {
			h.t.Errorf("%d messages are the same: %+v", n, s)
		}
	}
	for id, run := range runs {
		if run.Open() || !ended[id] {
			h.t.Errorf("the end of %s was not notified: %s %s %s", id, run.State, run.Outcome, run.Reason)
		}
	}
	h.free()
}

// notified counts the messages that came, by outcome and reason, and by topic if it is not that of people, once all that were published
// are there.
func (h *harness) notified() map[string]int {
	h.t.Helper()
	h.mu.Lock()
	published := h.published
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(h.messages) < published {
		message, ok := h.Receive(ctx)
		if !ok {
			h.t.Fatalf("%d messages were published, %d came", published, len(h.messages))
		}
		h.messages = append(h.messages, message)
	}
	counts := map[string]int{}
	for _, m := range h.messages {
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
func (h *harness) expectStarts(want int) {
	h.t.Helper()
	for _, server := range h.Servers {
		if n := h.startsOf(server); n != want {
			h.t.Errorf("%d maintenances of %s began, want %d", n, server, want)
		}
	}
	if came := h.notified(); came["succeeded"] != want*len(h.Servers) {
		h.t.Errorf("notified: %v", came)
	}
	h.check()
}

// free checks that nothing is due any more, and that nothing holds a server, its slot or its node.
func (h *harness) free() {
	h.t.Helper()
	ctx := context.Background()
	if due := h.due(); len(due) > 0 {
		h.t.Errorf("still due: %+v", due)
	}
	records, err := h.Ledger.Servers(ctx, h.Servers)
	h.must(err)
	for server, record := range records {
		holder, err := h.Ledger.Node(ctx, cmp.Or(h.Nodes[server], "none"))
		h.must(err)
		if record.OpenRun != "" || holder != "" {
			h.t.Errorf("%s is still held by %q, its node by %q", server, record.OpenRun, holder)
		}
	}
	holders, err := h.Ledger.Slots(ctx, 4)
	h.must(err)
	if strings.Join(holders, "") != "" {
		h.t.Errorf("a slot is still held: %q", holders)
	}
}
