package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is where a command prints: answers to out, everything else to err. Questions are answered at in.
type screen struct {
	in       io.Reader
	out, err io.Writer
	width    int // of the terminal that out is; 0 for a pipe or a file
	now      func() time.Time
}

// standard is the process's own.
func standard() screen {
	s := screen{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}
	if out := int(os.Stdout.Fd()); term.IsTerminal(out) {
		s.width, _, _ = term.GetSize(out)
		s.width = max(s.width, 80) // a terminal that does not know its size, and one that is too narrow for a run's id
	}
	return s
}

func (s screen) print(text string) error {
	_, err := io.WriteString(s.out, text)
	return err
}

// note says something beside the answer, on a terminal broken between words. An stderr that is closed is no reason to fail.
func (s screen) note(format string, args ...any) {
	for line := range strings.SplitSeq(fmt.Sprintf(format, args...), "\n") {
		if s.width > 0 && utf8.RuneCountInString(line) > s.width {
			line = wrap(line, s.width-2, 2)
		}
		_, _ = fmt.Fprintln(s.err, line)
	}
}

// json prints a document, indented; its characters stay as they came.
func (s screen) json(document json.RawMessage) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, document, "", "  "); err != nil {
		return err
	}
	return s.print(indented.String() + "\n")
}

// row prints one line for machines: strings and times.
func (s screen) row(cells ...any) error {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = clean(fmt.Sprint(cell))
		if at, ok := cell.(time.Time); ok {
			texts[i] = ""
			if !at.IsZero() {
				texts[i] = at.UTC().Format(time.RFC3339)
			}
		}
	}
	return s.print(strings.Join(texts, "\t") + "\n")
}

// table sets rows under a header for people, in as many columns as each needs; the last is cut to the width, or wrapped.
func (s screen) table(wrapped bool, rows ...[]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i := range row {
			row[i] = clean(row[i])
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line string
		last := len(row) - 1
		for i, cell := range row[:last] {
			line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		indent := utf8.RuneCountInString(line)
		if room := s.width - indent; wrapped && room >= 20 {
			line += wrap(row[last], room, indent)
		} else {
			line = cut(line+row[last], s.width)
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return text.String()
}

// clean keeps what comes from elsewhere from moving the cursor or ending a cell.
func clean(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}

func cut(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}

// wrap breaks a text between words; the lines after the first are indented.
func wrap(text string, width, indent int) string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return strings.Join(append(lines, line), "\n"+strings.Repeat(" ", indent))
}

// ago says when a moment is, seen from now; nothing for no moment.
func ago(now, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	distance := now.Sub(at)
	form := "%s ago"
	if distance < 0 {
		distance, form = -distance, "in %s"
	}
	for _, unit := range []struct {
		name string
		long time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		switch n := int(distance / unit.long); {
		case n == 1:
			return fmt.Sprintf(form, "1 "+unit.name)
		case n > 1:
			return fmt.Sprintf(form, fmt.Sprint(n)+" "+unit.name+"s")
		}
	}
	return "just now"
}
