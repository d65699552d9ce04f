package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"opsworks-maintenance/events"
)

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

// notified says whether a message is sure to come. What is left out here is not told at once, or not if something newer is to be told.
func (r response) notified() bool {
	return r.Reason != "duplicate" && r.Reason != "unknown-run" &&
		slices.Contains([]string{"started", "succeeded", "failed", "cancelled", "missed", "refused"}, r.Outcome)
}

// tells says whether people hear of what an event came to. An operator's requests are answered to the one who asked, but for a start.
func tells(event events.Event) bool {
	_, start := event.(events.Start)
	return start || event == nil || !events.FromOperator(event)
}

// line is the response in a line.
func (r response) line() string {
	return strings.TrimSuffix(r.Outcome+", "+r.Reason, ", ") + ": " + r.Message
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
	case events.Cleared:
		return fmt.Sprintf("alarm %s returns to OK", event.Name)
	case events.Alarms:
		return fmt.Sprintf("%d alarms change their state", len(event))
	case events.Schedule:
		return fmt.Sprintf("schedule %s is due", event.Name)
	case events.RunFinished:
		return "EC2 Automation Execution Status-change Notification"
	case events.Start:
		return fmt.Sprintf("an operator asks for maintenance of %s", cmp.Or(event.ServerName, event.RunID))
	case events.OperatorRequest:
		server, run := event.Target()
		return strings.TrimSpace("an operator asks: " + event.Kind() + " " + cmp.Or(run, server))
	case events.Ignored:
		return event.What
	default:
		return event.Kind()
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
