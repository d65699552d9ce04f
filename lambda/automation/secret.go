package automation

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
)

// secret is a value that no text may hold, and what stands in its place.
type secret struct{ name, value string }

// secrets are the longest first, so that one that begins like another is not taken for it.
type secrets []secret

// secrets are the values of an execution's parameters, unless the settings call them public. Which node and which
// run it is about are none, by whatever name.
func (all servers) secrets(run maintenance.Run, given parameters) secrets {
	s := all[run.ServerName]
	public := append([]string{maintenance.ParameterNode, maintenance.ParameterRunID, s.UpgradeParameter}, s.PublicParameters...)
	var hidden secrets
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(public, name) {
			continue
		}
		for _, value := range given[name] {
			if value != run.Attempt.ServerAtDecision.Node && value != run.ID && strings.ContainsFunc(value, isWord) {
				hidden = append(hidden, secret{name, value})
			}
		}
	}
	slices.SortStableFunc(hidden, func(a, b secret) int { return len(b.value) - len(a.value) })
	return hidden
}

// isWord: what has neither letters nor digits would blank the marks between all words.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// hide puts the names of parameters in place of their values.
func (s secrets) hide(text string) string {
	var b strings.Builder
	cuts := cutsOf(text)
	for at := 0; at < len(text); {
		for len(cuts) > 1 && cuts[0] <= at {
			cuts = cuts[1:]
		}
		name, end := s.at(text, at, cuts)
		if end == 0 {
			_, size := utf8.DecodeRuneInString(text[at:])
			b.WriteString(text[at : at+size])
			at += size
			continue
		}
		b.WriteString("(" + name + ")")
		at = end
	}
	return b.String()
}

// at finds a value that begins at a place in a text and gives its end, 0 if none does: whole ones before what a cut left of one.
func (s secrets) at(text string, at int, cuts []int) (name string, end int) {
	for _, one := range s {
		if end := one.whole(text, at); end > 0 {
			return one.name, end
		}
	}
	for _, one := range s {
		if end := one.cutOff(text, at, cuts); end > 0 {
			return one.name, end
		}
	}
	return "", 0
}

// cutMarks stand where a text was cut: dots, or what SSM Agent writes after a command's output.
var cutMarks = []string{"…", "...", "---Output truncated---", "---Error truncated---"}

// cutsOf are the places where a text may have been cut, its end the last.
func cutsOf(text string) []int {
	cuts := []int{len(text)}
	for at := range text {
		if slices.ContainsFunc(cutMarks, func(mark string) bool { return strings.HasPrefix(text[at:], mark) }) {
			cuts = append(cuts, len(strings.TrimRight(text[:at], "\r\n")))
		}
	}
	slices.Sort(cuts)
	return cuts
}

// whole gives the end of the value that begins at a place, raw or escaped; 0 if none does.
func (s secret) whole(text string, at int) int {
	if s.insideWord(text[:at], "") {
		return 0
	}
	for level := range escapeLevels {
		if read, size, _ := match(text[at:], s.value, level); read == len(s.value) && !s.insideWord("", text[at+size:]) {
			return at + size
		}
	}
	return 0
}

// cutOff gives the cut before which the beginning of the value stands, and enough of it to be that; 0 if there is none.
func (s secret) cutOff(text string, at int, cuts []int) int {
	const least = 8 // characters
	if s.insideWord(text[:at], "") {
		return 0
	}
	for level := range escapeLevels {
		_, size, _ := match(text[at:], s.value, level)
		if size < least {
			continue
		}
		for _, cut := range cuts {
			if cut <= at || cut > at+size+longestEscape {
				continue
			}
			if read, _, ended := match(text[at:cut], s.value, level); ended && utf8.RuneCountInString(s.value[:read]) >= least {
				return cut
			}
		}
	}
	return 0
}

// insideWord reports whether the text before or after goes on as the word that a value begins or ends as. A long value that is not of
// letters alone is no part of any word: it is hidden wherever it stands.
func (s secret) insideWord(before, after string) bool {
	const long = 8 // characters
	if utf8.RuneCountInString(s.value) >= long && strings.ContainsFunc(s.value, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s.value)
	last, _ := utf8.DecodeLastRuneInString(s.value)
	left, _ := utf8.DecodeLastRuneInString(before)
	right, _ := utf8.DecodeRuneInString(after)
	return isWord(first) && isWord(left) || isWord(last) && isWord(right)
}
