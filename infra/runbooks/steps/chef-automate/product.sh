# Chef Automate: https://docs.chef.io/automate/cli, and what the commands print from chef/automate, components/automate-cli.

installed() { command -v chef-automate >/dev/null; }

# "Server Build: 4.12.144" (cmd/chef-automate/version.go); older ones say "Server version:".
told_version() { { chef-automate version 2>/dev/null || true; } | sed -nE 's/.*Server (Build|version): *([^ ]+).*/\2/p' | tail -n 1; }

installed_version() {
	local version
	version=$(told_version)
	[ -n "$version" ] || fail "chef-automate version does not tell the server's version. Run it on the server."
	printf '%s' "$version"
}

healthy() {
	local text code=0
	text=$(chef-automate status 2>&1) || code=$?
	HEALTH=$(printf '%s\n' "$text" | awk 'NF' | tail -n 1 | cut -c 1-200)
	[ "$code" -eq 0 ]
}

# setting SECTION KEY of the server's configuration. All of it holds credentials: only the one value is ever kept.
setting() {
	chef-automate config show 2>/dev/null | awk -v section="[$1]" -v key="$2" '
		/^[[:space:]]*\[/ { gsub(/[[:space:]]/, ""); inside = ($0 == section); next }
		inside && $1 == key { sub(/^[^=]*=[[:space:]]*/, ""); gsub(/"/, ""); sub(/[[:space:]]+$/, ""); print; exit }'
}

# https://docs.chef.io/automate/backup: location is "filesystem" unless set to "s3" or "gcs".
backs_up_elsewhere() {
	local location
	location=$(setting global.v1.backups location) || true
	case $location in s3 | gcs) printf '%s' "$location" ;; *) return 1 ;; esac
}

backup_folder() {
	local folder
	folder=$(setting global.v1.backups.filesystem path) || true
	printf '%s' "$ROOT${folder:-/var/opt/chef-automate/backups}"
}

# No grep -q in a pipe: it leaves at its first match, the command before it is killed, and pipefail makes that "no match".
upgrading() { [[ $(chef-automate upgrade status 2>/dev/null) == *"is upgrading"* ]]; }

# at_work says what the server is busy with: backup list's states are in cmd/chef-automate/backup.go.
at_work() {
	local backups
	backups=$(chef-automate backup list 2>/dev/null) || true
	if [[ $backups =~ in\ progress|deleting ]]; then
		printf 'a backup is being made or deleted'
	elif upgrading; then
		printf 'an upgrade is running'
	fi
}

# Minor upgrades happen by themselves unless upgrade_strategy is "none" (https://docs.chef.io/automate/upgrade, "Disable Automatic
# Upgrades"): one could begin in the middle of a backup, or be one that nobody has tested.
product_rules() {
	local strategy
	strategy=$(setting deployment.v1.svc upgrade_strategy) || true
	if [ "$strategy" != none ]; then
		fail "upgrade_strategy is \"${strategy:-at-once}\", so upgrades happen by themselves. Type: printf '[deployment.v1.svc]\\nupgrade_strategy = \"none\"\\n' >none.toml && chef-automate config patch none.toml"
	fi
	if [ -n "$PRODUCT_VERSION" ] && [[ $(chef-automate upgrade status 2>/dev/null) == *"airgap bundle"* ]]; then
		fail "this server was installed from an airgap bundle, which no version number upgrades. Leave ProductVersion empty and upgrade by hand with --airgap-bundle."
	fi
}

# The client may be gone while the server still works on a backup this run began.
switch_on() {
	if [ -e "$STATE/backup-running" ]; then
		chef-automate backup cancel >/dev/null 2>&1 || true
		rm -f "$STATE/backup-running"
		say "the unfinished backup is cancelled"
	else
		say "nothing was switched off"
	fi
}
