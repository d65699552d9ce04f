package runbooks

import (
	"embed"
	"strconv"
	"strings"
)

//go:embed steps
var scripts embed.FS

// lastStep runs after every other one, done, failed or cancelled.
const lastStep = "Restore"

// shellStep is one of the steps that are scripts of ours. Its folder is the product's own, or the shared one.
type shellStep struct {
	name, file string
	shared     bool
	uses       string // a shared file more
	seconds    int    // what the script may take; the most AWS-RunShellScript allows is 172800
}

// delivery is what SSM has on top of a script's time, to bring it to a node that may just be booting.
const delivery = 900

// The order of the steps, Patch apart. A backup limits itself, by BackupTimeoutSeconds: its limit here only has to be above the longest
// that parameter allows. Restore's is what a cancelled automation has left.
var (
	beforePatch = []shellStep{
		{name: "PreCheck", file: "pre-check", shared: true, seconds: 600},
		{name: "Backup", file: "backup", uses: "copy", seconds: 102600},
	}
	afterPatch = []shellStep{
		{name: "Upgrade", file: "upgrade", uses: "wait", seconds: 14400},
		{name: "HealthCheck", file: "health-check", uses: "wait", shared: true, seconds: 5400},
		{name: lastStep, file: "restore", shared: true, seconds: 110},
	}
)

func (r Runbook) steps() []map[string]any {
	var steps []map[string]any
	for _, s := range beforePatch {
		steps = append(steps, r.shell(s))
	}
	steps = append(steps, patch())
	for _, s := range afterPatch {
		steps = append(steps, r.shell(s))
	}
	for i, step := range steps[:len(steps)-1] {
		step["nextStep"] = steps[i+1]["name"]
		// User Guide, "Properties shared by all actions": onFailure and onCancel take step:NAME, and a step that is critical makes the
		// whole automation Failed when it fails ("TimedOut" when it times out: "Handling timeouts in runbooks"), whatever runs after it.
		// onCancel: page "Error handling with the visual design experience"; what a cancelled automation then runs has two minutes.
		step["onFailure"], step["onCancel"] = "step:"+lastStep, "step:"+lastStep
	}
	end := steps[len(steps)-1]
	end["isEnd"], end["onFailure"], end["onCancel"] = true, "Abort", "Abort"
	return steps
}

// shell runs a script with AWS-RunShellScript. Whatever it uses is in it, so that a node needs no file of ours.
func (r Runbook) shell(s shellStep) map[string]any {
	return command(s.name, s.seconds+delivery, "AWS-RunShellScript", map[string]any{
		"executionTimeout": []string{strconv.Itoa(s.seconds)},
		"commands":         strings.Split(strings.TrimSuffix(r.script(s), "\n"), "\n"),
	})
}

// patch has no executionTimeout: AWS-RunPatchBaseline takes none, and limits itself to two hours.
func patch() map[string]any {
	return command("Patch", 10800, "AWS-RunPatchBaseline", map[string]any{
		"Operation":    []string{"Install"},
		"RebootOption": []string{"{{ RebootOption }}"},
	})
}

func command(name string, seconds int, document string, parameters map[string]any) map[string]any {
	return map[string]any{
		"name": name, "action": "aws:runCommand", "isCritical": true, "maxAttempts": 1, "timeoutSeconds": seconds,
		"inputs": map[string]any{
			"DocumentName":   document,
			"InstanceIds":    []string{"{{ InstanceId }}"},
			"TimeoutSeconds": 600, // to reach the node's agent; the default is an hour
			"Parameters":     parameters,
		},
	}
}

// script is a step's text: who it is, the parameters, what all steps share, what the product's share, and the step.
func (r Runbook) script(s shellStep) string {
	var b strings.Builder
	// SSM Agent lets sh start the file. The first line makes that bash, the second does where sh reads the file itself.
	b.WriteString("#!/usr/bin/env bash\n[ -n \"${BASH_VERSION:-}\" ] || exec bash \"$0\"\nset -euo pipefail\n")
	b.WriteString("STEP=" + s.name + " PRODUCT=" + r.Name + "\nEXECUTION_ID='{{ automation:EXECUTION_ID }}'\n")
	for _, p := range r.parameters() {
		b.WriteString(p.variable + "='{{ " + p.name + " }}'\n")
	}
	folder := r.Name + "/"
	if s.shared {
		folder = ""
	}
	for _, name := range []string{"lib", s.uses, r.Name + "/product", folder + s.file} {
		if name != "" {
			b.WriteString(code("steps/" + name + ".sh"))
		}
	}
	return b.String()
}

// code of a file: its comments stay here, as a document has 64 KB at most. No file has a line that begins with # and is none.
func code(name string) string {
	var b strings.Builder
	for line := range strings.Lines(text(name)) {
		if bare := strings.TrimSpace(line); bare != "" && !strings.HasPrefix(bare, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func text(name string) string {
	content, err := scripts.ReadFile(name)
	if err != nil {
		panic(err) // embedded at build time: a wrong name fails every test
	}
	return string(content)
}
