package events_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
)

const topic = "arn:aws:sns:us-east-1:123456789012:alarms"

// bySNS is a message as a topic hands it on.
func bySNS(t testing.TB, message string) []byte {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(`{"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "` + topic + `", "Message": ` + string(text) + `}}]}`)
}

func sampleFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What came in real life as a message of a topic, and as an event of the same alarm, is one change of state to the millisecond.
func TestDecode_OneChangeOfStateByTwoWays(t *testing.T) {
	message := strings.Replace(sampleFile(t, "field/sns-raw-alarm-body.json"), "17:00:00.391", "17:00:00.123", 1)
	event := strings.Replace(sampleFile(t, "field/actions-disabled.json"), `"actionsEnabled": false,`, "", 1)
	a, err := events.Decode(bySNS(t, message))
	if err != nil {
		t.Fatal(err)
	}
	b, err := events.Decode([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	sns, bridge := a.(events.Alarm), b.(events.Alarm)
	if sns.ID != bridge.ID || !sns.At.Equal(bridge.At) || sns.At.Nanosecond() != 123e6 || sns.Origin != bridge.Origin ||
		!reflect.DeepEqual(sns.Dimensions, bridge.Dimensions) || len(sns.Dimensions) != 1 {
		t.Errorf("by SNS %+v\nby EventBridge %+v", sns, bridge)
	}
}

// Each sample of a change of state, those that AWS publishes and those from the field among them, is the same change when it comes as the
// message that CloudWatch makes of it: the same id, time, state and dimensions.
func TestDecode_EverySampleBySNS(t *testing.T) {
	compared := 0
	for name, payload := range sampleFiles(t) {
		event, err := events.Decode(payload)
		alarm, isAlarm := event.(events.Alarm)
		cleared, isCleared := event.(events.Cleared)
		if isCleared {
			alarm = events.Alarm(cleared)
		}
		if err != nil || !isAlarm && !isCleared || alarm.Shared {
			continue
		}
		got, err := events.Decode(bySNS(t, messageOf(t, payload)))
		alarm.Shared, alarm.New, alarm.Tagged = true, false, "" // which the message does not say
		want := events.Event(alarm)
		if isCleared {
			want = events.Cleared(alarm)
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: by SNS %+v, %v\nwant %+v", name, got, err, want)
		}
		compared++
	}
	if compared < 12 {
		t.Errorf("%d samples were compared", compared)
	}
}

// messageOf is CloudWatch's message about a change of state, made of its event or its action. The fields are those of the samples that AWS
// publishes (testdata/events/aws/sns-*, and aws/aws-lambda-go, CloudWatchAlarmSNSPayload).
func messageOf(t *testing.T, payload []byte) string {
	t.Helper()
	type detail struct {
		AlarmName        string
		State            struct{ Value, Reason, Timestamp string }
		AlarmContributor struct {
			ID         string
			Attributes map[string]string
		}
		Configuration struct {
			Metrics []struct {
				ID, AccountID string
				MetricStat    struct {
					Metric struct{ Dimensions map[string]string }
				}
			}
		}
	}
	var sent struct {
		Resources []string
		AlarmArn  string
		Detail    detail
		AlarmData *detail
	}
	if err := json.Unmarshal(payload, &sent); err != nil {
		t.Fatal(err)
	}
	d, arn := sent.Detail, sent.AlarmArn
	if sent.AlarmData != nil {
		d = *sent.AlarmData
	} else {
		arn = sent.Resources[0]
	}
	var metrics []any
	for _, m := range d.Configuration.Metrics {
		dimensions := []any{}
		for name, value := range m.MetricStat.Metric.Dimensions {
			dimensions = append(dimensions, map[string]string{"name": name, "value": value})
		}
		metrics = append(metrics, map[string]any{"Id": m.ID, "AccountId": m.AccountID,
			"MetricStat": map[string]any{"Metric": map[string]any{"Dimensions": dimensions}}})
	}
	message, err := json.Marshal(map[string]any{"AlarmName": d.AlarmName, "AlarmArn": arn, "NewStateValue": d.State.Value,
		"NewStateReason": d.State.Reason, "StateChangeTime": d.State.Timestamp, "Region": "a name for people",
		"AlarmContributorId": d.AlarmContributor.ID, "AlarmContributorAttributes": d.AlarmContributor.Attributes,
		"Trigger": map[string]any{"Metrics": metrics}})
	if err != nil {
		t.Fatal(err)
	}
	return string(message)
}

// What a message of CloudWatch says beside a metric's dimension.
func TestDecode_MessageOfCloudWatch(t *testing.T) {
	const head = `{"AlarmName": "a", "AlarmArn": "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a", "NewStateReason": "r",
		"StateChangeTime": "2026-11-23T22:59:30.989+0000", "NewStateValue": `
	base := events.Alarm{Origin: events.Origin{Account: "123456789012", Region: "cn-north-1"}, Name: "a", Reason: "r", At: alarmAt,
		ID: "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:a", Shared: true}
	for _, tt := range []struct {
		name, rest string
		want       events.Event
	}{
		{"of a composite alarm, which has no metric", `"ALARM", "AlarmRule": "ALARM(b)", "TriggeringChildren": []}`, base},
		{"over several metrics", `"ALARM", "Trigger": {"Metrics": [{"Id": "e", "Expression": "m1/2"}, {"Id": "m1", "MetricStat": {"Metric":
			{"Dimensions": [{"value": "x", "name": "Host"}, {"value": "puppet-01", "name": "ServerName"}]}}}]}}`,
			with(base, func(a *events.Alarm) { a.Dimensions = []string{"puppet-01"} })},
		{"over a metric of another account", `"ALARM", "Trigger": {"Metrics": [{"Id": "m1", "AccountId": "999988887777", "MetricStat":
			{"Metric": {"Dimensions": [{"value": "puppet-01", "name": "ServerName"}]}}}]}}`,
			with(base, func(a *events.Alarm) { a.Elsewhere = []string{`account "999988887777"`} })},
		{"of one contributor", `"ALARM", "AlarmContributorId": "a1b2", "AlarmContributorAttributes": {"ServerName": "puppet-01"}}`,
			with(base, func(a *events.Alarm) { a.Contributor, a.Dimensions = "a1b2", []string{"puppet-01"} })},
		{"whose actions are not suppressed any more", `"ALARM", "OldStateValue": "ALARM"}`, base},
		{"of an alarm that is new, which it does not say", `"ALARM", "OldStateValue": "INSUFFICIENT_DATA"}`, base},
		{"without data", `"INSUFFICIENT_DATA"}`, events.Ignored{Reason: events.NotInAlarm,
			What: `CloudWatch alarm by SNS of "a": INSUFFICIENT_DATA`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := events.Decode(bySNS(t, head+tt.rest))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

// What is no alarm is ignored, with words for the log; what claims to be one and cannot be read is invalid, of a source of its own.
func TestDecode_OtherMessages(t *testing.T) {
	const alert = `{"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-23T22:59:30Z", "fingerprint": "f"}`
	const old = `{"AlarmName": "a", "NewStateValue": "ALARM", "StateChangeTime": "2015-06-03T17:43:27.123+0000", "Region": "EU (Ireland)"}`
	const from = `an object from the topic "` + topic + `" with fields `
	for _, tt := range []struct{ name, payload, ignored, problem, source string }{
		{"a text", string(bySNS(t, "disk full")), `a text from the topic "` + topic + `"`, "", ""},
		{"nothing", string(bySNS(t, "")), `a text from the topic "` + topic + `"`, "", ""},
		{"a list", string(bySNS(t, "[]")), `a text from the topic "` + topic + `"`, "", ""},
		{"another service's JSON", string(bySNS(t, `{"source": "aws.health", "detail": {}}`)),
			from + `"detail", "source"`, "", ""},
		{"an operator's request", string(bySNS(t, `{"start": {"serverName": "puppet-01"}}`)),
			from + `"start"`, "", ""},
		{"a schedule", string(bySNS(t, `{"schedule": {"name": "w", "time": "2026-11-23T22:59:30Z"}, "serverNames": ["a"]}`)),
			from + `"schedule", "serverNames"`, "", ""},
		{"no alerts", string(bySNS(t, `{"alerts": []}`)), `a message of Alertmanager without alerts, from the topic "` + topic + `"`, "", ""},
		{"no records", `{"Records": []}`, "records that cannot be read", "", ""},
		{"records that are none", `{"Records": {}}`, "records that cannot be read", "", ""},
		{"a record whose source is no text", `{"Records": [{"EventSource": 1, "Sns": {"Message": "a"}}]}`, "records that cannot be read", "", ""},
		{"records of S3", `{"Records": [{"eventSource": "aws:s3"}]}`, `records of "aws:s3"`, "", ""},

		{"two records", `{"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "t"}}, {"EventSource": "aws:sns"}]}`, "",
			"it holds 2 records, and SNS sends one", "aws:sns, t"},
		{"a message that is an object", `{"Records": [{"EventSource": "aws:sns", "Sns": {"Message": {"alarm": {}}, "TopicArn": "t"}}]}`, "",
			"Message is a object where a string is expected", "aws:sns, t"},
		{"a message that is null", `{"Records": [{"EventSource": "aws:sns", "Sns": {"Message": null, "TopicArn": "t"}}]}`, "",
			"Message is missing", "aws:sns, t"},
		{"no message", `{"Records": [{"EventSource": "aws:sns", "Sns": {"TopicArn": "t"}}]}`, "", "Message is missing", "aws:sns, t"},
		{"JSON that is cut off", string(bySNS(t, `{"alerts": [`)), "", "it begins as a JSON object, and is not one", "aws:sns, " + topic},
		{"an old message without AlarmArn", string(bySNS(t, old)), "", "AlarmArn is missing", "aws:sns, " + topic + ", a"},
		{"an ARN without account", string(bySNS(t, strings.Replace(old, "{", `{"AlarmArn": "arn:aws:cloudwatch:eu-west-1::alarm:a", `, 1))), "",
			"is not the ARN of a resource of cloudwatch", "aws:sns, " + topic + ", a"},
		{"an ARN of no alarm", string(bySNS(t, strings.Replace(old, "{", `{"AlarmArn": "arn:aws:cloudwatch:eu-west-1:1:dashboard/a", `, 1))), "",
			"is not the ARN of an alarm", "aws:sns, " + topic + ", arn:aws:cloudwatch:eu-west-1:1:dashboard/a"},
		{"a state that is none", string(bySNS(t, strings.Replace(strings.Replace(old, "{", `{"AlarmArn": "arn:aws:cloudwatch:r:1:alarm:a", `, 1),
			`"ALARM"`, `"ON"`, 1))), "", `the state "ON" is not`, "aws:sns, " + topic + ", arn:aws:cloudwatch:r:1:alarm:a"},
		{"an alert of another status", string(bySNS(t, `{"alerts": [`+strings.Replace(alert, "firing", "pending", 1)+`]}`)), "",
			`the status "pending" is not firing or resolved`, "aws:sns, " + topic + ", Down"},
		{"one alert of two that has no time", string(bySNS(t, `{"alerts": [`+alert+`,`+strings.Replace(alert, "startsAt", "was", 1)+`]}`)), "",
			`the state's time "" is not a time`, "aws:sns, " + topic + ", Down"},
		{"an alert without fingerprint", string(bySNS(t, `{"alerts": [`+strings.Replace(alert, "fingerprint", "id", 1)+`]}`)), "",
			"fingerprint is missing", "aws:sns, " + topic + ", Down"},
		{"a thousand alerts and one", string(bySNS(t, `{"alerts": [`+alert+strings.Repeat(`,`+alert, 1000)+`]}`)), "", "it holds 1001 alerts",
			"aws:sns, " + topic},
		{"an alert whose name has a kilobyte", string(bySNS(t, `{"alerts": [`+strings.Replace(alert, "Down", strings.Repeat("D", 1021), 1)+`]}`)),
			"", "longer than 1020", "aws:sns, " + topic + ", " + strings.Repeat("D", 120) + "…"},
		{"another's field alarm that is a text", string(bySNS(t, `{"alarm": "high"}`)), from + `"alarm"`, "", ""},
		{"another's alarm without a state", string(bySNS(t, `{"alarm": {"name": "pump-3", "level": 2}}`)), from + `"alarm"`, "", ""},
		{"another's alarm that is null", string(bySNS(t, `{"alarm": null}`)), from + `"alarm"`, "", ""},
		{"another's list of alarms", string(bySNS(t, `{"alarm": [{"state": "ALARM"}]}`)), from + `"alarm"`, "", ""},
		{"CloudWatch's message with another's alarm in it", string(bySNS(t, strings.Replace(old, "{", `{"alarm": "high", `, 1))), "",
			"AlarmArn is missing", "aws:sns, " + topic + ", a"},

		{"our own form with another field", string(bySNS(t, `{"alarm": {"name": "a", "state": "OK", "severity": 1}}`)), "",
			`unknown field "severity"`, "aws:sns, " + topic + ", alarm a"},
		{"our own form with something beside", string(bySNS(t, `{"alarm": {"name": "a", "state": "OK"}, "start": {}}`)), "",
			`unknown field "start"`, "aws:sns, " + topic + ", alarm a"},
		{"our own form without a time", string(bySNS(t, `{"alarm": {"name": "a", "state": "OK"}}`)), "", `time is missing`,
			"aws:sns, " + topic + ", alarm a"},
		{"our own form in another's state", string(bySNS(t, `{"alarm": {"name": "a", "time": "2026-11-23T22:59:30Z", "state": "Alert"}}`)), "",
			`the state "Alert" is not OK, ALARM`, "aws:sns, " + topic + ", alarm a"},
		{"our own form whose state is null", string(bySNS(t, `{"alarm": {"name": "a", "time": "2026-11-23T22:59:30Z", "state": null}}`)), "",
			`state is null`, "aws:sns, " + topic + ", alarm a"},
		{"our own form without SNS, and with something beside", `{"alarm": {"name": "a"}, "start": {}}`, "", `unknown field`, "start"},
		{"our own form without SNS and a state", `{"alarm": {"name": "a", "time": "2026-11-23T22:59:30Z"}}`, "", `state is missing`, "alarm a"},
		{"our own form with a time that was not filled in", `{"alarm": {"name": "a", "time": "<time>", "state": "OK"}}`, "",
			`the state's time "<time>" is not a time`, "alarm a"},
		{"our own form whose server was not filled in", `{"alarm": {"name": "a", "serverName": ""}}`, "", "serverName is missing or empty",
			"alarm a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := events.Decode([]byte(tt.payload))
			if tt.problem == "" {
				if want := (events.Ignored{Reason: events.UnknownEvent, What: tt.ignored}); err != nil || got != want {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			mustBeInvalid(t, got, err, tt.problem, strings.HasPrefix(tt.name, "our own form"))
			if invalid := err.(*events.InvalidError); invalid.Source != tt.source {
				t.Errorf("of the source %q, want %q", invalid.Source, tt.source)
			}
			if from := strings.Split(tt.source, ", "); from[0] == "aws:sns" && !strings.HasSuffix(err.Error(), `the topic "`+from[1]+`"`) {
				t.Errorf("%q does not name the topic", err)
			}
		})
	}
}

// One alert is an event like any other, and one that has no name is named by its fingerprint.
func TestDecode_OneAlert(t *testing.T) {
	got, err := events.Decode(bySNS(t, `{"alerts": [{"status": "firing", "labels": {"job": "a"}, "annotations": {"description": "slow"},
		"startsAt": "2026-11-23 23:59:30.989123456 +0100 CET", "fingerprint": "f"}]}`))
	want := events.Alarm{ID: "alertmanager/f", Name: "f", At: alarmAt.Add(123456), Reason: "slow", Shared: true}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// An alert's time is read in whatever zone Alertmanager's machine is, as Go's String writes it: with the zone's name, and with its offset
// twice where it has none.
func TestDecode_AlertsTimeInEveryZone(t *testing.T) {
	for offset := -12 * time.Hour; offset <= 14*time.Hour; offset += 15 * time.Minute {
		for _, name := range []string{"", "CET"} {
			at := alarmAt.In(time.FixedZone(name, int(offset/time.Second))).String()
			got, err := events.Decode(bySNS(t, `{"alerts": [{"status": "firing", "startsAt": "`+at+`", "fingerprint": "f"}]}`))
			if alarm, ok := got.(events.Alarm); err != nil || !ok || !alarm.At.Equal(alarmAt) {
				t.Errorf("%s: %+v, %v", at, got, err)
			}
		}
	}
}
