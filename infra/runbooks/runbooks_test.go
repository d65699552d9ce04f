package runbooks_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/infra/runbooks"
)

var everyStep = []string{"PreCheck", "Backup", "Patch", "Upgrade", "HealthCheck", "Restore"}

// installed versions and the nearest minor and major upgrades, by runbook.
var versions = map[string]struct{ now, minor, major, older string }{
	"chef-automate":     {"4.12.144", "4.13.0", "5.0.1", "4.9.1"},
	"puppet-enterprise": {"2021.7.9", "2021.10.1", "2023.8.1", "2021.7.2"},
	"puppet-server":     {"7.9.5", "7.10.1", "8.2.0", "7.2.0"},
}

// eachRunbook runs a test for every product, on a server of its own.
func eachRunbook(t *testing.T, test func(*testing.T, *server, string)) {
	for _, r := range runbooks.All() {
		t.Run(r.Name, func(t *testing.T) { t.Parallel(); test(t, newServer(t, r, versions[r.Name].now), r.Name) })
	}
}

func eachRunbookInTurn(t *testing.T, test func(*testing.T, *server)) {
	for _, r := range runbooks.All() {
		test(t, newServer(t, r, versions[r.Name].now))
	}
}

func (e execution) is(t *testing.T, status string, ran ...string) {
	t.Helper()
	if e.status != status || !slices.Equal(e.ran, ran) {
		t.Fatalf("%s after %v, not %s after %v\n%s", e.status, e.ran, status, ran, e.all())
	}
	if strings.Contains(e.all(), "hunter2") {
		t.Errorf("a secret is in the output:\n%s", e.all())
	}
}

func (e execution) says(t *testing.T, step string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(e.output[step], text) {
			t.Errorf("%s does not say %q:\n%s\nwhat the steps said: %v", step, text, e.output[step], e.output)
		}
	}
}

// untouched says that nothing was stopped, backed up, patched or upgraded, and nothing is left behind.
func (s *server) untouched(t *testing.T) {
	t.Helper()
	for _, call := range []string{"backup create", "puppet-backup", "systemctl stop", "systemctl start", "upgrade run",
		"runuser", "agent --disable", "apt-get install"} {
		if strings.Contains(s.read("calls"), call) {
			t.Errorf("%s was called:\n%s", call, s.read("calls"))
		}
	}
	if s.read("patched") != "" {
		t.Error("it was patched")
	}
}

func (s *server) timersAreOn(t *testing.T) {
	t.Helper()
	timers := strings.Fields(s.read("timers"))
	slices.Sort(timers)
	if !slices.Equal(timers, []string{"pe_databases-facts.timer", "pe_databases-reports.timer", "puppet.service"}) {
		t.Errorf("only these units are on: %v", timers)
	}
	if off := s.read("agent-off"); off != "" {
		t.Errorf("the agent is off: %s", off)
	}
	if beside := s.read("beside-the-backup"); beside != "" {
		t.Errorf("switched on while the backup was still at work: %s", beside)
	}
}

// leftBehind lists the files under the state folder.
func (s *server) leftBehind() []string {
	var files []string
	_ = filepath.WalkDir(filepath.Join(s.root, "var/lib/opsworks-maintenance"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	return files
}

func (s *server) offTheBox() string {
	var files []string
	top := filepath.Join(s.lab, "s3/vault/automation")
	_ = filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, strings.TrimPrefix(path, top+"/"))
		}
		return nil
	})
	return strings.Join(files, " ")
}

func TestRunbook_NoUpgrade(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, name string) {
		e := s.start(nil)
		e.is(t, "Success", everyStep...)
		e.says(t, "PreCheck", "healthy, version "+versions[name].now, "50 GiB free", "no product upgrade is asked for", "PreCheck: done")
		e.says(t, "Backup", "copied off the box and checked", "Backup: done; ", "before it: PreCheck: done\n")
		e.says(t, "Upgrade", "nothing to upgrade", "Upgrade: done\nbefore it: PreCheck: done, Backup: done; ", ", Patch: done\n")
		e.says(t, "Restore", "Restore: the run is done\nPreCheck: done\nBackup: done",
			"\nPatch: done\nUpgrade: done\nHealthCheck: done; version "+versions[name].now+", ")
		if got := s.read("patched"); got != "Install RebootIfNeeded" {
			t.Errorf("patched: %q", got)
		}
		s.timersAreOn(t)
		if left := s.leftBehind(); left != nil {
			t.Errorf("left behind: %v", left)
		}
		checkCopy(t, s, name)
	})
}

// checkCopy looks at what the backup left on the server and off it.
func checkCopy(t *testing.T, s *server, name string) {
	t.Helper()
	off := s.offTheBox()
	if name == "chef-automate" {
		prefix := "chef-automate/i-0123456789abcdef0/20260102030405/"
		want := []string{prefix + "20260102030405/empty", prefix + "20260102030405/pg", prefix + "automate-elasticsearch-data/0",
			"chef-automate/i-0123456789abcdef0/last-run.txt"}
		if off != strings.Join(want, " ") {
			t.Errorf("off the box: %s", off)
		}
		if _, err := os.Stat(filepath.Join(s.root, "var/opt/chef-automate/backups/20260102030405/pg")); err != nil {
			t.Errorf("the local backup is gone: %v", err)
		}
		return
	}
	if name == "puppet-server" {
		for _, want := range []string{"/files.tgz", "/puppetdb.dump", "/SHA256SUMS", "/keys.tgz"} {
			if strings.Count(off, want) != 1 {
				t.Errorf("off the box: %s", off)
			}
		}
		return
	}
	for _, want := range []string{"/backups/i-0123456789abcdef0-", "/keys/i-0123456789abcdef0-"} {
		if strings.Count(off, want) != 1 {
			t.Errorf("off the box: %s", off)
		}
	}
	if files, _ := os.ReadDir(filepath.Join(s.root, "var/puppetlabs/backups")); len(files) != 0 {
		t.Errorf("left on the disk: %v", files)
	}
	if calls := s.read("calls"); strings.Index(calls, "systemctl stop") > strings.Index(calls, "puppet-backup") {
		t.Errorf("the timers ran during the backup:\n%s", calls)
	}
}

func TestRunbook_EveryScriptTwice(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.twice = true
		e := s.start(nil)
		e.is(t, "Success", everyStep...)
		e.says(t, "HealthCheck", "HealthCheck: done; ", "before it: PreCheck: done, Backup: done; ", "Patch: done, Upgrade: done\n")
		s.timersAreOn(t)
	})
}

func TestRunbook_Upgrade(t *testing.T) {
	for name, c := range map[string]struct {
		version     func(v struct{ now, minor, major, older string }) string
		major, says string
	}{
		"minor":             {func(v struct{ now, minor, major, older string }) string { return v.minor }, "no", "upgraded from"},
		"major, by name":    {func(v struct{ now, minor, major, older string }) string { return v.major }, "yes", "upgraded from"},
		"what is installed": {func(v struct{ now, minor, major, older string }) string { return v.now }, "no", "nothing to upgrade"},
	} {
		t.Run(name, func(t *testing.T) {
			eachRunbook(t, func(t *testing.T, s *server, name string) {
				version := c.version(versions[name])
				given := map[string]string{"ProductVersion": version, "MajorUpgrade": c.major}
				s.installer(name, version, given)
				e := s.start(given)
				e.is(t, "Success", everyStep...)
				e.says(t, "Upgrade", c.says)
				e.says(t, "HealthCheck", "version "+version)
				if name == "chef-automate" && strings.Contains(s.read("calls"), "--major") != (c.major == "yes") {
					t.Errorf("--major:\n%s", s.read("calls"))
				}
			})
		})
	}
}

// installer puts a Puppet installer where the parameters will say.
func (s *server) installer(name, version string, given map[string]string) {
	if name != "puppet-enterprise" {
		return
	}
	folder := filepath.Join(s.t.TempDir(), "puppet-enterprise-"+version+"-el-8-x86_64")
	s.write(folder, "puppet-enterprise-installer", "#!/bin/sh\n[ \"$1\" = -y ] || exit 9\n"+
		"cp \"$LAB/timers\" \"$LAB/timers-at-upgrade\"\ncase $BREAK in *upgrade-fails*) echo broken pe.conf; exit 3;; esac\n"+
		"echo "+version+" >\"$RUNBOOK_ROOT/opt/puppetlabs/server/pe_version\"\n")
	tarball := filepath.Join(s.lab, "installer.tar")
	run(s.t, "tar", "-C", filepath.Dir(folder), "-cf", tarball, filepath.Base(folder))
	tar, err := os.ReadFile(tarball)
	if err != nil {
		s.t.Fatal(err)
	}
	given["InstallerSHA256"] = fmt.Sprintf("%x", sha256.Sum256(tar))
	given["InstallerSource"] = "https://pm.example.com/cgi-bin/download.cgi?dist=el&rel=8&ver=2023.8.1"
}
