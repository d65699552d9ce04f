package main

import (
	"encoding/json"
	"fmt"
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
