package ssm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// announce hands out the event of an execution that has ended. The lock is held.
func (g *engine) announce(e *execution) {
	if g.config.OnEvent != nil {
		event := eventOf(e, g.config, g.source.UUID())
		g.clock.Tell(func() { g.config.OnEvent(event) })
	}
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
func eventOf(e *execution, config Config, id string) []byte {
	const clock = "Jan 2, 2006 3:04:05 PM"
	arn := fmt.Sprintf("arn:aws:ssm:%s:%s:", config.Region, config.Account)
	event := executionEvent{
		Version: "0", ID: id, DetailType: "EC2 Automation Execution Status-change Notification", Source: "aws.ssm",
		Account: config.Account, Time: e.ended.UTC().Truncate(time.Second), Region: config.Region,
		Resources: []string{
			arn + "automation-execution/" + e.id,
			fmt.Sprintf("%sautomation-definition/%s:%d", arn, e.runbook, e.version),
		},
	}
	detail := &event.Detail
	detail.ExecutionID, detail.Definition, detail.DefinitionVersion = e.id, e.runbook, float(e.version)
	detail.Status, detail.ExecutedBy = e.status, e.executedBy(config.Account)
	detail.StartTime, detail.EndTime = e.started.UTC().Format(clock), e.ended.UTC().Format(clock)
	detail.Time = float(e.ended.Sub(e.started).Milliseconds())
	text, _ := json.Marshal(event) // strings, whole numbers and a time of our era: cannot fail
	return text
}
