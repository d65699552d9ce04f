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
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
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
		t.Errorf("%d rules and %d schedules, want %d and %d with the sweep", len(rules), len(schedules), len(tmpl.Plan.Rules), len(tmpl.Plan.Schedules)+1)
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

// wildcards are the stars in what is allowed, each with its reason.
var wildcards = []struct{ what, reason string }{
	{`^TopicsKey\S* kms:\* \*$`, "the root user of the account administers the key; without this statement nobody could, and IAM policies would not count"},
	{`^TopicsKey\S* kms:(GenerateDataKey|Decrypt) \*$`, "in a key's policy * is this key"},
	{`^PermissionsNodes\S* ssm:(DescribeInstanceInformation|DescribeAutomationExecutions) \*$`, "both list, and take no resource"},
	{`^PermissionsNodes\S* ssm:StartAutomationExecution \S+:automation-definition/[\w-]+:\*$`, "any version of the runbook"},
	{`^PermissionsNodes\S* ssm:(Start|Get|Stop)AutomationExecution \S+:automation-execution/\*$`, "an execution's id is known when it has begun; they are of this account"},
	{`^AutomationPolicy\S* ssm:SendCommand \S+:(instance|managed-instance)/\*$`, "the condition on the tag says which"},
	{`^AutomationPolicy\S* ssm:(CancelCommand|DescribeInstanceInformation|GetCommandInvocation|ListCommandInvocations|ListCommands) \*$`, "they take no resource"},
	{`^PermissionsPolicy\S* opsworks-cm:DescribeServers \*$`, "a sweep looks at all servers in one call, which names none"},
	{`^PermissionsPolicy\S* opsworks-cm:(DescribeEvents|StartMaintenance) \S+:server/[a-zA-Z][a-zA-Z0-9-]*/\*$`, "the rest of a server's ARN is an id that only OpsWorks CM knows"},
	{`^PermissionsPolicy\S* opsworks-cm:(DescribeEvents|StartMaintenance) \S+:server/\*$`, "too many servers for a role's policy; the allow-list in the settings is the gate"},
}

func wildcardsHaveReasons(t *testing.T, tmpl template) {
	statements := tmpl.statements()
	if len(statements) < 10 {
		t.Fatalf("found %d statements", len(statements))
	}
	for _, s := range statements {
		if len(s.Not) > 0 {
			t.Errorf("%s: allows all but %v", s.Resource, s.Not)
		}
		if s.Effect != "Allow" {
			continue
		}
		for _, who := range s.Principals {
			if strings.Contains(who, "*") {
				t.Errorf("%s %s: anybody may", s.Resource, s.Sid)
			}
		}
		for _, action := range s.Actions {
			for _, on := range append(s.Resources, "")[:max(1, len(s.Resources))] {
				what := s.Resource + " " + action + " " + on
				if strings.Contains(what, "*") && !slices.ContainsFunc(wildcards, func(w struct{ what, reason string }) bool {
					return regexp.MustCompile(w.what).MatchString(what)
				}) {
					t.Errorf("a wildcard without a reason: %s", what)
				}
			}
		}
	}
}

func topicsAreSafe(t *testing.T, tmpl template) {
	for id, topic := range tmpl.of("AWS::SNS::Topic") {
		if got := texts(topic.Properties["KmsMasterKeyId"]); len(got) != 1 || !strings.HasPrefix(got[0], "${TopicsKey") {
			t.Errorf("%s is encrypted with %v", id, got)
		}
	}
	if tmpl.one(t, "AWS::KMS::Key").Properties["EnableKeyRotation"] != true {
		t.Error("the key is not rotated")
	}
	allowed := map[string]bool{}
	for _, s := range tmpl.statements() {
		if s.Effect == "Allow" && slices.Contains(s.Principals, "Service:cloudwatch.amazonaws.com") {
			for _, action := range s.Actions {
				allowed[strings.TrimRight(s.Resource, "0123456789ABCDEF")+" "+action] = true
			}
		}
	}
	for _, want := range []string{"TopicsKey kms:GenerateDataKey", "TopicsKey kms:Decrypt", "TopicsTextPolicy sns:Publish"} {
		if !allowed[want] {
			t.Errorf("CloudWatch lacks %s: its alarms would be lost without a word (has %v)", want, allowed)
		}
	}
	// CloudWatch's messages have no attributes.
	for id, s := range tmpl.of("AWS::SNS::Subscription") {
		policy, filtered := s.Properties["FilterPolicy"]
		if !filtered {
			continue
		}
		outcomes, _ := dig(policy, "outcome").([]any)
		if last := outcomes[len(outcomes)-1]; !reflect.DeepEqual(last, map[string]any{"exists": false}) {
			t.Errorf("%s: the function's own alarms do not pass %v", id, policy)
		}
	}
}

func schedulesAreUnderstood(t *testing.T, tmpl template) {
	sweeps, asked := 0, map[string][]string{}
	for id, s := range tmpl.of("AWS::Scheduler::Schedule") {
		input, _ := plain(dig(s.Properties, "Target", "Input")).(string)
		// What Scheduler does with its keyword.
		input = strings.ReplaceAll(input, "<aws.scheduler.scheduled-time>", "2026-11-28T22:00:00Z")
		event, err := events.Decode([]byte(input))
		if err != nil {
			t.Errorf("%s: %s: %v", id, input, err)
			continue
		}
		switch event := event.(type) {
		case events.Sweep:
			sweeps++
			if s.Properties["ScheduleExpression"] != "rate(1 minute)" {
				t.Errorf("the sweep runs at %v", s.Properties["ScheduleExpression"])
			}
		case events.Schedule:
			if event.Name != s.Properties["Name"] || !event.At.Equal(time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)) {
				t.Errorf("%s: %+v", id, event)
			}
			asked[event.Name] = event.ServerNames
			if s.Properties["GroupName"] != stackName || !slices.ContainsFunc(s.DependsOn, func(id string) bool { return strings.HasPrefix(id, "TriggersSchedulesGroup") }) {
				t.Errorf("%s is in group %v and waits for %v", id, s.Properties["GroupName"], s.DependsOn)
			}
		default:
			t.Errorf("%s: %s is %T to the function", id, input, event)
		}
	}
	want := map[string][]string{}
	for _, server := range tmpl.Plan.Settings.Servers {
		for _, s := range server.Schedules {
			want[s.Name] = append(want[s.Name], server.Name)
			deployed := tmpl.schedule(t, s.Name)
			if deployed["ScheduleExpression"] != s.Expression || deployed["ScheduleExpressionTimezone"] != server.Timezone {
				t.Errorf("schedule %s: %v", s.Name, deployed)
			}
			flexible := map[string]any{"Mode": "OFF"}
			if s.Flexible > 0 {
				flexible = map[string]any{"Mode": "FLEXIBLE", "MaximumWindowInMinutes": s.Flexible.Minutes()}
			}
			if !reflect.DeepEqual(deployed["FlexibleTimeWindow"], flexible) {
				t.Errorf("schedule %s: flexible %v, want %v", s.Name, deployed["FlexibleTimeWindow"], flexible)
			}
		}
	}
	if sweeps != 1 || !reflect.DeepEqual(asked, want) {
		t.Errorf("%d sweeps; schedules ask for %v, want %v", sweeps, asked, want)
	}
}

func (tmpl template) schedule(t *testing.T, name string) map[string]any {
	t.Helper()
	for _, s := range tmpl.of("AWS::Scheduler::Schedule") {
		if s.Properties["Name"] == name {
			return s.Properties
		}
	}
	t.Fatalf("there is no schedule %s", name)
	return nil
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
func TestStack_WarnsOfTheEnd(t *testing.T) {
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
