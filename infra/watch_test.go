package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

func alarmsSpeak(t *testing.T, tmpl template) {
	all := tmpl.of("AWS::CloudWatch::Alarm")
	name := tmpl.one(t, "AWS::Lambda::Function").Properties["FunctionName"].(string)
	var names []string
	for id, alarm := range all {
		for _, key := range []string{"AlarmActions", "OKActions"} {
			if got := texts(alarm.Properties[key]); len(got) != 1 || !strings.HasPrefix(got[0], "${TopicsText") {
				t.Errorf("%s: %s is %v", id, key, got)
			}
		}
		names = append(names, alarm.Properties["AlarmName"].(string))
		if description, _ := alarm.Properties["AlarmDescription"].(string); len(description) < 40 {
			t.Errorf("%s says only %q", id, description)
		}
	}
	want := settings.OwnAlarms(name)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("the alarms are named %q, and the function knows %q for its own", names, want)
	}
	// Missing data mean different things to "something happened" and to "something did not".
	for id, alarm := range all {
		if alarm.Properties["Namespace"] == settings.MetricNamespace {
			want := []any{map[string]any{"Name": settings.DimensionStack, "Value": name}}
			if got := alarm.Properties["Dimensions"]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s watches %v, and the function writes %v", id, got, want)
			}
		}
		missing := alarm.Properties["AlarmName"] == name+"-"+settings.AlarmNoSweep
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
			name := strings.TrimPrefix(p["AlarmName"].(string), stackName+"-")
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
