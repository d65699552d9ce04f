package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	root = ".." // of the repository
	// golden is the message that README.md shows, as lambda/notify's tests render it.
	golden = "message/testdata/waiting-outside-window.golden"
)

// readmes are the doors of the house.
var readmes = []string{"README.md", "lambda/README.md", "lambda/local/README.md", "infra/README.md", "infra/runbooks/README.md"}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// README.md is short, and no line of a README is long, but for the rows of the longer ones' tables, which Markdown cannot break, and for
// the message that README.md shows as it arrives.
func TestREADME_Size(t *testing.T) {
	if size := len(read(t, filepath.Join(root, "README.md"))); size > 10<<10 {
		t.Errorf("README.md has %d bytes, more than 10 KB", size)
	}
	for _, file := range readmes {
		text, shown, _ := strings.Cut(read(t, filepath.Join(root, file)), "```text\n")
		_, after, _ := strings.Cut(shown, "\n```")
		for line := range strings.Lines(text + after) {
			row := strings.HasPrefix(line, "|") && file != "README.md"
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 140 && !row {
				t.Errorf("%s: a line has %d columns, more than 140: %s", file, n, line)
			}
		}
	}
}

// The message that README.md shows is one that the function sends.
func TestREADME_Message(t *testing.T) {
	_, got, _ := strings.Cut(read(t, filepath.Join(root, "README.md")), "```text\n")
	got, _, _ = strings.Cut(got, "\n```")
	want, _, _ := strings.Cut(read(t, golden), "\n\n--- attributes")
	if got != want {
		t.Errorf("README.md has\n%s\n%s has\n%s", got, golden, want)
	}
}

// Each relative link leads to a file or folder and, if it names one, to a heading there.
func TestREADME_Links(t *testing.T) {
	for _, file := range readmes {
		links := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`).FindAllStringSubmatch(read(t, filepath.Join(root, file)), -1)
		for _, link := range links {
			to := filepath.Join(root, file)
			if link[1] != "" {
				to = filepath.Join(root, filepath.Dir(file), link[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %v", file, err)
			} else if link[2] != "" && !strings.Contains(anchors(read(t, to)), link[2]+"\n") {
				t.Errorf("%s: %s has no heading %s", file, to, link[2])
			}
		}
	}
}

// anchors are the headings as GitHub names them in links, a line each.
func anchors(text string) string {
	var all strings.Builder
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		all.WriteString("#" + strings.ReplaceAll(name, " ", "-") + "\n")
	}
	return all.String()
}

// Each make command of a README is a target.
func TestREADME_Targets(t *testing.T) {
	makefile := read(t, filepath.Join(root, "Makefile"))
	found := 0
	for _, file := range readmes {
		for _, command := range regexp.MustCompile("(?m)(?:^|`)make ([a-z0-9]+)").FindAllStringSubmatch(read(t, filepath.Join(root, file)), -1) {
			found++
			if !regexp.MustCompile(`(?m)^` + command[1] + `:`).MatchString(makefile) {
				t.Errorf("%s has %q, the Makefile no such target", file, command[0])
			}
		}
	}
	if found < 40 {
		t.Errorf("the READMEs have %d commands", found)
	}
}
