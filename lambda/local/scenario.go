package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/function"
	"opsworks-maintenance/lambda/local/machine"
)

// scenario tells what happens, a line for each step with the time since the beginning, and remembers enough of it to say at the
// end whether it went as it should.
type scenario struct {
	out      io.Writer
	json     bool
	terminal bool
	begin    time.Time
	log      logBuffer // the function's own log, shown if something goes wrong
	machine  *machine.Machine

	mu       sync.Mutex
	latest   map[string]response // of each run, and of each refusal
	told     map[string]bool     // what messages have come for
	copies   map[string]int      // how many came of each
	state    map[string]string   // of each server, or of its execution, as it was last
	progress bool                // a progress line stands on the terminal
	sweeping bool                // what is called now is called by a sweep
}

// step is one line of the scenario.
type step struct {
	Seconds  float64          `json:"seconds"`
	Step     string           `json:"step"`
	Text     string           `json:"text"`
	Response *response        `json:"response,omitempty"`
	Message  *machine.Message `json:"message,omitempty"`
}

func newScenario(out io.Writer, asJSON bool) *scenario {
	s := &scenario{out: out, json: asJSON, begin: time.Now(), state: map[string]string{},
		latest: map[string]response{}, told: map[string]bool{}, copies: map[string]int{}}
	if file, ok := out.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			s.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return s
}

// tell prints a step. The caller holds mu.
func (s *scenario) tell(st step) {
	st.Seconds = float64(time.Since(s.begin).Milliseconds()) / 1000
	if s.json {
		line, err := json.Marshal(st)
		if err == nil {
			_, _ = fmt.Fprintf(s.out, "%s\n", line)
		}
		return
	}
	s.clearProgress()
	_, _ = fmt.Fprintf(s.out, "%8.2fs  %-9s %s\n", st.Seconds, st.Step, st.Text)
	if st.Message != nil {
		text := strings.TrimRight(st.Message.Text, "\n")
		if st.Message.Subject != "" {
			text = "Subject: " + st.Message.Subject + "\n\n" + text
		}
		for line := range strings.SplitSeq(text, "\n") {
			_, _ = fmt.Fprintln(s.out, strings.TrimRight(strings.Repeat(" ", 22)+"| "+line, " "))
		}
	}
}

func (s *scenario) clearProgress() {
	if s.progress {
		_, _ = fmt.Fprint(s.out, "\r\033[K")
		s.progress = false
	}
}

// play gives the function one event and waits for its answer.
func (s *scenario) play(ctx context.Context, m *machine.Machine, name string, payload []byte) error {
	moved, ok := moveToNow(payload, s.begin)
	text := name + ": " + describe(moved)
	if ok {
		text += " (its times moved to now)"
	}
	s.mu.Lock()
	s.tell(step{Step: "event", Text: text})
	s.mu.Unlock()
	return s.invoke(ctx, m, moved, "decision")
}

// sweep is the clock that wakes the function, every minute in an account, here more often.
func (s *scenario) sweep(ctx context.Context, m *machine.Machine) error {
	return s.invoke(ctx, m, []byte(`{"sweep": true}`), "sweep")
}

// invoke gives the function a payload and tells what is new in its answer.
func (s *scenario) invoke(ctx context.Context, m *machine.Machine, payload []byte, as string) error {
	s.mu.Lock()
	s.sweeping = as == "sweep"
	s.mu.Unlock()
	alias := ""
	if event, err := events.Decode(payload); err == nil && events.FromOperator(event) {
		alias = function.AliasOperators
	}
	result, err := m.Function.InvokeAlias(ctx, alias, payload)
	if err != nil {
		return fmt.Errorf("invoke the function: %w", err)
	}
	how := fmt.Sprintf("answered in %s", result.Duration.Round(time.Millisecond))
	if result.Cold {
		how = fmt.Sprintf("cold start: ready in %s, %s", result.Init.Round(time.Millisecond), how)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if result.Error != nil {
		s.tell(step{Step: "function", Text: how})
		return fmt.Errorf("the function failed: %s\n%s", result.Error, s.log.String())
	}
	responses, err := readResponses(result.Payload)
	if err != nil {
		return err
	}
	for _, r := range responses {
		key := r.RunID + " " + r.ServerName
		if as == "sweep" && s.latest[key] == r {
			continue
		}
		s.latest[key] = r
		// What is left out here is not told at once, or not if something newer is to be told.
		if r.Reason != "duplicate" && slices.Contains([]string{"started", "succeeded", "failed", "cancelled", "missed", "refused"}, r.Outcome) {
			s.told[r.told()] = true
		}
		s.tell(step{Step: as, Text: strings.TrimSuffix(fmt.Sprintf("%s, %s", r.Outcome, r.Reason), ", ") + ": " + r.Message, Response: &r})
	}
	if as == "decision" {
		s.tell(step{Step: "function", Text: how})
	}
	return nil
}
