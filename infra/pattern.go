package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"opsworks-maintenance/lambda/settings"
	"opsworks-maintenance/lambda/settings/check"
)

// pattern is an EventBridge event pattern as JSON has it.
type pattern map[string]any

// EventBridge's limits. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const (
	// maxPatternLength of the 2,048 characters a pattern may have, as compact JSON with escapes. How CloudFormation writes it is
	// documented nowhere: a space after each colon and comma still fits, because of maxNames.
	maxPatternLength = 1800
	maxNames         = 100
	// maxWildcardRules on a bus; the limit cannot be raised.
	maxWildcardRules = 30
	// maxStars in a rule. EventBridge refuses a rule in which too many wildcards may match at the same time, and does not say
	// how many: https://github.com/aws/event-ruler calls it complexity, and about ten is what others have measured.
	maxStars = 3
	// maxFaults keeps a long list of one kind from burying the others.
	maxFaults = 10
)

// alarmPatterns packs what the servers' alarm globs match into as few patterns as the limits allow, in the order of the settings.
// Those with the most wildcards come first among the wildcards: the others fill the rules up.
func alarmPatterns(servers []settings.Server) ([]pattern, []check.Fault) {
	plain, wild := packer{}, packer{}
	var wildcards []matcher
	var faults []check.Fault
	for i, server := range servers {
		for j, glob := range distinctGlobs(server.Alarms) {
			if glob == "" {
				continue
			}
			m := newMatcher(glob)
			m.server, m.index = i, j
			switch {
			case encodedLength(alarmNamePattern([]any{m.value})) > maxPatternLength:
				faults = append(faults, m.fault("%.60q is too long for an EventBridge rule, where a character beyond ASCII may count as twelve; "+
					"write how it begins, and a star"))
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
	if len(wild.packs) > maxWildcardRules {
		faults = append(faults, wildcardFaults(wild.packs[maxWildcardRules:])...)
		wild.packs = wild.packs[:maxWildcardRules]
	}
	var patterns []pattern
	for _, pack := range append(plain.packs, wild.packs...) {
		patterns = append(patterns, alarmNamePattern(pack.values))
	}
	return patterns, faults
}

// wildcardFaults are the faults of what did not find a place, in the order of the settings.
func wildcardFaults(packs []pack) []check.Fault {
	var left []matcher
	for _, pack := range packs {
		left = append(left, pack.matchers...)
	}
	slices.SortFunc(left, func(a, b matcher) int { return cmp.Or(a.server-b.server, a.index-b.index) })
	var faults []check.Fault
	for _, m := range left[:min(len(left), maxFaults)] {
		faults = append(faults, m.fault("%.60q is a wildcard too many: EventBridge allows %d rules with them, and %d stars fit into one; "+
			"let the star begin or end the name", maxWildcardRules, maxStars))
	}
	if more := len(left) - maxFaults; more > 0 {
		faults[maxFaults-1].Problem += fmt.Sprintf("; so are %d more", more)
	}
	return faults
}

func alarmNamePattern(matchers []any) pattern { return stateChangePattern("alarmName", matchers) }

// collapseStars makes one star of several in a row, which EventBridge refuses.
func collapseStars(glob string) string {
	for strings.Contains(glob, "**") {
		glob = strings.ReplaceAll(glob, "**", "*")
	}
	return glob
}

// distinctGlobs are a server's globs, each at its place, and "" for one that says nothing the others do not: a glob that matches the
// text of another, stars and all, matches whatever that one does. Two servers' globs never overlap, which settings/check makes
// sure of.
func distinctGlobs(alarms []settings.Glob) []settings.Glob {
	globs := make([]settings.Glob, len(alarms))
	var starred []settings.Glob
	seen := map[settings.Glob]bool{}
	for i, glob := range alarms {
		if glob = settings.Glob(collapseStars(string(glob))); seen[glob] {
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
	size := encodedLength(m.value) + len(",")
	i := slices.IndexFunc(p.packs, func(other pack) bool {
		return other.size+size <= maxPatternLength && len(other.values) < maxNames && (m.stars == 0 || other.stars+m.stars <= maxStars)
	})
	if i < 0 {
		i = len(p.packs)
		p.packs = append(p.packs, pack{size: encodedLength(alarmNamePattern([]any{}))})
	}
	to := &p.packs[i]
	to.values, to.matchers = append(to.values, m.value), append(to.matchers, m)
	to.size += size
	to.stars += m.stars
}

// encodedLength is that of a value as compact JSON in which everything beyond ASCII is escaped.
func encodedLength(value any) int {
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
