# Installs the packages that PreCheck has fetched, and starts anew: the database first, then the server, which asks it at once.

upgrade_product() {
	local unit database terminus
	mapfile -t CHOSEN <"$STATE/fetched" || fail "PreCheck's list of packages, $STATE/fetched, is gone. Start the maintenance again."
	say "installing ${CHOSEN[*]}"
	install_packages
	[ "$CODE" -eq 0 ] || fail "the package manager ended with code $CODE: $(reason). The backup is at $BACKUP_TO."
	systemctl daemon-reload >/dev/null 2>&1 </dev/null || true
	for unit in puppetdb puppetserver; do
		if [ "$unit" = puppetdb ] && ! pdb_conf >/dev/null; then continue; fi
		within "$START_TIMEOUT_SECONDS" systemctl restart "$unit"
		[ "$CODE" -eq 0 ] || fail "$unit does not start (code $CODE): $(reason). See journalctl -u $unit; the backup is at $BACKUP_TO."
	done
	database=$(package openvoxdb puppetdb) terminus=$(package openvoxdb-termini puppetdb-termini puppet-terminus-puppetdb)
	if [ -n "$database" ] && [ -n "$terminus" ] && [ "$(version_of "$database")" != "$(version_of "$terminus")" ]; then
		fail "$database is $(version_of "$database") and $terminus $(version_of "$terminus"), which must be one version. Install the same of both."
	fi
	if [ -z "$database" ] && [ -n "$terminus" ]; then LEFT_TO_DO="PuppetDB elsewhere has to be the version of $terminus here, $(version_of "$terminus")"; fi
}
