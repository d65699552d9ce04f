package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// alarmDetail is the detail of an alarm's event, and the alarmData of its Lambda action.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
type alarmDetail struct {
	AlarmName     string      `json:"alarmName"`
	State         alarmState  `json:"state"`
	PreviousState *alarmState `json:"previousState"`
	Contributor   struct {
		ID         string            `json:"id"`
		Attributes map[string]string `json:"attributes"`
	} `json:"alarmContributor"`
	Configuration struct {
		ActionsEnabled *bool         `json:"actionsEnabled"`
		Metrics        []alarmMetric `json:"metrics"`
	} `json:"configuration"`
	MuteDetail *json.RawMessage `json:"muteDetail"`
	Tags       json.RawMessage  `json:"alarmTags"`
	TagsStatus string           `json:"alarmTagsStatus"`
}

type alarmState struct {
	Value        string `json:"value"`
	Reason       string `json:"reason"`
	Timestamp    string `json:"timestamp"`
	SuppressedBy string `json:"actionsSuppressedBy"`
}

// initialCreation begins the reason of the state that CloudWatch gives a new alarm before its first evaluation; what it evaluates to
// then is no change. An old alarm that had no data for a while has another reason.
const initialCreation = "Unchecked: Initial alarm creation"

func alarmStateChange(e envelope) (Event, error) {
	arn, err := e.resource()
	if err != nil {
		return nil, err
	}
	alarm, detail, err := readAlarm(e, arn, e.Detail)
	if err != nil {
		return nil, err
	}
	if detail.State.Value == "OK" {
		return Cleared(alarm), nil
	}
	if reason := heldBack(detail); reason != "" {
		return ignoredAlarm(reason, e.DetailType, alarm, detail.State.Value), nil
	}
	return alarm, nil
}

// alarmAction is CloudWatch invoking the function itself. CloudWatch does not invoke it while the alarm's actions are
// suppressed, muted or disabled, and does when they no longer are, then with ALARM as the previous state too: so only the state
// counts.
func alarmAction(e envelope) (Event, error) {
	alarm, detail, err := readAlarm(e, e.AlarmARN, e.AlarmData)
	if err != nil {
		return nil, err
	}
	return alarm.acts("alarm action", detail.State.Value), nil
}

// acts is what an alarm asks for by a way that it takes only while nothing holds it back.
func (a Alarm) acts(form, state string) Event {
	switch state {
	case "ALARM":
		return a
	case "OK":
		return Cleared(a)
	default:
		return ignoredAlarm(NotInAlarm, form, a, state)
	}
}

func alarmConfigurationChange(e envelope) (Event, error) {
	return Ignored{Reason: ConfigurationChange, What: e.DetailType + " of " + quote(strings.Join(e.Resources, " "))}, nil
}

// heldBack says why an alarm's event does not ask for maintenance; empty if it does. EventBridge gets an event also while
// the alarm's actions are suppressed or muted, and when only the suppression changed: the state is then ALARM after ALARM,
// and the alarm acts if it was the suppression that had held it back. Actions that the alarm's owner has switched off are held
// back too (ActionsEnabled, https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html).
func heldBack(d alarmDetail) string {
	switch {
	case d.State.Value != "ALARM":
		return NotInAlarm
	case d.State.SuppressedBy != "":
		return Suppressed
	case d.MuteDetail != nil:
		return Muted
	case d.Configuration.ActionsEnabled != nil && !*d.Configuration.ActionsEnabled:
		return ActionsDisabled
	case d.PreviousState != nil && d.PreviousState.Value == "ALARM" && d.PreviousState.SuppressedBy == "":
		return StillInAlarm
	}
	return ""
}

func ignoredAlarm(reason, form string, a Alarm, state string) Ignored {
	return Ignored{Reason: reason, What: fmt.Sprintf("%s of %s: %s", form, quote(a.Name), state)}
}

func readAlarm(e envelope, arn string, data json.RawMessage) (Alarm, alarmDetail, error) {
	var d alarmDetail
	if err := json.Unmarshal(data, &d); err != nil {
		return Alarm{}, d, err
	}
	origin, resource, err := e.origin(arn, "cloudwatch")
	if err != nil {
		return Alarm{}, d, err
	}
	alarm, err := d.alarm(origin, arn, resource)
	return alarm, d, err
}

// alarm is the alarm of CloudWatch that a detail is about. Its ARN ends in the resource.
func (d alarmDetail) alarm(origin Origin, arn, resource string) (Alarm, error) {
	if !strings.HasPrefix(resource, "alarm:") {
		return Alarm{}, fmt.Errorf("%s is not the ARN of an alarm", quote(arn))
	}
	tagged, err := tagged(d)
	if err != nil {
		return Alarm{}, err
	}
	alarm := Alarm{
		Origin: origin, ID: arn, Name: d.AlarmName, Reason: d.State.Reason, Contributor: d.Contributor.ID, Tagged: tagged,
		New: d.PreviousState != nil && strings.HasPrefix(d.PreviousState.Reason, initialCreation),
	}
	alarm.Dimensions, alarm.Elsewhere = dimensions(d, origin)
	return alarm.in(d.State.Value, d.State.Timestamp)
}

// in is the alarm since it went into a state. By whatever way it came, it has a name, an id and a time, and its state is one of those
// that CloudWatch knows: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
func (a Alarm) in(state, since string) (Alarm, error) {
	var err error
	switch {
	case a.Name == "":
		err = errors.New("the alarm's name is missing")
	case len(a.Name) > maxAlarmName || len(a.ID)+len(a.Contributor) > maxAlarmID:
		err = fmt.Errorf("the alarm's name or id is longer than %d and %d bytes", maxAlarmName, maxAlarmID)
	case !slices.Contains([]string{"OK", "ALARM", "INSUFFICIENT_DATA"}, state):
		err = fmt.Errorf("the state %s is not OK, ALARM or INSUFFICIENT_DATA", quote(state))
	default:
		a.At, err = parseTime("the state's time", since)
	}
	if err != nil {
		return Alarm{}, err
	}
	return a, nil
}

// A name has at most 255 characters (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html), an ARN
// some sixty more. A run keeps both.
const (
	maxAlarmName = 4 * 255
	maxAlarmID   = maxAlarmName + 200
)

// tagged reads the alarm's tag maintenance.TagKey. Tags count only when the status says they are complete
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-tags-in-notifications.html). EventBridge gets them
// as an object; no published example shows the Lambda action's, so the list of keys and values used elsewhere is read too.
func tagged(d alarmDetail) (string, error) {
	if d.TagsStatus != "SUCCESS" || len(d.Tags) == 0 {
		return "", nil
	}
	var object map[string]string
	if json.Unmarshal(d.Tags, &object) == nil {
		return object[maintenance.TagKey], nil
	}
	var list []struct{ Key, Value string }
	if json.Unmarshal(d.Tags, &list) != nil {
		return "", errors.New("alarmTags is neither an object of strings nor a list of keys and values")
	}
	for _, tag := range list {
		if tag.Key == maintenance.TagKey {
			return tag.Value, nil
		}
	}
	return "", nil
}
