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

// expect checks what must hold at the end of a story. Where nothing was struck, exactly what is told is notified; else no end is
// missing, nothing comes that cannot be, and nothing begins twice.
func (r *rig) expect(s story) {
	r.t.Helper()
	r.mu.Lock()
	struck := r.fate != nil
	r.mu.Unlock()
	told, may := r.told(), s.told
	must := s.told
	if struck {
		may = slices.Concat(s.told, s.instead, troubles)
		must = slices.DeleteFunc(slices.Clone(s.told), func(what string) bool { return !isEnd(what) || len(s.instead) > 0 })
	}
	for what := range told {
		if _, plain, found := strings.Cut(what, ": "); !slices.Contains(may, what) && !(found && slices.Contains(may, plain)) {
			r.doubled(1)
			r.t.Errorf("%q cannot be, and was notified", what)
		}
	}
	for _, what := range must {
		if told[what] == 0 {
			r.lost(1)
			r.t.Errorf("%q was not notified, only %v", what, told)
		}
	}
	began := r.startsOf(name)
	switch ended := told["succeeded"]+told["failed"]+told["cancelled stopped"] > 0; {
	case struck && len(s.instead) > 0 && (began > s.starts || (began > 0) != ended), !(struck && len(s.instead) > 0) && began != s.starts:
		r.doubled(max(0, began-s.starts))
		r.lost(max(0, s.starts-began))
		r.t.Errorf("%d maintenances began, want %d; notified: %v", began, s.starts, told)
	}
	r.check()
}

// isEnd reports whether what is notified is an end, which must come on its topic whatever happens before.
func isEnd(what string) bool {
	_, what, _ = strings.Cut(": "+what, ": ")
	return !slices.Contains([]string{"started", "joined", "waiting wrong-state", "records: started", "chat: started"}, what)
}

// check checks what must hold at the end of every test: every end in the ledger was notified for people, no message says another, each
// came once, but for those that a publish without an answer or a death after one lets come again, and nothing holds a server.
func (r *rig) check() {
	r.t.Helper()
	r.told()
	runs := map[string]maintenance.Run{}
	for _, server := range append(slices.Clone(r.Servers), "gone-99") {
		all, err := r.Ledger.History(context.Background(), server, 1000)
		r.must(err)
		for _, run := range all {
			runs[run.ID] = run
		}
	}
	type subject struct{ topic, run, outcome, reason, text string }
	copies, ends := map[subject]int{}, map[string]bool{}
	for _, m := range r.messages {
		s := subject{m.Topic, m.Attributes["runId"], m.Attributes["outcome"], m.Attributes["reason"], ""}
		if s.outcome == "joined" || s.outcome == "in-progress" { // one for each trigger
			s.text = m.Text
		}
		copies[s]++
		run := runs[s.run]
		if s.outcome == string(run.Outcome) && !strings.Contains(s.topic, "records") && !strings.Contains(s.topic, "chat") {
			ends[s.run] = true
		}
		if slices.Contains([]string{"succeeded", "failed", "cancelled", "missed"}, s.outcome) && s.outcome != string(run.Outcome) {
			r.t.Errorf("a message says that %s has %s; it is %s %s", s.run, s.outcome, run.State, run.Outcome)
		}
	}
	for s, n := range copies {
		if n > 1+r.repeatable {
			r.doubled(n - 1 - r.repeatable)
			r.t.Errorf("%d messages are the same: %+v", n, s)
		}
	}
	for id, run := range runs {
		if run.Open() || !ends[id] {
			r.lost(1)
			r.t.Errorf("the end of %s was not notified: %s %s %s", id, run.State, run.Outcome, run.Reason)
		}
	}
	r.free()
}

// told counts the messages the subscriber got, by outcome and reason, and by topic if it is not that of people, once all that were
// published have come.
func (r *rig) told() map[string]int {
	r.t.Helper()
	r.mu.Lock()
	published := r.published
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for len(r.messages) < published {
		message, ok := r.Receive(ctx)
		if !ok {
			r.lost(published - len(r.messages))
			r.t.Fatalf("%d messages were published, %d came", published, len(r.messages))
		}
		r.messages = append(r.messages, message)
	}
	counts := map[string]int{}
	for _, m := range r.messages {
		counts[audience(m)+strings.TrimSpace(m.Attributes["outcome"]+" "+m.Attributes["reason"])]++
	}
	return counts
}

func audience(m machine.Message) string {
	for _, topic := range []string{"records", "chat"} {
		if strings.Contains(m.Topic, topic) {
			return topic + ": "
		}
	}
	return ""
}

// expectStarts checks that a server's maintenance began so often, and how often its starts and ends were notified.
func (r *rig) expectStarts(want int) {
	r.t.Helper()
	for _, server := range r.Servers {
		if n := r.startsOf(server); n != want {
			r.doubled(max(0, n-want))
			r.lost(max(0, want-n))
			r.t.Errorf("%d maintenances of %s began, want %d", n, server, want)
		}
	}
	if told := r.told(); told["succeeded"] != want*len(r.Servers) {
		r.t.Errorf("notified: %v", told)
	}
}

// free checks that nothing is due any more, and that nothing holds a server, its slot or its node.
func (r *rig) free() {
	r.t.Helper()
	ctx := context.Background()
	if due := r.due(); len(due) > 0 {
		r.lost(len(due))
		r.t.Errorf("still due: %+v", due)
	}
	records, err := r.Ledger.Servers(ctx, r.Servers)
	r.must(err)
	for server, record := range records {
		if record.OpenRun != "" {
			r.t.Errorf("%s is still held by %s", server, record.OpenRun)
		}
		holder, err := r.Ledger.Node(ctx, cmp.Or(r.Nodes[server], "none"))
		r.must(err)
		if holder != "" {
			r.t.Errorf("the node of %s is still held by %s", server, holder)
		}
	}
	holders, err := r.Ledger.Slots(ctx, 4)
	r.must(err)
	if held := strings.Join(holders, ""); held != "" {
		r.t.Errorf("a slot is still held: %q", holders)
	}
}
