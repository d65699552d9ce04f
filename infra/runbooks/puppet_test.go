package runbooks_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/infra/runbooks"
)

// onPuppet runs a test for both products of Puppet.
func onPuppet(t *testing.T, test func(*testing.T, *server)) {
	eachRunbook(t, func(t *testing.T, s *server, name string) {
		if strings.HasPrefix(name, "puppet-") {
			test(t, s)
		}
	})
}

func openSource(t *testing.T) *server {
	t.Helper()
	r := runbooks.All()[2]
	return newServer(t, r, versions[r.Name].now)
}

// With an expired certificate every other look gets an alert of TLS that names nothing.
func TestPuppet_ExpiredCertificateIsSeenFirst(t *testing.T) {
	for name, c := range map[string]struct {
		ca, host time.Duration
		says     string
	}{
		"the CA's":        {-time.Hour, 365 * 24 * time.Hour, "the CA's certificate"},
		"the server's":    {365 * 24 * time.Hour, -time.Hour, "the server's certificate"},
		"ends in an hour": {365 * 24 * time.Hour, time.Hour, "Renew it first"},
	} {
		t.Run(name, func(t *testing.T) {
			onPuppet(t, func(t *testing.T, s *server) {
				s.certificates(c.ca, c.host)
				s.broken = "unhealthy"
				e := s.start(nil)
				e.is(t, "Failed", "PreCheck", "Restore")
				e.says(t, "PreCheck", c.says, "Renew it first")
				s.untouched(t)
			})
		})
	}
}

func TestPuppet_WaitsForARunOfItsOwnAgent(t *testing.T) {
	onPuppet(t, func(t *testing.T, s *server) {
		agent := exec.CommandContext(t.Context(), "/bin/sleep", "3")
		if err := agent.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { _ = agent.Wait() }()
		s.write(s.lab, "agent-run", strconv.Itoa(agent.Process.Pid))
		e := s.start(nil)
		e.is(t, "Success", everyStep...)
		e.says(t, "PreCheck", "waited for a run of this server's own agent")
	})
}

func TestPuppet_ARunOfItsOwnAgentThatNeverEnds(t *testing.T) {
	onPuppet(t, func(t *testing.T, s *server) {
		s.write(s.lab, "agent-run", strconv.Itoa(os.Getpid()))
		e := s.start(map[string]string{"StartTimeoutSeconds": "30"})
		e.is(t, "Failed", "PreCheck", "Restore")
		e.says(t, "PreCheck", "has not ended in 30 seconds")
		s.untouched(t)
	})
}

// Who disabled it keeps it disabled.
func TestPuppetServer_AgentDisabledBySomebodyElse(t *testing.T) {
	s := openSource(t)
	s.write(s.lab, "agent-off", "by hand")
	s.start(nil).is(t, "Success", everyStep...)
	if s.read("agent-off") != "by hand" {
		t.Error("it was enabled")
	}
}

func TestPuppetServer_Refused(t *testing.T) {
	for name, c := range map[string]struct {
		broken, says string
		given        map[string]string
	}{
		"its code does not compile":    {"no-compile", "Syntax error at '}'", nil},
		"its database is down":         {"database-down", `PuppetDB: error read_db_up?:false`, nil},
		"packages are being installed": {"packages-at-work", "packages are being installed. Wait for its end", nil},
		"packages install themselves":  {"unattended", "packages are being installed. Wait for its end", nil},
		"the database's is an older one": {"", "puppetdb 7.9.5 is installed and 7.9.4 is older. Set DatabaseVersion to 7.9.5",
			map[string]string{"ProductVersion": "7.10.1", "DatabaseVersion": "7.9.4"}},
		"the version is nowhere": {"", "no repository of this server has puppetserver 7.99.0",
			map[string]string{"ProductVersion": "7.99.0"}},
		"the database's is nowhere": {"", "no repository of this server has puppetdb 7.99.0",
			map[string]string{"ProductVersion": "7.10.1", "DatabaseVersion": "7.99.0"}},
		"the database's is a major one": {"", "is a major upgrade. Set MajorUpgrade to yes, or correct DatabaseVersion",
			map[string]string{"ProductVersion": "7.10.1", "DatabaseVersion": "8.2.0"}},
		"the repositories do not answer": {"repository-away", "apt-get update: E: Failed to fetch",
			map[string]string{"ProductVersion": "7.10.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openSource(t)
			s.broken = c.broken
			e := s.start(c.given)
			e.is(t, "Failed", "PreCheck", "Restore")
			e.says(t, "PreCheck", c.says)
			s.untouched(t)
		})
	}
}

func TestPuppetServer_FailsHalfWay(t *testing.T) {
	for name, c := range map[string]struct {
		broken, step, says string
	}{
		"its code stopped compiling": {"no-compile-after-patch", "HealthCheck", "Syntax error at '}'"},
		"its report does not arrive": {"no-report", "HealthCheck", "PuppetDB does not have the report"},
		"the dump is empty":          {"empty-dump", "Backup", "has 0 tables"},
		"the server does not start again": {"puppetserver-stays-down", "Upgrade",
			"puppetserver does not start (code 1): Job for puppetserver.service failed"},
		"the database does not start again": {"puppetdb-stays-down", "Upgrade", "puppetdb does not start"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openSource(t)
			s.broken = c.broken
			e := s.start(map[string]string{"ProductVersion": "7.10.1"})
			if e.status != "Failed" {
				t.Fatalf("%s\n%s", e.status, e.all())
			}
			e.says(t, c.step, c.step+": FAILED: ", c.says)
			e.says(t, "Restore", "the run ended at "+c.step)
			s.timersAreOn(t)
		})
	}
}

// Server, database and terminus go together, the database comes up first, and nothing else is installed.
func TestPuppetServer_UpgradeOrder(t *testing.T) {
	s := openSource(t)
	s.start(map[string]string{"ProductVersion": "7.10.1"}).is(t, "Success", everyStep...)
	calls := s.read("calls")
	for _, want := range []string{"--no-remove", "puppetserver=1:7.10.1-1 puppetdb=1:7.10.1-1 puppet-terminus-puppetdb=1:7.10.1-1\n"} {
		if !strings.Contains(calls, want) {
			t.Errorf("not called: %s\n%s", want, calls)
		}
	}
	fetched, backup, installed := strings.Index(calls, "--download-only"), strings.Index(calls, "runuser"),
		strings.LastIndex(calls, "apt-get install")
	database, server := strings.Index(calls, "systemctl restart puppetdb"), strings.Index(calls, "systemctl restart puppetserver")
	if fetched < 0 || fetched > backup || backup > installed || installed > database || database > server {
		t.Errorf("fetched at %d, backup at %d, installed at %d, database at %d, server at %d:\n%s",
			fetched, backup, installed, database, server, calls)
	}
}

func TestPuppetServer_DatabaseElsewhere(t *testing.T) {
	s := openSource(t)
	s.write(s.lab, "repository", "puppetserver 7.10.1-1\n")
	if err := os.RemoveAll(filepath.Join(s.root, "etc/puppetdb")); err != nil {
		t.Fatal(err)
	}
	s.write(s.root, "etc/puppet/puppetdb.conf", "[main]\nserver_urls = https://pdb.example.com:8081, https://other.example.com\n")
	_ = os.Remove(filepath.Join(s.lab, "packages/puppetdb"))
	s.write(s.bin, "runuser", "#!/bin/sh\nexit 9\n")
	e := s.start(map[string]string{"ProductVersion": "7.10.1"})
	e.is(t, "Success", everyStep...)
	if !strings.Contains(s.read("calls"), "https://pdb.example.com:8081/pdb/query/v4/nodes") {
		t.Errorf("PuppetDB was not asked:\n%s", s.read("calls"))
	}
	e.says(t, "Upgrade", "PuppetDB elsewhere has to be the version of puppet-terminus-puppetdb here")
}

func TestPuppetServer_JavaAsTheVersionNeedsIt(t *testing.T) {
	s := openSource(t)
	s.write(s.lab, "java", "1.8.0_392")
	e := s.start(map[string]string{"ProductVersion": "8.2.0", "MajorUpgrade": "yes"})
	e.is(t, "Success", everyStep...)
	e.says(t, "PreCheck", "needs Java 11, java is 8")
	if !strings.Contains(s.read("calls"), " openjdk-11-jre-headless ") {
		t.Errorf("no Java was installed:\n%s", s.read("calls"))
	}
}

func TestPuppetServer_ByRPM(t *testing.T) {
	s := openSource(t)
	if err := os.RemoveAll(filepath.Join(s.lab, "packages")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"openvox-server", "openvoxdb", "openvoxdb-termini"} {
		s.write(s.lab, "rpms/"+name, "7.9.5")
	}
	s.write(s.lab, "repository", "openvox-server 7.10.1-1.el9\nopenvoxdb 7.10.1-1.el9\nopenvoxdb-termini 7.10.1-1.el9\n")
	s.start(map[string]string{"ProductVersion": "7.10.1"}).is(t, "Success", everyStep...)
	want := "dnf -y install openvox-server-7.10.1-1.el9 openvoxdb-7.10.1-1.el9 openvoxdb-termini-7.10.1-1.el9\n"
	if !strings.Contains(s.read("calls"), want) {
		t.Errorf("not called: %s\n%s", want, s.read("calls"))
	}
}

// The server's own name is no other server's.
func TestPuppetServer_DatabaseByName(t *testing.T) {
	for host, says := range map[string]string{
		"puppet.example.com": "puppetdb.dump: ",
		"db.example.com":     "PuppetDB's database is on db.example.com: its backup is made there",
		"":                   "does not tell where PuppetDB's database is",
	} {
		s := openSource(t)
		s.write(s.root, "etc/puppetdb/conf.d/database.ini", "[database]\nsubname = //"+host+":5432/puppetdb\n")
		s.start(nil).says(t, "Backup", says)
	}
}

// What a link of an environment leads to is in the backup, and so are the keys that hiera.yaml names there.
func TestPuppetServer_CodeBehindLinks(t *testing.T) {
	s := openSource(t)
	key := filepath.Join(s.root, "srv/keys/private.pem")
	s.write(s.root, "srv/keys/private.pem", "hunter2")
	s.write(s.root, "srv/releases/7/hiera.yaml", "pkcs7_private_key: "+key+"\n")
	s.write(s.root, "srv/releases/7/manifests/site.pp", "node default {}\n")
	environments := filepath.Join(s.root, "etc/puppet/code/environments")
	if err := errors.Join(os.MkdirAll(environments, 0o755),
		os.Symlink(filepath.Join(s.root, "srv/releases/7"), filepath.Join(environments, "production"))); err != nil {
		t.Fatal(err)
	}
	s.start(nil).is(t, "Success", everyStep...)
	for archive, want := range map[string]string{"files": "srv/releases/7/manifests/site.pp", "keys": "srv/keys/private.pem"} {
		found, _ := filepath.Glob(filepath.Join(s.lab, "s3/vault/automation/puppet-server/*/*/*/"+archive+".tgz"))
		list, err := exec.CommandContext(t.Context(), "tar", "-tzf", found[0]).Output()
		if err != nil || !strings.Contains(string(list), want) {
			t.Errorf("%s is not in %s (%v):\n%s", want, archive, err, list)
		}
	}
}

// The archive that more people may read has nothing in it that opens anything.
func TestPuppetServer_KeysAreApart(t *testing.T) {
	s := openSource(t)
	s.write(s.root, "etc/puppetdb/conf.d/read_database.ini", "password = hunter2\n")
	s.write(s.root, "etc/puppetlabs/r10k/r10k.yaml", "token: hunter2\n")
	s.write(s.root, "etc/puppetlabs/puppetserver/ssh/id_rsa", "hunter2\n")
	s.start(nil).is(t, "Success", everyStep...)
	files, _ := filepath.Glob(filepath.Join(s.lab, "s3/vault/automation/puppet-server/*/*/*/*.tgz"))
	found := map[string]bool{}
	for _, file := range files {
		list, err := exec.CommandContext(t.Context(), "tar", "-tzf", file).Output()
		if names := strings.Fields(string(list)); err != nil || len(names) != len(slices.Compact(slices.Sorted(slices.Values(names)))) {
			t.Errorf("%s has something twice: %v", file, names)
		}
		text, err := exec.CommandContext(t.Context(), "tar", "-xzOf", file).Output()
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(file)] = strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "PRIVATE KEY")
	}
	if len(found) != 2 || found["files.tgz"] || !found["keys.tgz"] {
		t.Errorf("archives with secrets: %v", found)
	}
}

func TestPuppetEnterprise_InstallerOfAnotherChecksum(t *testing.T) {
	s := puppet(t)
	given := map[string]string{"ProductVersion": "2021.10.1"}
	s.installer("puppet-enterprise", "2021.10.1", given)
	given["InstallerSHA256"] = strings.Repeat("0", 64)
	e := s.start(given)
	e.is(t, "Failed", "PreCheck", "Restore")
	e.says(t, "PreCheck", "is not what InstallerSHA256 says")
	s.untouched(t)
}
