package maintenance_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The README's table of gates is that which the tests of the gates walk, both ways.
func TestREADME_Gates(t *testing.T) {
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(b), "\n| gate | reason | alarm | schedule | manual | override |\n")
	if !ok {
		t.Fatal("README.md has no table of gates")
	}
	var got, want []string
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.HasPrefix(cells[0], "---") {
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		got = append(got, strings.Join(cells[1:], " | "))
	}
	for _, c := range gateCases {
		cells := []string{string(c.reason)}
		for _, column := range []string{c.alarm, c.schedule, c.manual} {
			if column == "-" {
				cells = append(cells, "–")
				continue
			}
			cells = append(cells, string(columns[column]))
		}
		want = append(want, strings.Join(append(cells, c.override), " | "))
	}
	for _, row := range got {
		if !slices.Contains(want, row) {
			t.Errorf("README.md has %q, and no test of the gates walks it", row)
		}
	}
	for _, row := range want {
		if !slices.Contains(got, row) {
			t.Errorf("the tests of the gates walk %q, which README.md lacks", row)
		}
	}
}
