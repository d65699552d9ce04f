package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The steps of this runbook really run, on the machine of the test, and do nothing.
const harmless = `{"schemaVersion": "0.3", "outputs": ["Restore.Output"], "parameters": {}, "mainSteps": [
	{"name": "PreCheck", "isCritical": true, "nextStep": "Restore", "onFailure": "step:Restore", "onCancel": "step:Restore",
	 "inputs": {"DocumentName": "AWS-RunShellScript",
	 "Parameters": {"executionTimeout": ["60"], "commands": ["#!/bin/sh",
		"echo \"PreCheck: $VERDICT on {{ InstanceId }}\"", "[ \"$VERDICT\" = done ]"]}}},
	{"name": "Restore", "isCritical": true, "isEnd": true, "onFailure": "Abort", "onCancel": "Abort",
	 "inputs": {"DocumentName": "AWS-RunShellScript",
	 "Parameters": {"executionTimeout": ["60"], "commands": ["#!/bin/sh", "echo all is as it was"]}}}]}`

// breaks are where a message goes on in the next line.
var breaks = regexp.MustCompile(`\n +\| +`)

func TestRun_LocalNode(t *testing.T) {
	runbook := filepath.Join(t.TempDir(), "runbook.json")
	if err := os.WriteFile(runbook, []byte(harmless), 0o600); err != nil {
		t.Fatal(err)
	}
	for verdict, want := range map[string][]string{
		"done":                      {"-node-env", "VERDICT=done"},
		"FAILED: the disk is full.": {"-node-env", "VERDICT=FAILED: the disk is full.", "-fail"},
	} {
		t.Run(verdict, func(t *testing.T) {
			var out bytes.Buffer
			arguments := append([]string{"-function", built, "-backend", "ssm", "-node", "local", "-node-runbook", runbook}, want...)
			if err := run(t.Context(), arguments, &out, t.Output()); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			told := breaks.ReplaceAllString(out.String(), " ")
			if verdict != "done" && !strings.Contains(told, "PreCheck: FAILED: the disk is full. on i-") {
				t.Errorf("what the step said is in no message:\n%s", out.String())
			}
			if !strings.Contains(told, "Restore says: all is as it was") {
				t.Errorf("what the last step said is in no message:\n%s", out.String())
			}
			ended := map[bool]string{true: "succeeded", false: "failed"}[verdict == "done"]
			if !strings.Contains(out.String(), "puppet-01 maintenance "+ended) {
				t.Errorf("no message says %s:\n%s", ended, out.String())
			}
		})
	}
}

func TestRun_LocalNode_Refused(t *testing.T) {
	for fault, arguments := range map[string][]string{
		"is not local":            {"-backend", "ssm", "-node", "remote"},
		"goes with -backend ssm":  {"-backend", "opsworks-cm", "-node", "local"},
		"is no server of Systems": {"-backend", "ssm", "-node", "local", "-node-server", "nobody"},
		"make run writes it":      {"-backend", "ssm", "-node", "local", "-node-runbook", "nowhere.json"},
	} {
		err := run(t.Context(), append([]string{"-function", built}, arguments...), &bytes.Buffer{}, t.Output())
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%v: %v", arguments, err)
		}
	}
}
