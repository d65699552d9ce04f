package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// jsii is one process for all tests, and is closed once.
func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// needNode is for tests that synthesize. Without Node they are skipped, which the Makefile says aloud; .ci/run sets NEED_NODE.
func needNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("NEED_NODE") != "" {
			t.Fatal("Node is not installed, and NEED_NODE asks for the tests that need it")
		}
		t.Skip("needs Node, which synthesizes the stack")
	}
}

// template is what CloudFormation would get.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	JSON      []byte
	// Warnings are the annotations that the CLI shows.
	Warnings []annotation
	Plan     plan
}

type resource struct {
	Type                                string
	Properties                          map[string]any
	DependsOn                           []string
	DeletionPolicy, UpdateReplacePolicy string
}

// synthesize builds the stack from a settings document. The binary does not matter here; the file stands for it.
func synthesize(t *testing.T, document string) template {
	t.Helper()
	needNode(t)
	app, stack, p := build(t, document)
	assembly := app.Synth(nil)
	artifact := assembly.GetStackArtifact(stack.ArtifactId())
	b, err := os.ReadFile(*artifact.TemplateFullPath())
	if err != nil {
		t.Fatal(err)
	}
	result := template{JSON: b, Plan: p}
	if err := json.Unmarshal(b, &result); err != nil {
		t.Fatal(err)
	}
	result.Warnings = annotations(assertions.Annotations_FromStack(stack.Stack).FindWarning(jsii.String("*"), assertions.Match_AnyValue()))
	return result
}

// annotation is a message of the synthesis: where, and what.
type annotation struct {
	ID    string
	Entry struct{ Data any }
}

func (a annotation) String() string { return fmt.Sprintf("%s: %v", a.ID, a.Entry.Data) }

// annotations reads them by their JSON names: the type that CDK gives them is marked as moved to a module that Go has not.
func annotations(messages any) []annotation {
	var all []annotation
	b, err := json.Marshal(messages)
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		panic(err)
	}
	return all
}

func build(t *testing.T, document string) (awscdk.App, *Stack, plan) {
	t.Helper()
	p, err := newPlan(document, now)
	if err != nil {
		t.Fatal(err)
	}
	asset := t.TempDir()
	for name, content := range map[string][]byte{"bootstrap": []byte("binary"), "settings.json": p.SettingsJSON} {
		if err := os.WriteFile(filepath.Join(asset, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), AnalyticsReporting: jsii.Bool(false)})
	return app, NewStack(app, stackName, &StackProps{Plan: p, Architecture: "arm64", Asset: asset}), p
}

// inCDKJSON is the settings document that the repository comes with.
func inCDKJSON(t *testing.T) string {
	t.Helper()
	context, err := readContext("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(context[contextKey])
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

// now is when the tests deploy.
var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// everything asks for all that the stack can have.
const everything = `{
	"servers": [
		{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*", "*-automate-06", "cpu-*-automate-06", "automate-06"],
		 "rules": ["nightly-chef"], "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)", "flexible": "1h"}], "timezone": "Europe/Berlin"},
		{"name": "puppet-01", "backend": "opsworks-cm", "alarms": ["backup of puppet-01 is old"],
		 "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)", "flexible": "1h"}, {"name": "daily", "expression": "rate(1 day)"}], "timezone": "Europe/Berlin"},
		{"name": "automate-07", "backend": "ssm", "runbook": "Maintain", "calendars": ["Holidays"],
		 "parameters": {"AutomationAssumeRole": ["arn:aws-us-gov:iam::123456789012:role/Maintain"]}},
		{"name": "automate-08", "backend": "ssm", "runbook": "chef-automate", "parameters": {"BackupTo": ["s3://backups/automate-08"]}},
		{"name": "puppet-02", "backend": "ssm", "runbook": "puppet-enterprise", "parameters": {"BackupTo": ["s3://backups/puppet-02"]}},
		{"name": "puppet-03", "backend": "ssm", "runbook": "puppet-server", "parameters": {"BackupTo": ["s3://backups/puppet-03"]}}
	],
	"alarmTriggers": ["tag", "dimension", "action"],
	"notify": [
		{"email": "ops@example.com", "only": ["error", "failed", "overdue", "missed"]}, {"email": "all@example.com"},
		{"chat": true}, {"records": true}
	]
}`

func (tmpl template) of(kind string) map[string]resource {
	found := map[string]resource{}
	for id, r := range tmpl.Resources {
		if r.Type == kind {
			found[id] = r
		}
	}
	return found
}

// one is the only resource of its type.
func (tmpl template) one(t *testing.T, kind string) resource {
	t.Helper()
	found := tmpl.of(kind)
	if len(found) != 1 {
		t.Fatalf("the template has %d of %s, want 1", len(found), kind)
	}
	for _, r := range found {
		return r
	}
	panic("unreachable")
}

// plain is a value of the template as it may look once deployed: in the Region with the longest ARNs, and with ${…} for what
// only the deployment knows.
func plain(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = plain(item)
		}
		return list
	case map[string]any:
		if ref, ok := value["Ref"].(string); ok {
			known := map[string]string{"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "AWS::AccountId": "123456789012", "AWS::URLSuffix": "amazonaws.com"}
			if text, ok := known[ref]; ok {
				return text
			}
			return "${" + ref + "}"
		}
		if attribute, ok := value["Fn::GetAtt"].([]any); ok {
			return fmt.Sprintf("${%v.%v}", attribute[0], attribute[1])
		}
		if join, ok := value["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, fmt.Sprint(plain(part)))
			}
			return strings.Join(parts, join[0].(string))
		}
		object := map[string]any{}
		for key, item := range value {
			object[key] = plain(item)
		}
		return object
	}
	return value
}

// texts is a value that may stand alone or in a list.
func texts(value any) []string {
	var all []string
	switch value := plain(value).(type) {
	case nil:
	case []any:
		for _, item := range value {
			all = append(all, fmt.Sprint(item))
		}
	default:
		all = append(all, fmt.Sprint(value))
	}
	return all
}

// dig follows keys and indexes into a value of the template.
func dig(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// statement is one statement of any policy in the template.
type statement struct {
	Resource                            string // the logical id of what the policy belongs to
	Sid, Effect                         string
	Actions, Resources, Principals, Not []string
	Condition                           any
}

func (tmpl template) statements() []statement {
	var all []statement
	add := func(id string, document any) {
		list, _ := dig(document, "Statement").([]any)
		for _, s := range list {
			one := statement{Resource: id, Actions: texts(dig(s, "Action")), Resources: texts(dig(s, "Resource")), Condition: plain(dig(s, "Condition"))}
			one.Sid, _ = dig(s, "Sid").(string)
			one.Effect, _ = dig(s, "Effect").(string)
			one.Not = append(texts(dig(s, "NotAction")), texts(dig(s, "NotResource"))...)
			switch principal := dig(s, "Principal").(type) {
			case map[string]any:
				for kind, who := range principal {
					for _, name := range texts(who) {
						one.Principals = append(one.Principals, kind+":"+name)
					}
				}
			case string:
				one.Principals = append(one.Principals, principal)
			}
			all = append(all, one)
		}
	}
	for id, r := range tmpl.Resources {
		for _, key := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "ResourcePolicy"} {
			add(id, r.Properties[key])
		}
		inline, _ := r.Properties["Policies"].([]any)
		for _, p := range inline {
			add(id, dig(p, "PolicyDocument"))
		}
	}
	return all
}
