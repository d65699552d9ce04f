package runbooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"opsworks-maintenance/infra/runbooks"
)

// document is what SSM reads of a runbook's JSON.
type document struct {
	SchemaVersion, AssumeRole string
	Parameters                map[string]struct {
		Type, AllowedPattern string
		AllowedValues        []string
		Default              *string
	}
	MainSteps []step
	Outputs   []string
}

type step struct {
	Name, Action, NextStep, OnFailure, OnCancel string
	IsCritical                                  *bool
	IsEnd                                       bool
	TimeoutSeconds, MaxAttempts                 int
	Inputs                                      struct {
		DocumentName   string
		InstanceIds    []string
		TimeoutSeconds int
		Parameters     map[string][]string
	}
}

func read(t *testing.T, r runbooks.Runbook) document {
	t.Helper()
	content, err := json.Marshal(r.Document("arn:aws:iam::123456789012:role/runbook"))
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// server is a node with a product on it: its commands are stand-ins, its disk is the folder root, S3 is a folder of the lab.
type server struct {
	t              *testing.T
	doc            document
	root, lab, bin string
	broken         string                   // what goes wrong: see testdata/bin
	kill           map[string]time.Duration // steps that are killed, and after how long
	cancel         bool                     // whether it is a user's cancel that kills them, not a timeout
	twice          bool                     // every script runs twice
	id             string
}

func newServer(t *testing.T, r runbooks.Runbook, version string) *server {
	t.Helper()
	folder := t.TempDir()
	s := &server{t: t, doc: read(t, r), root: filepath.Join(folder, "root"), lab: filepath.Join(folder, "lab"), bin: filepath.Join(folder, "bin"),
		id: "11111111-2222-3333-4444-555555555555"}
	if err := os.CopyFS(s.bin, os.DirFS("testdata/bin")); err != nil {
		t.Fatal(err)
	}
	s.write(s.lab, "calls", "")
	s.write(s.lab, "version", version+"\n")
	s.write(s.lab, "timers", "pe_databases-facts.timer\npe_databases-reports.timer\n")
	s.write(s.root, "opt/puppetlabs/server/pe_version", version+"\n")
	s.write(s.root, "etc/puppetlabs/orchestration-services/conf.d/secrets/keys.json", "hunter2")
	s.write(s.root, "etc/puppetlabs/console-services/conf.d/secrets/keys.json", "hunter2")
	return s
}

func (s *server) write(folder, name, content string) {
	s.t.Helper()
	path := filepath.Join(folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o755)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) read(name string) string {
	content, _ := os.ReadFile(filepath.Join(s.lab, name))
	return string(content)
}

// execution is what came of a run of the document.
type execution struct {
	status string
	ran    []string
	output map[string]string
}

func (e execution) all() string {
	var b strings.Builder
	for _, name := range e.ran {
		b.WriteString("== " + name + "\n" + e.output[name])
	}
	return b.String()
}

// admits says whether SSM would take a parameter's value.
func (d document) admits(name, value string) bool {
	p := d.Parameters[name]
	if p.AllowedValues != nil {
		for _, v := range p.AllowedValues {
			if v == value {
				return true
			}
		}
		return false
	}
	return regexp.MustCompile(p.AllowedPattern).MatchString(value)
}

// start runs the document as SSM does: User Guide, "Properties shared by all actions".
func (s *server) start(given map[string]string) execution {
	s.t.Helper()
	for name, value := range given {
		if !s.doc.admits(name, value) {
			s.t.Fatalf("SSM refuses %s=%q", name, value)
		}
	}
	return s.startUnchecked(given)
}

func (s *server) startUnchecked(given map[string]string) execution {
	s.t.Helper()
	values := map[string]string{"InstanceId": "i-0123456789abcdef0", "BackupTo": "s3://vault/automation", "automation:EXECUTION_ID": s.id}
	for name, p := range s.doc.Parameters {
		if _, ok := values[name]; !ok && p.Default != nil {
			values[name] = *p.Default
		}
	}
	for name, value := range given {
		values[name] = value
	}
	steps := map[string]step{}
	for _, step := range s.doc.MainSteps {
		steps[step.Name] = step
	}
	e := execution{status: "Success", output: map[string]string{}}
	for next := s.doc.MainSteps[0].Name; next != ""; {
		now, ok := steps[next]
		if !ok {
			s.t.Fatalf("there is no step %q", next)
		}
		e.ran = append(e.ran, now.Name)
		output, err := s.run(now, values)
		e.output[now.Name] = output
		onward := now.NextStep
		if err != nil {
			onward = strings.TrimPrefix(now.OnFailure, "step:")
			if *now.IsCritical {
				e.status = "Failed"
			}
			if s.kill[now.Name] != 0 && s.cancel {
				onward, e.status = strings.TrimPrefix(now.OnCancel, "step:"), "Cancelled"
			}
		}
		if next = onward; now.IsEnd || onward == "Abort" {
			break
		}
	}
	return e
}

// place puts values where SSM would, into the text, before any shell sees it.
func (s *server) place(text string, values map[string]string) string {
	return regexp.MustCompile(`{{ *([^ }]+) *}}`).ReplaceAllStringFunc(text, func(place string) string {
		name := strings.Trim(place, "{} ")
		value, ok := values[name]
		if !ok {
			s.t.Fatalf("nothing is called %s", place)
		}
		return value
	})
}

func (s *server) run(now step, values map[string]string) (string, error) {
	s.t.Helper()
	switch now.Inputs.DocumentName {
	case "AWS-RunPatchBaseline":
		option := s.place(now.Inputs.Parameters["RebootOption"][0], values)
		s.write(s.lab, "patched", now.Inputs.Parameters["Operation"][0]+" "+option)
		if strings.Contains(s.broken, "patch-fails") {
			return "patching failed\n", errors.New("exit code 1")
		}
		return "patched\n", nil
	case "AWS-RunShellScript":
		script := s.place(strings.Join(now.Inputs.Parameters["commands"], "\n")+"\n", values)
		output, err := s.script(script, s.kill[now.Name])
		if s.twice && err == nil {
			return s.script(script, 0)
		}
		return output, err
	}
	s.t.Fatalf("step %s runs %s", now.Name, now.Inputs.DocumentName)
	return "", nil
}

// script runs as SSM Agent runs it: a file that sh is told to start, killed with all it began when its time is over.
func (s *server) script(script string, kill time.Duration) (string, error) {
	s.write(s.lab, "_script.sh", script)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	if kill != 0 {
		ctx, cancel = context.WithTimeout(context.Background(), kill)
	}
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", filepath.Join(s.lab, "_script.sh"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Dir = s.lab
	cmd.Env = []string{"PATH=" + s.bin + ":/usr/bin:/bin", "RUNBOOK_ROOT=" + s.root, "LAB=" + s.lab, "BREAK=" + s.broken}
	output, err := cmd.CombinedOutput()
	return string(output), err
}
