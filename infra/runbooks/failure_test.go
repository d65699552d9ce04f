package runbooks_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRunbook_Refused(t *testing.T) {
	type arrange func(s *server, given map[string]string)
	param := func(pairs ...string) arrange {
		return func(_ *server, given map[string]string) {
			for i := 0; i < len(pairs); i += 2 {
				given[pairs[i]] = pairs[i+1]
			}
		}
	}
	broken := func(what string) arrange { return func(s *server, _ map[string]string) { s.broken = what } }
	for name, c := range map[string]struct {
		only    string
		arrange arrange
		says    string
	}{
		"no place off the box":       {"", param("BackupTo", ""), "Set BackupTo to s3://BUCKET/PREFIX"},
		"the place is out of bounds": {"", broken("denied"), "s3://vault/automation cannot be written to"},
		"the disk is full":           {"", broken("full"), "1 GiB free"},
		"it is sick":                 {"", broken("unhealthy"), "not healthy"},
		"something is at work":       {"", broken("busy"), "Wait for its end"},
		"an upgrade is running":      {"chef-automate", broken("upgrading"), "an upgrade is running. Wait for its end"},
		"it upgrades by itself": {"chef-automate", func(s *server, _ map[string]string) { s.write(s.lab, "strategy", "at-once") },
			`upgrade_strategy is "at-once"`},
		"an airgap bundle": {"chef-automate", func(s *server, g map[string]string) { s.broken = "airgap"; g["ProductVersion"] = "4.13.0" },
			"airgap"},
		"a major upgrade of Chef": {"chef-automate", param("ProductVersion", "5.0.1"), "is a major upgrade"},
		"an older Chef":           {"chef-automate", param("ProductVersion", "4.9.1"), "is older"},
		"a major upgrade of PE": {"puppet-enterprise", param("ProductVersion", "2023.8.1", "InstallerSource", "s3://b/pe.tar",
			"InstallerSHA256", strings.Repeat("0", 64)), "is a major upgrade"},
		"an older PE": {"puppet-enterprise", param("ProductVersion", "2021.7.2", "InstallerSource", "s3://b/pe.tar",
			"InstallerSHA256", strings.Repeat("0", 64)), "is older"},
		"a major upgrade of Puppet Server": {"puppet-server", param("ProductVersion", "8.2.0"), "is a major upgrade"},
		"an older Puppet Server":           {"puppet-server", param("ProductVersion", "7.2.0"), "is older"},
		"a version, no installer": {"puppet-enterprise", param("ProductVersion", "2021.7.10"),
			"ProductVersion without InstallerSource and InstallerSHA256"},
		"an installer, no version": {"puppet-enterprise", param("InstallerSource", "s3://b/pe.tar"), "without ProductVersion"},
		"the product is not there": {"", func(s *server, _ map[string]string) {
			_ = os.Remove(filepath.Join(s.bin, "chef-automate"))
			_ = os.Remove(filepath.Join(s.bin, "puppet-backup"))
			s.write(s.root, "opt/puppetlabs/server/pe_version", "2021.7.9\n") // Puppet Enterprise instead, or without its commands
		}, "the product is not on this server"},
	} {
		t.Run(name, func(t *testing.T) {
			eachRunbook(t, func(t *testing.T, s *server, name string) {
				if !strings.Contains(c.only, name) && c.only != "" {
					t.Skip("not this product's")
				}
				given := map[string]string{}
				c.arrange(s, given)
				e := s.start(given)
				e.is(t, "Failed", "PreCheck", "Restore")
				e.says(t, "PreCheck", "PreCheck: FAILED: ", c.says)
				e.says(t, "Restore", "nothing to switch on", "PreCheck: FAILED: ", c.says)
				s.untouched(t)
			})
		})
	}
}

func TestRunbook_FailsHalfWay(t *testing.T) {
	for name, c := range map[string]struct {
		broken, only  string
		given         map[string]string
		ran           []string
		says, restore string
	}{
		"the backup fails": {"backup-fails", "", nil, everyStep[:2], "Backup: FAILED: ", "PreCheck: done\nBackup: FAILED: "},
		"the backup is slow": {"slow-backup", "", map[string]string{"BackupTimeoutSeconds": "3000"}, everyStep[:2],
			"not done after 3000 seconds", "PreCheck: done\nBackup: FAILED: "},
		"the copy fails":         {"copy-fails", "", nil, everyStep[:2], "the copy to s3://vault/automation failed: ", "Backup: FAILED: "},
		"the copy is short":      {"short-copy", "", nil, everyStep[:2], "the copy at s3://vault/automation", "Backup: FAILED: "},
		"the keys are not saved": {"keys-fail", "puppet-enterprise puppet-server", nil, everyStep[:2], "upload failed: keys", "Backup: FAILED: "},
		"the patch fails":        {"patch-fails", "", nil, everyStep[:3], "patching failed", "\nPatch: NOT DONE"},
		"the upgrade fails": {"upgrade-fails", "", map[string]string{"ProductVersion": ""}, everyStep[:4],
			"Upgrade: FAILED: ", "Patch: done\nUpgrade: FAILED: "},
		"it stays sick": {"sick-after-patch", "", nil, everyStep[:5], "HealthCheck: FAILED: not healthy after 1800 seconds",
			"Upgrade: done\nHealthCheck: FAILED: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachRunbook(t, func(t *testing.T, s *server, name string) {
				if !strings.Contains(c.only, name) && c.only != "" {
					t.Skip("not this product's")
				}
				given := maps.Clone(c.given)
				if _, ok := given["ProductVersion"]; ok {
					given["ProductVersion"] = versions[name].minor
					s.installer(name, versions[name].minor, given)
				}
				s.broken = c.broken
				e := s.start(given)
				e.is(t, "Failed", append(slices.Clone(c.ran), "Restore")...)
				e.says(t, c.ran[len(c.ran)-1], c.says)
				e.says(t, "Restore", c.restore)
				for _, later := range everyStep[len(c.ran):5] {
					if strings.Contains(e.output["Restore"], later+": ") {
						t.Errorf("%s is reported, which never began:\n%s", later, e.output["Restore"])
					}
				}
				s.timersAreOn(t)
				if left := s.leftBehind(); left != nil {
					t.Errorf("left behind: %v", left)
				}
				if slow := c.broken == "slow-backup" && name == "chef-automate"; slow != strings.Contains(s.read("calls"), "backup cancel") {
					t.Errorf("the backup was cancelled at the wrong time:\n%s", s.read("calls"))
				}
			})
		})
	}
}

// Patches may bring a version that nobody asked for: it is told, and never gone back from.
func TestRunbook_PatchesBringAnotherVersion(t *testing.T) {
	s := openSource(t)
	s.broken = "brings-another-version"
	e := s.start(nil)
	e.is(t, "Success", everyStep...)
	e.says(t, "Restore", "HealthCheck: done; version 9.9.9 (it was 7.9.5), ")

	s = openSource(t)
	s.broken = "brings-another-version"
	e = s.start(map[string]string{"ProductVersion": "7.10.1"})
	e.is(t, "Failed", "PreCheck", "Backup", "Patch", "Upgrade", "Restore")
	e.says(t, "Upgrade", "9.9.9 is installed since the patches, and 7.10.1 is older")
}

// However long the step has been at work, services get their time to start.
func TestRunbook_SlowStartAfterALongUpgrade(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.broken, s.env = "slow-start", []string{"SECONDS=50000"}
		s.start(map[string]string{"BackupTimeoutSeconds": "99999"}).is(t, "Success", everyStep...)
	})
}

// An upgrade must not begin while the services still start.
func TestRunbook_SlowStartBeforeUpgrade(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, name string) {
		s.broken = "slow-start"
		given := map[string]string{"ProductVersion": versions[name].minor}
		s.installer(name, versions[name].minor, given)
		e := s.start(given)
		e.is(t, "Success", everyStep...)
		e.says(t, "Upgrade", "upgraded from")
	})
}

func TestRunbook_SlowStartAfterReboot(t *testing.T) {
	eachRunbook(t, func(t *testing.T, s *server, _ string) {
		s.broken = "slow-start"
		e := s.start(map[string]string{"RebootOption": "NoReboot"})
		e.is(t, "Success", everyStep...)
		if strings.Contains(e.output["HealthCheck"], "after 1 look") {
			t.Errorf("it did not wait:\n%s", e.output["HealthCheck"])
		}
		if got := s.read("patched"); got != "Install NoReboot" {
			t.Errorf("patched: %q", got)
		}
	})
}
