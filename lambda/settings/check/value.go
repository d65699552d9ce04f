package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	kindNull kind = iota
	kindBoolean
	kindNumber
	kindText
	kindList
	kindObject
)

// value is one JSON value as it was written. encoding/json's own decoding into
// structs stops at the first wrong type, takes the last of two equal keys and
// lets null through; all three must be faults with a path.
type value struct {
	kind  kind
	key   string  // in an object: the member's name
	text  string  // text: decoded; number and boolean: as written
	parts []value // list: items; object: members, in the order written
}

// readDocument turns bytes into a tree, or says where they stop being JSON.
func readDocument(document []byte) (value, *Fault) {
	if !utf8.Valid(document) {
		return value{}, &Fault{"settings", position(document, invalidUTF8(document)) + ": not UTF-8; save the file as UTF-8"}
	}
	// Valid also bounds the nesting (10,000 levels), so scanning may recurse.
	if !json.Valid(document) {
		return value{}, &Fault{"settings", SyntaxProblem(document)}
	}
	s := scanner{source: string(document)}
	return s.value(), nil
}

// SyntaxProblem says where a text stops being JSON, as an editor counts lines and columns, why, and what to write instead: "" where it
// is JSON.
func SyntaxProblem(document []byte) string {
	if json.Valid(document) {
		return ""
	}
	var whole json.RawMessage
	err := json.Unmarshal(document, &whole)

	first := json.NewDecoder(bytes.NewReader(document))
	if first.Decode(&whole) == nil {
		end := int(first.InputOffset())
		end += len(document[end:]) - len(bytes.TrimLeft(document[end:], " \t\r\n"))
		return position(document, end) + ": something follows the JSON object; remove it"
	}
	at := len(document)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && !endsTooEarly(err) {
		at = max(0, int(syntax.Offset)-1) // Offset counts the byte that was refused
	}
	return fmt.Sprintf("%s: not JSON: %v%s", position(document, at), err, remedy(err, document, at))
}

func endsTooEarly(err error) bool { return strings.HasPrefix(err.Error(), "unexpected end") }

// remedy is what to write for the slips that people make in JSON.
func remedy(err error, document []byte, at int) string {
	if at == 0 {
		return "; write the settings, {\"servers\": […]}"
	}
	if endsTooEarly(err) {
		return "; close what is still open: a quote, ] or }"
	}
	refused := document[at]
	afterComma := bytes.HasSuffix(bytes.TrimRight(document[:at], " \t\r\n"), []byte(","))
	says := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case (refused == ']' || refused == '}') && afterComma:
		return "; remove the comma before it"
	case refused == '/' || refused == '#':
		return "; JSON has no comments, remove it"
	case says("after array element") || says("after object key:value pair"):
		return "; write a comma before it"
	case says("after object key"):
		return "; write a colon before it"
	case says("in string literal") && refused < ' ':
		return "; end the text with a double quote before it"
	case says("looking for beginning") && (refused == '\'' || refused > 0x7f || isLetter(refused)):
		return "; put keys and texts in double quotes, as in \"name\""
	}
	return ""
}

func invalidUTF8(document []byte) int {
	at := 0
	for at < len(document) {
		r, size := utf8.DecodeRune(document[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// position is given as an editor does: line and column from 1.
func position(document []byte, at int) string {
	before := document[:min(at, len(document))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// scanner cuts a document that is known to be valid JSON into values. It can
// be this small only because json.Valid has read the same bytes before.
type scanner struct {
	source string
	at     int
}

func (s *scanner) value() value {
	s.skip(" \t\r\n")
	switch s.source[s.at] {
	case '"':
		return value{kind: kindText, text: s.text()}
	case '[':
		return value{kind: kindList, parts: s.parts(']')}
	case '{':
		return value{kind: kindObject, parts: s.parts('}')}
	case 'n':
		s.literal()
		return value{kind: kindNull}
	case 't', 'f':
		return value{kind: kindBoolean, text: s.literal()}
	}
	return value{kind: kindNumber, text: s.literal()}
}

func (s *scanner) parts(end byte) []value {
	var parts []value
	s.at++ // the opening bracket
	for {
		s.skip(" \t\r\n,")
		if s.source[s.at] == end {
			s.at++
			return parts
		}
		key := ""
		if end == '}' {
			key = s.text()
			s.skip(" \t\r\n:")
		}
		part := s.value()
		part.key = key
		parts = append(parts, part)
	}
}

// text returns a part of the source itself unless an escape must be decoded.
func (s *scanner) text() string {
	start, escaped := s.at, false
	for s.at++; s.source[s.at] != '"'; s.at++ {
		if s.source[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	s.at++
	raw := s.source[start:s.at]
	if !escaped {
		return raw[1 : len(raw)-1]
	}
	var decoded string
	if err := json.Unmarshal([]byte(raw), &decoded); err != nil {
		return raw // cannot be: the document is valid
	}
	return decoded
}

func (s *scanner) literal() string {
	start := s.at
	for s.at < len(s.source) && !strings.ContainsRune(" \t\r\n,]}", rune(s.source[s.at])) {
		s.at++
	}
	return s.source[start:s.at]
}

func (s *scanner) skip(set string) {
	for s.at < len(s.source) && strings.IndexByte(set, s.source[s.at]) >= 0 {
		s.at++
	}
}
