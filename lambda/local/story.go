package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/ssm"
	"opsworks-maintenance/lambda/maintenance"
)

// story tells what happens, a line for each step with the time since the beginning, and remembers enough of it to say at the
// end whether it went as it should.
type story struct {
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

// response is the function's answer for one server.
type response struct {
	Outcome    string `json:"outcome"`
	Reason     string `json:"reason"`
	ServerName string `json:"serverName"`
	Trigger    string `json:"trigger"`
	RunID      string `json:"runId"`
	Message    string `json:"message"`
}

// told identifies the message that tells of a response: a refusal or an error is told once however many causes meet it.
func (r response) told() string {
	if r.Outcome == "refused" || r.Outcome == "error" {
		return r.ServerName + " " + r.Outcome + " " + r.Reason
	}
	return r.RunID + " " + r.Outcome
}

// step is one line of the story.
type step struct {
	Seconds  float64          `json:"seconds"`
	Step     string           `json:"step"`
	Text     string           `json:"text"`
	Response *response        `json:"response,omitempty"`
	Message  *machine.Message `json:"message,omitempty"`
}

func newStory(out io.Writer, asJSON bool) *story {
	s := &story{out: out, json: asJSON, begin: time.Now(), state: map[string]string{},
		latest: map[string]response{}, told: map[string]bool{}, copies: map[string]int{}}
	if file, ok := out.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			s.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return s
}

// tell prints a step. The caller holds mu.
func (s *story) tell(st step) {
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

func (s *story) clearProgress() {
	if s.progress {
		_, _ = fmt.Fprint(s.out, "\r\033[K")
		s.progress = false
	}
}

// call hears of every call the function makes to the servers' service.
func (s *story) call(service, operation string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := fmt.Sprintf("answered %d", status)
	if status == 0 {
		answer = "no answer"
	}
	if s.sweeping && status == 200 && slices.Contains([]string{"DescribeServers", "DescribeInstanceInformation", "DescribeAutomationExecutions", "GetAutomationExecution"}, operation) {
		return // the clock looks every time
	}
	s.tell(step{Step: "call", Text: fmt.Sprintf("%s %s: %s", service, operation, answer)})
}

// transition hears of every change of a server's state.
func (s *story) transition(t opsworkscm.Transition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[t.Server] = t.Server + " is " + t.To
	text := fmt.Sprintf("%s: %s -> %s", t.Server, t.From, t.To)
	if t.From == "UNDER_MAINTENANCE" {
		text += ", maintenance " + t.MaintenanceStatus
	}
	s.tell(step{Step: "server", Text: text})
}

// execution hears of every change of an execution's status.
func (s *story) execution(change ssm.ExecutionChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	server := change.Node
	for name, node := range s.machine.Nodes {
		if node == change.Node {
			server = name
		}
	}
	s.state[server] = "the execution for " + server + " is " + change.To
	text := fmt.Sprintf("%s: execution on %s", server, change.Node)
	if change.From != "" {
		text += fmt.Sprintf(": %s ->", change.From)
	}
	s.tell(step{Step: "server", Text: text + " " + change.To})
}

// finished hands the function the event that an execution has ended.
func (s *story) finished(ctx context.Context, event []byte) {
	s.mu.Lock()
	s.tell(step{Step: "event", Text: "EC2 Automation Execution Status-change Notification"})
	s.mu.Unlock()
	if err := s.invoke(ctx, s.machine, event, "follow"); err != nil && ctx.Err() == nil {
		s.mu.Lock()
		s.tell(step{Step: "function", Text: err.Error()})
		s.mu.Unlock()
	}
}

// subscribe is the subscriber: it takes each message from its queue as it arrives.
func (s *story) subscribe(ctx context.Context, m *machine.Machine) {
	for {
		message, ok := m.Receive(ctx)
		if !ok {
			return
		}
		s.mu.Lock()
		a := message.Attributes
		s.copies[response{Outcome: a["outcome"], Reason: a["reason"], ServerName: a["server"], RunID: a["runId"]}.told()]++
		s.tell(step{Step: "message", Text: "received from the topic " + message.Topic, Message: &message})
		s.mu.Unlock()
	}
}

// play gives the function one event and waits for its answer.
func (s *story) play(ctx context.Context, m *machine.Machine, name string, payload []byte) error {
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
func (s *story) sweep(ctx context.Context, m *machine.Machine) error {
	return s.invoke(ctx, m, []byte(`{"sweep": true}`), "sweep")
}

// invoke gives the function a payload and tells what is new in its answer.
func (s *story) invoke(ctx context.Context, m *machine.Machine, payload []byte, as string) error {
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

// describe says in words what an event is.
func describe(payload []byte) string {
	event, err := events.Decode(payload)
	if err != nil {
		return "an event that cannot be read"
	}
	switch event := event.(type) {
	case events.Alarm:
		return fmt.Sprintf("alarm %s goes into ALARM", event.Name)
	case events.Schedule:
		return fmt.Sprintf("schedule %s is due", event.Name)
	case events.Start:
		return fmt.Sprintf("an operator asks for maintenance of %s", event.ServerName)
	case events.Ignored:
		return event.What
	default:
		return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", event), "events."))
	}
}

// readResponses reads what the function answered: an object, or an array where the event names several servers.
func readResponses(payload []byte) ([]response, error) {
	var several []response
	if json.Unmarshal(payload, &several) == nil {
		return several, nil
	}
	var one response
	if err := json.Unmarshal(payload, &one); err != nil || one.Outcome == "" {
		return nil, fmt.Errorf("the function answered what it should not: %.200s", payload)
	}
	return []response{one}, nil
}

// patience is how long the story waits, beyond the maintenances themselves, for what should have happened; sweepEvery is how often
// the function is woken by its clock.
const (
	patience   = 10 * time.Second
	sweepEvery = 500 * time.Millisecond
)

// end sweeps until every run is closed and every message has come, and says how it ended: an error if not as it should.
func (s *story) end(ctx context.Context, m *machine.Machine, o options) error {
	deadline := time.Now().Add(time.Duration(len(m.Servers))*o.maintenanceTime + patience)
	if o.fault != "" { // an attempt in doubt is left alone until its time is certainly over
		deadline = deadline.Add(o.timeout + 15*time.Second)
	}
	next := time.Now().Add(sweepEvery)
	for {
		if time.Now().After(next) {
			if err := s.sweep(ctx, m); err != nil {
				return err
			}
			next = time.Now().Add(sweepEvery)
		}
		waiting, err := s.waiting(ctx, m)
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return s.verdict(o)
		}
		s.mu.Lock()
		if s.terminal && !s.json {
			s.clearProgress()
			_, _ = fmt.Fprintf(s.out, "%8.2fs  %-9s %s", time.Since(s.begin).Seconds(), "waiting", strings.Join(waiting, ", "))
			s.progress = true
		}
		s.mu.Unlock()
		if time.Now().After(deadline) {
			return fmt.Errorf("the story did not end as it should: still waiting for %s\n%s", strings.Join(waiting, ", "), s.log.String())
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// waiting says what has not happened yet.
func (s *story) waiting(ctx context.Context, m *machine.Machine) ([]string, error) {
	var runs []maintenance.Due
	for _, queue := range []maintenance.Queue{maintenance.QueueDue, maintenance.QueueSlot} {
		due, err := m.Ledger.Due(ctx, queue, time.Now().AddDate(1, 0, 0), 0)
		if err != nil {
			return nil, err
		}
		runs = append(runs, due...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []string
	for told := range s.told {
		if s.copies[told] == 0 {
			waiting = append(waiting, "the message about "+told)
		}
	}
	for _, run := range runs {
		waiting = append(waiting, fmt.Sprintf("%s (%s)", run.RunID, run.State))
	}
	slices.Sort(waiting)
	return waiting, nil
}

// verdict says how it ended. Wrong are an error, and an end other than the one ordered.
func (s *story) verdict(o options) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := "succeeded"
	if o.fail {
		want = "failed"
	}
	for _, r := range s.latest {
		if r.Outcome == "error" || (r.Outcome == "succeeded" || r.Outcome == "failed") && r.Outcome != want {
			return fmt.Errorf("the story did not end as it should: %s\n%s", r.Message, s.log.String())
		}
	}
	text := "nothing was started"
	if len(s.state) > 0 {
		var ends []string
		for _, state := range s.state {
			ends = append(ends, state)
		}
		slices.Sort(ends)
		text = strings.Join(ends, ", ")
	}
	s.tell(step{Step: "end", Text: text})
	return nil
}

// logBuffer keeps the end of the function's log.
type logBuffer struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines.Len() > 64<<10 {
		l.lines.Reset()
	}
	return l.lines.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines.Len() == 0 {
		return ""
	}
	return "the function's log:\n" + l.lines.String()
}
