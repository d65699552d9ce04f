# Puppet Enterprise: https://help.puppet.com/pe/current/topics/back_up_pe_infrastructure.htm (timers, puppet-backup, secret keys) and
# …/upgrade_standard.htm (installer). puppet-backup works on the primary server only.

PE_VERSION=$ROOT/opt/puppetlabs/server/pe_version
TIMERS=$STATE/timers

installed() { [ -r "$PE_VERSION" ] && command -v puppet-backup >/dev/null; }

installed_version() {
	local version
	version=$(head -n 1 "$PE_VERSION" 2>/dev/null | tr -d '[:space:]') || true
	[ -n "$version" ] || fail "$PE_VERSION does not tell the version. Look at the installation."
	printf '%s' "$version"
}

# It ends with "6 of 6 services are fully operational."
healthy() {
	local text of code=0
	text=$(puppet infrastructure status 2>&1) || code=$?
	HEALTH=$(printf '%s\n' "$text" | awk 'NF' | tail -n 1 | cut -c 1-200)
	of=$(printf '%s\n' "$text" | sed -nE 's/(.*[^0-9])?([0-9]+) of ([0-9]+) services.*/\2 \3/p' | tail -n 1)
	[ "$code" -eq 0 ] && { [ -z "$of" ] || [ "${of% *}" = "${of#* }" ]; }
}

backup_folder() { printf '%s' "$ROOT/var/puppetlabs/backups"; } # puppet-backup's own default

backs_up_elsewhere() { return 1; }

at_work() {
	if pgrep -f 'puppet-backup (create|restore)' >/dev/null; then
		printf 'puppet-backup is running'
	elif pgrep -f puppet-enterprise-installer >/dev/null; then
		printf 'the installer is running'
	fi
}

active_timers() { systemctl list-units --type=timer --state=active --plain --no-legend --no-pager 'pe_databases-*' | awk '{ print $1 }'; }

product_rules() {
	local timers
	if [ -n "$PRODUCT_VERSION" ] && [ -z "$INSTALLER_SOURCE" ]; then
		fail "ProductVersion without InstallerSource. Set InstallerSource to the installer's s3:// or https:// address, or leave both empty."
	fi
	if [ -z "$PRODUCT_VERSION" ] && [ -n "$INSTALLER_SOURCE" ]; then
		fail "InstallerSource without ProductVersion. Set ProductVersion to the installer's version, or leave both empty."
	fi
	timers=$(active_timers | tr '\n' ' ')
	say "timers the backup will stop: ${timers:-none}"
}

# Also those that an earlier run stopped and could not start again.
switch_on() {
	local timer off=()
	if [ ! -s "$TIMERS" ]; then
		say "nothing was switched off"
		return
	fi
	while IFS= read -r timer; do
		if systemctl start "$timer" >/dev/null 2>&1; then say "switched on again: $timer"; else off+=("$timer"); fi
	done <"$TIMERS"
	if [ "${#off[@]}" -gt 0 ]; then
		printf '%s\n' "${off[@]}" >"$TIMERS"
		fail "these timers do not start: ${off[*]}. Type: systemctl start ${off[*]}"
	fi
	rm -f "$TIMERS"
}
