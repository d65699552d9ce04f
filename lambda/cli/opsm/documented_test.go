package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented are all commands that READMEs and messages say to type, each as it stands but for the ids of runs, with where it stands.
func documented(t *testing.T) map[string]string {
	t.Helper()
	where := map[string]string{}
	for _, file := range []string{"README.md", "lambda/README.md", "lambda/local/README.md", "infra/README.md", "infra/runbooks/README.md"} {
		for _, command := range inREADME(readFile(t, filepath.Join("../../..", file))) {
			where[command] = file
		}
	}
	messages, err := filepath.Glob("../../message/testdata/*.golden")
	if err != nil || len(messages) < 40 {
		t.Fatalf("%d golden messages, %v", len(messages), err)
	}
	for _, file := range messages {
		for _, command := range inMessage(readFile(t, file)) {
			where[command] = filepath.Base(file)
		}
	}
	return where
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var (
	block = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	span  = regexp.MustCompile("(?s)`([^`]+)`")
	// tool is what a command in a sentence begins with; alone it is one only if it is make.
	tool = regexp.MustCompile(`^make$|^([A-Z_]+=\S+ )*(make|opsm|aws|go|git|pip|npm|npx|curl|docker|echo|cd|vi) \S`)
	// ofMessage is a command of a text, alone on its line, or of the form for chat.
	ofMessage = regexp.MustCompile("(?m)^  ((?:opsm|make|aws|echo) .*)$|`((?:opsm|make|aws|echo) [^`]*)`")
	moment    = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	runID     = regexp.MustCompile(`[a-z0-9-]+-\d{8}T\d{6}-[A-Z0-9]+`)
)

// inREADME are the lines of blocks that are no data, and what stands as code in a sentence and begins as a command does.
func inREADME(text string) []string {
	var all []string
	for _, found := range block.FindAllStringSubmatch(text, -1) {
		if language := found[1]; language != "" && language != "sh" || strings.Contains(found[2], "──") {
			continue // an example of data, or the picture
		}
		for line := range strings.Lines(strings.ReplaceAll(found[2], "\\\n", "")) {
			line, _, _ = strings.Cut(line, " # ")
			if line = plain(line); line != "" {
				all = append(all, line)
			}
		}
	}
	for _, found := range span.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
		if command := plain(found[1]); tool.MatchString(command) {
			all = append(all, command)
		}
	}
	return all
}

func inMessage(text string) []string {
	var all []string
	for _, found := range ofMessage.FindAllStringSubmatch(text, -1) {
		all = append(all, plain(found[1]+strings.ReplaceAll(found[2], `\"`, `"`)))
	}
	return all
}

// plain is a command on one line, with ID for the id of a run and TIME for a moment, which are made up wherever they stand.
func plain(command string) string {
	command = moment.ReplaceAllString(runID.ReplaceAllString(strings.Join(strings.Fields(command), " "), "ID"), "TIME")
	return strings.NewReplacer("RUN=…", "RUN=ID", "SERVER=…", "SERVER=NAME", "-run …", "-run ID",
		"-server …", "-server NAME").Replace(command)
}

// general is a command as the tables name it: the same for every server and Region.
func general(command string) string {
	return strings.NewReplacer("automate-06", "NAME", "puppet-01", "NAME", " --region us-east-1", "", " -region us-east-1", "").
		Replace(command)
}

// elsewhere is why a command is not played: the reason that stands at the longest beginning of it.
func elsewhere(command string) string {
	reason, length := "", 0
	for beginning, why := range notPlayed {
		if len(beginning) > length && (command == beginning || strings.HasPrefix(command, beginning+" ")) {
			reason, length = why, len(beginning)
		}
	}
	return reason
}

// Each command that stands anywhere is played, or the table says why it cannot be; and nothing else is in the tables.
func TestDocumented(t *testing.T) {
	var found []string
	for command, where := range documented(t) {
		name := general(command)
		found = append(found, name)
		_, here := played[name]
		if reason := elsewhere(name); here == (reason != "") {
			t.Errorf("%s: %q is played: %v, elsewhere: %q", where, command, here, reason)
		}
	}
	for name := range played {
		if !slices.Contains(found, name) {
			t.Errorf("%q is played and stands nowhere", name)
		}
	}
	for beginning := range notPlayed {
		if !slices.ContainsFunc(found, func(name string) bool { return strings.HasPrefix(name, beginning) }) {
			t.Errorf("%q is not played and stands nowhere", beginning)
		}
	}
	if len(found) < 60 {
		t.Error(fmt.Sprint(len(found)) + " commands were found")
	}
}
