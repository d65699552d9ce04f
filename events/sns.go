package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// decodeRecords reads what a service hands on in records. Of these only SNS is one by which alarms come: its notification has exactly
// one record. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
func decodeRecords(payload []byte) (Event, error) {
	var event struct {
		Records []struct {
			EventSource string
			Sns         notification
		}
	}
	err := json.Unmarshal(payload, &event) // a field of a wrong type leaves the others read
	if len(event.Records) == 0 || err != nil && event.Records[0].EventSource != snsSource {
		return unknown("records that cannot be read"), nil
	}
	if from := event.Records[0].EventSource; from != snsSource {
		return unknown("records of " + quote(from)), nil
	}
	n := event.Records[0].Sns
	switch {
	case len(event.Records) > 1:
		err = fmt.Errorf("it holds %d records, and SNS sends one", len(event.Records))
	case err == nil && n.Message == nil:
		err = errors.New("its Message is missing")
	}
	if err != nil {
		return nil, n.invalid("SNS", "", err)
	}
	return n.decode([]byte(*n.Message))
}

const snsSource = "aws:sns"

// notification is a message of an SNS topic.
type notification struct {
	TopicArn string
	Message  *string
}

// decode reads a message: CloudWatch's, Alertmanager's, or our own form of an alarm. An operator's request or a schedule is not heard by
// this way: who may publish to a topic is its owner's to say. So is what else is published there: many have a field named alarm, and
// ours is an object with a state.
func (n notification) decode(text []byte) (Event, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return unknown("a text from the topic " + quote(n.TopicArn)), nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, n.invalid("SNS message", "", errors.New("it begins as a JSON object, and is not one"))
	}
	has := func(field string) bool { return fields[field] != nil }
	var ours map[string]json.RawMessage
	_ = json.Unmarshal(fields["alarm"], &ours) // what is no object is not ours
	switch {
	case ours["state"] != nil:
		event, err := decodeForm("alarm", alarmForm, fields, text)
		var invalid *InvalidError
		if errors.As(err, &invalid) {
			return nil, n.sent(invalid)
		}
		return event, nil
	case has("AlarmName") && has("NewStateValue"):
		return n.cloudWatch(text)
	case has("alerts"):
		return n.alertmanager(text)
	default:
		return unknown("an object from the topic " + quote(n.TopicArn) + " with " + fieldNames(fields)), nil
	}
}

// invalid is the error of a message that cannot be read, and about what it is, as far as that is known.
func (n notification) invalid(form, about string, err error) error {
	return n.sent(&InvalidError{Form: form, Source: short(about), Problem: problem(err)})
}

// sent adds to an error the topic that the message was published to.
func (n notification) sent(invalid *InvalidError) error {
	source := snsSource + ", " + short(n.TopicArn)
	if invalid.Source != "" {
		source += ", " + invalid.Source
	}
	invalid.Source = source
	invalid.Problem += "; it came from the topic " + quote(n.TopicArn)
	return invalid
}

// alarmMessage is what CloudWatch publishes to a topic that is an alarm's action. Region in it is a name for people, "EU (Ireland)":
// where the alarm is, its ARN says.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
type alarmMessage struct {
	AlarmName, AlarmArn, NewStateValue, NewStateReason, StateChangeTime string
	AlarmContributorID                                                  string            `json:"AlarmContributorId"`
	AlarmContributorAttributes                                          map[string]string // of a log alarm's
	Trigger                                                             struct {
		Dimensions []messageDimension
		Metrics    []struct {
			AccountID  string `json:"AccountId"`
			MetricStat struct {
				Metric struct{ Dimensions []messageDimension }
			}
		}
	}
}

type messageDimension struct{ Name, Value string }

func (n notification) cloudWatch(text []byte) (Event, error) {
	const form = "CloudWatch alarm by SNS"
	var m alarmMessage
	err := json.Unmarshal(text, &m)
	if err == nil && m.AlarmArn == "" {
		err = errors.New("AlarmArn is missing, and nothing else says of which account and Region the alarm is")
	}
	if err != nil {
		return nil, n.invalid(form, m.AlarmName, err)
	}
	origin, resource, err := parseARN(m.AlarmArn, "cloudwatch")
	if err != nil {
		return nil, n.invalid(form, m.AlarmName, err)
	}
	alarm, err := m.detail().alarm(origin, m.AlarmArn, resource)
	if err != nil {
		return nil, n.invalid(form, m.AlarmArn, err)
	}
	alarm.Shared = true
	return alarm.acts(form, m.NewStateValue), nil
}

// detail is the message in the words that EventBridge has for it. That the alarm is new, and its tags, it does not say.
func (m alarmMessage) detail() alarmDetail {
	d := alarmDetail{AlarmName: m.AlarmName, State: alarmState{Value: m.NewStateValue, Reason: m.NewStateReason, Timestamp: m.StateChangeTime}}
	d.Contributor.ID, d.Contributor.Attributes = m.AlarmContributorID, m.AlarmContributorAttributes
	add := func(account string, dimensions []messageDimension) {
		metric := alarmMetric{AccountID: account}
		metric.MetricStat.Metric.Dimensions = map[string]string{}
		for _, dimension := range dimensions {
			metric.MetricStat.Metric.Dimensions[dimension.Name] = dimension.Value
		}
		d.Configuration.Metrics = append(d.Configuration.Metrics, metric)
	}
	add("", m.Trigger.Dimensions)
	for _, metric := range m.Trigger.Metrics {
		add(metric.AccountID, metric.MetricStat.Metric.Dimensions)
	}
	return d
}
