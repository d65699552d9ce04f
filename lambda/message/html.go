package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

// HTML is markup that is made of this program's constants, and of text that stays text whatever is in it.
type HTML struct{ b strings.Builder }

// constant is markup that stands in the program. The type has no name elsewhere, so that no text from outside can be made one.
type constant string

// blank is where a value goes.
const blank = "{}"

// Put writes markup, with a value in place of each {}: *HTML and JSON as they are, all else as text. An attribute that holds one is in
// single quotes.
func (h *HTML) Put(markup constant, values ...any) {
	rest := string(markup)
	for _, value := range values {
		before, after, found := strings.Cut(rest, blank)
		if !found {
			panic("more values than blanks: " + string(markup))
		}
		h.b.WriteString(before)
		h.value(value)
		rest = after
	}
	if strings.Contains(rest, blank) {
		panic("more blanks than values: " + string(markup))
	}
	h.b.WriteString(rest)
}

func (h *HTML) value(value any) {
	switch value := value.(type) {
	case *HTML:
		h.b.WriteString(value.String())
	case JSON:
		// A browser reads this as text. Marshal escapes <, > and & within strings, and nothing else of JSON is markup.
		text, err := json.Marshal(value.Value)
		if err != nil {
			panic(err) // what this program makes of texts always has a form
		}
		for _, c := range string(text) {
			if c <= '~' {
				h.b.WriteRune(c)
				continue
			}
			for _, unit := range utf16.AppendRune(nil, c) { // what cannot be seen, or turns the direction, is not there as such
				fmt.Fprintf(&h.b, `\u%04x`, unit)
			}
		}
	default:
		_, _ = escaper.WriteString(&h.b, clean(fmt.Sprint(value), longField))
	}
}

// String is what has been written.
func (h *HTML) String() string { return h.b.String() }

// Len is how many bytes that are.
func (h *HTML) Len() int { return h.b.Len() }

// JSON is a value that is written as JSON, outside of tags.
type JSON struct{ Value any }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")
