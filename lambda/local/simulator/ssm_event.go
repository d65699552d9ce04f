package simulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// EventFate is what becomes of an execution's completion event. The service delivers events on a best-effort basis, and
// EventBridge at least once.
type EventFate int

const (
	Delivered  EventFate = iota // once
	Duplicated                  // twice, with the same id
	Lost
	// Early: once, and before the answer of the StartAutomationExecution that began the execution, which therefore ends at once.
	Early
)

// EventFates decides by execution. f is asked, outside all locks, when an execution begins (whether its event is Early) and when
// its event is due. nil: every event is Delivered.
func (s *SSM) EventFates(f func(executionID string) EventFate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fates = f
}

// fate is called without the lock.
func (s *SSM) fate(executionID string) EventFate {
	s.mu.Lock()
	f := s.fates
	s.mu.Unlock()
	if f == nil {
		return Delivered
	}
	return f(executionID)
}

// endAtOnce ends an execution that has just begun, unless its node hangs, and delivers its event in the caller's own time: others
// may be busy telling something else, and early means before this caller's answer.
func (s *SSM) endAtOnce(e *execution) {
	s.mu.Lock()
	if e.ended.IsZero() && !s.hangs(e) {
		e.early = true
		s.complete(e)
	}
	event := e.event
	s.mu.Unlock()
	s.out.deliver()
	if event != nil {
		s.config.OnEvent(event)
	}
}

// announce expects the lock to be held.
func (s *SSM) announce(e *execution) {
	if s.config.OnEvent == nil {
		return
	}
	event, id := s.eventOf(e), e.id
	if e.early {
		e.event = event
		return
	}
	s.out.add(func() {
		switch s.fate(id) {
		case Lost:
			return
		case Duplicated:
			s.config.OnEvent(event)
		}
		s.config.OnEvent(event)
	})
}

// float is written with a decimal point even if it is whole, as AWS's samples of this event have it.
type float float64

func (f float) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(f), 'f', -1, 64)
	if float64(f) == float64(int64(f)) {
		text += ".0"
	}
	return []byte(text), nil
}

// executionEvent has the members of AWS's sample, in its order.
type executionEvent struct {
	Version    string    `json:"version"`
	ID         string    `json:"id"`
	DetailType string    `json:"detail-type"`
	Source     string    `json:"source"`
	Account    string    `json:"account"`
	Time       time.Time `json:"time"`
	Region     string    `json:"region"`
	Resources  []string  `json:"resources"`
	Detail     struct {
		ExecutionID                string `json:"ExecutionId"`
		Definition                 string
		DefinitionVersion          float
		Status, StartTime, EndTime string
		Time                       float
		ExecutedBy                 string
	} `json:"detail"`
}

// eventOf makes the event of an execution that has ended. Times in the detail are text without a zone; that they mean UTC is our
// reading of the samples.
func (s *SSM) eventOf(e *execution) []byte {
	const clock = "Jan 2, 2006 3:04:05 PM"
	arn := fmt.Sprintf("arn:aws:ssm:%s:%s:", s.config.Region, s.config.Account)
	event := executionEvent{
		Version: "0", ID: s.uuid(), DetailType: "EC2 Automation Execution Status-change Notification", Source: "aws.ssm",
		Account: s.config.Account, Time: e.ended.UTC().Truncate(time.Second), Region: s.config.Region,
		Resources: []string{
			arn + "automation-execution/" + e.id,
			fmt.Sprintf("%sautomation-definition/%s:%d", arn, e.runbook, e.version),
		},
	}
	detail := &event.Detail
	detail.ExecutionID, detail.Definition, detail.DefinitionVersion = e.id, e.runbook, float(e.version)
	detail.Status, detail.ExecutedBy = e.status, s.executedBy(e)
	detail.StartTime, detail.EndTime = e.started.UTC().Format(clock), e.ended.UTC().Format(clock)
	detail.Time = float(e.ended.Sub(e.started).Milliseconds())
	text, _ := json.Marshal(event) // strings, whole numbers and a time of our era: cannot fail
	return text
}
