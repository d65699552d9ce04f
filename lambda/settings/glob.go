package settings

import "strings"

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
