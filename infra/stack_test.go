package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden template")

// The golden is the template of cdk.json as it lies in the repository: a change of it is a change of what people deploy.
func TestStack_Golden(t *testing.T) {
	tmpl := synthesize(t, inCDKJSON(t))
	var got bytes.Buffer
	if err := json.Indent(&got, tmpl.JSON, "", " "); err != nil {
		t.Fatal(err)
	}
	masked := regexp.MustCompile(`"[0-9a-f]{64}\.zip"`).ReplaceAll(got.Bytes(), []byte(`"ASSET.zip"`))
	golden := filepath.Join("testdata", "template.json")
	if *update {
		if err := os.WriteFile(golden, masked, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(masked, want) {
		t.Errorf("the template differs from %s; go test ./infra -update rewrites it, then read the diff", golden)
	}
}

// Rules over the whole template, for the settings in cdk.json and for settings that ask for everything.
func TestStack_Rules(t *testing.T) {
	for name, document := range map[string]string{"cdk.json": inCDKJSON(t), "everything": everything} {
		t.Run(name, func(t *testing.T) {
			tmpl := synthesize(t, document)
			t.Run("every target has a dead-letter queue and bounded retries", func(t *testing.T) { targetsAreSafe(t, tmpl) })
			t.Run("the function keeps what it fails to handle", func(t *testing.T) { functionIsSafe(t, tmpl) })
			t.Run("no action is a wildcard and every wildcard has a reason", func(t *testing.T) { wildcardsHaveReasons(t, tmpl) })
			t.Run("every alarm speaks", func(t *testing.T) { alarmsSpeak(t, tmpl) })
			t.Run("messages are encrypted and CloudWatch may send its own", func(t *testing.T) { topicsAreSafe(t, tmpl) })
			t.Run("only the table of runs is retained", func(t *testing.T) { onlyRunsStay(t, tmpl) })
			t.Run("operators have an alias that no service may invoke", func(t *testing.T) { aliasIsForOperators(t, tmpl) })
			t.Run("the table is the ledger's", func(t *testing.T) { tableIsTheLedgers(t, tmpl) })
			t.Run("schedules ask in the words of the function", func(t *testing.T) { schedulesAreUnderstood(t, tmpl) })
			t.Run("only TLS reaches topics and queues", func(t *testing.T) { onlyTLS(t, tmpl) })
			t.Run("the rules deliver what the function acts on", func(t *testing.T) {
				var patterns []map[string]any
				for _, rule := range tmpl.of("AWS::Events::Rule") {
					patterns = append(patterns, dig(rule.Properties, "EventPattern").(map[string]any))
				}
				checkContract(t, tmpl.Plan.Settings, patterns)
			})
		})
	}
}

func targetsAreSafe(t *testing.T, tmpl template) {
	check := func(name string, target any) {
		t.Helper()
		if got := plain(dig(target, "DeadLetterConfig", "Arn")); !strings.HasPrefix(got.(string), "${FunctionDeadLetters") {
			t.Errorf("%s: dead letters go to %v", name, got)
		}
		tries, triesOK := dig(target, "RetryPolicy", "MaximumRetryAttempts").(float64)
		age, ageOK := dig(target, "RetryPolicy", "MaximumEventAgeInSeconds").(float64)
		// EventBridge and Scheduler take 0 to 185 attempts and 60 seconds to a day; left out, they try for a day.
		if !triesOK || tries > 100 || !ageOK || age < 60 || age > 6*3600 {
			t.Errorf("%s: retries are not bounded: %v", name, dig(target, "RetryPolicy"))
		}
		if got := plain(dig(target, "Arn")); !strings.HasPrefix(got.(string), "${Function") {
			t.Errorf("%s: its target is %v", name, got)
		}
	}
	rules, schedules := tmpl.of("AWS::Events::Rule"), tmpl.of("AWS::Scheduler::Schedule")
	if len(rules) != len(tmpl.Plan.Rules) || len(schedules) != len(tmpl.Plan.Schedules)+1 {
		t.Errorf("%d rules and %d schedules, want %d and %d with the sweep",
			len(rules), len(schedules), len(tmpl.Plan.Rules), len(tmpl.Plan.Schedules)+1)
	}
	for id, rule := range rules {
		targets, _ := rule.Properties["Targets"].([]any)
		if len(targets) != 1 {
			t.Errorf("%s has %d targets", id, len(targets))
		}
		for _, target := range targets {
			check(id, target)
		}
	}
	for id, schedule := range schedules {
		check(id, schedule.Properties["Target"])
	}
}

func onlyTLS(t *testing.T, tmpl template) {
	denied := map[string]bool{}
	for _, s := range tmpl.statements() {
		if s.Effect == "Deny" && reflect.DeepEqual(s.Condition, map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}) {
			for _, on := range s.Resources {
				denied[strings.TrimSuffix(strings.Trim(on, "${}"), ".Arn")] = true
			}
		}
	}
	for _, kind := range []string{"AWS::SNS::Topic", "AWS::SQS::Queue"} {
		for id := range tmpl.of(kind) {
			if !denied[id] {
				t.Errorf("%s is reached without TLS", id)
			}
		}
	}
	for id, queue := range tmpl.of("AWS::SQS::Queue") {
		if queue.Properties["SqsManagedSseEnabled"] != true {
			t.Errorf("%s is not encrypted", id)
		}
	}
}

// The end of OpsWorks CM is said at synth to those who would find out at night.
func TestStack_WarnsOfTheRetiredService(t *testing.T) {
	const server = `{"servers": [{"name": "automate-06", "backend": "opsworks-cm"}]`
	for document, want := range map[string]string{
		server + `}`: "AWS disabled OpsWorks CM in spring 2024",
		server + `, "endpoint": "https://opsworks-cm.example.com"}`:                       "",
		`{"servers": [{"name": "automate-06", "backend": "ssm", "runbook": "Maintain"}]}`: "",
	} {
		warnings := synthesize(t, document).Warnings
		got := fmt.Sprint(warnings)
		if want == "" && len(warnings) > 0 || want != "" && (!strings.Contains(got, want) || !strings.Contains(got, "automate-06")) {
			t.Errorf("%s\nwarns %q, want %q", document, got, want)
		}
	}
}
