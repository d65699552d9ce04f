# Puppet Enterprise: https://help.puppet.com/pe/current/topics/back_up_pe_infrastructure.htm (timers, puppet-backup, secret keys) and
# …/upgrade_standard.htm (installer). puppet-backup works on the primary server only.

PE_VERSION=$ROOT/opt/puppetlabs/server/pe_version

installed() { [ -r "$PE_VERSION" ] && command -v puppet-backup >/dev/null; }

installed_version() {
	VERSION=$(head -n 1 "$PE_VERSION" 2>/dev/null | tr -d '[:space:]') || true
	[ -n "$VERSION" ] || fail "$PE_VERSION does not tell the version. Look at the installation."
}

# It ends with "6 of 6 services are fully operational"; a line before it says of a service that it is not Running.
healthy() {
	local of
	within 300 puppet infrastructure status --color=false
	HEALTH=$({ grep -aE '^[A-Za-z].*: (Unreachable|Unknown|Error|Starting|Stopping|.*not running)' "$LOG" || true; } | tr -s '[:space:]' ' ' | cut -c 1-300)
	HEALTH=${HEALTH:-$(awk 'NF { last = $0 } END { print substr(last, 1, 200) }' "$LOG")}
	of=$(sed -nE 's/(.*[^0-9])?([0-9]+) of ([0-9]+) services.*/\2 \3/p' "$LOG" | tail -n 1)
	[ "$CODE" -eq 0 ] && [ -n "$of" ] && [ "${of% *}" = "${of#* }" ]
}

backup_folder() { printf '%s' "$ROOT/var/puppetlabs/backups"; } # puppet-backup's own default

backs_up_elsewhere() { return 1; }

# pg_repack and the server's own agent: what must not run during the backup and the upgrade. The agent's lock would stop the installer too,
# which runs it itself; so its service is stopped.
active_units() {
	{
		systemctl list-units --type=timer --state=active --plain --no-legend --no-pager 'pe_databases-*'
		systemctl list-units --type=service --state=active --plain --no-legend --no-pager puppet.service
	} 2>/dev/null </dev/null | awk '{ print $1 }'
}
