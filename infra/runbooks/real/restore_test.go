package real_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The last backup brings back a server of which nothing is left, by the commands that README.md gives to a person.
func (s *server) isRestored(t *testing.T) {
	var saved int // reports in the dump: the run's own comes after it
	e := s.maintain(t, attempt{during: func(step string) {
		if step == "Patch" {
			saved = reports(t)
		}
	}})
	ends(t, e, "Success", everyStep, "Backup", "the CA's key is in keys.tgz")
	ca := shell(t, "openssl x509 -noout -fingerprint -in "+setting(t, "cacert"))
	backups, _ := filepath.Glob(filepath.Join(s.s3, "vault/puppet/puppet-server", instanceID, "backups/*"))
	if len(backups) == 0 {
		t.Fatal("there is no backup")
	}
	name := filepath.Base(backups[len(backups)-1])

	control(t, "stop", "puppetserver")
	control(t, "stop", "puppetdb")
	shell(t, "rm -rf "+strings.Join([]string{setting(t, "confdir"), setting(t, "codedir"), setting(t, "cadir"), setting(t, "ssldir"),
		"/etc/puppetdb /etc/default/puppetserver /etc/default/puppetdb"}, " "))
	shell(t, "runuser -u postgres -- dropdb puppetdb && runuser -u postgres -- dropuser puppetdb")
	if exists(filepath.Join(setting(t, "cadir"), "ca_key.pem")) {
		t.Fatal("the server is not empty")
	}

	from := "s3://vault/puppet/puppet-server/" + instanceID
	t.Log(shell(t, strings.ReplaceAll(commands(t), "puppet agent --test\n",
		"code=0; puppet agent --test || code=$?; [ $code -eq 0 ] || [ $code -eq 2 ]\n"),
		"S3="+s.s3, "FROM="+from+"/backups/"+name, "KEYS="+from+"/keys/"+name))
	if now := shell(t, "openssl x509 -noout -fingerprint -in "+setting(t, "cacert")); now != ca {
		t.Errorf("the CA is another one: %s", now)
	}
	if now := reports(t); saved == 0 || now != saved+1 {
		t.Errorf("reports: %d were saved, %d are there after one run", saved, now)
	}
	// The agent's run has opened what only the eyaml key opens, and its report is in PuppetDB: the whole runbook looks once more.
	ends(t, s.maintain(t, attempt{}), "Success", everyStep, "HealthCheck", "PuppetDB has the report of that run")
}

// reports that PuppetDB's database has.
func reports(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(shell(t, "cd / && runuser -u postgres -- psql -d puppetdb -qAtc 'SELECT count(*) FROM reports'")))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// commands are the lines that README.md tells a person to type.
func commands(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "```sh\n")
	lines, _, closed := strings.Cut(block, "```\n")
	if !found || !closed || !strings.Contains(lines, "pg_restore") {
		t.Fatal("README.md has no commands to restore with")
	}
	return lines
}
