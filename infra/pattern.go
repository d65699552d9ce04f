package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/settings"
)

// pattern is an EventBridge event pattern as JSON has it.
type pattern map[string]any

// eventRule is a rule on the default event bus; its name follows that of the stack.
type eventRule struct {
	Name    string
	Pattern pattern
}

// eventRules are the rules that the settings ask for. The faults are those of EventBridge's limits.
func eventRules(document settings.Settings) ([]eventRule, []settings.Fault) {
	var rules []eventRule
	named, faults := alarmPatterns(document.Servers)
	for i, p := range named {
		rules = append(rules, eventRule{fmt.Sprintf("alarms-%d", i+1), p})
	}
	if reachedBy(document, settings.TriggerTag) {
		rules = append(rules, eventRule{"alarms-by-tag", alarmPattern(stateChanges, "alarmTags", events.TagKey)})
	}
	if reachedBy(document, settings.TriggerDimension) {
		rules = append(rules,
			eventRule{"alarms-by-dimension", alarmPattern(stateChanges[:1], "configuration", "metrics", "metricStat", "metric", "dimensions", events.DimensionName)},
			eventRule{"alarms-by-contributor", alarmPattern(stateChanges[1:], "alarmContributor", "attributes", events.DimensionName)})
	}
	if runbooks, any := runbooks(document.Servers); any {
		rules = append(rules, eventRule{"runs-finished", runFinishedPattern(runbooks)})
	}
	return rules, faults
}

// stateChanges are the events of an alarm that may ask for maintenance.
var stateChanges = []string{"CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"}

// alarmPattern matches alarms in ALARM whose detail has a field at this path.
func alarmPattern(types []string, path ...string) pattern {
	var field any = []any{map[string]any{"exists": true}}
	for i := len(path) - 1; i > 0; i-- {
		field = map[string]any{path[i]: field}
	}
	return inAlarm(types, path[0], field)
}

// inAlarm does not leave out what is suppressed or muted: the function sees it, and its log says why nothing was started.
func inAlarm(types []string, field string, value any) pattern {
	return pattern{
		"source":      []string{"aws.cloudwatch"},
		"detail-type": types,
		"detail":      map[string]any{"state": map[string]any{"value": []string{"ALARM"}}, field: value},
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

// runbooks are the names of the documents that the servers' runs execute, as the event has them: without ARN and version. It is
// empty if one server leaves its runbook to the default. The second result tells whether a server has backend ssm at all.
func runbooks(servers []settings.Server) ([]string, bool) {
	var names []string
	seen, all, found := map[string]bool{}, true, false
	for _, server := range servers {
		if server.Backend != settings.BackendSSM {
			continue
		}
		found = true
		name := server.Runbook
		if _, resource, isARN := strings.Cut(name, ":document/"); isARN {
			name = resource
		}
		name, _, _ = strings.Cut(name, ":")
		all = all && name != ""
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if !all {
		return nil, found
	}
	return names, found
}

// EventBridge's limits. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const (
	// longestPattern of the 2,048 characters a pattern may have. How CloudFormation writes it, with spaces or escapes, is
	// documented nowhere, so some are left.
	longestPattern = 1800
	// mostWildcardRules on a bus; the limit cannot be raised.
	mostWildcardRules = 30
	// mostStars in a rule. EventBridge refuses a rule in which too many wildcards may match at the same time, and does not say
	// how many: https://github.com/aws/event-ruler calls it complexity, and about ten is what others have measured.
	mostStars = 3
	// mostFaults keeps a long list of one kind from burying the others.
	mostFaults = 10
)

// alarmPatterns packs what the servers' alarm globs match into as few patterns as the limits allow, in the order of the settings.
func alarmPatterns(servers []settings.Server) ([]pattern, []settings.Fault) {
	plain, wild := packer{}, packer{}
	var faults []settings.Fault
	tooMany := 0
	for i, server := range servers {
		for j, glob := range server.Alarms {
			glob = settings.Glob(collapse(string(glob)))
			if said(glob, server.Alarms[:j], server.Alarms[j+1:]) {
				continue
			}
			match, stars := matcherOf(glob)
			if stars == 0 {
				plain.add(match, 0)
				continue
			}
			if wild.add(match, stars); len(wild.packs) <= mostWildcardRules {
				continue
			}
			wild.packs = wild.packs[:mostWildcardRules]
			if tooMany++; tooMany <= mostFaults {
				faults = append(faults, settings.Fault{Path: fmt.Sprintf("servers[%d].alarms[%d]", i, j), Problem: fmt.Sprintf(
					"%q is a wildcard too many: EventBridge allows %d rules with them, and %d stars fit into one; let the star begin or end the name",
					glob, mostWildcardRules, mostStars)})
			}
		}
	}
	if more := tooMany - mostFaults; more > 0 {
		faults[len(faults)-1].Problem += fmt.Sprintf("; so are %d more", more)
	}
	var patterns []pattern
	for _, pack := range append(plain.packs, wild.packs...) {
		patterns = append(patterns, named(pack.matchers))
	}
	return patterns, faults
}

func named(matchers []any) pattern { return inAlarm(stateChanges, "alarmName", matchers) }

// collapse makes one star of several in a row, which EventBridge refuses.
func collapse(glob string) string {
	for strings.Contains(glob, "**") {
		glob = strings.ReplaceAll(glob, "**", "*")
	}
	return glob
}

// said tells whether other globs of the server say the same already: an equal one before, or any that a plain name matches. Two
// servers' globs never overlap, which settings.Parse makes sure of.
func said(glob settings.Glob, before, after []settings.Glob) bool {
	for _, other := range before {
		if settings.Glob(collapse(string(other))) == glob {
			return true
		}
	}
	if strings.Contains(string(glob), "*") {
		return false
	}
	for _, others := range [][]settings.Glob{before, after} {
		for _, other := range others {
			if other.Match(string(glob)) && strings.Contains(string(other), "*") {
				return true
			}
		}
	}
	return false
}

// matcherOf is a glob in EventBridge's words. The stars are counted for a wildcard only; prefix and suffix have no limit.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
func matcherOf(glob settings.Glob) (match any, stars int) {
	text := string(glob)
	stars = strings.Count(text, "*")
	switch {
	case stars == 0:
		return text, 0
	case stars == 1 && strings.HasSuffix(text, "*"):
		return map[string]any{"prefix": strings.TrimSuffix(text, "*")}, 0
	case stars == 1 && strings.HasPrefix(text, "*"):
		return map[string]any{"suffix": strings.TrimPrefix(text, "*")}, 0
	}
	return map[string]any{"wildcard": strings.ReplaceAll(text, `\`, `\\`)}, stars
}

// packer puts matchers together until a pattern is full.
type packer struct{ packs []pack }

type pack struct {
	matchers []any
	size     int
	stars    int
}

func (p *packer) add(match any, stars int) {
	size := length(match) + len(",")
	if n := len(p.packs); n > 0 {
		last := &p.packs[n-1]
		if last.size+size <= longestPattern && (stars == 0 || last.stars+stars <= mostStars) {
			last.matchers = append(last.matchers, match)
			last.size += size
			last.stars += stars
			return
		}
	}
	p.packs = append(p.packs, pack{[]any{match}, length(named([]any{})) + size, stars})
}

// length is that of a value as compact JSON in which everything beyond ASCII is escaped.
func length(value any) int {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // maps, lists and texts always encode
	}
	n := -1 // Encode ends with a newline
	for _, r := range b.String() {
		if r < 0x80 {
			n++
		} else {
			n += len(`\u0000`) * max(1, utf16.RuneLen(r))
		}
	}
	return n
}
