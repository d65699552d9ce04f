package main

import (
	"slices"
	"strings"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// eventRule is a rule on the default event bus; its name follows that of the stack.
type eventRule struct {
	Name    string
	Pattern pattern
}

// eventRules are the rules that the settings ask for, in a stack of this name. The faults are those of EventBridge's limits.
func eventRules(stack string, document settings.Settings) ([]eventRule, []check.Fault) {
	rules, faults := alarmRules(document.Servers, document.MaxWildcardRules)
	if hasTrigger(document, settings.TriggerTag) {
		rules = append(rules, eventRule{"alarms-by-tag", alarmPattern("alarmTags", maintenance.TagKey)})
	}
	if hasTrigger(document, settings.TriggerDimension) {
		rules = append(rules,
			eventRule{"alarms-by-dimension", alarmPattern("configuration", "metrics", "metricStat", "metric", "dimensions", events.DimensionName)},
			eventRule{"alarms-by-contributor", alarmPattern("alarmContributor", "attributes", events.DimensionName)})
	}
	if runbooks := runbookNames(stack, document.Servers); len(runbooks) > 0 {
		finished := runFinishedPattern(runbooks)
		if encodedLength(finished) > maxPatternLength {
			finished = runFinishedPattern(nil) // too many names for one pattern: the function knows its own runs
		}
		rules = append(rules, eventRule{"runs-finished", finished})
	}
	return rules, faults
}

// stateChanges are the events of an alarm that may ask for maintenance.
var stateChanges = []string{"CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"}

// alarmPattern matches alarms whose detail has a field at this path. The function looks for it in both kinds of events, and so do
// all patterns.
func alarmPattern(path ...string) pattern {
	var field any = []any{map[string]any{"exists": true}}
	for i := len(path) - 1; i > 0; i-- {
		field = map[string]any{path[i]: field}
	}
	return stateChangePattern(path[0], field)
}

// stateChangePattern matches the change to ALARM, and the return to OK, which takes the alarm back from a run that waits. It does not
// leave out what is suppressed or muted: the function sees it, and its log says why nothing was started.
func stateChangePattern(field string, value any) pattern {
	return pattern{
		"source":      []string{"aws.cloudwatch"},
		"detail-type": stateChanges,
		"detail":      map[string]any{"state": map[string]any{"value": []string{"ALARM", "OK"}}, field: value},
	}
}

// runFinishedPattern matches the end of an automation execution, of these documents if there are any.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html
func runFinishedPattern(documents []string) pattern {
	detail := map[string]any{"Status": []string{
		"Success", "CompletedWithSuccess",
		"Failed", "TimedOut", "Cancelled", "Rejected", "CompletedWithFailure", "Exited", "ChangeCalendarOverrideRejected",
	}}
	if len(documents) > 0 {
		detail["Definition"] = documents
	}
	return pattern{
		"source":      []string{"aws.ssm"},
		"detail-type": []string{"EC2 Automation Execution Status-change Notification"},
		"detail":      detail,
	}
}

// runbookNames are those of the documents that the servers' runs execute, as the event has them: of an ARN, what follows the slash.
func runbookNames(stack string, servers []settings.Server) []string {
	var names []string
	for _, runbook := range distinctValues(servers, runbookOf) {
		name := documentName(stack, runbook)
		if name = name[strings.LastIndexByte(name, '/')+1:]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
