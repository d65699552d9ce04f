# Chef Automate: https://docs.chef.io/automate/cli, and what the commands print from chef/automate, components/automate-cli.

installed() { command -v chef-automate >/dev/null; }

# "Server Build: 4.12.144" (cmd/chef-automate/version.go); older ones say "Server version:".
told_version() { { timeout 120 chef-automate version 2>/dev/null </dev/null || true; } | sed -nE 's/.*Server (Build|version): *([^ ]+).*/\2/p' | tail -n 1; }

installed_version() {
	VERSION=$(told_version)
	[ -n "$VERSION" ] || fail "chef-automate version does not tell the server's version. Run it on the server."
}

# The table names the services that are not well, and the last line never does (cmd/chef-automate/status.go).
healthy() {
	within 300 chef-automate status
	HEALTH=$(awk '$1 ~ /^[a-z][a-z0-9-]+$/ && NF >= 2 && !($2 == "running" && tolower($3) == "ok") { sick = sick (sick ? ", " : "") $1 " " $2 " " $3 } END { print substr(sick, 1, 300) }' "$LOG")
	HEALTH=${HEALTH:-$(reason)}
	WITH_CHEF_SERVER=$(grep -m 1 '^ *automate-cs-' "$LOG") || true
	[ "$CODE" -eq 0 ]
}

# setting SECTION KEY of the server's configuration. All of it holds credentials: only the one value is ever kept.
setting() {
	timeout 120 chef-automate config show 2>/dev/null </dev/null | awk -v section="[$1]" -v key="$2" '
		/^[[:space:]]*\[/ { gsub(/[[:space:]]/, ""); inside = ($0 == section); next }
		inside && $1 == key { sub(/^[^=]*=[[:space:]]*/, ""); gsub(/"/, ""); sub(/[[:space:]]+$/, ""); if (!found++) print }'
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

# upgrade_status, in the words of cmd/chef-automate/upgrade.go.
upgrade_status() { timeout 120 chef-automate upgrade status 2>&1 </dev/null || true; }

# No grep -q in a pipe: it leaves at its first match, the command before it is killed, and pipefail makes that "no match".
upgrading() { [[ $(upgrade_status) == *"is upgrading"* ]]; }
