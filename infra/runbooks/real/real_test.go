package real_test

import (
	"os"
	"strings"
	"testing"
)

// TestRealServer is one story: the server is installed, maintained, upgraded, hurt in every way we know of, and lost.
func TestRealServer(t *testing.T) {
	if os.Getenv("REAL") != "1" {
		t.Skip("make real runs this: it installs a Puppet Server on this machine")
	}
	needs(t)
	s := newServer(t)
	if !t.Run("it is installed and runs", func(t *testing.T) {
		t.Log(shell(t, "nice -n 10 testdata/install.sh", "PACKAGES="+strings.Join(packages(), " "), "CERTNAME="+certname))
	}) {
		return
	}
	for _, chapter := range []struct {
		name string
		play func(*testing.T)
	}{
		{"it is maintained", s.isMaintained},
		{"it is hurt", s.isHurt},
		{"it is the node of the whole system", s.isTheNodeOfTheWholeSystem},
		{"it loses services", s.losesServices},
		{"it is upgraded", s.isUpgraded},
		{"it is lost and restored", s.isRestored},
	} {
		t.Run(chapter.name, chapter.play)
	}
}

// needs of this test, which a machine that has not makes fail: to skip in silence would look like success.
func needs(t *testing.T) {
	t.Helper()
	release := read("/etc/os-release")
	if os.Geteuid() != 0 || !strings.Contains(release, "ID=debian") || !strings.Contains(release, `VERSION_ID="12"`) {
		const wants = "make real needs Debian 12, root, Debian's package repositories, and 4 GiB of memory: " +
			"it installs a Puppet Server, PuppetDB and PostgreSQL, and changes this machine"
		if os.Getenv("REAL_OPTIONAL") == "1" {
			t.Skip(wants)
		}
		t.Fatal(wants + "; REAL_OPTIONAL=1 leaves it out")
	}
}

func (s *server) isMaintained(t *testing.T) {
	e := s.maintain(t, attempt{})
	ends(t, e, "Success", everyStep, "PreCheck", "healthy, version", "ENDED on", "is good for", "no product upgrade is asked for")
	ends(t, e, "Success", everyStep, "Backup", "the CA's key is in keys.tgz", "puppetdb.dump: ", "tables", "copied off the box and checked")
	ends(t, e, "Success", everyStep, "HealthCheck", "PuppetDB has the report of that run")
	ends(t, e, "Success", everyStep, "Restore", "HealthCheck: done; version", "switched on again")
}
