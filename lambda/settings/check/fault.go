package check

import (
	"strconv"
	"strings"
)

// Fault is one thing that is wrong, where it stands, and what to write instead.
type Fault struct {
	// Path is the JSON path of the value (servers[1].window.start), "settings"
	// for the document as a whole.
	Path    string
	Problem string
}

func (f Fault) String() string { return f.Path + ": " + f.Problem }

// InvalidError carries every fault that was found, so that who wrote the
// document corrects it once.
type InvalidError struct {
	Faults []Fault
}

// Error lists all faults, one a line.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, fault := range e.Faults {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// quotedLimit keeps one wrong value from burying the other faults.
const quotedLimit = 60

// quoted makes any text of the document safe to print: control characters are
// escaped, so a value cannot forge a second line of the error.
func quoted(text string) string {
	count := 0
	for i := range text {
		if count == quotedLimit {
			return strconv.Quote(text[:i]) + "…"
		}
		count++
	}
	return strconv.Quote(text)
}

// place is where a value stands. It is a chain, not a text, because nearly all
// places are never printed.
type place struct {
	above *place
	key   string
	index int // -1: a member of an object, named by key
}

func (p *place) member(key string) *place { return &place{above: p, key: key, index: -1} }

func (p *place) item(index int) *place { return &place{above: p, index: index} }

func (p *place) String() string {
	if p.above == nil {
		return "settings"
	}
	return p.path()
}

func (p *place) path() string {
	if p.above == nil {
		return ""
	}
	above := p.above.path()
	if p.index >= 0 {
		return above + "[" + strconv.Itoa(p.index) + "]"
	}
	return Member(above, p.key)
}

// Member is the path of an object's member, as faults have it: above.key, or above["a key"] where the key could be misread.
func Member(above, key string) string {
	switch {
	case !isPlainKey(key):
		return above + "[" + quoted(key) + "]"
	case above == "":
		return key
	}
	return above + "." + key
}

// isPlainKey tells whether a key can stand behind a dot without being misread.
func isPlainKey(key string) bool {
	if key == "" || len(key) > quotedLimit {
		return false
	}
	for _, c := range []byte(key) {
		if !isLetter(c) && !isDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isNameByte is what both rules and schedules have in their names.
func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '.' }

func onlyBytes(text string, allowed func(byte) bool) bool {
	for i := range len(text) {
		if !allowed(text[i]) {
			return false
		}
	}
	return true
}
