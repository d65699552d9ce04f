package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"what fits stays", "one two", []string{"one two"}},
		{"between words", "one two three four", []string{"one two", "three four"}},
		{"a word that is too long", "abcdefghijklm", []string{"abcdefghij", "klm"}},
		{"characters, not bytes", "äöüäöüäöü äöü", []string{"äöüäöüäöü", "äöü"}},
		{"the indent is kept", "  one two three", []string{"  one two", "  three"}},
		{"an empty line", "one\n\ntwo", []string{"one", "", "two"}},
	} {
		if got := wrap(tt.text, 10); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

// narrow fails the test where a line is wider than it may be.
func narrow(t *testing.T, output string) {
	t.Helper()
	for line := range strings.Lines(output) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > widest {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestParse_HelpIsNarrow(t *testing.T) {
	var help bytes.Buffer
	if _, err := parse([]string{"-h"}, &help); err == nil || !strings.Contains(help.String(), "-maintenance-time TIME") {
		t.Errorf("got %v %s", err, help.String())
	}
	narrow(t, help.String())
}

// In a pipe what is waited for is told every ten seconds, and no line changes.
func TestScenario_Pending(t *testing.T) {
	var out bytes.Buffer
	s := newScenario(&out, false)
	s.pending("automate-06 (running)")
	if out.Len() != 0 {
		t.Errorf("told at once: %s", out.String())
	}
	s.pendingAt = s.pendingAt.Add(-progressEvery)
	s.pending("automate-06 (running)")
	s.pending("automate-06 (running)")
	if got := out.String(); strings.Count(got, "waiting   automate-06 (running)\n") != 1 || strings.ContainsAny(got, "\r\033") {
		t.Errorf("got %q", got)
	}
	s.terminal, s.width = true, 40
	out.Reset()
	s.pending(strings.Repeat("automate-06 (running), ", 9))
	if got := out.String(); utf8.RuneCountInString(got) >= 40 || time.Since(s.pendingAt) > time.Minute {
		t.Errorf("got %q", got)
	}
}
