# The primary server, with the installer that PreCheck has fetched. Compilers, replicas and agents come after it, by hand (page "Upgrade a
# standard installation"): until then their runs fail.
upgrade_product() {
	local installer
	units_off
	mkdir "$WORK/installer"
	within 1200 tar -C "$WORK/installer" -xf "$STATE/fetched/installer.tar"
	[ "$CODE" -eq 0 ] || fail "the installer cannot be unpacked: $(reason). Look at the disk."
	installer=$({ find "$WORK/installer" -mindepth 2 -maxdepth 2 -path "*/puppet-enterprise-$PRODUCT_VERSION-*/puppet-enterprise-installer" || true; } | head -n 1)
	say "installing $PRODUCT_VERSION over $1"
	# -y: no questions, the pe.conf that is there.
	# shellcheck disable=SC2016
	within 10800 bash -c 'cd "$(dirname "$1")" && exec ./puppet-enterprise-installer -y' install "$installer"
	[ "$CODE" -eq 0 ] || fail "the installer ended with code $CODE: $(reason). See /var/log/puppetlabs/installer; the backup is at $BACKUP_TO."
	LEFT_TO_DO="compilers, replicas and agents are to be upgraded now"
}
