package runbooks_test

import (
	"strings"
	"testing"

	"opsworks-maintenance/infra/runbooks"
)

func chef(t *testing.T) *server {
	t.Helper()
	r := runbooks.All()[0]
	return newServer(t, r, versions[r.Name].now)
}

// Each of these is what its public source does; all but the last two end with code 0.
func TestChefAutomate_WhatIsNoUpgrade(t *testing.T) {
	for name, c := range map[string]struct{ broken, says string }{
		"its checklist says no":  {"checklist-says-no", "began no upgrade: upgrade failed: please take a backup"},
		"there is nothing to do": {"nothing-to-do", "began no upgrade: Chef Automate up-to-date"},
		"the request fails":      {"upgrade-fails", "ended with code 95: Request to start upgrade failed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := chef(t)
			s.broken = c.broken
			e := s.start(map[string]string{"ProductVersion": "4.13.0"})
			e.is(t, "Failed", "PreCheck", "Backup", "Patch", "Upgrade", "Restore")
			e.says(t, "Upgrade", "Upgrade: FAILED: chef-automate upgrade run "+c.says, "Version 4.12.144 still runs")
		})
	}
}

// A version number proves no upgrade: after 3 to 4 the data are still to be migrated.
func TestChefAutomate_StepsAreLeftAfterAMajorUpgrade(t *testing.T) {
	s := chef(t)
	s.broken = "migration-left"
	e := s.start(map[string]string{"ProductVersion": "5.0.1", "MajorUpgrade": "yes"})
	e.is(t, "Success", everyStep...)
	e.says(t, "Upgrade", "Upgrade: done; NOT FINISHED", "chef-automate post-major-upgrade migrate --data=es")
	e.says(t, "Restore", "Upgrade: done; NOT FINISHED")
}

func TestChefAutomate_PreCheck(t *testing.T) {
	for name, c := range map[string]struct{ broken, says, status string }{
		"converge is disabled":         {"converge-disabled", `"Converge is disabled" on this server`, "Failed"},
		"the sick service is named":    {"unhealthy", "not healthy: postgresql running CRITICAL. Mend it", "Failed"},
		"a backup is named":            {"busy", "a backup is at work: Creating backup 20260101000000", "Failed"},
		"an old crash is no backup":    {"stale", "backup 20200202020202 never ended", "Success"},
		"external OpenSearch":          {"external", "OpenSearch is external: the backup has no search data", "Success"},
		"Chef Infra Server's own end":  {"chef-server", "infra-server-15", "Success"},
		"an end that nobody publishes": {"", "no end of support is published for chef-automate 4", "Success"},
	} {
		t.Run(name, func(t *testing.T) {
			s := chef(t)
			s.broken = c.broken
			e := s.start(nil)
			if e.status != c.status {
				t.Errorf("%s\n%s", e.status, e.all())
			}
			e.says(t, "PreCheck", c.says)
		})
	}
}

// MajorUpgrade answers the checklist's questions: what the server shows not to be so is not sworn to.
func TestChefAutomate_MajorUpgradeThatItsChecklistForbids(t *testing.T) {
	for broken, says := range map[string]string{
		"external":  "its search or its PostgreSQL is external",
		"half-full": "40% of the disk of /hab are used, and a major upgrade wants more than 60% free",
	} {
		s := chef(t)
		s.broken = broken
		e := s.start(map[string]string{"ProductVersion": "5.0.1", "MajorUpgrade": "yes"})
		e.is(t, "Failed", "PreCheck", "Restore")
		e.says(t, "PreCheck", says)
		s.untouched(t)
		s = chef(t)
		s.broken = broken
		s.start(map[string]string{"ProductVersion": "4.13.0"}).is(t, "Success", everyStep...)
	}
}

// The result file can be empty although all went well.
func TestChefAutomate_ResultFileIsEmpty(t *testing.T) {
	s := chef(t)
	s.broken = "empty-result"
	e := s.start(nil)
	e.is(t, "Success", everyStep...)
	e.says(t, "Backup", "backup 20260102030405 made")
	if !strings.Contains(s.offTheBox(), "/20260102030405/pg") {
		t.Errorf("off the box: %s", s.offTheBox())
	}
}

func TestChefAutomate_BackupIsNotListed(t *testing.T) {
	s := chef(t)
	s.broken = "not-listed"
	e := s.start(nil)
	e.is(t, "Failed", "PreCheck", "Backup", "Restore")
	e.says(t, "Backup", "backup 20260102030405 is not listed as completed")
}
