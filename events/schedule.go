package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// scheduledRule is an EventBridge rule with a schedule; its detail is an empty object.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
func scheduledRule(e envelope) (Event, error) {
	return e.scheduled("events", "rule/", true)
}

// schedulerNotification is what EventBridge Scheduler sends when its target has no input; its detail is the string "{}",
// which nothing here reads.
func schedulerNotification(e envelope) (Event, error) {
	return e.scheduled("scheduler", "schedule/", false)
}

func (e envelope) scheduled(service, prefix string, rule bool) (Event, error) {
	arn, err := e.resource()
	if err != nil {
		return nil, err
	}
	origin, resource, err := e.origin(arn, service)
	if err != nil {
		return nil, err
	}
	// rule/NAME, rule/BUS/NAME or schedule/GROUP/NAME
	name := resource[strings.LastIndex(resource, "/")+1:]
	if !strings.HasPrefix(resource, prefix) || name == "" {
		return nil, fmt.Errorf("%s does not name a %s", quote(arn), strings.TrimSuffix(prefix, "/"))
	}
	at, err := parseTime("time", e.Time)
	if err != nil {
		return nil, err
	}
	return Schedule{Origin: origin, ARN: arn, Name: name, Rule: rule, At: at}, nil
}

// runFinished reads only what it needs: the event's own times are US-style text without a zone, its numbers floats.
func runFinished(e envelope) (Event, error) {
	var detail struct {
		ExecutionID string `json:"ExecutionId"`
		Status      string `json:"Status"`
	}
	if err := json.Unmarshal(e.Detail, &detail); err != nil {
		return nil, err
	}
	if detail.ExecutionID == "" || detail.Status == "" {
		return nil, errors.New("ExecutionId or Status is missing")
	}
	at, err := parseTime("time", e.Time)
	if err != nil {
		return nil, err
	}
	return RunFinished{Origin: Origin{Account: e.Account, Region: e.Region}, ExecutionID: detail.ExecutionID, Status: detail.Status,
		At: at}, nil
}
