package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"

	"opsworks-maintenance/lambda/settings"
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

// synthesize builds the stack from a settings document. The binary does not matter here; the file stands for it.
func synthesize(t *testing.T, document string) template {
	t.Helper()
	return synthesizeIn(t, nil, document)
}

// synthesizeIn builds it with more in the context of cdk.json.
func synthesizeIn(t *testing.T, context map[string]any, document string) template {
	t.Helper()
	needNode(t)
	app, stack, p := buildIn(t, context, document)
	assembly := app.Synth(nil)
	artifact := assembly.GetStackArtifact(stack.ArtifactId())
	b, err := os.ReadFile(*artifact.TemplateFullPath())
	if err != nil {
		t.Fatal(err)
	}
	keepForLint(t, b)
	result := template{JSON: b, Plan: p}
	if err := json.Unmarshal(b, &result); err != nil {
		t.Fatal(err)
	}
	result.Warnings = annotations(assertions.Annotations_FromStack(stack.Stack).FindWarning(jsii.String("*"), assertions.Match_AnyValue()))
	return result
}

// keepForLint writes a template, by its content, into the folder TEMPLATES, if there is one: .ci/run has cfn-lint read them all.
func keepForLint(t *testing.T, template []byte) {
	t.Helper()
	folder := os.Getenv("TEMPLATES")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%x.json", sha256.Sum256(template))), template, 0o600); err != nil {
		t.Fatal(err)
	}
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
	return buildIn(t, nil, document)
}

func buildIn(t *testing.T, context map[string]any, document string) (awscdk.App, *Stack, plan) {
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
	flags := recommendedFlags()
	maps.Copy(flags, context)
	app := awscdk.NewApp(&awscdk.AppProps{Context: &flags, Outdir: jsii.String(t.TempDir()), AnalyticsReporting: jsii.Bool(false)})
	return app, NewStack(app, &StackProps{Plan: p, Architecture: "arm64", Asset: asset, PageAsset: asset}), p
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

// A slip in cdk.json is found by its line and column.
func TestReadContext_Syntax(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte("{\n  \"context\": {\n    \"maintenance\": {\"servers\": [],}\n  }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readContext(file)
	want := file + ": line 3, column 35: not JSON: invalid character '}' looking for beginning of object key string; " +
		"remove the comma before it"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// stackName names the stack unless the settings give another name.
const stackName = settings.DefaultName

// now is when the tests deploy.
var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// everything asks for all that the stack can have.
const everything = `{
	"servers": [
		{"name": "automate-06", "backend": "opsworks-cm", "alarms": ["automate-06-*", "*-automate-06", "cpu-*-automate-06", "automate-06"],
		 "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)", "flexible": "1h"}],
		 "rules": ["nightly-chef"], "timezone": "Europe/Berlin"},
		{"name": "puppet-01", "backend": "opsworks-cm", "alarms": ["backup of puppet-01 is old"],
		 "schedules": [{"name": "weekly", "expression": "cron(0 23 ? * SAT *)", "flexible": "1h"},
			{"name": "daily", "expression": "rate(1 day)"}], "timezone": "Europe/Berlin"},
		{"name": "automate-07", "backend": "ssm", "runbook": "Maintain", "calendars": ["Holidays"], "blockedBy": ["db-replication-*"],
		 "parameters": {"AutomationAssumeRole": ["arn:aws-us-gov:iam::123456789012:role/Maintain"]}},
		{"name": "automate-08", "backend": "ssm", "runbook": "chef-automate", "parameters": {"BackupTo": ["s3://backups/automate-08"]}},
		{"name": "puppet-02", "backend": "ssm", "runbook": "puppet-enterprise", "parameters": {"BackupTo": ["s3://backups/puppet-02"]}},
		{"name": "puppet-03", "backend": "ssm", "runbook": "puppet-server", "parameters": {"BackupTo": ["s3://backups/puppet-03"]}}
	],
	"alarmTriggers": ["tag", "dimension", "action", {"sns": ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:alarms"]}],
	"notify": [
		{"email": "ops@example.com", "only": ["error", "failed", "overdue", "missed"]}, {"email": "all@example.com"},
		{"slack": {"workspace": "T01AB2CD3", "channel": "C01AB2CD3"}}, {"chat": true}, {"records": true}
	]
}`
