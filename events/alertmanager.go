package events

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// alert is one of those that an Alertmanager notifies of together, as the template writes it that AWS documents for Amazon Managed
// Service for Prometheus. It comes again every repeat_interval, with the same StartsAt.
// https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-receiver-JSON.html
type alert struct {
	Status              string
	Labels, Annotations map[string]string
	StartsAt            string
	Fingerprint         string // of the labels
}

// alertStates are an alert's statuses as the states of an alarm.
var alertStates = map[string]string{"firing": "ALARM", "resolved": "OK"}

// alertmanager reads a message. An alert that cannot be read makes all of it invalid: what is delivered is handled whole, or said not to
// be.
func (n notification) alertmanager(text []byte) (Event, error) {
	const form = "Alertmanager by SNS"
	var message struct{ Alerts []alert }
	if err := json.Unmarshal(text, &message); err != nil {
		return nil, n.invalid(form, "", err)
	}
	if len(message.Alerts) == 0 {
		return unknown("a message of Alertmanager without alerts, from the topic " + quote(n.TopicArn)), nil
	}
	if len(message.Alerts) > mostServers {
		return nil, n.invalid(form, "", fmt.Errorf("it holds %d alerts; at most %d fit one invocation", len(message.Alerts), mostServers))
	}
	var all Alarms
	for _, a := range message.Alerts {
		event, err := a.event(form)
		if err != nil {
			return nil, n.invalid(form, a.Labels["alertname"], err)
		}
		all = append(all, event)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

// event is what an alert asks for. Its time is StartsAt also once it is resolved: so it takes back what it asked for then, and nothing
// that it asks for later.
func (a alert) event(form string) (Event, error) {
	if a.Fingerprint == "" {
		return nil, errors.New("fingerprint is missing")
	}
	state, ok := alertStates[a.Status]
	if !ok {
		return nil, fmt.Errorf("the status %s is not firing or resolved", quote(a.Status))
	}
	alarm := Alarm{ID: "alertmanager/" + a.Fingerprint, Name: cmp.Or(a.Labels["alertname"], a.Fingerprint), Shared: true,
		Reason: cmp.Or(a.Annotations["summary"], a.Annotations["description"])}
	if server := a.Labels[DimensionName]; server != "" {
		alarm.Dimensions = []string{server}
	}
	alarm, err := alarm.in(state, a.StartsAt)
	if err != nil {
		return nil, err
	}
	return alarm.acts(form, state), nil
}
