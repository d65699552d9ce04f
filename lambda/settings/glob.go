package settings

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// OwnAlarmPrefix begins the name of every alarm of this program. None of them
// may start maintenance: an alarm about a failed run would ask for the next.
const OwnAlarmPrefix = "opsworks-maintenance-"

// Glob is a name in which * stands for any run of characters, also for none.
// There is no other wildcard and no escape: no alarm needs a literal star.
type Glob string

// Match tells whether the glob matches the whole name. It takes each literal
// part at its first place, which is never worse than a later one, so nothing is
// tried twice however many stars there are.
func (g Glob) Match(name string) bool {
	prefix, rest, starred := strings.Cut(string(g), "*")
	if !starred {
		return name == prefix
	}
	if !strings.HasPrefix(name, prefix) {
		return false
	}
	name = name[len(prefix):]
	for {
		middle, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, rest)
		}
		at := strings.Index(name, middle)
		if at < 0 {
			return false
		}
		name, rest = name[at+len(middle):], after
	}
}

// literals are the parts before the first and after the last star.
func (g Glob) literals() (prefix, suffix string, starred bool) {
	prefix, _, starred = strings.Cut(string(g), "*")
	return prefix, string(g)[strings.LastIndexByte(string(g), '*')+1:], starred
}

// reachesOwnAlarms tells whether the glob claims alarms of this program
// whatever follows their prefix. A glob that asks for an ending of its own,
// "*-automate-06", is none: the function ignores its own alarms in any case.
func (g Glob) reachesOwnAlarms() bool {
	prefix, _, _ := g.literals()
	return strings.HasPrefix(prefix, OwnAlarmPrefix) || g.Match(OwnAlarmPrefix+"\x00")
}

// longestAlarmName is the limit of the CloudWatch API, PutMetricAlarm.
const longestAlarmName = 255

func alarmGlobProblem(text string) string {
	if n := utf8.RuneCountInString(text); n < 1 || n > longestAlarmName {
		return fmt.Sprintf("%s has %d characters; the name of an alarm has 1 to %d", quoted(text), n, longestAlarmName)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return quoted(text) + " has a character that cannot be printed; leave it out"
		}
	}
	if Glob(text).reachesOwnAlarms() {
		return quoted(text) + " claims this program's own alarms (" + OwnAlarmPrefix +
			"…), which may start nothing; begin it with what only this server's alarms begin with"
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

// isNameByte is what both rules and schedules have in their names.
func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '.' }

// commonName is a shortest name that both globs match, "" if there is none.
// It is needed only for a fault's text, so it may cost the product of the two
// lengths: cost[i][j] is the length of the shortest name for a[i:] and b[j:].
func commonName(a, b Glob) string {
	const none = 1 << 20
	width := len(b) + 1
	cost := make([]int, (len(a)+1)*width)
	at := func(i, j int) int {
		if i > len(a) || j > len(b) {
			return none
		}
		return cost[i*width+j]
	}
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			best := none
			if i == len(a) && j == len(b) {
				best = 0
			}
			eachStep(a[i:], b[j:], func(_ string, di, dj, length int) {
				best = min(best, length+at(i+di, j+dj))
			})
			cost[i*width+j] = best
		}
	}
	if cost[0] >= none {
		return ""
	}
	var name strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		left, taken := cost[i*width+j], false
		fromI, fromJ := i, j
		eachStep(a[fromI:], b[fromJ:], func(char string, di, dj, length int) {
			if !taken && left == length+at(fromI+di, fromJ+dj) {
				taken = true
				name.WriteString(char)
				i, j = fromI+di, fromJ+dj
			}
		})
	}
	return name.String()
}

// eachStep offers the ways in which two globs can go on together: a star that
// ends, a star that takes a character of the other glob, or a character that
// both have. Two stars need never take a character of their own.
func eachStep(a, b Glob, step func(char string, di, dj, length int)) {
	aStar, bStar := a != "" && a[0] == '*', b != "" && b[0] == '*'
	if aStar {
		step("", 1, 0, 0)
	}
	if bStar {
		step("", 0, 1, 0)
	}
	switch {
	case aStar && b != "" && !bStar:
		step(string(b[:1]), 0, 1, 1)
	case bStar && a != "" && !aStar:
		step(string(a[:1]), 1, 0, 1)
	case !aStar && !bStar && a != "" && b != "" && a[0] == b[0]:
		step(string(a[:1]), 1, 1, 1)
	}
}
