package cloudwatch

import (
	"encoding/json"
	"time"
)

// State is what an alarm is in, why and since when.
type State struct {
	Value, Reason string
	At            time.Time
}

// Change is an alarm's change of state.
type Change struct {
	Region, Account string
	ID              string // of the event
	Alarm           string
	Was, Is         State
}

// layout is that of the times in an alarm's event.
const layout = "2006-01-02T15:04:05.000-0700"

type stateShape struct {
	Value     string `json:"value"`
	Reason    string `json:"reason"`
	Timestamp string `json:"timestamp"`
}

func (s State) shape() stateShape { return stateShape{s.Value, s.Reason, s.At.UTC().Format(layout)} }

// Event is the EventBridge event of a change, of an alarm that watches no metric of its own server.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
func Event(c Change) []byte {
	type detail struct {
		AlarmName     string         `json:"alarmName"`
		State         stateShape     `json:"state"`
		PreviousState stateShape     `json:"previousState"`
		Configuration map[string]any `json:"configuration"`
	}
	text, _ := json.Marshal(struct { // texts and times of our era: cannot fail
		Version    string   `json:"version"`
		ID         string   `json:"id"`
		DetailType string   `json:"detail-type"`
		Source     string   `json:"source"`
		Account    string   `json:"account"`
		Time       string   `json:"time"`
		Region     string   `json:"region"`
		Resources  []string `json:"resources"`
		Detail     detail   `json:"detail"`
	}{
		"0", c.ID, "CloudWatch Alarm State Change", "aws.cloudwatch", c.Account, c.Is.At.UTC().Format(time.RFC3339), c.Region,
		[]string{"arn:aws:cloudwatch:" + c.Region + ":" + c.Account + ":alarm:" + c.Alarm},
		detail{c.Alarm, c.Is.shape(), c.Was.shape(), map[string]any{"metrics": []any{}}},
	})
	return text
}
