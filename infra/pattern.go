package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// pattern is an EventBridge event pattern as JSON has it.
type pattern map[string]any

// eventRule is a rule on the default event bus; its name follows that of the stack.
type eventRule struct {
	Name    string
	Pattern pattern
}

// eventRules are the rules that the settings ask for. The faults are those of EventBridge's limits.
func eventRules(document settings.Settings) ([]eventRule, []check.Fault) {
	var rules []eventRule
	named, faults := alarmPatterns(document.Servers)
	for i, p := range named {
		rules = append(rules, eventRule{fmt.Sprintf("alarms-%d", i+1), p})
	}
	if reachedBy(document, settings.TriggerTag) {
		rules = append(rules, eventRule{"alarms-by-tag", alarmPattern("alarmTags", maintenance.TagKey)})
	}
	if reachedBy(document, settings.TriggerDimension) {
		rules = append(rules,
			eventRule{"alarms-by-dimension", alarmPattern("configuration", "metrics", "metricStat", "metric", "dimensions", events.DimensionName)},
			eventRule{"alarms-by-contributor", alarmPattern("alarmContributor", "attributes", events.DimensionName)})
	}
	if runbooks := runbookNames(document.Servers); len(runbooks) > 0 {
		finished := runFinishedPattern(runbooks)
		if length(finished) > longestPattern {
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
	return changed(path[0], field)
}

// changed matches the change to ALARM, and the return to OK, which takes the alarm back from a run that waits. It does not leave out
// what is suppressed or muted: the function sees it, and its log says why nothing was started.
func changed(field string, value any) pattern {
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
func runbookNames(servers []settings.Server) []string {
	var names []string
	for _, runbook := range ofAll(servers, runbookOf) {
		name := deployed(runbook)
		if name = name[strings.LastIndexByte(name, '/')+1:]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// EventBridge's limits. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const (
	// longestPattern of the 2,048 characters a pattern may have, as compact JSON with escapes. How CloudFormation writes it is
	// documented nowhere: a space after each colon and comma still fits, because of mostNames.
	longestPattern = 1800
	mostNames      = 100
	// mostWildcardRules on a bus; the limit cannot be raised.
	mostWildcardRules = 30
	// mostStars in a rule. EventBridge refuses a rule in which too many wildcards may match at the same time, and does not say
	// how many: https://github.com/aws/event-ruler calls it complexity, and about ten is what others have measured.
	mostStars = 3
	// mostFaults keeps a long list of one kind from burying the others.
	mostFaults = 10
)

// alarmPatterns packs what the servers' alarm globs match into as few patterns as the limits allow, in the order of the settings.
// Those with the most wildcards come first among the wildcards: the others fill the rules up.
func alarmPatterns(servers []settings.Server) ([]pattern, []check.Fault) {
	plain, wild := packer{}, packer{}
	var wildcards []matcher
	var faults []check.Fault
	for i, server := range servers {
		for j, glob := range distinct(server.Alarms) {
			if glob == "" {
				continue
			}
			m := newMatcher(glob)
			m.server, m.index = i, j
			switch {
			case length(named([]any{m.value})) > longestPattern:
				faults = append(faults, m.fault("%.60q is too long for an EventBridge rule, where a character beyond ASCII may count as twelve; write how it begins, and a star"))
			case m.stars > 0:
				wildcards = append(wildcards, m)
			default:
				plain.add(m)
			}
		}
	}
	slices.SortStableFunc(wildcards, func(a, b matcher) int { return b.stars - a.stars })
	for _, m := range wildcards {
		wild.add(m)
	}
	if len(wild.packs) > mostWildcardRules {
		faults = append(faults, tooMany(wild.packs[mostWildcardRules:])...)
		wild.packs = wild.packs[:mostWildcardRules]
	}
	var patterns []pattern
	for _, pack := range append(plain.packs, wild.packs...) {
		patterns = append(patterns, named(pack.values))
	}
	return patterns, faults
}

// tooMany are the faults of what did not find a place, in the order of the settings.
func tooMany(packs []pack) []check.Fault {
	var left []matcher
	for _, pack := range packs {
		left = append(left, pack.matchers...)
	}
	slices.SortFunc(left, func(a, b matcher) int { return cmp.Or(a.server-b.server, a.index-b.index) })
	var faults []check.Fault
	for _, m := range left[:min(len(left), mostFaults)] {
		faults = append(faults, m.fault("%.60q is a wildcard too many: EventBridge allows %d rules with them, and %d stars fit into one; let the star begin or end the name",
			mostWildcardRules, mostStars))
	}
	if more := len(left) - mostFaults; more > 0 {
		faults[mostFaults-1].Problem += fmt.Sprintf("; so are %d more", more)
	}
	return faults
}

func named(matchers []any) pattern { return changed("alarmName", matchers) }

// collapse makes one star of several in a row, which EventBridge refuses.
func collapse(glob string) string {
	for strings.Contains(glob, "**") {
		glob = strings.ReplaceAll(glob, "**", "*")
	}
	return glob
}

// distinct are a server's globs, each at its place, and "" for one that says nothing the others do not: a glob that matches the
// text of another, stars and all, matches whatever that one does. Two servers' globs never overlap, which settings/check makes
// sure of.
func distinct(alarms []settings.Glob) []settings.Glob {
	globs := make([]settings.Glob, len(alarms))
	var starred []settings.Glob
	seen := map[settings.Glob]bool{}
	for i, glob := range alarms {
		if glob = settings.Glob(collapse(string(glob))); seen[glob] {
			continue
		}
		seen[glob] = true
		globs[i] = glob
		if strings.Contains(string(glob), "*") {
			starred = append(starred, glob)
		}
	}
	for i, glob := range globs {
		if slices.ContainsFunc(starred, func(other settings.Glob) bool { return other != glob && other.Match(string(glob)) }) {
			globs[i] = ""
		}
	}
	return globs
}

// matcher is a glob in EventBridge's words, and servers[server].alarms[index] where it stands. The stars are counted for a
// wildcard only; prefix and suffix have no limit.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
type matcher struct {
	value         any
	stars         int
	glob          settings.Glob
	server, index int
}

func newMatcher(glob settings.Glob) matcher {
	text := string(glob)
	m := matcher{glob: glob}
	switch stars := strings.Count(text, "*"); {
	case stars == 0:
		m.value = text
	case stars == 1 && len(text) > 1 && strings.HasSuffix(text, "*"):
		m.value = map[string]any{"prefix": strings.TrimSuffix(text, "*")}
	case stars == 1 && len(text) > 1 && strings.HasPrefix(text, "*"):
		m.value = map[string]any{"suffix": strings.TrimPrefix(text, "*")}
	default:
		// Backslash and star are what can be escaped: https://github.com/aws/event-ruler#wildcard-matching
		m.value, m.stars = map[string]any{"wildcard": strings.ReplaceAll(text, `\`, `\\`)}, stars
	}
	return m
}

func (m matcher) fault(format string, limits ...any) check.Fault {
	return check.Fault{Path: fmt.Sprintf("servers[%d].alarms[%d]", m.server, m.index),
		Problem: fmt.Sprintf(format, append([]any{m.glob}, limits...)...)}
}

// packer puts each matcher into the first pattern that has room for it.
type packer struct{ packs []pack }

type pack struct {
	values   []any
	matchers []matcher
	size     int
	stars    int
}

func (p *packer) add(m matcher) {
	size := length(m.value) + len(",")
	i := slices.IndexFunc(p.packs, func(other pack) bool {
		return other.size+size <= longestPattern && len(other.values) < mostNames && (m.stars == 0 || other.stars+m.stars <= mostStars)
	})
	if i < 0 {
		i = len(p.packs)
		p.packs = append(p.packs, pack{size: length(named([]any{}))})
	}
	to := &p.packs[i]
	to.values, to.matchers = append(to.values, m.value), append(to.matchers, m)
	to.size += size
	to.stars += m.stars
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
