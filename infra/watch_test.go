package main

import (
	"reflect"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

func alarmsSpeak(t *testing.T, tmpl template) {
	if settings.OwnAlarmPrefix != stackName+"-" {
		t.Errorf("the function knows its own alarms by %q, the stack is named %q", settings.OwnAlarmPrefix, stackName)
	}
	all := tmpl.of("AWS::CloudWatch::Alarm")
	if len(all) != 7 {
		t.Errorf("%d alarms, want 7", len(all))
	}
	name := tmpl.one(t, "AWS::Lambda::Function").Properties["FunctionName"]
	for id, alarm := range all {
		for _, key := range []string{"AlarmActions", "OKActions"} {
			if got := texts(alarm.Properties[key]); len(got) != 1 || !strings.HasPrefix(got[0], "${TopicsText") {
				t.Errorf("%s: %s is %v", id, key, got)
			}
		}
		if name, _ := alarm.Properties["AlarmName"].(string); !strings.HasPrefix(name, settings.OwnAlarmPrefix) {
			t.Errorf("%s is named %q, and would ask for maintenance", id, name)
		}
		if description, _ := alarm.Properties["AlarmDescription"].(string); len(description) < 40 {
			t.Errorf("%s says only %q", id, description)
		}
	}
	// Missing data mean different things to "something happened" and to "something did not".
	for id, alarm := range all {
		if alarm.Properties["Namespace"] == settings.MetricNamespace {
			want := []any{map[string]any{"Name": settings.DimensionStack, "Value": name}}
			if got := alarm.Properties["Dimensions"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s watches %v, and the function writes %v", id, got, want)
			}
		}
		missing := alarm.Properties["AlarmName"] == settings.OwnAlarmPrefix+"no-sweep"
		if (alarm.Properties["TreatMissingData"] == "breaching") != missing {
			t.Errorf("%s treats missing data as %v", id, alarm.Properties["TreatMissingData"])
		}
	}
}

// What the function's own alarms go off at: a notification that was dropped, a due item that is 15 minutes overdue.
func TestStack_OwnMetrics(t *testing.T) {
	want := map[string][5]any{
		"publish-failures":      {settings.MetricPublishFailures, "Sum", 1.0, 300.0, "GreaterThanOrEqualToThreshold"},
		"dropped-notifications": {settings.MetricDropped, "Sum", 1.0, 300.0, "GreaterThanOrEqualToThreshold"},
		"oldest-due":            {settings.MetricOldestDue, "Maximum", 900.0, 300.0, "GreaterThanOrEqualToThreshold"},
		"no-sweep":              {settings.MetricSweeps, "Sum", 1.0, 900.0, "LessThanThreshold"},
	}
	tmpl := synthesize(t, inCDKJSON(t))
	got := map[string][5]any{}
	for _, alarm := range tmpl.of("AWS::CloudWatch::Alarm") {
		if p := alarm.Properties; p["Namespace"] == settings.MetricNamespace {
			name := strings.TrimPrefix(p["AlarmName"].(string), settings.OwnAlarmPrefix)
			got[name] = [5]any{p["MetricName"], p["Statistic"], p["Threshold"], p["Period"], p["ComparisonOperator"]}
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	body := texts(tmpl.one(t, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"])[0]
	for _, search := range []string{
		`SEARCH('{OpsWorksMaintenance,Stack,Outcome} MetricName=\"Outcomes\" Stack=\"opsworks-maintenance\"', 'Sum')`,
		`SEARCH('{OpsWorksMaintenance,Stack,State} MetricName=\"OpenRuns\" Stack=\"opsworks-maintenance\"', 'Maximum')`,
		`"OpsWorksMaintenance","OldestDueSeconds","Stack","opsworks-maintenance"`,
		`"OpsWorksMaintenance","DroppedNotifications","Stack","opsworks-maintenance"`,
	} {
		if !strings.Contains(body, search) {
			t.Errorf("the dashboard has no %s:\n%s", search, body)
		}
	}
}
