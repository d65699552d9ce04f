package runbooks

// parameter of a document. SSM puts its value into the script before bash reads it, between single quotes: no pattern lets through a
// quote, a brace, a space or a line end. A value therefore is never anything but one word.
type parameter struct {
	name, variable string // variable is its name in the steps
	description    string
	required       bool
	value          string // unless another is given
	pattern        string
	values         []string // instead of a pattern
}

// Both runbooks' parameters. The limits of executionTimeout are AWS-RunShellScript's own: 1 to 172800 seconds.
var common = []parameter{
	{name: "InstanceId", variable: "INSTANCE_ID", required: true, pattern: `^(i|mi)-[0-9a-f]{8,17}$`,
		description: "The managed node the product runs on."},
	{name: "BackupTo", variable: "BACKUP_TO", pattern: `^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.=-]+)*)?$`,
		description: "The place off the box for the backup, s3://BUCKET/PREFIX. Required: left empty, the run is refused before it changes anything."},
	{name: "ProductVersion", variable: "PRODUCT_VERSION", pattern: `^([0-9]{1,14}([.][0-9]{1,6}){0,3})?$`,
		description: "The version to upgrade the product to. Empty: no product upgrade."},
	{name: "MajorUpgrade", variable: "MAJOR_UPGRADE", value: "no", values: []string{"no", "yes"},
		description: "Whether ProductVersion may be of another major version."},
	{name: "BackupTimeoutSeconds", variable: "BACKUP_TIMEOUT_SECONDS", value: "14400", pattern: `^[1-9][0-9]{2,4}$`,
		description: "How long the backup and its copy may take."},
	{name: "RebootOption", variable: "REBOOT_OPTION", value: "RebootIfNeeded", values: []string{"RebootIfNeeded", "NoReboot"},
		description: "Whether the patches may reboot the server."},
	{name: "MinimumFreeGiB", variable: "MINIMUM_FREE_GIB", value: "10", pattern: `^[1-9][0-9]{0,4}$`,
		description: "Free space the backup's disk must have, in GiB."},
}

var installerSource = parameter{name: "InstallerSource", variable: "INSTALLER_SOURCE",
	pattern:     `^((s3|https)://[A-Za-z0-9][A-Za-z0-9._/:=+-]*)?$`,
	description: "Where the installer's tarball is, s3:// or https://, without credentials. Goes together with ProductVersion."}

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
