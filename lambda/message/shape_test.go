package message_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

// fact is a line such as "Runbook:     x".
var factLine = regexp.MustCompile(`^[A-Z][a-z]+( [a-z]+)?: {1,}\S`)

// checkShape holds a text to what is promised of every one: in its first eight lines what happened, what comes if nobody does anything, and
// what to type; prose at 72 columns; each command alone on its line; the run's id last.
func checkShape(t *testing.T, r maintenance.Report, m message.Message) {
	t.Helper()
	lines := strings.Split(strings.TrimRight(m.Body, "\n"), "\n")
	first := strings.Join(lines[:min(8, len(lines))], "\n")
	if !strings.Contains(first, "If you do nothing") && !strings.Contains(first, "There is nothing to do") {
		t.Errorf("the first eight lines do not say whether to get up:\n%s", first)
	}
	if commands := typed(m.Body); len(commands) > 0 && !strings.Contains(first, commands[0]) {
		t.Errorf("the first eight lines do not say what to type:\n%s", first)
	}
	if !strings.HasSuffix(lines[len(lines)-1], ", run "+r.RunID) {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	for _, line := range lines {
		if wide := strings.HasPrefix(line, "  ") || strings.Contains(line, "https://") || factLine.MatchString(line); !wide &&
			utf8.RuneCountInString(line) > 72 && !strings.HasPrefix(line, "account ") && !strings.Contains(line, "asked for it: ") {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("%q ends in a blank", line)
		}
	}
	for _, word := range []string{" key", "dedup", "RequestID", "StatusCode", ":00Z", ":58Z", "UTC"} {
		if r.Zone != "" && strings.Contains(m.Body, word) {
			t.Errorf("it has %q:\n%s", word, m.Body)
		}
	}
}

// typed are the commands of a text: each stands alone on its line, after two blanks.
func typed(body string) []string {
	var all []string
	for line := range strings.Lines(body) {
		if command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "  "); ok &&
			(strings.HasPrefix(command, "opsm ") || strings.HasPrefix(command, "echo ")) {
			all = append(all, command)
		}
	}
	return all
}

func TestText_CommandsStandAlone(t *testing.T) {
	for name, r := range cases {
		body := message.Text(r, function).Body
		all := typed(body)
		if n := strings.Count(body, "opsm "); n > 2 ||
			n+strings.Count(body, "aws lambda invoke") != len(all) || (n > 0) != strings.Contains(body, "Without opsm:\n  echo ") {
			t.Errorf("%s: commands are at most two, each alone on its line, the first again for the AWS CLI:\n%s", name, body)
		}
	}
}

// Whatever meets, a subject says why in less than 100 characters of ASCII, and nothing is left of a phrase's blanks.
func TestText_EveryOutcomeAndReason(t *testing.T) {
	for _, backend := range []change{func(*maintenance.Report) {}, onNode} {
		for _, outcome := range maintenance.Outcomes() {
			for _, reason := range maintenance.Reasons() {
				r := report(outcome, reason, alarm, backend, figures(maintenance.Figures{Most: 5, Holders: many(5, holder), Step: "Backup"}))
				m := render(t, r)
				checkRules(t, m)
				if strings.ContainsAny(m.text.Subject, "{}") || strings.Contains(m.text.Subject, "  ") || strings.HasSuffix(m.text.Subject, ": ") {
					t.Errorf("%s, %s: %s", outcome, reason, m.text.Subject)
				}
				if outcome == maintenance.OutcomeRefused && strings.HasSuffix(m.text.Subject, "refused") {
					t.Errorf("the subject does not say why: %s", reason)
				}
			}
		}
	}
}

// The subjects of all cases, for reading in one place.
func TestText_Subjects(t *testing.T) {
	var b strings.Builder
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range cases {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "%-28s %s\n", name, message.Text(cases[name], function).Subject)
	}
	compare(t, filepath.Join("testdata", "subjects.txt"), b.String())
}

// No edition of the AWS CLI may refuse an option of a command: version 1 parses each here, and finds nobody to talk to.
func TestText_TheAWSCLITakesEveryCommand(t *testing.T) {
	aws, err := exec.LookPath("aws")
	if err != nil {
		if os.Getenv("NEED_AWS") != "" {
			t.Fatal(err)
		}
		t.Skip("the AWS CLI is not installed")
	}
	verbs := map[string]string{}
	for _, r := range cases {
		for _, command := range typed(message.Text(r, function).Body) {
			if verb, _, _ := strings.Cut(strings.TrimPrefix(command, `echo '{"`), `"`); strings.HasPrefix(command, "echo ") {
				verbs[verb] = command // they differ in what they send alone
			}
		}
	}
	if len(verbs) < 3 {
		t.Fatalf("commands only to %v", verbs)
	}
	for verb, command := range verbs {
		command = strings.Replace(command, " lambda invoke ", " --endpoint-url http://127.0.0.1:1 --no-sign-request lambda invoke ", 1)
		shell := exec.CommandContext(t.Context(), "sh", "-c", command)
		shell.Env = append(os.Environ(), "AWS_MAX_ATTEMPTS=1", "PATH="+filepath.Dir(aws)+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := shell.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "Could not connect to the endpoint URL") {
			t.Errorf("%s: %v\n%s\n%s", verb, err, command, out)
		}
	}
}
