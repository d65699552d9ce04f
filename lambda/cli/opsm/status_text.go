package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// statusText is the fleet for people: a table of the servers, then what they share.
func (s *session) statusText(f fleet, m mailboxes) string {
	text := "The settings have no servers.\n"
	if len(f.Servers) > 0 {
		rows := [][]string{{"SERVER", "STATE", "SINCE", "WHAT"}}
		for _, server := range f.Servers {
			run := f.run(server)
			rows = append(rows, []string{server.ServerName, run.State, ago(f.At, run.since()), strings.Join(append(run.facts(f.At),
				server.facts(f.At)...), "; ")})
		}
		text = s.table(true, rows...)
	}
	var lines []string
	if h := f.Fleet.Hold; h != nil {
		lines = append(lines, "The fleet is held; that ends "+ago(f.At, h.Until)+". "+h.Reason)
	}
	if f.Fleet.ConcurrencyLimit > 0 {
		var taken []string
		for _, run := range f.Fleet.Slots {
			if run != "" {
				taken = append(taken, run)
			}
		}
		lines = append(lines, fmt.Sprintf("%d of %d slots taken. %s", len(taken), f.Fleet.ConcurrencyLimit, strings.Join(taken, ", ")))
	}
	for _, box := range m.Unconfirmed {
		lines = append(lines, fmt.Sprintf("%s (%s) gets no messages: it has not confirmed its subscription to %s.", box.Endpoint, box.Protocol,
			box.Topic))
	}
	for i, line := range lines {
		if i == 0 {
			text += "\n"
		}
		text += wrap(clean(line), s.width, 0) + "\n"
	}
	return text
}

// facts are what is to know about an open run.
func (r openRun) facts(now time.Time) []string {
	var facts []string
	if w := r.WaitsFor; w.Reason != "" {
		facts = append(facts, because(w.Reason, w.Detail))
		facts = append(facts, about("may start ", now, w.Until)...)
		facts = append(facts, about("expires ", now, w.Expires)...)
	}
	facts = append(facts, about("asked to stop ", now, r.StopAsked)...)
	if u := r.Unseen; !u.Since.IsZero() {
		seen := "last seen "
		if r.State == "starting" {
			seen = "tried to start, and not seen since, "
		}
		facts = append(facts, seen+ago(now, u.Since)+": "+cmp.Or(u.Detail, u.Reason))
	}
	if !r.Deadline.IsZero() && now.After(r.Deadline) {
		facts = append(facts, about("overdue since ", now, r.Deadline)...)
	}
	return facts
}

// facts are what is to know about a server beside its open run.
func (s serverStatus) facts(now time.Time) []string {
	var facts []string
	switch {
	case !s.Configured:
		facts = append(facts, "no longer in the settings")
	case !s.Enabled:
		facts = append(facts, "disabled")
	}
	if s.Hold != nil {
		facts = append(facts, "held, which ends "+ago(now, s.Hold.Until)+after(": ", s.Hold.Reason))
	}
	if len(s.LastEnds) > 0 {
		facts = append(facts, "last "+s.LastEnds[0].Outcome+" "+ago(now, s.LastEnds[0].At))
	}
	return facts
}

func about(what string, now, at time.Time) []string {
	if at.IsZero() {
		return nil
	}
	return []string{what + ago(now, at)}
}

// because is a reason with its detail, where there are both.
func because(reason, detail string) string {
	if reason == "" {
		return detail
	}
	return reason + after(": ", detail)
}

// after is a text with something before it; nothing for no text.
func after(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}
