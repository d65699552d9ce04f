package function_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
)

// firstColumn gives the words in code type in the first column of the table that has this head.
func firstColumn(t *testing.T, readme, head string) []string {
	t.Helper()
	_, table, ok := strings.Cut(readme, head+"\n")
	if !ok {
		t.Fatalf("README.md has no table %q", head)
	}
	var words []string
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		column := strings.Split(line, "|")[1]
		for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(column, -1) {
			words = append(words, word[1])
		}
	}
	return words
}

// The README's tables of outcomes and reasons are the code's, both ways.
func TestREADME_OutcomesAndReasons(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	compare := func(head string, want []string) {
		got := firstColumn(t, string(b), head)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", head, got, want)
		}
	}
	var outcomes, reasons []string
	for _, o := range maintenance.Outcomes() {
		outcomes = append(outcomes, string(o))
	}
	for _, r := range maintenance.Reasons() {
		reasons = append(reasons, string(r))
	}
	reasons = append(reasons, events.Reasons()...)
	compare("| outcome | meaning | notified |", outcomes)
	compare("| reason | outcome | meaning |", reasons)
}
