package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// everywhere is the text of all READMEs.
func everywhere(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, file := range readmes {
		all.WriteString(read(t, filepath.Join(root, file)) + "\n")
	}
	return all.String()
}

// The versions that READMEs name are those that the module builds with, and no two of them name different ones.
func TestREADME_Versions(t *testing.T) {
	module, text := read(t, filepath.Join(root, "go.mod")), everywhere(t)
	same := func(what, pattern, want string) {
		t.Helper()
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("no README names a version of %s", what)
		}
		for _, version := range found {
			if version[1] != want {
				t.Errorf("%q is not %s of %s", version[0], want, what)
			}
		}
	}
	same("Go", `Go (\d+\.\d+)`, regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(module)[1])
	same("Node", `Node (\d+)`, "22")
	for service, row := range map[string]string{
		"ssm": "Systems Manager", "opsworkscm": "OpsWorks CM", "dynamodb": "DynamoDB", "sns": "SNS, SQS",
	} {
		want := regexp.MustCompile(`service/` + service + ` v(\S+)`).FindStringSubmatch(module)[1]
		same(service, `(?m)^\| `+row+`[^|]*\|[^|]*Go SDK v(\d[\d.]*\d)`, want)
		if service != "sns" {
			same(service, `service/`+service+`\s+(?:stays\s+)?at\s+v(\d[\d.]*\d)`, want)
		}
	}
}

// README.md has the sum of infra's table of costs, for as many events.
func TestREADME_Cost(t *testing.T) {
	front, table := read(t, filepath.Join(root, "README.md")), read(t, filepath.Join(root, "infra/README.md"))
	sum := regexp.MustCompile(`(?m)^\| together \| \| \| ([\d.]+) \|$`).FindStringSubmatch(table)
	events := regexp.MustCompile(`In a month with (\d+) events`).FindStringSubmatch(table)
	if sum == nil || events == nil {
		t.Fatal("infra/README.md has no sum, or does not say of how many events")
	}
	dollars, err := strconv.ParseFloat(sum[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("about %.0f USD a month with %s events", math.Round(dollars), events[1]); !strings.Contains(front, want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// What README.md says the stack is made of, the template has.
func TestREADME_Stack(t *testing.T) {
	var template struct {
		Resources map[string]struct{ Type string }
	}
	text := read(t, filepath.Join(root, "infra/testdata/template.json"))
	if err := json.Unmarshal([]byte(text), &template); err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{}
	for _, resource := range template.Resources {
		types[resource.Type] = true
	}
	said := "function, its page, rules, schedules, a sweep each minute, topics with their key, a table, alarms, a dashboard"
	if !strings.Contains(read(t, filepath.Join(root, "README.md")), said) {
		t.Fatalf("README.md does not say %q", said)
	}
	for _, want := range []string{"Lambda::Function", "Events::Rule", "Scheduler::Schedule", "SNS::Topic", "KMS::Key", "DynamoDB::Table",
		"CloudWatch::Alarm", "CloudWatch::Dashboard"} {
		if !types["AWS::"+want] {
			t.Errorf("the template has no %s", want)
		}
	}
	for _, want := range []string{`"rate(1 minute)"`, `"KmsMasterKeyId"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the template has no %s", want)
		}
	}
}

// The packages of the picture are there.
func TestREADME_Picture(t *testing.T) {
	packages := regexp.MustCompile(`[├┌┼└]─ (\w+) ─`).FindAllStringSubmatch(read(t, filepath.Join(root, "README.md")), -1)
	if len(packages) != 4 {
		t.Errorf("the picture has %q", packages)
	}
	for _, name := range packages {
		if _, err := os.Stat(name[1]); err != nil {
			t.Error(err)
		}
	}
}
