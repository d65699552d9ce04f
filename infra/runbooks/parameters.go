package runbooks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// parameter of a document. SSM puts its value into the script before bash reads it, where no command is. No pattern lets through a quote, a
// brace, a space or a line end either: a value is one word.
type parameter struct {
	name, variable string // variable is its name in the steps
	description    string
	required       bool
	value          string // unless another is given
	pattern        string
	write          string   // what the pattern asks for, in words
	values         []string // instead of a pattern
}

// The parameters that all runbooks have.
var common = []parameter{
	{name: maintenance.ParameterNode, variable: "INSTANCE_ID", required: true, pattern: `^(i|mi)-[0-9a-f]{8,17}$`,
		description: "The managed node the product runs on."},
	{name: maintenance.ParameterRunID, variable: "RUN_ID", pattern: `^[a-zA-Z0-9-]{0,100}$`,
		description: "The run of opsworks-maintenance that this execution belongs to. Set by the function; empty: started by hand."},
	{name: "BackupTo", variable: "BACKUP_TO", pattern: `^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.=-]+)*)?$`,
		write: "s3://BUCKET/PREFIX, with letters, digits and _ . = - in the prefix",
		description: "The place off the box for the backup, s3://BUCKET/PREFIX. " +
			"Required: left empty, the run is refused before it changes anything."},
	{name: "ProductVersion", variable: "PRODUCT_VERSION", pattern: `^([0-9]{1,14}([.][0-9]{1,6}){0,3})?$`,
		write:       "a version of one to four numbers, as in 2023.8.1",
		description: "The version to upgrade the product to. Empty: no product upgrade."},
	{name: "MajorUpgrade", variable: "MAJOR_UPGRADE", value: "no", values: []string{"no", "yes"},
		description: "Whether ProductVersion may be of another major version."},
	{name: "BackupTimeoutSeconds", variable: "BACKUP_TIMEOUT_SECONDS", value: "14400",
		pattern: `^[1-9][0-9]{2,4}$`, write: "100 to 99999 seconds",
		description: "How long the backup and its copy may take."},
	{name: "RebootOption", variable: "REBOOT_OPTION", value: "RebootIfNeeded", values: []string{"RebootIfNeeded", "NoReboot"},
		description: "Whether the patches may reboot the server."},
	{name: "MinimumFreeGiB", variable: "MINIMUM_FREE_GIB", value: "10", pattern: `^[1-9][0-9]{0,4}$`, write: "1 to 99999 GiB",
		description: "Free space the backup's disk must have, in GiB."},
	{name: "StartTimeoutSeconds", variable: "START_TIMEOUT_SECONDS", value: "1800",
		pattern: `^([1-9][0-9]{1,2}|[12][0-9]{3}|3[0-5][0-9]{2}|3600)$`, write: "100 to 3600 seconds",
		description: "How long the product may take to be well after a start, and a run of the server's own agent to end. At most 3600."},
}

// Those that one runbook has.
var (
	installerSource = parameter{name: "InstallerSource", variable: "INSTALLER_SOURCE",
		pattern:     `^((s3|https)://[A-Za-z0-9][A-Za-z0-9._/:=+?&-]*)?$`,
		write:       "s3://… or https://… with letters, digits and . _ / : = + ? & -, without a password or signature",
		description: "Where the installer's tarball is, s3:// or https://, without credentials. Goes together with ProductVersion."}
	installerSHA256 = parameter{name: "InstallerSHA256", variable: "INSTALLER_SHA256", pattern: `^([0-9a-f]{64})?$`,
		write:       "64 digits and letters a to f, as sha256sum prints them",
		description: "The SHA-256 checksum of the installer's tarball, from its maker. Goes together with InstallerSource."}
	databaseVersion = parameter{name: "DatabaseVersion", variable: "DATABASE_VERSION", pattern: `^([0-9]{1,6}([.][0-9]{1,6}){0,3})?$`,
		write: "a version of one to four numbers, as in 8.7.0",
		description: "The version to upgrade PuppetDB (OpenVoxDB) and its terminus to. " +
			"Empty: ProductVersion where the repositories have it of these too, else they stay."}
)

func (r Runbook) parameters() []parameter {
	return append(common[:len(common):len(common)], r.extra...)
}

func (p parameter) schema() map[string]any {
	s := map[string]any{"type": "String", "description": p.description}
	if !p.required {
		s["default"] = p.value
	}
	if p.values != nil {
		s["allowedValues"] = p.values
	} else {
		s["allowedPattern"] = p.pattern
	}
	return s
}

// ofFunction tells whether the function sets a parameter itself: the managed node, or the run, by which it knows its own executions.
func ofFunction(name string) bool {
	return name == maintenance.ParameterNode || name == maintenance.ParameterRunID
}

// Fault is what is wrong with a parameter, or with one of its values, and what to write instead.
type Fault struct {
	Parameter string
	Value     int // its index, -1 for the parameter as a whole
	Problem   string
}

// Check says what is wrong with parameters that a server's settings give the runbook, in the order of their names.
func (r Runbook) Check(given map[string][]string) []Fault {
	var faults []Fault
	var known []string
	for _, p := range r.parameters() {
		if !ofFunction(p.name) {
			known = append(known, p.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		i := slices.IndexFunc(r.parameters(), func(p parameter) bool { return p.name == name })
		switch values := given[name]; {
		case ofFunction(name):
			faults = append(faults, Fault{name, -1, "the function gives it itself; remove it"})
		case i < 0:
			faults = append(faults, Fault{name, -1, fmt.Sprintf("is not a parameter of %s; it has %s", r.Name, strings.Join(known, ", "))})
		case len(values) != 1:
			faults = append(faults, Fault{name, -1, fmt.Sprintf("has %d values; write one", len(values))})
		default:
			if problem := r.parameters()[i].problem(values[0]); problem != "" {
				faults = append(faults, Fault{name, 0, problem})
			}
		}
		if i >= 0 && name == installerSource.name && given[installerSHA256.name] == nil {
			faults = append(faults, Fault{name, -1, "goes together with " + installerSHA256.name + ", the checksum of its maker; add it"})
		}
	}
	return faults
}

// problem never repeats an address with a user in it: a password may follow.
func (p parameter) problem(value string) string {
	fits := func(value string) bool {
		return p.values == nil && regexp.MustCompile(p.pattern).MatchString(value) || slices.Contains(p.values, value)
	}
	bare := strings.TrimRight(value, "/")
	switch {
	case fits(value):
		return ""
	case p.values != nil:
		return fmt.Sprintf("%.60q is not possible; write %s", value, strings.Join(p.values, " or "))
	case strings.ContainsAny(value, "@%"):
		return "is not possible; write " + p.write
	case bare != value && bare != "" && fits(bare):
		return fmt.Sprintf("%q ends in a slash; write %q", value, bare)
	default:
		return fmt.Sprintf("%.60q is not possible; write %s", value, p.write)
	}
}
