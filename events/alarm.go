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
		return ignoredAlarm(reason, e.DetailType, alarm, detail), nil
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
	switch detail.State.Value {
	case "ALARM":
		return alarm, nil
	case "OK":
		return Cleared(alarm), nil
	default:
		return ignoredAlarm(NotInAlarm, "alarm action", alarm, detail), nil
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

func ignoredAlarm(reason, form string, a Alarm, d alarmDetail) Ignored {
	return Ignored{Reason: reason, What: fmt.Sprintf("%s of %s: %s", form, quote(a.Name), d.State.Value)}
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
	if !strings.HasPrefix(resource, "alarm:") {
		return Alarm{}, d, fmt.Errorf("%s is not the ARN of an alarm", quote(arn))
	}
	if d.AlarmName == "" {
		return Alarm{}, d, errors.New("alarmName is missing")
	}
	// The values a state can have: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
	if !slices.Contains([]string{"OK", "ALARM", "INSUFFICIENT_DATA"}, d.State.Value) {
		return Alarm{}, d, fmt.Errorf("state.value %s is not OK, ALARM or INSUFFICIENT_DATA", quote(d.State.Value))
	}
	at, err := parseTime("state.timestamp", d.State.Timestamp)
	if err != nil {
		return Alarm{}, d, err
	}
	tagged, err := tagged(d)
	if err != nil {
		return Alarm{}, d, err
	}
	alarm := Alarm{
		Origin: origin, ARN: arn, Name: d.AlarmName, At: at, Reason: d.State.Reason, Contributor: d.Contributor.ID, Tagged: tagged,
		New: d.PreviousState != nil && strings.HasPrefix(d.PreviousState.Reason, initialCreation),
	}
	alarm.Dimensions, alarm.Elsewhere = dimensions(d, origin)
	return alarm, d, nil
}

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
