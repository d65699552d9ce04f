package main

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

func functionIsSafe(t *testing.T, tmpl template) {
	f := tmpl.one(t, "AWS::Lambda::Function").Properties
	if got := plain(dig(f, "DeadLetterConfig", "TargetArn")); !strings.HasPrefix(got.(string), "${FunctionDeadLetters") {
		t.Errorf("dead letters go to %v", got)
	}
	for key, want := range map[string]any{
		"Runtime": "provided.al2023", "MemorySize": 128.0, "Timeout": 30.0, "Handler": "bootstrap", "FunctionName": stackName,
	} {
		if f[key] != want {
			t.Errorf("%s is %v, want %v", key, f[key], want)
		}
	}
	if f["ReservedConcurrentExecutions"] != nil {
		t.Error("concurrency is reserved, which an account with a limit of 10 cannot")
	}
	asynchronous := map[any][2]any{}
	for _, invoke := range tmpl.of("AWS::Lambda::EventInvokeConfig") {
		p := invoke.Properties
		asynchronous[p["Qualifier"]] = [2]any{p["MaximumRetryAttempts"], p["MaximumEventAgeInSeconds"]}
	}
	if want := (map[any][2]any{"$LATEST": {2.0, 3600.0}, "operators": {0.0, 60.0}}); !reflect.DeepEqual(asynchronous, want) {
		t.Errorf("asynchronous invocation: %v, want %v", asynchronous, want)
	}
	if got := tmpl.one(t, "AWS::Logs::LogGroup").Properties["RetentionInDays"]; got != 90.0 {
		t.Errorf("logs are kept for %v days, want 90, as long as the ledger keeps runs", got)
	}
}

// aliasIsForOperators holds the template to this: operators' requests come through the alias, and AWS's events cannot.
// A permission without a qualifier is one on the function's unqualified ARN alone, as is an ARN without one in a policy.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func aliasIsForOperators(t *testing.T, tmpl template) {
	alias := tmpl.one(t, "AWS::Lambda::Alias").Properties
	of := texts(alias["FunctionName"])[0]
	if alias["Name"] != "operators" || alias["FunctionVersion"] != "$LATEST" || !strings.HasPrefix(of, "${Function") {
		t.Errorf("the alias is %v", alias)
	}
	if got := texts(tmpl.Outputs["OperatorsFunction"].Value); !slices.Equal(got, []string{of + ":operators"}) {
		t.Errorf("the outputs name %v", got)
	}
	function := regexp.MustCompile(`^\$\{Function[0-9A-F]{8}(\.Arn)?\}$`)
	for id, p := range tmpl.of("AWS::Lambda::Permission") {
		if name := texts(p.Properties["FunctionName"]); len(name) != 1 || !function.MatchString(name[0]) || p.Properties["Principal"] == nil {
			t.Errorf("%s: %v may invoke %v", id, p.Properties["Principal"], name)
		}
	}
	invokers := 0
	for _, s := range tmpl.statements() {
		for _, action := range s.Actions {
			if !strings.HasPrefix(action, "lambda:") || strings.HasPrefix(s.Resource, "ChatOperate") { // people; chat_test.go
				continue
			}
			invokers++
			if action != "lambda:InvokeFunction" || len(s.Resources) != 1 || !function.MatchString(s.Resources[0]) {
				t.Errorf("%s %s: %v on %v", s.Resource, s.Sid, s.Actions, s.Resources)
			}
		}
	}
	if invokers != 1 {
		t.Errorf("%d statements of lambda:InvokeFunction, want 1, Scheduler's", invokers)
	}
}

// Each variable the stack sets is one the function or its runtime reads, and the reverse, but for SETTINGS_FILE, as the file lies where
// the function looks by itself, and for SWEEP_EVERY, which only a sweep of another period than the deployed minute needs.
func TestStack_Environment(t *testing.T) {
	read := []string{settings.EnvMaxProcs}
	_, _ = settings.ReadEnvironment(func(name string) string {
		if name != settings.EnvSettingsFile && name != "SWEEP_EVERY" {
			read = append(read, name)
		}
		return ""
	})
	for document, without := range map[string][]string{
		everything:   nil,
		inCDKJSON(t): {settings.EnvRecordsTopicARN, settings.EnvChatTopicARN},
	} {
		variables, _ := dig(synthesize(t, document).one(t, "AWS::Lambda::Function").Properties, "Environment", "Variables").(map[string]any)
		want := slices.DeleteFunc(slices.Clone(read), func(name string) bool { return slices.Contains(without, name) })
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(variables)); !slices.Equal(got, want) {
			t.Errorf("the stack sets %v, the function reads %v", got, want)
		}
	}
}

// What may invoke the function is asked for, one by one.
func TestStack_Invokers(t *testing.T) {
	const bare = `{"servers": [{"name": "a", "backend": "opsworks-cm", "alarms": ["a"]}]`
	const here = ":us-isof-south-1:123456789012:"
	const rule = "events.amazonaws.com arn:aws-us-gov:events" + here + "rule/"
	var many []string
	for i := range 2000 {
		many = append(many, fmt.Sprintf("%q", fmt.Sprint("alarm-of-a-long-name-", i)))
	}
	for document, want := range map[string][]string{
		bare + `}`: {rule + stackName + "-alarms-1"},
		bare + `, "alarmTriggers": ["action", "tag"]}`: {rule + stackName + "-alarms-1", rule + stackName + "-alarms-by-tag",
			"lambda.alarms.cloudwatch.amazonaws.com arn:aws-us-gov:cloudwatch" + here + "alarm:*"},
		`{"servers": [{"name": "a", "backend": "opsworks-cm", "rules": ["nightly"]}]}`:                        {rule + "*"},
		`{"servers": [{"name": "a", "backend": "opsworks-cm", "alarms": [` + strings.Join(many, ",") + `]}]}`: {rule + stackName + "-*"},
		`{"servers": [{"name": "a", "backend": "opsworks-cm"}]}`:                                              nil,
	} {
		tmpl := synthesize(t, document)
		var got []string
		for _, p := range tmpl.of("AWS::Lambda::Permission") {
			got = append(got, texts(p.Properties["Principal"])[0]+" "+texts(p.Properties["SourceArn"])[0])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%.300s\ngot  %q\nwant %q", document, got, want)
		}
		for id, r := range tmpl.of("AWS::Events::Rule") { // what may not invoke yet makes dead letters
			if len(r.DependsOn) != 1 && want[0] != rule+"*" && want[0] != rule+stackName+"-*" {
				t.Errorf("%s waits for %q, want its permission", id, r.DependsOn)
			}
		}
	}
}
