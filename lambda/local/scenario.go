package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	width    int // columns of a line
	begin    time.Time
	log      logBuffer // the function's own log, shown if something goes wrong
	machine  *machine.Machine
	zones    map[string]*time.Location // by server

	mu       sync.Mutex
	latest   map[string]response // of each run, and of each refusal
	told     map[string]bool     // what messages have come for
	copies   map[string]int      // how many came of each
	state    map[string]string   // of each server, or of its execution, as it was last
	progress bool                // a progress line stands on the terminal
	// pendingAt is when it was last told what is waited for.
	pendingAt time.Time
	events    int  // happened, and not yet answered by the function
	sweeping  bool // what is called now is called by a sweep
}

// step is one line of the scenario.
type step struct {
	Seconds  float64          `json:"seconds"`
	Step     string           `json:"step"`
	Text     string           `json:"text"`
	Response *response        `json:"response,omitempty"`
	Answer   json.RawMessage  `json:"answer,omitempty"` // to what an operator asked to see
	Message  *machine.Message `json:"message,omitempty"`
}

func newScenario(out io.Writer, asJSON bool) *scenario {
	s := &scenario{out: out, json: asJSON, begin: time.Now(), pendingAt: time.Now(), state: map[string]string{},
		latest: map[string]response{}, told: map[string]bool{}, copies: map[string]int{}, zones: map[string]*time.Location{}}
	s.width, s.terminal = columns(out)
	return s
}

// textAt is the column where the text of a step begins.
const textAt = 21

// tell prints a step. The caller holds mu.
func (s *scenario) tell(st step) {
	st.Seconds = float64(time.Since(s.begin).Milliseconds()) / 1000
	if s.json {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(st) // the one who reads may have gone
		return
	}
	s.clearProgress()
	text := indented(st.Text, textAt, s.width)
	_, _ = fmt.Fprintf(s.out, "%8.2fs  %-9s %s", st.Seconds, st.Step, strings.TrimLeft(text, " "))
	if st.Message != nil {
		text := strings.TrimRight(st.Message.Text, "\n")
		if st.Message.Subject != "" {
			text = "Subject: " + st.Message.Subject + "\n\n" + text
		}
		quote(s.out, s.width, text)
	}
	if st.Answer != nil {
		var pretty bytes.Buffer
		_ = json.Indent(&pretty, st.Answer, "", "  ") // it has been read as JSON
		quote(s.out, s.width, pretty.String())
	}
}

// quote prints a text beneath a step.
func quote(out io.Writer, width int, text string) {
	const bar = "| "
	for _, line := range wrap(text, width-textAt-1-len(bar)) {
		_, _ = fmt.Fprintln(out, strings.TrimRight(strings.Repeat(" ", textAt+1)+bar+line, " "))
	}
}

// progressEvery is how often what is waited for is told where it cannot stand in a line that changes.
const progressEvery = 10 * time.Second

// pending tells what is waited for: on a terminal in one line that changes, else every ten seconds. The caller holds mu.
func (s *scenario) pending(waiting string) {
	switch {
	case s.terminal && !s.json:
		s.clearProgress()
		line := []rune(fmt.Sprintf("%8.2fs  %-9s %s", time.Since(s.begin).Seconds(), "waiting", waiting))
		_, _ = fmt.Fprint(s.out, string(line[:min(len(line), s.width-1)]))
		s.progress = true
	case time.Since(s.pendingAt) >= progressEvery:
		s.pendingAt = time.Now()
		s.tell(step{Step: "waiting", Text: waiting})
	}
}

func (s *scenario) clearProgress() {
	if s.progress {
		_, _ = fmt.Fprint(s.out, "\r\033[K")
		s.progress = false
	}
}

// play gives the function one event and waits for its answer.
func (s *scenario) play(ctx context.Context, m *machine.Machine, o occasion) error {
	moved, ok := moveToNow(o.payload, s.begin)
	text := describe(moved)
	if o.file != "" {
		text = o.file + ": " + text
		if ok {
			text += " (its times moved to now)"
		}
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
	event, err := events.Decode(payload)
	if err == nil && events.FromOperator(event) {
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
	if err := s.answered(event, result.Payload, as); err != nil {
		return err
	}
	if as == "decision" {
		s.tell(step{Step: "function", Text: how})
	}
	return nil
}

// answered tells what is new in an answer of the function. The caller holds mu.
func (s *scenario) answered(event events.Event, payload []byte, as string) error {
	responses, err := readResponses(payload)
	if err != nil && event != nil && events.FromOperator(event) && json.Valid(payload) {
		s.tell(step{Step: "answer", Text: "the function says", Answer: payload})
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range responses {
		key := r.RunID + " " + r.ServerName
		if as == "sweep" && s.latest[key] == r {
			continue
		}
		s.latest[key] = r
		if tells(event) && r.notified() {
			s.told[r.told()] = true
		}
		s.tell(step{Step: as, Text: r.line(), Response: &r})
	}
	return nil
}
