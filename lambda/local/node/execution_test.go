package node_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/node"
)

const document = `{"schemaVersion": "0.3", "outputs": ["Last.Output"], "parameters": {
		"Word": {"type": "String", "default": "usual", "allowedPattern": "^[a-z]*$"}, "Choice": {"type": "String", "allowedValues": ["a"]}},
	"mainSteps": [
		{"name": "First", "isCritical": true, "nextStep": "Patch", "onFailure": "step:Last", "onCancel": "step:Last",
		 "inputs": {"DocumentName": "AWS-RunShellScript",
		 "Parameters": {"executionTimeout": ["60"], "commands": ["#!/bin/sh",
			"echo {{ Word }} in {{ automation:EXECUTION_ID }}", "case {{ Word }} in fail) exit 1;; wait) sleep 60;; esac"]}}},
		{"name": "Patch", "isCritical": true, "nextStep": "Last", "onFailure": "step:Last", "onCancel": "step:Last",
		 "inputs": {"DocumentName": "AWS-RunPatchBaseline", "Parameters": {"Operation": ["Install"]}}},
		{"name": "Last", "isCritical": true, "isEnd": true, "onFailure": "Abort",
		 "inputs": {"DocumentName": "AWS-RunShellScript", "Parameters": {"executionTimeout": ["60"], "commands": ["#!/bin/sh", "echo last"]}}}
	]}`

func TestAutomation_Execute(t *testing.T) {
	for name, c := range map[string]struct {
		word, status, ran string
		patch             error
	}{
		"every step":            {"usual", node.Success, "First Success, Patch Success, Last Success", nil},
		"the first step fails":  {"fail", node.Failed, "First Failed, Last Success", nil},
		"the patch fails":       {"usual", node.Failed, "First Success, Patch Failed, Last Success", errors.New("no")},
		"a step takes too long": {"wait", node.TimedOut, "First TimedOut, Last Success", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := execute(t, t.Context(), c.word, c.patch)
			if got := e.ran(); e.Status != c.status || got != c.ran {
				t.Errorf("%s after %s", e.Status, got)
			}
			d, _ := node.Read([]byte(document))
			if got := e.Outputs(d)["Last.Output"]; len(got) != 1 || got[0] != "last\n" {
				t.Errorf("outputs: %q", got)
			}
			if first, _ := e.Step("First"); !strings.Contains(first.Output, c.word+" in id-1\n") {
				t.Errorf("First said %q", first.Output)
			}
		})
	}
}

func TestAutomation_Cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	e := execute(t, ctx, "wait", nil)
	if got := e.ran(); e.Status != node.Cancelled || got != "First Cancelled, Last Success" {
		t.Errorf("%s after %s", e.Status, got)
	}
}

func TestDocument_Admits(t *testing.T) {
	d, err := node.Read([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[[2]string]bool{{"Word", "abc"}: true, {"Word", "A"}: false, {"Choice", "a"}: true, {"Choice", "b"}: false,
		{"Nothing", "a"}: false} {
		if d.Admits(value[0], value[1]) != want {
			t.Errorf("%v: not %t", value, want)
		}
	}
	if _, err := node.Read([]byte(`{}`)); err == nil {
		t.Error("a document without steps is read")
	}
}

type execution struct{ node.Execution }

func (e execution) ran() string {
	var all []string
	for _, step := range e.Steps {
		all = append(all, step.Name+" "+step.Status)
	}
	return strings.Join(all, ", ")
}

func execute(t *testing.T, ctx context.Context, word string, patch error) execution {
	t.Helper()
	d, err := node.Read([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	a := node.Automation{
		Patch:  func(context.Context, map[string]string) (string, error) { return "", patch },
		Limits: map[string]time.Duration{"First": 5 * time.Second},
	}
	e, err := a.Execute(ctx, d, "id-1", map[string]string{"Word": word})
	if err != nil {
		t.Fatal(err)
	}
	return execution{e}
}
