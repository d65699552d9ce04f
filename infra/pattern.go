package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
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
	// maxStars in a rule. EventBridge refuses a rule in which too many wildcards may match at the same time, and does not say
	// how many: https://github.com/aws/event-ruler calls it complexity, and about ten is what others have measured.
	maxStars = 3
	// maxFaults keeps a long list of one kind from burying the others.
	maxFaults = 10
)

// alarmRules spreads what the servers' alarm globs match over as few rules as the limits allow, of which so many may have wildcards.
//
// A name's rule hangs on the names' hashes and on no order. A deployment that adds or removes names changes a rule in place, or puts new
// rules where an old one was or the reverse: CloudFormation deletes what is no longer in the template after all else is done, so that an
// alarm meets the old rule, the new one, or both, whose second delivery is a duplicate. It never meets neither.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
func alarmRules(servers []settings.Server, maxWildcardRules int) ([]eventRule, []check.Fault) {
	var plain, wildcards []matcher
	var faults []check.Fault
	seen := map[settings.Glob]bool{}
	for i, server := range servers {
		for j, glob := range server.Alarms {
			m := newMatcher(settings.Glob(collapseStars(string(glob))))
			m.server, m.index = i, j
			switch {
			case seen[m.glob]:
			case encodedLength(alarmNamePattern([]any{m.value})) > maxPatternLength:
				faults = append(faults, m.fault("%.60q is too long for an EventBridge rule, where a character beyond ASCII may count as twelve; "+
					"write how it begins, and a star"))
			case m.stars > 0:
				wildcards = append(wildcards, m)
			default:
				plain = append(plain, m)
			}
			seen[m.glob] = true
		}
	}
	wild := spread("alarms-wildcard", 1, wildcards)
	if n := len(wild); n > maxWildcardRules {
		faults = append(faults, wildcardFaults(wildcards, n, maxWildcardRules)...)
		wild = nil
	}
	return append(spread("alarms", 1, plain), wild...), faults
}

// spread puts matchers into one rule if they fit, and else into the rules of two halves, told apart by a bit of their hashes. Rules are
// numbered from 1; the halves of rule n are 2n and 2n+1, which are never there together with n.
func spread(name string, number uint64, matchers []matcher) []eventRule {
	if len(matchers) == 0 {
		return nil
	}
	if p, fits := together(matchers); fits {
		return []eventRule{{fmt.Sprintf("%s-%d", name, number), p}}
	}
	var halves [2][]matcher
	for _, m := range matchers {
		half := m.hash >> (bits.Len64(number) - 1) & 1
		halves[half] = append(halves[half], m)
	}
	return append(spread(name, 2*number, halves[0]), spread(name, 2*number+1, halves[1])...)
}

// together is the pattern of these matchers, and whether EventBridge takes it.
func together(matchers []matcher) (p pattern, fits bool) {
	values, stars := make([]any, 0, len(matchers)), 0
	for _, m := range matchers {
		values, stars = append(values, m.value), stars+m.stars
	}
	p = alarmNamePattern(values)
	return p, len(values) == 1 || stars <= maxStars && len(values) <= maxNames && encodedLength(p) <= maxPatternLength
}

// wildcardFaults are those of the first wildcards, in the order of the settings.
func wildcardFaults(wildcards []matcher, need, allowed int) []check.Fault {
	var faults []check.Fault
	for _, m := range wildcards[:min(len(wildcards), maxFaults)] {
		faults = append(faults, m.fault("%.60q is one of %d wildcards, which need %d EventBridge rules, and maxWildcardRules allows %d; "+
			"let the star begin or end the name, or raise maxWildcardRules: an event bus has %d such rules for all who use it",
			len(wildcards), need, allowed, settings.WildcardRulesOfBus))
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

// matcher is a glob in EventBridge's words, and servers[server].alarms[index] where it stands. The stars are counted for a
// wildcard only; prefix and suffix have no limit.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
type matcher struct {
	value         any
	stars         int
	glob          settings.Glob
	hash          uint64
	server, index int
}

func newMatcher(glob settings.Glob) matcher {
	text := string(glob)
	sum := sha256.Sum256([]byte(text))
	m := matcher{glob: glob, hash: binary.BigEndian.Uint64(sum[:])}
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
