package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
)

func schedulesAreUnderstood(t *testing.T, tmpl template) {
	sweeps, asked := 0, map[string][]string{}
	for id, s := range tmpl.of("AWS::Scheduler::Schedule") {
		input, _ := plain(dig(s.Properties, "Target", "Input")).(string)
		// What Scheduler does with its keyword.
		input = strings.ReplaceAll(input, "<aws.scheduler.scheduled-time>", "2026-11-28T22:00:00Z")
		event, err := events.Decode([]byte(input))
		if err != nil {
			t.Errorf("%s: %s: %v", id, input, err)
			continue
		}
		switch event := event.(type) {
		case events.Sweep:
			sweeps++
			if s.Properties["ScheduleExpression"] != "rate(1 minute)" {
				t.Errorf("the sweep runs at %v", s.Properties["ScheduleExpression"])
			}
		case events.Schedule:
			if event.Name != s.Properties["Name"] || !event.At.Equal(time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)) {
				t.Errorf("%s: %+v", id, event)
			}
			asked[event.Name] = event.ServerNames
			group := func(id string) bool { return strings.HasPrefix(id, "TriggersSchedulesGroup") }
			if s.Properties["GroupName"] != stackName || !slices.ContainsFunc(s.DependsOn, group) {
				t.Errorf("%s is in group %v and waits for %v", id, s.Properties["GroupName"], s.DependsOn)
			}
		default:
			t.Errorf("%s: %s is %T to the function", id, input, event)
		}
	}
	want := map[string][]string{}
	for _, server := range tmpl.Plan.Settings.Servers {
		for _, s := range server.Schedules {
			want[s.Name] = append(want[s.Name], server.Name)
			deployed := tmpl.schedule(t, s.Name)
			if deployed["ScheduleExpression"] != s.Expression || deployed["ScheduleExpressionTimezone"] != server.Timezone {
				t.Errorf("schedule %s: %v", s.Name, deployed)
			}
			flexible := map[string]any{"Mode": "OFF"}
			if s.Flexible > 0 {
				flexible = map[string]any{"Mode": "FLEXIBLE", "MaximumWindowInMinutes": s.Flexible.Minutes()}
			}
			if !reflect.DeepEqual(deployed["FlexibleTimeWindow"], flexible) {
				t.Errorf("schedule %s: flexible %v, want %v", s.Name, deployed["FlexibleTimeWindow"], flexible)
			}
		}
	}
	if sweeps != 1 || !reflect.DeepEqual(asked, want) {
		t.Errorf("%d sweeps; schedules ask for %v, want %v", sweeps, asked, want)
	}
}

func (tmpl template) schedule(t *testing.T, name string) map[string]any {
	t.Helper()
	for _, s := range tmpl.of("AWS::Scheduler::Schedule") {
		if s.Properties["Name"] == name {
			return s.Properties
		}
	}
	t.Fatalf("there is no schedule %s", name)
	return nil
}
