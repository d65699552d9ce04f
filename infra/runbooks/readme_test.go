package runbooks_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/infra/runbooks"
)

// Every parameter has its row in README.md, and every row its parameter.
func TestREADME_Parameters(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| parameter | of | meaning |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var got, want []string
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) > 2 {
			for _, name := range regexp.MustCompile("`([A-Za-z0-9]+)`").FindAllStringSubmatch(cells[1], -1) {
				got = append(got, name[1])
			}
		}
	}
	for _, r := range runbooks.All() {
		for name := range read(t, r).Parameters {
			if name != "InstanceId" && name != "RunId" && !slices.Contains(want, name) {
				want = append(want, name)
			}
		}
		if !strings.Contains(string(text), "\n| `"+r.Name+"` | ") {
			t.Errorf("README.md does not say what %s was run on", r.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("README.md has %v, the runbooks %v", got, want)
	}
}

// A row is a product, a version, a day or none, and a source.
func TestEndOfLife(t *testing.T) {
	text, err := os.ReadFile("steps/end-of-life.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Fields(line)
		if len(row) < 4 || !strings.HasPrefix(row[3], "https://") {
			t.Fatalf("no row: %s", line)
		}
		if _, err := time.Parse(time.DateOnly, row[2]); err != nil && row[2] != "none" {
			t.Errorf("no day: %s", line)
		}
		if !slices.ContainsFunc(runbooks.All(), func(r runbooks.Runbook) bool { return r.Name == row[0] }) {
			t.Errorf("no runbook: %s", line)
		}
		rows++
	}
	if rows < 8 {
		t.Errorf("%d rows", rows)
	}
}
