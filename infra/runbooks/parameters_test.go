package runbooks_test

import (
	"fmt"
	"strings"
	"testing"

	"opsworks-maintenance/infra/runbooks"
)

// Each fault says what is wrong and what to write instead; none repeats what may hold a password or a signature.
func TestRunbook_Check(t *testing.T) {
	const backup = "s3://BUCKET/PREFIX, with letters, digits and _ . = - in the prefix"
	const source = "is not possible; write s3://… or https://… with letters, digits and . _ / : = + ? & -, without a password or signature"
	const version = "write a version of one to four numbers, as in "
	for _, c := range []struct{ name, value, want string }{
		{"BackupTo", "s3://backups", ""},
		{"BackupTo", "s3://backups/puppet-01", ""},
		{"BackupTo", "s3://backups/puppet-01/", `BackupTo[0]: "s3://backups/puppet-01/" ends in a slash; write "s3://backups/puppet-01"`},
		{"BackupTo", "s3://backups/", `BackupTo[0]: "s3://backups/" ends in a slash; write "s3://backups"`},
		{"BackupTo", "s3://backups/a b/", `BackupTo[0]: "s3://backups/a b/" is not possible; write ` + backup},
		{"BackupTo", "/", `BackupTo[0]: "/" is not possible; write ` + backup},
		{"BackupTo", "backups", `BackupTo[0]: "backups" is not possible; write ` + backup},
		{"ProductVersion", "latest", `ProductVersion[0]: "latest" is not possible; ` + version + "2023.8.1"},
		{"DatabaseVersion", "8.x", `DatabaseVersion[0]: "8.x" is not possible; ` + version + "8.7.0"},
		{"MajorUpgrade", "true", `MajorUpgrade[0]: "true" is not possible; write no or yes`},
		{"RebootOption", "never", `RebootOption[0]: "never" is not possible; write RebootIfNeeded or NoReboot`},
		{"BackupTimeoutSeconds", "4h", `BackupTimeoutSeconds[0]: "4h" is not possible; write 100 to 99999 seconds`},
		{"StartTimeoutSeconds", "7200", `StartTimeoutSeconds[0]: "7200" is not possible; write 100 to 3600 seconds`},
		{"MinimumFreeGiB", "10G", `MinimumFreeGiB[0]: "10G" is not possible; write 1 to 99999 GiB`},
		{"InstallerSource", "https://pm.puppetlabs.com/cgi-bin/download.cgi?dist=el&rel=8&arch=x86_64&ver=2023.8.1", ""},
		{"InstallerSource", "http://mirror/pe.tar", `InstallerSource[0]: "http://mirror/pe.tar" ` + source},
		{"InstallerSource", "https://me:secret@mirror/pe.tar", "InstallerSource[0]: " + source},
		{"InstallerSource", "https://b.s3.amazonaws.com/pe.tar?X-Amz-Credential=A%2Fs3", "InstallerSource[0]: " + source},
		{"InstallerSHA256", "ABC", `InstallerSHA256[0]: "ABC" is not possible; write 64 digits and letters a to f, as sha256sum prints them`},
		{"RunId", "a", "RunId: the function gives it itself; remove it"},
		{"InstanceId", "i-0123456789abcdef0", "InstanceId: the function gives it itself; remove it"},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			if got := check(c.name, c.value); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
	got := check("Backup", "x")
	if !strings.HasPrefix(got, "Backup: is not a parameter of puppet-") || !strings.Contains(got, "it has BackupTo, ") {
		t.Error(got)
	}
	if got := check("BackupTo"); got != "BackupTo: has 0 values; write one" {
		t.Error(got)
	}
}

// check asks the first runbook that has the parameter, the last one for others. An installer comes with its checksum.
func check(name string, values ...string) string {
	text, given := "", map[string][]string{name: values}
	if name == "InstallerSource" {
		given["InstallerSHA256"] = []string{strings.Repeat("0", 64)}
	}
	for _, runbook := range runbooks.All() {
		text = ""
		for _, fault := range runbook.Check(given) {
			text = fault.Parameter
			if fault.Value >= 0 {
				text += fmt.Sprintf("[%d]", fault.Value)
			}
			text += ": " + fault.Problem
		}
		if !strings.Contains(text, "is not a parameter of") {
			break
		}
	}
	return text
}
