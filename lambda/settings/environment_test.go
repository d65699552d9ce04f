package settings_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/settings"
)

func TestReadEnvironment(t *testing.T) {
	const arn = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:"
	from := func(variables map[string]string) func(string) string {
		return func(name string) string { return variables[name] }
	}

	t.Run("everything is set", func(t *testing.T) {
		got, err := settings.ReadEnvironment(from(map[string]string{
			"SETTINGS_FILE": "/opt/settings.json", "TOPIC_ARN": arn + "people",
			"RECORDS_TOPIC_ARN": arn + "records", "CHAT_TOPIC_ARN": arn + "chat_1-2", "RUNS_TABLE": "runs",
			"SWEEP_EVERY":           "500ms",
			"CHEF_AUTOMATE_RUNBOOK": "Chef-1", "PUPPET_ENTERPRISE_RUNBOOK": "Puppet-2"}))
		want := settings.Environment{SettingsFile: "/opt/settings.json", TopicARN: arn + "people",
			RecordsTopicARN: arn + "records", ChatTopicARN: arn + "chat_1-2", RunsTable: "runs", SweepEvery: 500 * time.Millisecond,
			Runbooks: map[string]string{"chef-automate": "Chef-1", "puppet-enterprise": "Puppet-2"}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ReadEnvironment() = %+v, %v, want %+v", got, err, want)
		}
	})
	t.Run("only what must be is set", func(t *testing.T) {
		got, err := settings.ReadEnvironment(from(map[string]string{"TOPIC_ARN": arn + "people", "RUNS_TABLE": "runs"}))
		want := settings.Environment{TopicARN: arn + "people", RunsTable: "runs", SweepEvery: time.Minute, Runbooks: map[string]string{}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ReadEnvironment() = %+v, %v, want %+v", got, err, want)
		}
	})
	t.Run("all faults are reported at once", func(t *testing.T) {
		_, err := settings.ReadEnvironment(from(map[string]string{
			"RECORDS_TOPIC_ARN": "records", "CHAT_TOPIC_ARN": "chat", "RUNS_TABLE": "a b", "SWEEP_EVERY": "soon"}))
		const how = " is not the ARN of an SNS standard topic; write arn:aws:sns:<region>:<account>:<name>\n"
		want := `RECORDS_TOPIC_ARN: "records"` + how + `CHAT_TOPIC_ARN: "chat"` + how +
			`SWEEP_EVERY: "soon" is not a period of 10ms to 1h; write for example 1m` + "\n" +
			"TOPIC_ARN: is not set; give it the ARN of the SNS topic for text\n" +
			`RUNS_TABLE: "a b" is not the name of a DynamoDB table; give it that of the table of runs`
		if err == nil || err.Error() != want {
			t.Errorf("error = %v, want %s", err, want)
		}
	})
	for name, wrong := range map[string]string{
		"another service":      "arn:aws:sqs:eu-central-1:123456789012:people",
		"a FIFO topic":         "arn:aws:sns:eu-central-1:123456789012:people.fifo",
		"a subscription":       "arn:aws:sns:eu-central-1:123456789012:people:1",
		"an account too short": "arn:aws:sns:eu-central-1:12345678901:people",
		"no region":            "arn:aws:sns::123456789012:people",
		"no name":              "arn:aws:sns:eu-central-1:123456789012:",
		"an unknown partition": "arn:awsome:sns:eu-central-1:123456789012:people",
		"a CDK token":          "${Token[TOKEN.1]}",
	} {
		t.Run("the topic is "+name, func(t *testing.T) {
			if _, err := settings.ReadEnvironment(from(map[string]string{"TOPIC_ARN": wrong, "RUNS_TABLE": "runs"})); err == nil {
				t.Errorf("%s is accepted", wrong)
			}
		})
	}
}

func TestReadPageEnvironment(t *testing.T) {
	const operators = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:night-shift:operators"
	variables := map[string]string{"SETTINGS_FILE": "/opt/settings.json", "RUNS_TABLE": "runs", "OPERATORS_FUNCTION": operators}
	get := func(name string) string { return variables[name] }
	want := settings.PageEnvironment{SettingsFile: "/opt/settings.json", RunsTable: "runs", Operators: operators}
	if got, err := settings.ReadPageEnvironment(get); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	variables["RUNS_TABLE"] = "a b"
	for _, wrong := range []string{"", "night-shift:operators", operators + ":x", operators[:len(operators)-len(":operators")],
		"arn:aws:lambda:us-east-1:123456789012:function:night-shift:LIVE", `arn:aws:lambda:us-east-1:1:function:x'><b>:operators`} {
		variables["OPERATORS_FUNCTION"] = wrong
		_, err := settings.ReadPageEnvironment(get)
		if err == nil || !strings.Contains(err.Error(), "RUNS_TABLE: ") || !strings.Contains(err.Error(), "OPERATORS_FUNCTION: ") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
