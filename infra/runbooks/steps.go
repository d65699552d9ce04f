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

// shellStep is one of the steps that are scripts of ours, put together from files in this order. In one that begins with "*/", the
// product's own folder is meant, and a product without such a file does without.
type shellStep struct {
	name, files string
	seconds     int // what the script may take; the agent takes 5 to 172800, and anything else for 3600
}

// delivery is what SSM has on top of a script's time, to bring it to a node that may just be booting.
const delivery = 900

// The order of the steps, Patch apart. A backup limits itself, by BackupTimeoutSeconds: its limit here only has to be above the longest
// that parameter allows. Restore's is what a cancelled automation has left.
var (
	beforePatch = []shellStep{
		{"PreCheck", "lib work older leftovers support puppet/puppet puppet/agent puppet/certificates " +
			"*/product */noop */packages */choose */rules pre-check", 7200},
		{"Backup", "lib work puppet/puppet puppet/agent */product copy */agent-off */units-off */database */backup", 102600},
	}
	afterPatch = []shellStep{
		{"Upgrade", "lib work older puppet/puppet puppet/agent */product */units-off wait */packages */upgrade upgrade", 21600},
		{"HealthCheck", "lib work support puppet/puppet puppet/agent */product */noop wait */look health-check", 7200},
		{lastStep, "lib leftovers */switch-on restore", 110},
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

// Where the values stand in a step: behind its last command.
const (
	valuesBegin = "# values"
	valuesEnd   = "# end"
)

// script is a step's text: who it is, what it shares with others, itself, and the parameters' values. SSM puts those into the text, and
// bash reads a text command by command and no further than "exit": what stands behind it is never code, whatever it is. The step reads it
// as lines.
func (r Runbook) script(s shellStep) string {
	var b strings.Builder
	// SSM Agent lets sh start the file. The first line makes that bash, the second does where sh reads the file itself.
	b.WriteString("#!/usr/bin/env bash\n[ -n \"${BASH_VERSION:-}\" ] || exec bash \"$0\"\nset -euo pipefail\n")
	b.WriteString("STEP=" + s.name + " PRODUCT=" + r.Name + "\n")
	if strings.Contains(s.files, " support ") {
		b.WriteString("SUPPORT='" + r.support() + "'\n")
	}
	values := "{{ automation:EXECUTION_ID }}\n"
	b.WriteString("{\nwhile IFS= read -r END && [ \"$END\" != '" + valuesBegin + "' ]; do :; done\nfor NAME in EXECUTION_ID")
	for _, p := range r.parameters() {
		b.WriteString(" " + p.variable)
		values += "{{ " + p.name + " }}\n"
	}
	b.WriteString(" END; do IFS= read -r \"${NAME?}\"; done\n} <\"$0\"\n")
	for name := range strings.FieldsSeq(s.files) {
		folder, of, inFolder := strings.Cut(name, "/")
		switch {
		case inFolder && folder == "*":
			b.WriteString(optional("steps/" + r.Name + "/" + of + ".sh"))
		case !inFolder || strings.HasPrefix(r.Name, folder+"-"):
			b.WriteString(code("steps/" + name + ".sh"))
		}
	}
	return b.String() + "exit 0\n" + valuesBegin + "\n" + values + valuesEnd + "\n"
}

// optional is the code of a file that may be missing.
func optional(name string) string {
	if _, err := scripts.Open(name); err != nil {
		return ""
	}
	return code(name)
}

// support are the versions of the product and the ends of their support, a line each.
func (r Runbook) support() string {
	var lines []string
	for line := range strings.Lines(text("steps/end-of-life.txt")) {
		if row := strings.Fields(line); len(row) > 2 && row[0] == r.Name {
			lines = append(lines, row[1]+" "+row[2])
		}
	}
	return strings.Join(lines, "\n")
}

// code of a file: its comments and its indentation stay here, as a document has 64 KB at most. No file has a line that begins with # and is
// none, nor a text of several lines in which a tab at their beginning would mean anything.
func code(name string) string {
	var b strings.Builder
	for line := range strings.Lines(text(name)) {
		if bare := strings.TrimSpace(line); bare != "" && !strings.HasPrefix(bare, "#") {
			b.WriteString(strings.TrimLeft(line, "\t"))
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
