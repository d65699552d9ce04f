package runbooks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/infra/runbooks"
)

func puppet(t *testing.T) *server {
	t.Helper()
	r := runbooks.All()[1]
	return newServer(t, r, versions[r.Name].now)
}

func TestRunbook_AnotherRunIsAtWork(t *testing.T) {
	s := puppet(t)
	state := filepath.Join(s.root, "var/lib/opsworks-maintenance/puppet-enterprise")
	s.write(state, "owner", "another-run")
	s.write(state, "off", "pe_databases-activity.timer\n")
	s.write(state, "work.another-run.x", "")
	e := s.start(nil)
	e.is(t, "Failed", "PreCheck", "Restore")
	e.says(t, "PreCheck", "execution another-run is at work on this server")
	e.says(t, "Restore", "nothing to switch on")
	s.untouched(t) // above all: the other run's timers stay off
	if len(s.leftBehind()) != 3 {
		t.Errorf("the other run's state: %v", s.leftBehind())
	}
}

func TestRunbook_AnotherRunNeverEnded(t *testing.T) {
	s := puppet(t)
	state := filepath.Join(s.root, "var/lib/opsworks-maintenance/puppet-enterprise")
	s.write(state, "owner", "another-run")
	s.write(state, "off", "pe_databases-activity.timer\n")
	half := filepath.Join(s.root, "var/puppetlabs/backups/old.tgz")
	s.write(s.root, "var/puppetlabs/backups/old.tgz", "half")
	s.write(state, "half", half)
	s.write(state, "work.another-run.x/keys.tgz", "hunter2")
	old := time.Now().Add(-49 * time.Hour)
	for _, name := range []string{"owner", "work.another-run.x"} {
		if err := os.Chtimes(filepath.Join(state, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	e := s.start(nil)
	e.is(t, "Success", everyStep...)
	if left := s.leftBehind(); left != nil {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("half a backup is left")
	}
	if got := s.read("timers"); strings.Count(got, "\n") != 4 || !strings.Contains(got, "pe_databases-activity.timer") {
		t.Errorf("timers on: %q", got)
	}
}

// The patch's reboot starts what Backup stopped.
func TestRunbook_UnitsAreOffDuringTheUpgrade(t *testing.T) {
	s := puppet(t)
	s.broken = "reboots"
	given := map[string]string{"ProductVersion": "2021.10.1"}
	s.installer("puppet-enterprise", "2021.10.1", given)
	e := s.start(given)
	e.is(t, "Success", everyStep...)
	e.says(t, "Upgrade", "stopped until the end of the run: pe_databases-facts.timer pe_databases-reports.timer puppet.service")
	if during := s.read("timers-at-upgrade"); during != "" {
		t.Errorf("on during the upgrade: %s", during)
	}
	s.timersAreOn(t)
}

func TestRunbook_TimersStayOff(t *testing.T) {
	s := puppet(t)
	s.broken = "timers-stay-off"
	e := s.start(nil)
	e.is(t, "Failed", everyStep...)
	e.says(t, "Restore",
		"FAILED: these units do not start: pe_databases-facts.timer pe_databases-reports.timer puppet.service", "HealthCheck: done")

	// The next run is not refused, and switches on what this one could not.
	s.broken, s.id = "", "66666666-2222-3333-4444-555555555555"
	s.start(nil).is(t, "Success", everyStep...)
	s.timersAreOn(t)
}

func TestRunbook_ChefBacksUpToABucketItself(t *testing.T) {
	r := runbooks.All()[0]
	s := newServer(t, r, versions[r.Name].now)
	s.write(s.lab, "location", "s3")
	e := s.start(map[string]string{"BackupTo": ""})
	e.is(t, "Success", everyStep...)
	e.says(t, "Backup", "the place in the server's own settings")
	if strings.Contains(s.read("calls"), "aws ") {
		t.Errorf("it was copied again:\n%s", s.read("calls"))
	}
}

func TestRunbook_WrongInstaller(t *testing.T) {
	s := puppet(t)
	given := map[string]string{}
	s.installer("puppet-enterprise", "2021.10.2", given)
	given["ProductVersion"] = "2021.10.1"
	e := s.start(given)
	e.is(t, "Failed", "PreCheck", "Restore")
	e.says(t, "PreCheck", "is not the installer of version 2021.10.1")
	s.timersAreOn(t)
}
