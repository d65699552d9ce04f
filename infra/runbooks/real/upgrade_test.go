package real_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Versions after those that are installed, as the repository of this test has them: the real packages, packed again. With the broken one
// the server does not start.
type versions struct{ now, next, broken, database string }

func (s *server) isUpgraded(t *testing.T) {
	now := installed(t, "puppetserver")
	v := versions{now: now, next: later(now, 1), broken: later(now, 2), database: later(installed(t, "puppetdb"), 1)}
	repository(t, v)
	e := s.maintain(t, attempt{given: map[string]string{"ProductVersion": v.next, "DatabaseVersion": v.database}})
	ends(t, e, "Success", everyStep, "PreCheck",
		"to be installed: puppetserver="+v.next+"-2 puppetdb="+v.database+"-3 puppet-terminus-puppetdb="+v.database+"-3")
	ends(t, e, "Success", everyStep, "Upgrade", "upgraded from "+v.now+" to "+v.next)
	ends(t, e, "Success", everyStep, "HealthCheck", "version "+v.next, "PuppetDB has the report of that run")
	for name, want := range map[string]string{"puppetserver": v.next, "puppetdb": v.database, "puppet-terminus-puppetdb": v.database} {
		if got := installed(t, name); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
	t.Run("and the next version does not start", func(t *testing.T) { s.doesNotStart(t, v) })
}

func (s *server) doesNotStart(t *testing.T, v versions) {
	e := s.maintain(t, attempt{given: map[string]string{"ProductVersion": v.broken}})
	ran := []string{"PreCheck", "Backup", "Patch", "Upgrade", "Restore"}
	ends(t, e, "Failed", ran, "Upgrade",
		"Upgrade: FAILED: puppetserver does not start (code 1): Job for puppetserver.service failed", "the backup is at s3://vault/puppet")
	ends(t, e, "Failed", ran, "PreCheck", "PuppetDB stays as it is")
	shell(t, "DEBIAN_FRONTEND=noninteractive apt-get install -y -q --allow-downgrades puppetserver="+v.next+"-2")
	control(t, "start", "puppetserver")
}

// installed is a package's version, without the packager's part.
func installed(t *testing.T, name string) string {
	t.Helper()
	version, _, _ := strings.Cut(shell(t, "dpkg-query -W -f '${Version}' "+name), "-")
	return version
}

// later than a version by so many of its last number.
func later(version string, by int) string {
	last := strings.LastIndexByte(version, '.') + 1
	n, _ := strconv.Atoi(version[last:])
	return version[:last] + strconv.Itoa(n+by)
}

// repository is one of this machine's, with the next versions.
func repository(t *testing.T, v versions) {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shell(t, "rm -f /etc/apt/sources.list.d/opsworks-real.list && apt-get update -q") })
	t.Log(shell(t, repack, "FOLDER="+folder, "NEXT="+v.next, "BROKEN="+v.broken, "DATABASE="+v.database))
}

var repack = strings.TrimSpace(`
cd "$FOLDER"
for package in puppetserver puppetdb puppet-terminus-puppetdb; do
	apt-get download -q $package="$(apt-cache madison $package | awk -F ' *[|] *' '$3 !~ /file:/ && !n++ { print $2 }')"
done
again() { # again PACKAGE VERSION: what is in the folder "tree", under another version
	sed -i "s/^Version: .*/Version: $2/" tree/DEBIAN/control
	dpkg-deb -b tree "$1_$2.deb" >/dev/null
	{ dpkg-deb -f "$1_$2.deb"; echo "Filename: ./$1_$2.deb"; echo "Size: $(stat -c %s "$1_$2.deb")"
	  echo "SHA256: $(sha256sum <"$1_$2.deb" | cut -d' ' -f1)"; echo; } >>Packages
}
for package in puppetdb puppet-terminus-puppetdb; do
	rm -rf tree
	dpkg-deb -R ${package}_*.deb tree
	again $package "$DATABASE-3"
done
rm -rf tree
dpkg-deb -R puppetserver_*.deb tree
sed -i "s/^puppetserver version: .*/puppetserver version: $NEXT/" tree/usr/bin/puppetserver
again puppetserver "$NEXT-2"
sed -i "s/^puppetserver version: .*/puppetserver version: $BROKEN/" tree/usr/bin/puppetserver
sed -i 's,/puppetserver.jar,/of-no-use.jar,' tree/lib/systemd/system/puppetserver.service
again puppetserver "$BROKEN-2"
echo "deb [trusted=yes] file:$FOLDER ./" >/etc/apt/sources.list.d/opsworks-real.list
cat Packages | grep -E '^(Package|Version)'
`)
