package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"opsworks-maintenance/lambda/settings"
)

// reachesOwnAlarms tells whether the glob claims alarms about the function of
// this name, by their beginning or whatever they are called. A glob that asks for
// an ending of its own, "*-errors", is none: the function ignores its own alarms
// in any case.
func reachesOwnAlarms(g settings.Glob, name string) bool {
	prefix, _, _ := strings.Cut(string(g), "*")
	return slices.ContainsFunc(settings.OwnAlarms(name), g.Match) && (strings.HasPrefix(prefix, name+"-") || g.Match(name+"-\x00"))
}

// longestAlarmName is the limit of the CloudWatch API, PutMetricAlarm.
const longestAlarmName = 255

// covers tells whether a glob matches every name that another does: what stands for a star of that is a character that no glob has.
func covers(g, other settings.Glob) bool {
	return g.Match(strings.ReplaceAll(string(other), "*", "\x00"))
}

func alarmGlobProblem(text string) string {
	if text == "" {
		return `"" is no alarm's name; write one, or how it begins and *`
	}
	if n := utf8.RuneCountInString(text); n > longestAlarmName {
		return fmt.Sprintf("%s has %d characters, and the name of an alarm at most %d; write how it begins, and * for the rest",
			quoted(text), n, longestAlarmName)
	}
	for _, r := range text {
		switch {
		case r < ' ' || r == 0x7f: // PutMetricAlarm: "can't contain ASCII control characters"
			return fmt.Sprintf("%s has the control character %U, which no alarm's name has; remove it", quoted(text), r)
		case !unicode.IsPrint(r):
			return fmt.Sprintf("%s has the character %U, which nobody can see; write * in its place", quoted(text), r)
		}
	}
	if strings.HasPrefix(text, "arn:") {
		return quoted(text) + " is an ARN; write the alarm's name, which stands behind :alarm:"
	}
	return ""
}

// ruleGlobProblem applies the EventBridge API's rule for the names of rules
// (PutRule): 1 to 64 letters, digits, dots, dashes and underscores.
func ruleGlobProblem(text string) string {
	if text == "" || len(text) > 64 || !onlyBytes(text, func(c byte) bool { return c == '*' || isNameByte(c) }) {
		return quoted(text) + " is not the name of a rule; write 1 to 64 letters, digits, dots, dashes, underscores and *"
	}
	return ""
}
