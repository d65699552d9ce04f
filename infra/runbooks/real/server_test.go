// Package real_test runs the runbook puppet-server on a real Puppet Server with PuppetDB and PostgreSQL, which it installs on the machine
// it is on. make real runs it: on Debian 12, as root. It changes that machine.
//
// What is not real here: service control where there is no systemd (testdata/bin/systemctl does what the unit files say), the AWS CLI,
// which is a folder, and AWS-RunPatchBaseline, which is AWS's own.
package real_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/infra/runbooks"
	"opsworks-maintenance/lambda/local/node"
)

const (
	certname   = "puppet.test"
	instanceID = "i-0123456789abcdef0"
	state      = "/var/lib/opsworks-maintenance/puppet-server"
)

// packages by the names of Debian; a run that reaches OpenVox' repositories names others.
func packages() []string {
	if given := os.Getenv("REAL_PACKAGES"); given != "" {
		return strings.Fields(given)
	}
	return []string{"puppetserver", "puppetdb", "puppet-agent", "postgresql", "puppet-terminus-puppetdb", "hiera-eyaml", "augeas-tools"}
}

// server is the machine, and the folder that stands for S3.
type server struct {
	bin, s3 string
	doc     node.Document
	runs    int
}

// attempt is one run of the runbook: what is given, and what goes wrong meanwhile.
type attempt struct {
	given  map[string]string
	env    []string
	limits map[string]time.Duration
	cancel func() bool  // asked ten times a second; true cancels the execution
	during func(string) // when a step begins
	patch  func() error // in place of AWS-RunPatchBaseline
}

func (s *server) maintain(t *testing.T, a attempt) node.Execution {
	t.Helper()
	given := map[string]string{"InstanceId": instanceID, "BackupTo": "s3://vault/puppet",
		"MinimumFreeGiB": "1", "StartTimeoutSeconds": startTimeout()}
	maps.Copy(given, a.given)
	for name, value := range given {
		if !s.doc.Admits(name, value) {
			t.Fatalf("SSM refuses %s=%q", name, value)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if a.cancel != nil {
		go func() {
			for !a.cancel() {
				time.Sleep(100 * time.Millisecond)
			}
			cancel()
		}()
	}
	s.runs++
	begun := time.Now()
	automation := node.Automation{
		Agent: node.Agent{Region: "eu-central-1", InstanceID: instanceID, Bin: s.bin,
			Env: append([]string{"S3=" + s.s3, "START_LIMIT=" + startTimeout()}, a.env...)},
		Patch: func(context.Context, map[string]string) (string, error) {
			if a.patch != nil {
				if err := a.patch(); err != nil {
					return err.Error() + "\n", err
				}
			}
			return "patched\n", nil
		},
		Begins: func(step string) {
			if a.during != nil {
				a.during(step)
			}
		},
		Ends: func(r node.StepResult) {
			t.Logf("%s %s after %s\n%s", r.Name, r.Status, time.Since(begun).Round(time.Second), r.Output)
		},
		Limits: a.limits,
	}
	e, err := automation.Execute(ctx, s.doc, fmt.Sprintf("00000000-0000-4000-8000-%012d", s.runs), given)
	if err != nil {
		t.Fatal(err)
	}
	s.leavesNothing(t, e)
	return e
}

// leavesNothing of any run, however it ended: no process of a step, no open pipe, no half file, no lock.
func (s *server) leavesNothing(t *testing.T, e node.Execution) {
	t.Helper()
	for _, step := range e.Steps {
		if !step.Killed && step.Held > 2*time.Second {
			t.Errorf("%s: its output was held open for %s after its end", step.Name, step.Held)
		}
		if len(step.Output) >= 2500 {
			t.Errorf("%s: %d bytes of output are more than the agent keeps", step.Name, len(step.Output))
		}
		for _, pid := range step.Survivors {
			if node.Alive(pid) {
				t.Errorf("%s left the process %d: %s", step.Name, pid, read(fmt.Sprintf("/proc/%d/cmdline", pid)))
			}
		}
	}
	if files, _ := filepath.Glob(state + "/*"); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	if disabled := setting(t, "agent_disabled_lockfile"); exists(disabled) {
		t.Errorf("the agent is still disabled: %s", read(disabled))
	}
}

func newServer(t *testing.T) *server {
	t.Helper()
	bin, err := filepath.Abs("testdata/bin")
	if err != nil {
		t.Fatal(err)
	}
	all := runbooks.All()
	i := slices.IndexFunc(all, func(r runbooks.Runbook) bool { return r.Name == "puppet-server" })
	content, err := json.Marshal(all[i].Document("arn:aws:iam::123456789012:role/runbook"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := node.Read(content)
	if err != nil {
		t.Fatal(err)
	}
	return &server{bin: bin, s3: t.TempDir(), doc: doc}
}

// ends says how an execution ended, which steps ran, and what a step said.
func ends(t *testing.T, e node.Execution, status string, steps []string, in string, says ...string) {
	t.Helper()
	var ran []string
	for _, step := range e.Steps {
		ran = append(ran, step.Name)
	}
	if e.Status != status || !slices.Equal(ran, steps) {
		t.Fatalf("%s after %v, not %s after %v", e.Status, ran, status, steps)
	}
	step, _ := e.Step(in)
	for _, text := range says {
		if !strings.Contains(step.Output, text) {
			t.Errorf("%s does not say %q", in, text)
		}
	}
}

var (
	everyStep = []string{"PreCheck", "Backup", "Patch", "Upgrade", "HealthCheck", "Restore"}
	refused   = []string{"PreCheck", "Restore"}
	inBackup  = []string{"PreCheck", "Backup", "Restore"}
)

// shell runs a command of the test's own, with the stand-ins, and returns what it says.
func shell(t *testing.T, script string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "bash", "-euo", "pipefail", "-c", script)
	bin, _ := filepath.Abs("testdata/bin")
	cmd.Env = append(append(os.Environ(), "PATH="+bin+":"+node.SystemPath, "HOME=/root", "AWS_REGION=eu-central-1",
		"START_LIMIT="+startTimeout()), env...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, output)
	}
	return string(output)
}

// control starts or stops a service.
func control(t *testing.T, verb, unit string) {
	t.Helper()
	begun := time.Now()
	shell(t, "systemctl "+verb+" "+unit)
	t.Logf("%s %s: %s", verb, unit, time.Since(begun).Round(100*time.Millisecond))
}

var settings = map[string]string{}

func setting(t *testing.T, name string) string {
	t.Helper()
	if settings[name] == "" {
		settings[name] = strings.TrimSpace(shell(t, "puppet config print --section server "+name))
	}
	return settings[name]
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func read(path string) string { content, _ := os.ReadFile(path); return string(content) }

// startTimeout is how long a start may take here; a slow machine needs more.
func startTimeout() string {
	if given := os.Getenv("REAL_START_TIMEOUT"); given != "" {
		return given
	}
	return "600"
}
