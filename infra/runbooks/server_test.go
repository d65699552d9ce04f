package runbooks_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"opsworks-maintenance/infra/runbooks"
	"opsworks-maintenance/lambda/local/node"
)

// server is a node with a product on it: its commands are stand-ins, its disk is the folder root, S3 is a folder of the lab. Its steps are
// started as the SSM Agent starts them.
type server struct {
	t              *testing.T
	doc            node.Document
	root, lab, bin string
	broken         string                   // what goes wrong: see testdata/bin
	limits         map[string]time.Duration // of steps, shorter than the document's
	cancel         string                   // the step in which a user cancels, once its backup is at work
	twice          bool                     // every script runs twice
	env            []string                 // of the steps, besides what the stand-ins ask for
	goesOn         bool                     // what the cancelled step began is still at work at the end
	id             string
}

// executions are numbered: Restore ends the processes of its own, and tests run side by side.
var executions atomic.Int64

func newServer(t *testing.T, r runbooks.Runbook, version string) *server {
	t.Helper()
	folder := t.TempDir()
	s := &server{t: t, doc: read(t, r), root: filepath.Join(folder, "root"), lab: filepath.Join(folder, "lab"),
		bin: filepath.Join(folder, "bin"),
		id:  fmt.Sprintf("11111111-2222-3333-%04d-%012d", os.Getpid()%10000, executions.Add(1))}
	if err := os.CopyFS(s.bin, os.DirFS("testdata/bin")); err != nil {
		t.Fatal(err)
	}
	s.write(s.lab, "calls", "")
	s.write(s.lab, "version", version+"\n")
	s.write(s.lab, "timers", "pe_databases-facts.timer\npe_databases-reports.timer\npuppet.service\n")
	s.certificates(365*24*time.Hour, 365*24*time.Hour)
	if r.Name == "puppet-enterprise" {
		s.write(s.root, "opt/puppetlabs/server/pe_version", version+"\n")
		s.write(s.root, "etc/puppetlabs/orchestration-services/conf.d/secrets/keys.json", "hunter2")
		s.write(s.root, "etc/puppetlabs/console-services/conf.d/secrets/keys.json", "hunter2")
	}
	s.openSource(version)
	return s
}

// openSource is what a Puppet Server with PuppetDB has on its disk, by Debian's packages.
func (s *server) openSource(version string) {
	at := func(name string) string { return filepath.Join(s.root, name) }
	s.write(s.root, "etc/puppet/puppet.conf", "[main]\n")
	s.write(s.root, "etc/puppet/eyaml/private_key.pkcs7.pem", "hunter2")
	s.write(s.root, "etc/puppet/code/hiera.yaml", "pkcs7_private_key: "+at("etc/puppet/eyaml/private_key.pkcs7.pem")+"\n")
	s.write(s.root, "etc/puppetdb/conf.d/jetty.ini", "[jetty]\nport = 8080\n")
	s.write(s.root, "etc/puppetdb/conf.d/database.ini", "[database]\nsubname = //localhost:5432/puppetdb\npassword = hunter2\n")
	var settings strings.Builder
	for name, value := range map[string]string{
		"confdir": at("etc/puppet"), "codedir": at("etc/puppet/code"),
		"environmentpath": at("etc/puppet/code/environments"), "basemodulepath": at("etc/puppet/code/modules"),
		"cadir": at("etc/puppet/ca"), "ssldir": at("etc/puppet/ssl"),
		"cacert": at("etc/puppet/ca/ca_crt.pem"), "localcacert": at("etc/puppet/ca/ca_crt.pem"),
		"hostcert": at("etc/puppet/ssl/host.pem"), "hostprivkey": at("etc/puppet/ssl/host.pem"),
		"hostcrl": at("etc/puppet/ssl/crl.pem"), "certname": "puppet", "serverport": "8140",
		"reports": "store,puppetdb", "storeconfigs": "true", "storeconfigs_backend": "puppetdb",
		"agent_catalog_run_lockfile": filepath.Join(s.lab, "agent-run"), "agent_disabled_lockfile": filepath.Join(s.lab, "agent-off"),
	} {
		fmt.Fprintf(&settings, "%s = %s\n", name, value)
	}
	s.write(s.lab, "settings", settings.String())
	for _, name := range []string{"puppetserver", "puppetdb", "puppet-terminus-puppetdb"} {
		s.write(s.lab, "packages/"+name, version+"-2")
	}
	var repository strings.Builder
	for _, name := range []string{"puppetserver", "puppetdb", "puppet-terminus-puppetdb"} {
		for _, v := range []string{"1:7.10.1-1", "8.2.0-1", "7.9.6-1"} {
			fmt.Fprintf(&repository, "%s %s\n", name, v)
		}
	}
	s.write(s.lab, "repository", repository.String())
}

// certificates of a CA and the host, which end in so long.
func (s *server) certificates(ca, host time.Duration) {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(s.root, "etc/puppet/ca/ca_key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
	for name, left := range map[string]time.Duration{"etc/puppet/ca/ca_crt.pem": ca, "etc/puppet/ssl/host.pem": host} {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(left)}
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			s.t.Fatal(err)
		}
		s.write(s.root, name, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})))
	}
}

func read(t *testing.T, r runbooks.Runbook) node.Document {
	t.Helper()
	d, err := node.Read(content(t, r, "arn:aws:iam::123456789012:role/runbook"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// content is the document as CloudFormation sends it: JSON that escapes no more than it has to.
func content(t *testing.T, r runbooks.Runbook, role string) []byte {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.Document(role)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (s *server) write(folder, name, content string) {
	s.t.Helper()
	path := filepath.Join(folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), node.WriteScript(path, content, 0o755)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) read(name string) string {
	content, _ := os.ReadFile(filepath.Join(s.lab, name))
	return string(content)
}

// execution is what came of a run of the document.
type execution struct {
	node.Execution
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

// start runs the document with values that SSM takes.
func (s *server) start(given map[string]string) execution {
	s.t.Helper()
	for name, value := range given {
		if !s.doc.Admits(name, value) {
			s.t.Fatalf("SSM refuses %s=%q", name, value)
		}
	}
	return s.startUnchecked(given)
}

func (s *server) startUnchecked(given map[string]string) execution {
	s.t.Helper()
	values := map[string]string{"InstanceId": "i-0123456789abcdef0", "BackupTo": "s3://vault/automation"}
	maps.Copy(values, given)
	doc := s.doc
	if s.twice {
		doc.MainSteps = doubled(doc.MainSteps)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	automation := node.Automation{
		Agent: node.Agent{Region: "eu-central-1", InstanceID: values["InstanceId"], Bin: s.bin,
			Env: append([]string{"RUNBOOK_ROOT=" + s.root, "LAB=" + s.lab, "BREAK=" + s.broken}, s.env...)},
		Patch:  s.patch,
		Limits: s.limits,
		Begins: func(step string) {
			if step == s.cancel {
				go func() { s.untilBackup(); cancel() }()
			}
		},
	}
	result, err := automation.Execute(ctx, doc, s.id, values)
	if err != nil {
		s.t.Fatal(err)
	}
	e := execution{Execution: result, status: result.Status, output: map[string]string{}}
	for _, step := range result.Steps {
		name := strings.TrimPrefix(step.Name, "Again")
		if !slices.Contains(e.ran, name) {
			e.ran = append(e.ran, name)
		}
		e.output[name] = step.Output
	}
	s.nothingIsLeft(result)
	return e
}

// untilBackup waits until the product's backup command is at work.
func (s *server) untilBackup() {
	for s.read("backup-pid") == "" {
		time.Sleep(20 * time.Millisecond)
	}
}

// nothingIsLeft of any execution: no process of a step, and nothing that held a step's output.
func (s *server) nothingIsLeft(e node.Execution) {
	s.t.Helper()
	for _, step := range e.Steps {
		if !step.Killed && step.Held > 3*time.Second {
			s.t.Errorf("%s: its output was held open for %s after its end", step.Name, step.Held)
		}
		for _, pid := range step.Survivors {
			if node.Alive(pid) && !s.goesOn {
				s.t.Errorf("%s: its process %d is there still", step.Name, pid)
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

// doubled runs every script a second time.
func doubled(steps []node.Step) []node.Step {
	var all []node.Step
	for _, step := range steps {
		again := step
		if step.Inputs.DocumentName == "AWS-RunShellScript" {
			step.NextStep, step.IsEnd = "Again"+step.Name, false
			all = append(all, step)
			again.Name = "Again" + step.Name
		}
		all = append(all, again)
	}
	return slices.Clip(all)
}

func (s *server) patch(_ context.Context, parameters map[string]string) (string, error) {
	s.write(s.lab, "patched", parameters["Operation"]+" "+parameters["RebootOption"])
	if strings.Contains(s.broken, "reboots") {
		s.write(s.lab, "timers", "pe_databases-facts.timer\npe_databases-reports.timer\npuppet.service\n")
	}
	if strings.Contains(s.broken, "brings-another-version") {
		s.write(s.lab, "version", "9.9.9\n")
	}
	if strings.Contains(s.broken, "patch-fails") {
		return "patching failed\n", errors.New("exit code 1")
	}
	return "patched\n", nil
}
