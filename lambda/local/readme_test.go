package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Each line of flags that a README gives for make run is one that it takes, with files that are there.
func TestREADME_Flags(t *testing.T) {
	given := regexp.MustCompile("`make run ARGS=\"([^\"…]+)\"`|(?m)^\\| `(-[^`]+)`(?:, `(-[^`]+)`)*")
	found := 0
	for _, file := range []string{"README.md", "lambda/README.md", "lambda/local/README.md", "infra/runbooks/README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stories, _, _ := strings.Cut(string(text), "\n## Bench") // which has flags of its own
		for _, line := range given.FindAllStringSubmatch(stories, -1) {
			for _, flags := range line[1:] {
				if flags == "" || strings.Contains(flags, "FILE") {
					continue // FILE is the reader's own
				}
				found++
				o, err := parse(strings.Fields(flags), io.Discard)
				if err != nil {
					t.Errorf("%s: %s: %v", file, flags, err)
				}
				for _, event := range o.events {
					if _, err := os.Stat(event); err != nil {
						t.Errorf("%s: %s: %v", file, flags, err)
					}
				}
			}
		}
	}
	if text, _ := os.ReadFile("README.md"); strings.Contains(string(text), "cuts a topic off for a second") != (topicOut == time.Second) {
		t.Errorf("README.md says for how long a topic is cut off, and it is %s", topicOut)
	}
	if found < 12 {
		t.Errorf("%d lines of flags were found", found)
	}
}
