package events_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
)

const samples = "../testdata/events"

var (
	origin      = events.Origin{Account: "123456789012", Region: "us-east-1"}
	alarmAt     = time.Date(2026, 11, 23, 22, 59, 30, 989e6, time.UTC)
	alarmReason = "Threshold Crossed: 3 out of the last 5 datapoints [0.0 (23/11/26 22:58:00), 0.0 (23/11/26 22:57:00), " +
		"0.0 (23/11/26 22:56:00)] were less than the threshold (1.0) (minimum 3 datapoints for OK -> ALARM transition)."
)

func alarm(name string) events.Alarm {
	return events.Alarm{
		Origin: origin, ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:" + name, Name: name, At: alarmAt, Reason: alarmReason,
	}
}

func with(a events.Alarm, change func(*events.Alarm)) events.Alarm { change(&a); return a }

// shared is an alarm that came by SNS.
func shared(a events.Alarm) events.Alarm { a.Shared = true; return a }

var ofOtherMonitoring = events.Alarm{ID: "222222", Name: "puppet-01 is slow", At: time.Date(2026, 11, 23, 22, 59, 30, 0, time.UTC),
	Reason: "requests took 9 s", ServerName: "puppet-01", Shared: true}

// want states by hand what every file under testdata/events is: an event, or the problem of an invalid one.
var want = map[string]any{
	"alarm.json":                  alarm("automate-06-health"),
	"alarm-action.json":           alarm("automate-06-health"),
	"alarm-suppression-over.json": alarm("automate-06-health"),
	"alarm-ok.json":               events.Cleared(alarm("automate-06-health")),
	"alarm-still-in-alarm.json": events.Ignored{Reason: events.StillInAlarm,
		What: `CloudWatch Alarm State Change of "automate-06-health": ALARM`},
	"alarm-by-dimension.json": with(alarm("Puppet server does not compile"),
		func(a *events.Alarm) { a.Dimensions = []string{"puppet-01"} }),
	"alarm-by-tag.json":         with(alarm("CPU of the build farm's Chef server"), func(a *events.Alarm) { a.Tagged = "automate-06" }),
	"alarm-disagreement.json":   with(alarm("automate-06-health"), func(a *events.Alarm) { a.Dimensions = []string{"puppet-01"} }),
	"alarm-unknown-server.json": alarm("disk of mail-01"),
	"alarm-own.json":            alarm("opsworks-maintenance-errors"),
	"alarm-other-account.json": with(alarm("automate-06-health"), func(a *events.Alarm) {
		a.Origin.Account, a.ID = "444455556666", "arn:aws:cloudwatch:us-east-1:444455556666:alarm:automate-06-health"
	}),
	"sns-alarm.json": shared(alarm("automate-06-health")),
	"sns-ok.json": events.Cleared(with(shared(alarm("automate-06-health")), func(a *events.Alarm) {
		a.Reason = "Threshold Crossed: no datapoint was less than the threshold (1.0)."
	})),
	"sns-alertmanager.json": events.Alarms{
		events.Alarm{ID: "alertmanager/5ef77f1f8a3ecfcd", Name: "PuppetServerDown", At: alarmAt, Reason: "puppet-01 compiles no catalogs",
			Dimensions: []string{"puppet-01"}, Shared: true},
		events.Cleared{ID: "alertmanager/c6a1f6e0a9b1d2e3", Name: "ChefDiskFull", At: time.Date(2026, 11, 23, 21, 10, 0, 0, time.UTC),
			Dimensions: []string{"automate-06"}, Shared: true},
	},
	"sns-alarm-form.json": ofOtherMonitoring,
	"alarm-form.json":     ofOtherMonitoring,
	"alarm-form-ok.json": events.Cleared{ID: "222222", Name: "puppet-01 is slow", At: time.Date(2026, 11, 23, 23, 4, 30, 0, time.UTC),
		ServerName: "puppet-01", Shared: true},
	"sns-text.json": events.Ignored{Reason: events.UnknownEvent,
		What: `a text from the topic "arn:aws:sns:us-east-1:123456789012:alarms"`},
	"rule.json": events.Schedule{Origin: origin, ARN: "arn:aws:events:us-east-1:123456789012:rule/nightly-chef",
		Name: "nightly-chef", Rule: true, At: time.Date(2026, 11, 23, 22, 59, 30, 0, time.UTC)},
	"scheduler-no-input.json": events.Schedule{Origin: origin, ARN: "arn:aws:scheduler:us-east-1:123456789012:schedule/default/weekly",
		Name: "weekly", At: time.Date(2026, 11, 23, 22, 59, 30, 0, time.UTC)},
	"schedule.json": events.Schedule{Name: "weekly", At: time.Date(2026, 11, 23, 22, 59, 30, 0, time.UTC),
		ServerNames: []string{"automate-06", "puppet-01"}},
	"start.json":       events.Start{ServerName: "automate-06"},
	"start-short.json": events.Start{ServerName: "automate-06"},
	"start-major-upgrade.json": events.Start{ServerName: "automate-06", Key: "upgrade-to-automate-2",
		EngineAttributes: []maintenance.EngineAttribute{{Name: "CHEF_MAJOR_UPGRADE", Value: "true"}}},
	"start-override.json":      events.Start{ServerName: "automate-06", Override: []string{"window"}},
	"start-unknown-field.json": `read start: unknown field "force"; known here: serverName, runId, engineAttributes, key, override`,
	"start-run.json":           events.Start{RunID: runID},
	"plan.json":                events.Plan{ServerName: "automate-06"},
	"history.json":             events.History{ServerName: "automate-06"},
	"stop.json":                events.Stop{ServerName: "automate-06"},
	"stop-run.json":            events.Stop{RunID: runID},
	"close.json":               events.Close{RunID: runID},
	"approve.json":             events.Approve{RunID: runID},
	"hold.json": events.Hold{ServerName: "automate-06", Until: time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC),
		Reason: "the licence is being renewed"},
	"release.json": events.Release{ServerName: "automate-06"},
	"status.json":  events.Status{},
	"sweep.json":   events.Sweep{},
	"run-finished.json": events.RunFinished{Origin: origin, ExecutionID: "333ba70b-2333-48db-b17e-a5e69c6f4d1c", Status: "Success",
		At: time.Date(2026, 11, 23, 23, 29, 35, 0, time.UTC)},
	"run-step-finished.json": events.Ignored{Reason: events.UnknownEvent,
		What: `source "aws.ssm", detail-type "EC2 Automation Step Status-change Notification"`},

	"field/cross-account-metric.json": events.Alarm{Origin: origin,
		ID:   "arn:aws:cloudwatch:us-east-1:123456789012:alarm:fleet disk is full",
		Name: "fleet disk is full", At: time.Date(2026, 11, 26, 17, 0, 0, 123e6, time.UTC), Reason: "two points were above the limit",
		Elsewhere: []string{`account "999988887777"`}},
	"field/actions-disabled.json": events.Ignored{Reason: events.ActionsDisabled,
		What: `CloudWatch Alarm State Change of "automate-06-disk": ALARM`},
	"field/initial-creation.json": events.Alarm{Origin: origin, ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-new",
		Name: "automate-06-new", At: time.Date(2026, 11, 26, 17, 0, 0, 123e6, time.UTC), New: true,
		Reason: "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."},
	"field/sns-raw-alarm-body.json": events.Ignored{Reason: events.UnknownEvent,
		What: `an object with fields "AWSAccountId", "AlarmArn", "AlarmDescription", "AlarmName", "NewStateReason", …`},

	"aws/eb-alarm-config-create-composite.json": events.Ignored{Reason: events.ConfigurationChange,
		What: `CloudWatch Alarm Configuration Change of "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServiceAggregatedAlarm"`},
	"aws/eb-alarm-config-delete-metric-math.json": events.Ignored{Reason: events.ConfigurationChange,
		What: `CloudWatch Alarm Configuration Change of "arn:aws:cloudwatch:us-east-1:123456789012:alarm:TotalNetworkTrafficTooHigh"`},
	"aws/eb-alarm-config-update-metric.json": events.Ignored{Reason: events.ConfigurationChange,
		What: `CloudWatch Alarm Configuration Change of "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh"`},
	"aws/eb-alarm-contributor-state.json": events.Ignored{Reason: events.Muted,
		What: `CloudWatch Alarm Contributor State Change of "DynamoDBInsightsAlarm": ALARM`},
	"aws/eb-alarm-state-composite-suppressed.json": events.Ignored{Reason: events.Suppressed,
		What: `CloudWatch Alarm State Change of "ServiceAggregatedAlarm": ALARM`},
	"aws/eb-alarm-state-metric-muted.json": events.Ignored{Reason: events.Muted,
		What: `CloudWatch Alarm State Change of "ServerCpuTooHigh": ALARM`},
	"aws/eb-alarm-state-metric.json": events.Alarm{Origin: origin,
		ID:   "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh",
		Name: "ServerCpuTooHigh", At: time.Date(2019, 10, 2, 17, 4, 40, 989e6, time.UTC),
		Reason: "Threshold Crossed: 1 out of the last 1 datapoints [99.50160229693434 (02/10/19 16:59:00)] was greater than " +
			"the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."},
	"aws/eb-alarm-state-multi-time-series.json": events.Alarm{Origin: origin,
		ID:   "arn:aws:cloudwatch:us-east-1:123456789012:alarm:DynamoDBInsightsAlarm",
		Name: "DynamoDBInsightsAlarm", At: time.Date(2025, 12, 1, 13, 42, 4, 919e6, time.UTC), New: true,
		Reason: "6 out of 6 time series evaluated to ALARM"},
	"aws/eb-scheduled-event-rule.json": events.Schedule{Origin: origin,
		ARN:  "arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule",
		Name: "my-scheduled-rule", Rule: true, At: time.Date(2015, 10, 8, 16, 53, 6, 0, time.UTC)},
	"aws/lambda-alarm-metric.json": events.Alarm{Origin: events.Origin{Account: "444455556666", Region: "us-east-1"},
		ID: "arn:aws:cloudwatch:us-east-1:444455556666:alarm:lambda-demo-metric-alarm", Name: "lambda-demo-metric-alarm",
		At: time.Date(2023, 8, 4, 12, 36, 15, 490e6, time.UTC), Reason: "test"},
	"aws/scheduler-default-notification.json": events.Schedule{Origin: events.Origin{Account: "123456789012", Region: "us-east-2"},
		ARN: "arn:aws:scheduler:us-east-2:123456789012:schedule/default/example-schedule", Name: "example-schedule", At: time.Date(2024,
			6, 13, 12, 30, 0, 0, time.UTC)},
	"aws/scheduler-custom-input-template.json": `read serverName: unknown field`,
	"aws/lambda-async-failure-record.json": events.Ignored{Reason: events.UnknownEvent,
		What: `an object with fields "requestContext", "requestPayload", "responseContext", "responsePayload", "timestamp", …`},
	"aws/sns-envelope-non-raw.json": events.Ignored{Reason: events.UnknownEvent,
		What: `an object with fields "Message", "MessageId", "Signature", "SignatureVersion", "SigningCertURL", …`},
	"aws/sns-lambda-alarm-single-metric.json": events.Alarm{Origin: events.Origin{Account: "ACCOUNT_NUMBER", Region: "REGION"},
		ID: "arn:aws:cloudwatch:REGION:ACCOUNT_NUMBER:alarm:EXAMPLE", Name: "EXAMPLE", Shared: true,
		At: time.Date(2015, 6, 3, 17, 43, 27, 123e6, time.UTC),
		Reason: "Threshold Crossed: 1 out of the last 1 datapoints [1234.0 (06/03/15 17:43:27)] was greater than the threshold (0.0) " +
			"(minimum 1 datapoint for OK -> ALARM transition)."},
	"aws/sns-lambda-generic.json": events.Ignored{Reason: events.UnknownEvent,
		What: `a text from the topic "arn:aws:sns:EXAMPLE"`},
	"aws/sqs-lambda-generic.json":                         ofSQS,
	"aws/sqs-lambda-standard.json":                        ofSQS,
	"aws/sqs-lambda-wrapped-eventbridge.CONSTRUCTED.json": ofSQS,
	"aws/sqs-batch-response.json": events.Ignored{Reason: events.UnknownEvent,
		What: `an object with fields "batchItemFailures"`},
	"aws/sns-message-log-alarm-contributor.json": events.Ignored{Reason: events.UnknownEvent,
		What: `an object with fields "AlarmContributorAttributes", "AlarmContributorId", "AlarmName", "NewStateReason", "NewStateValue", …`},
	"aws/sns-message-log-alarm-single.json": events.Ignored{Reason: events.UnknownEvent,
		What: `an object with fields "AlarmName", "NewStateReason", "NewStateReasonData", "NewStateValue", "OldStateValue", …`},
}

const runID = "automate-06-20261123T225931-K7M2QX4RTA"

var ofSQS = events.Ignored{Reason: events.UnknownEvent, What: `records of "aws:sqs"`}

func sampleFiles(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pattern := range []string{"*.json", "aws/*.json", "field/*.json"} {
		paths, err := filepath.Glob(filepath.Join(samples, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			payload, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(samples, path)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.ToSlash(name)] = payload
		}
	}
	return files
}

func TestDecode_Samples(t *testing.T) {
	files := sampleFiles(t)
	for name := range want {
		if _, ok := files[name]; !ok {
			t.Errorf("%s is stated and does not exist", name)
		}
	}
	for name, payload := range files {
		t.Run(name, func(t *testing.T) {
			wanted, ok := want[name]
			if !ok {
				t.Fatal("what this sample is, is not stated")
			}
			got, err := events.Decode(payload)
			if problem, ok := wanted.(string); ok {
				mustBeInvalid(t, got, err, problem, true)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, wanted) {
				t.Errorf("got  %#v\nwant %#v", got, wanted)
			}
		})
	}
}

func mustBeInvalid(t *testing.T, got events.Event, err error, problem string, ours bool) {
	t.Helper()
	var invalid *events.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("got %#v, %v; want an InvalidError", got, err)
	}
	if got != nil {
		t.Errorf("an event %#v came with the error", got)
	}
	if !strings.Contains(err.Error(), problem) {
		t.Errorf("got %q, want %q in it", err, problem)
	}
	if invalid.Ours != ours {
		t.Errorf("Ours = %v", invalid.Ours)
	}
}

// replaced is the sample alarm with one text in it replaced.
func replaced(t *testing.T, file, old, new string) []byte {
	t.Helper()
	payload, err := os.ReadFile(filepath.Join(samples, file))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(payload), old) {
		t.Fatalf("%s has no %s", file, old)
	}
	return []byte(strings.ReplaceAll(string(payload), old, new))
}

func TestDecode_MalformedAWSEvents(t *testing.T) {
	for _, tt := range []struct{ name, file, old, new, problem string }{
		{"an unknown state", "alarm.json", `"value": "ALARM"`, `"value": "alarm"`, `the state "alarm" is not`},
		{"a state time that is none", "alarm.json", `2026-11-23T22:59:30.989+0000`, `yesterday`,
			`the state's time "yesterday" is not a time`},
		{"a state time that is after the year 9999 in UTC", "alarm.json", `2026-11-23T22:59:30.989+0000`, `9999-12-31T23:59:59.000-1200`,
			`is not a time`},
		{"a state time that is before 1970 in UTC", "alarm.json", `2026-11-23T22:59:30.989+0000`, `1970-01-01T00:00:00.000+0100`,
			`is not a time`},
		{"a name of another type", "alarm.json", `"alarmName": "automate-06-health"`, `"alarmName": 6`,
			"alarmName is a number where a string is expected"},
		{"no name", "alarm.json", `"alarmName": "automate-06-health"`, `"alarmName": ""`, "the alarm's name is missing"},
		{"an envelope and an ARN of different accounts", "alarm.json", `"account": "123456789012"`, `"account": "444455556666"`,
			"which the event names"},
		{"an envelope and an ARN of different Regions", "alarm.json", `"region": "us-east-1"`, `"region": "eu-west-1"`,
			"which the event names"},
		{"an alarm action and an ARN of different Regions", "alarm-action.json", `"region": "us-east-1"`, `"region": "eu-west-1"`,
			"which the event names"},
		{"an alarm without a Region", "alarm.json", `"region": "us-east-1"`, `"region": ""`, "which the event names"},
		{"a switch for the actions that is none", "alarm.json", `"configuration": {`, `"configuration": {"actionsEnabled": "no",`,
			"is a string where a bool"},
		{"no resources", "alarm.json", `"resources": [
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health"
  ]`, `"resources": []`, "resources is empty"},
		{"a resource that is no alarm", "alarm.json", `:alarm:automate-06-health`, `:dashboard/x`, "is not the ARN of an alarm"},
		{"a detail that is a string", "alarm.json", `"detail": {`, `"detail": "{}", "was": {`, "is a string where a"},
		{"tags in an unknown shape", "alarm-by-tag.json", `"alarmTags": {
      "maintenance-server": "automate-06",
      "team": "platform"
    }`, `"alarmTags": "maintenance-server=automate-06"`, "alarmTags is neither"},
		{"a rule's ARN of another service", "rule.json", `arn:aws:events:`, `arn:aws:sqs:`, "is not the ARN of a resource of events"},
		{"a schedule without a name", "scheduler-no-input.json", `schedule/default/weekly`, `schedule/default/`,
			"does not name a schedule"},
		{"a rule without a time", "rule.json", `"time": "2026-11-23T22:59:30Z"`, `"time": ""`, `time "" is not a time`},
		{"an execution without an id", "run-finished.json", `"ExecutionId": "333ba70b-2333-48db-b17e-a5e69c6f4d1c"`, `"ExecutionId": ""`,
			"ExecutionId or Status is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := events.Decode(replaced(t, tt.file, tt.old, tt.new))
			mustBeInvalid(t, got, err, tt.problem, false)
		})
	}
}

func TestDecode_AlarmVariants(t *testing.T) {
	base := alarm("automate-06-health")
	for _, tt := range []struct {
		name, file, old, new string
		want                 events.Event
	}{
		{"fields AWS adds later are passed over", "alarm.json", `"version": "0"`, `"version": "0", "newField": {"a": [1]}`, base},
		{"an offset other than UTC", "alarm.json", `22:59:30.989+0000`, `23:59:30.989+0100`, base},
		{"a null muteDetail mutes nothing", "alarm.json", `"detail": {`, `"detail": {"muteDetail": null,`, base},
		{"tags that are not complete do not count", "alarm-by-tag.json", `"SUCCESS"`, `"PARTIAL"`,
			alarm("CPU of the build farm's Chef server")},
		{"tags as a list of keys and values", "alarm-by-tag.json", `{
      "maintenance-server": "automate-06",
      "team": "platform"
    }`, `[{"key": "team", "value": "platform"}, {"key": "maintenance-server", "value": "puppet-01"}]`,
			with(alarm("CPU of the build farm's Chef server"), func(a *events.Alarm) { a.Tagged = "puppet-01" })},
		{"a contributor that is not muted", "aws/eb-alarm-contributor-state.json", `"muteDetail"`, `"wasMutedBy"`, events.Alarm{
			Origin: origin, ID: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:DynamoDBInsightsAlarm", Name: "DynamoDBInsightsAlarm",
			At: time.Date(2025, 12, 1, 13, 42, 4, 919e6, time.UTC), Contributor: "6d442278dba546f6",
			Reason: "Threshold Crossed: 1 datapoint was less than the threshold (1.0). " +
				"The most recent datapoint which crossed the threshold: [0.0 (01/12/25 13:34:00)]."}},
		{"an alarm action in OK", "alarm-action.json", `"value": "ALARM"`, `"value": "OK"`, events.Cleared(base)},
		{"an alarm action without data", "alarm-action.json", `"value": "ALARM"`, `"value": "INSUFFICIENT_DATA"`,
			events.Ignored{Reason: events.NotInAlarm, What: `alarm action of "automate-06-health": INSUFFICIENT_DATA`}},
		{"an alarm that has no data", "alarm.json", `"value": "ALARM"`, `"value": "INSUFFICIENT_DATA"`,
			events.Ignored{Reason: events.NotInAlarm, What: `CloudWatch Alarm State Change of "automate-06-health": INSUFFICIENT_DATA`}},
		{"an old alarm that had no data", "alarm.json", `"value": "OK"`, `"value": "INSUFFICIENT_DATA"`, base},
		{"a new alarm's action", "alarm-action.json", `"reason": "Threshold Crossed: no datapoints were`,
			`"reason": "Unchecked: Initial alarm creation`,
			with(base, func(a *events.Alarm) { a.New = true })},
		{"an alarm whose own reason speaks of a creation", "alarm.json", `"reason": "Threshold Crossed: 3 out`,
			`"reason": "Unchecked: Initial alarm creation`,
			with(base, func(a *events.Alarm) {
				a.Reason = strings.Replace(alarmReason, "Threshold Crossed: 3 out", "Unchecked: Initial alarm creation", 1)
			})},
		{"an alarm whose actions are enabled", "alarm.json", `"configuration": {`, `"configuration": {"actionsEnabled": true,`, base},
		{"a return to OK with the actions disabled", "alarm-ok.json", `"configuration": {`, `"configuration": {"actionsEnabled": false,`,
			events.Cleared(base)},
		{"a return to OK while muted", "alarm-ok.json", `"detail": {`, `"detail": {"muteDetail": {},`, events.Cleared(base)},
		{"a metric of the alarm's own account, named", "alarm-by-dimension.json", `"id": "m1"`, `"id": "m1", "accountId": "123456789012"`,
			with(alarm("Puppet server does not compile"), func(a *events.Alarm) { a.Dimensions = []string{"puppet-01"} })},
		{"a metric of another Region", "alarm-by-dimension.json", `"id": "m1"`, `"id": "m1", "region": "eu-west-1"`,
			with(alarm("Puppet server does not compile"), func(a *events.Alarm) { a.Elsewhere = []string{`Region "eu-west-1"`} })},
		{"a metric of another account that names no server", "alarm.json", `"id": "m1"`, `"id": "m1", "accountId": "444455556666"`, base},
		{"an alarm action after ALARM, which CloudWatch sends when a suppression ends", "alarm-action.json", `"value": "OK"`,
			`"value": "ALARM"`, base},
		{"another event of CloudWatch", "alarm.json", `CloudWatch Alarm State Change`, `CloudWatch Alarm Something New`,
			events.Ignored{Reason: events.UnknownEvent, What: `source "aws.cloudwatch", detail-type "CloudWatch Alarm Something New"`}},
		{"the same event of another source", "alarm.json", `"aws.cloudwatch"`, `"my.app"`,
			events.Ignored{Reason: events.UnknownEvent, What: `source "my.app", detail-type "CloudWatch Alarm State Change"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := events.Decode(replaced(t, tt.file, tt.old, tt.new))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %#v\nwant %#v", got, tt.want)
			}
		})
	}
}

func TestDecode_UnknownIsIgnored(t *testing.T) {
	for _, payload := range []string{
		`null`, `[]`, `"start"`, `42`, `true`, `{}`, `[{"start": {"serverName": "a"}}]`, `{"source": 7}`,
		`{"source": "aws.cloudwatch", "detail-type": 7}`,
		`{"source": "aws.cloudwatch"}`, `{"outcome": "started", "runId": "automate-06-20261123T225931-K7M2QX4RTA"}`,
	} {
		t.Run(payload, func(t *testing.T) {
			got, err := events.Decode([]byte(payload))
			if ignored, ok := got.(events.Ignored); err != nil || !ok || ignored.Reason != events.UnknownEvent {
				t.Errorf("got %#v, %v", got, err)
			}
		})
	}
}

// What two senders send counts apart, as far as it can be read (issue 11, row 16).
func TestInvalidError_Source(t *testing.T) {
	broken := func(file, old, new string) string { return string(replaced(t, file, old, new)) }
	for _, tt := range []struct{ name, payload, want string }{
		{"no JSON", `{"start":`, "JSON"},
		{"nothing", ``, "JSON"},
		{"an alarm without a name", broken("alarm.json", `"alarmName"`, `"alarm"`),
			"aws.cloudwatch, CloudWatch Alarm State Change, arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health"},
		{"an alarm action without a name", broken("alarm-action.json", `"alarmName"`, `"alarm"`),
			"aws.cloudwatch, alarm action, arn:aws:cloudwatch:us-east-1:123456789012:alarm:automate-06-health"},
		{"a rule without a time", broken("rule.json", `"time"`, `"at"`),
			"aws.events, Scheduled Event, arn:aws:events:us-east-1:123456789012:rule/nightly-chef"},
		{"an alarm whose resources are a number",
			`{"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "resources": 7}`,
			"aws.cloudwatch, CloudWatch Alarm State Change"},
		{"an alarm action whose ARN is a number", `{"source": "aws.cloudwatch", "alarmArn": 7, "alarmData": {}}`,
			"aws.cloudwatch, alarm action"},
		{"a start of a server", `{"start": {"serverName": "a", "force": true}}`, "start a"},
		{"a short start of a server", `{"serverName": "a", "force": true}`, "serverName a"},
		{"a start of something", `{"start": 7}`, "start"},
		{"a schedule without servers", `{"schedule": {"name": "weekly", "time": "2026-11-28T23:00:00Z"}}`, "schedule weekly"},
		{"a name of a megabyte", `{"plan": {"serverName": "` + strings.Repeat("a", 1<<20) + `", "x": 1}}`, "plan " + strings.Repeat("a",
			120) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := events.Decode([]byte(tt.payload))
			var invalid *events.InvalidError
			if !errors.As(err, &invalid) || invalid.Source != tt.want {
				t.Errorf("got %+v, want the source %q", invalid, tt.want)
			}
		})
	}
}
