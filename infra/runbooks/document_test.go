package runbooks_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"opsworks-maintenance/infra/runbooks"
	"opsworks-maintenance/lambda/local/node"
)

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if output, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
}

// TestRunbook_Document states what SSM asks of a document, and what ours promise of every step.
func TestRunbook_Document(t *testing.T) {
	nameRule := regexp.MustCompile(`^[a-zA-Z0-9_]{1,128}$`)
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		d := s.doc
		if d.SchemaVersion != "0.3" || d.AssumeRole != "arn:aws:iam::123456789012:role/runbook" {
			t.Errorf("schema %q, role %q", d.SchemaVersion, d.AssumeRole)
		}
		known := map[string]bool{"automation:EXECUTION_ID": true}
		for name, p := range d.Parameters {
			known[name] = true
			if !nameRule.MatchString(name) || p.Type != "String" || (p.AllowedPattern == "") == (p.AllowedValues == nil) {
				t.Errorf("parameter %s: %+v", name, p)
			}
			if (p.Default == nil) != (name == "InstanceId") || p.Default != nil && !d.Admits(name, *p.Default) {
				t.Errorf("parameter %s: its default is %v", name, p.Default)
			}
		}
		names, total := map[string]int{}, 0
		for i, step := range d.MainSteps {
			total += step.TimeoutSeconds
			names[step.Name] = i
		}
		if len(names) != len(everyStep) {
			t.Errorf("steps: %v", names)
		}
		for i, step := range d.MainSteps {
			if step.Name != everyStep[i] || !nameRule.MatchString(step.Name) || step.Action != "aws:runCommand" {
				t.Errorf("step %d: %s %s", i, step.Name, step.Action)
			}
			checkStep(t, step, i == len(d.MainSteps)-1, names)
		}
		if total > 2880*60 {
			t.Errorf("the steps may take %d seconds, and a claim is taken over after two days", total)
		}
		for _, output := range d.Outputs {
			name, field, _ := strings.Cut(output, ".")
			if _, ok := names[name]; !ok || field != "Output" {
				t.Errorf("output %s", output)
			}
		}
		for _, m := range regexp.MustCompile(`{{([^}]*)}}`).FindAllStringSubmatch(fmt.Sprint(d.MainSteps), -1) {
			if !known[strings.TrimSpace(m[1])] {
				t.Errorf("%s: there is no such parameter", m[0])
			}
		}
	})
}

func checkStep(t *testing.T, step node.Step, last bool, names map[string]int) {
	t.Helper()
	if step.IsCritical == nil || !*step.IsCritical {
		t.Errorf("%s fails without the run failing", step.Name)
	}
	if last {
		if !step.IsEnd || step.NextStep != "" || step.OnFailure != "Abort" || step.OnCancel != "Abort" {
			t.Errorf("the last step goes on: %+v", step)
		}
	} else if names[step.NextStep] != names[step.Name]+1 || step.OnFailure != "step:Restore" || step.OnCancel != "step:Restore" || step.IsEnd {
		t.Errorf("%s: next %s, on failure %s, on cancel %s", step.Name, step.NextStep, step.OnFailure, step.OnCancel)
	}
	if step.TimeoutSeconds <= 0 || step.MaxAttempts != 1 || step.Inputs.TimeoutSeconds < 30 || len(step.Inputs.InstanceIds) != 1 {
		t.Errorf("%s: %+v", step.Name, step)
	}
	if step.Inputs.DocumentName == "AWS-RunPatchBaseline" {
		return // takes no executionTimeout
	}
	limit := step.Inputs.Parameters["executionTimeout"]
	if len(limit) != 1 {
		t.Fatalf("%s: executionTimeout %v", step.Name, limit)
	}
	seconds, err := strconv.Atoi(limit[0])
	if err != nil || seconds < 5 || seconds > 172800 || seconds >= step.TimeoutSeconds {
		t.Errorf("%s: its script has %s seconds, the step %d; the agent takes 5 to 172800", step.Name, limit[0], step.TimeoutSeconds)
	}
	if step.Name == "Restore" && seconds > 120 {
		t.Errorf("Restore may take %d seconds: a cancelled automation has 120", seconds)
	}
	if step.Name == "Backup" && seconds <= 99999 {
		t.Errorf("Backup ends after %d seconds: BackupTimeoutSeconds may be 99999", seconds)
	}
}

func TestRunbook_Size(t *testing.T) {
	for _, r := range runbooks.All() {
		size := len(content(t, r, strings.Repeat("x", 200)))
		t.Logf("%s: %d bytes", r.Name, size)
		if size > 64*1024 {
			t.Errorf("%s: %d bytes; a document has 64 KB at most", r.Name, size)
		}
	}
}

func TestRunbook_Hash(t *testing.T) {
	all := runbooks.All()
	for _, r := range all {
		if !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(r.Hash()) {
			t.Errorf("%s: hash %q", r.Name, r.Hash())
		}
	}
	if all[0].Hash() == all[1].Hash() || all[1].Hash() == all[2].Hash() {
		t.Error("different contents, one hash")
	}
}

// Values that a shell would act on. The document admits none of them; and should SSM ever let one through, it stands where bash never
// comes.
func TestRunbook_HostileValues(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		own := filepath.Join(s.lab, "owned")
		attacks := []string{"'; touch %s; '", "\"; touch %s; \"", "$(touch %s)", "`touch %s`", "; touch %s", "x\ntouch %s\n", "| touch %s",
			"PATH[$(touch %s)]", "& touch %s &", "x\n# end\ntouch %s"}
		for _, attack := range append(attacks, "{{ssm:secret}}", "${HOME}", "\\", "x y", "*", "~") {
			attack = strings.ReplaceAll(attack, "%s", own)
			for name, p := range s.doc.Parameters {
				for _, value := range []string{attack, "s3://vault/automation" + attack, attack + "4.13.0",
					"i-0123456789abcdef0" + attack, "https://pm.example.com/pe" + attack} {
					if s.doc.Admits(name, value) {
						t.Errorf("%s admits %q: %s%v", name, value, p.AllowedPattern, p.AllowedValues)
					}
				}
			}
		}
		for _, attack := range attacks {
			given := map[string]string{}
			for name := range s.doc.Parameters {
				given[name] = fmt.Sprintf(attack, own)
			}
			s.startUnchecked(given)
			if _, err := os.Stat(own); err == nil {
				t.Fatalf("%q was executed", attack)
			}
		}
		for _, name := range []string{"BackupTimeoutSeconds", "MinimumFreeGiB", "StartTimeoutSeconds"} { // the ones that arithmetic sees
			s.startUnchecked(map[string]string{name: "PATH[$(touch " + own + ")]"})
			if _, err := os.Stat(own); err == nil {
				t.Fatalf("%s was executed", name)
			}
		}
	})
}

// The same attack must succeed where the value stands in the code, or the test above shows nothing.
func TestRunbook_HostileValueInTheCode(t *testing.T) {
	s := newServer(t, runbooks.All()[0], "4.12.144")
	s.doc.MainSteps[0].Inputs.Parameters["commands"] = []string{"x={{ BackupTo }}"}
	s.startUnchecked(map[string]string{"BackupTo": "$(touch " + filepath.Join(s.lab, "owned") + ")"})
	if _, err := os.Stat(filepath.Join(s.lab, "owned")); err != nil {
		t.Error("values are not put into the text as SSM does it")
	}
}

func TestSteps_ShellCheck(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		if os.Getenv("NEED_SHELLCHECK") == "" {
			t.Skip("shellcheck is not installed")
		}
		t.Fatal(err)
	}
	used := map[string]bool{}
	eachRunbookInTurn(t, func(t *testing.T, s *server) {
		for _, step := range s.doc.MainSteps {
			if commands := step.Inputs.Parameters["commands"]; commands != nil {
				script := strings.Join(commands, "\n") + "\n"
				code, _, _ := strings.Cut(script, "\n# values\n") // what stands behind it is no code
				s.write(s.lab, step.Name+".sh", code)
				// SC2317, SC2329: a function that this step of several does not call; SC2119, SC2120: nor gives an argument. SC2034: nor
				// reads a parameter. SC2016: what is quoted for another shell, as the files say where they do it.
				run(t, "shellcheck", "--exclude=SC2016,SC2034,SC2119,SC2120,SC2317,SC2329", filepath.Join(s.lab, step.Name+".sh"))
				used[script] = true
			}
		}
	})
	files := 0
	err := filepath.WalkDir("steps", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sh" {
			return err
		}
		files++
		// SC2034, SC2153, SC2154: what one file sets, another reads; the whole scripts above are checked for it.
		run(t, "shellcheck", "--shell=bash", "--exclude=SC2034,SC2119,SC2120,SC2153,SC2154", path)
		inSome(t, path, used)
		return nil
	})
	if err != nil || files < 30 {
		t.Errorf("%d files: %v", files, err)
	}
}

// inSome says that a file's first line of code is in some script: one that no step uses would be found by nothing else.
func inSome(t *testing.T, path string, scripts map[string]bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for script := range scripts {
			if strings.Contains(script, "\n"+line+"\n") {
				return
			}
		}
		t.Errorf("no step has %s", path)
		return
	}
}
