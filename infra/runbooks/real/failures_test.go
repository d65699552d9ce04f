package real_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// What needs no restart of the server.
func (s *server) isHurt(t *testing.T) {
	for _, failure := range []struct {
		name string
		play func(*testing.T)
	}{
		{"there is too little disk", s.littleDisk},
		{"the disk fills up during the backup", s.diskFillsUp},
		{"its own agent is at work", s.agentAtWork},
		{"a command of the CA is at work", s.caAtWork},
		{"its code does not compile", s.codeDoesNotCompile},
		{"its code breaks during the run", s.codeBreaks},
		{"the host's certificate has expired", func(t *testing.T) { s.certificateExpired(t, "hostcert") }},
		{"the CA's certificate has expired", func(t *testing.T) { s.certificateExpired(t, "cacert") }},
		{"a user cancels in the dump", s.cancelledInTheDump},
		{"the copy takes too long", s.copyTimesOut},
		{"a version is asked for that nobody has", s.versionOfNobody},
		{"the package manager is at work", s.packagesAtWork},
	} {
		t.Run(failure.name, failure.play)
	}
}

func (s *server) littleDisk(t *testing.T) {
	defer smallDisk(t, "64m")()
	e := s.maintain(t, attempt{})
	ends(t, e, "Failed", refused, "PreCheck", "0 GiB free for "+state+", 1 wanted")
}

func (s *server) diskFillsUp(t *testing.T) {
	defer smallDisk(t, "2g")()
	e := s.maintain(t, attempt{during: func(step string) {
		if step == "Backup" {
			shell(t, "mount -o remount,size=44k "+state)
		}
	}})
	ends(t, e, "Failed", inBackup, "Backup", "Backup: FAILED: pg_dump ended with code 1: the disk of ", " is full")
	ends(t, e, "Failed", inBackup, "Restore", "Backup: FAILED: pg_dump ended with code 1: the disk of ", " is full")
}

// smallDisk is mounted where the runbook works.
func smallDisk(t *testing.T, size string) func() {
	t.Helper()
	shell(t, "mkdir -p "+state+" && mount -t tmpfs -o size="+size+" none "+state)
	return func() { shell(t, "umount "+state) }
}

// The first attempt gives up soon, the second waits until the agent's run is over.
func (s *server) agentAtWork(t *testing.T) {
	defer s.code(t, `exec { "/bin/sleep 25": }`)()
	agent := exec.CommandContext(t.Context(), "puppet", "agent", "--test")
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	lock := setting(t, "agent_catalog_run_lockfile")
	for !exists(lock) {
		time.Sleep(50 * time.Millisecond)
	}
	e := s.maintain(t, attempt{given: map[string]string{"StartTimeoutSeconds": "10"}})
	ends(t, e, "Failed", refused, "PreCheck", "a run of this server's own Puppet agent (process ", "has not ended in 10 seconds")
	e = s.maintain(t, attempt{})
	ends(t, e, "Success", everyStep, "PreCheck", "waited for a run of this server's own agent")
	_ = agent.Wait()
}

func (s *server) caAtWork(t *testing.T) {
	command := exec.CommandContext(t.Context(), "puppetserver", "ca", "list", "--all")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	shell(t, "until pgrep -f 'puppetserver/cli/apps/ca' >/dev/null; do sleep 0.01; done; pkill -STOP -g "+fmt.Sprint(command.Process.Pid))
	e := s.maintain(t, attempt{})
	ends(t, e, "Failed", refused, "PreCheck", "a command of the CA (puppetserver ca) is at work. Wait for its end")
	_ = syscall.Kill(-command.Process.Pid, syscall.SIGCONT)
	if err := command.Wait(); err != nil {
		t.Errorf("puppetserver ca: %v", err)
	}
}

func (s *server) codeDoesNotCompile(t *testing.T) {
	defer s.code(t, "node default { }}")()
	e := s.maintain(t, attempt{})
	ends(t, e, "Failed", refused, "PreCheck", "an agent run without changes ended with code 1: ", "Syntax error at '}'")
}

func (s *server) codeBreaks(t *testing.T) {
	restore := func() {}
	e := s.maintain(t, attempt{patch: func() error { restore = s.code(t, `fail("broken by a deployment")`); return nil }})
	restore()
	ends(t, e, "Failed", everyStep, "HealthCheck",
		"HealthCheck: FAILED: an agent run without changes ended with code 1: ", "broken by a deployment")
	ends(t, e, "Failed", everyStep, "Restore", "the run ended at HealthCheck", "switched on again: this server's own Puppet agent")
}

// code replaces the manifest until the returned function is called.
func (s *server) code(t *testing.T, manifest string) func() {
	t.Helper()
	const path = "/etc/puppet/code/environments/production/manifests/site.pp"
	before := read(path)
	if err := os.WriteFile(path, []byte(manifest+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return func() { _ = os.WriteFile(path, []byte(before), 0o644) }
}

// certificateExpired puts one that the server's own CA signed, and whose time is over, in the place of the real one.
func (s *server) certificateExpired(t *testing.T, which string) {
	path := setting(t, which)
	before := read(path)
	defer func() { _ = os.WriteFile(path, []byte(before), 0o644) }()
	key, _ := pem.Decode([]byte(read(setting(t, "cadir") + "/ca_key.pem")))
	ca, err := parseKey(key.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(before))
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := pem.Decode([]byte(read(setting(t, "localcacert"))))
	parent, err := x509.ParseCertificate(issuer.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	certificate.SerialNumber, certificate.NotAfter = big.NewInt(99), time.Now().Add(-time.Hour)
	signed, err := x509.CreateCertificate(rand.Reader, certificate, parent, certificate.PublicKey, ca)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o644); err != nil {
		t.Fatal(err)
	}
	e := s.maintain(t, attempt{})
	ends(t, e, "Failed", refused, "PreCheck", path+" ends, or has ended, on ", "Renew it first")
}

func parseKey(der []byte) (any, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParsePKCS8PrivateKey(der)
}

// A lock on one table holds the dump for as long as it is wanted.
// The dump survives the cancel and not the runbook, as leavesNothing sees. What has ended and is not waited for yet, ps calls Z.
func (s *server) cancelledInTheDump(t *testing.T) {
	held := lockTable(t)
	e := s.maintain(t, attempt{cancel: func() bool {
		return exec.Command("bash", "-c", "ps -e -o stat=,comm= | grep -qE '^[^Z].* pg_dump$'").Run() == nil
	}})
	if backup, _ := e.Step("Backup"); len(backup.Survivors) == 0 {
		t.Error("no process survived the cancel")
	}
	ends(t, e, "Cancelled", inBackup, "Restore", "the run ended at Backup", "Backup: NOT DONE (cut off: ", "switched on again")
	held()
}

func lockTable(t *testing.T) func() {
	t.Helper()
	psql := exec.CommandContext(t.Context(), "runuser", "-u", "postgres", "--", "psql", "-d", "puppetdb", "-c",
		"BEGIN; LOCK TABLE reports IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)")
	if err := psql.Start(); err != nil {
		t.Fatal(err)
	}
	shell(t, `until [ "$(runuser -u postgres -- psql -d puppetdb -qAtc "SELECT count(*) FROM pg_locks
		WHERE mode = 'AccessExclusiveLock' AND relation = 'reports'::regclass")" = 1 ]; do sleep 0.1; done`)
	return func() {
		shell(t, `runuser -u postgres -- psql -qAtc "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"`)
		_ = psql.Wait()
	}
}

func (s *server) copyTimesOut(t *testing.T) {
	e := s.maintain(t, attempt{env: []string{"HOLD=puppetdb.dump"}, limits: map[string]time.Duration{"Backup": 20 * time.Second}})
	ends(t, e, "TimedOut", inBackup, "Restore", "Backup: NOT DONE (cut off: ", "switched on again")
}

func (s *server) versionOfNobody(t *testing.T) {
	e := s.maintain(t, attempt{given: map[string]string{"ProductVersion": "7.99.0"}})
	ends(t, e, "Failed", refused, "PreCheck", "no repository of this server has puppetserver 7.99.0")
	e = s.maintain(t, attempt{given: map[string]string{"ProductVersion": "8.2.0"}})
	ends(t, e, "Failed", refused, "PreCheck", "to 8.2.0 is a major upgrade")
}

func (s *server) packagesAtWork(t *testing.T) {
	apt := exec.CommandContext(t.Context(), "perl", "-e", `$0 = "apt-get"; sleep 60`)
	if err := apt.Start(); err != nil {
		t.Fatal(err)
	}
	shell(t, "until ps -e -o comm= | grep -qx apt-get; do sleep 0.05; done")
	e := s.maintain(t, attempt{})
	ends(t, e, "Failed", refused, "PreCheck", "packages are being installed. Wait for its end")
	_ = apt.Process.Kill() // what has ended is not at work, though ps still lists it until somebody waits for it
	ends(t, s.maintain(t, attempt{}), "Success", everyStep, "PreCheck", "PreCheck: done")
	_ = apt.Wait()
}
