# What PreCheck asks of Puppet Enterprise alone.

before_all() {
	certificates
	wait_for_agent
}

at_work() {
	if pgrep -f 'puppet-backup (create|restore)' >/dev/null; then
		printf 'puppet-backup is running'
	elif pgrep -f puppet-enterprise-installer >/dev/null; then
		printf 'the installer is running'
	fi
}

product_rules() {
	local units
	if [ -n "$PRODUCT_VERSION" ] && { [ -z "$INSTALLER_SOURCE" ] || [ -z "$INSTALLER_SHA256" ]; }; then
		fail "ProductVersion without InstallerSource and InstallerSHA256. Set both, or leave all three empty."
	fi
	if [ -z "$PRODUCT_VERSION" ] && [ -n "$INSTALLER_SOURCE$INSTALLER_SHA256" ]; then
		fail "InstallerSource or InstallerSHA256 without ProductVersion. Set ProductVersion to the installer's version, or leave all three empty."
	fi
	units=$(active_units | tr '\n' ' ')
	say "stopped from the backup on: ${units:-nothing}"
}

# The installer is brought here before the backup, and is what its checksum says or nothing happens.
fetch() {
	local to=$STATE/fetched
	if [ -z "$PRODUCT_VERSION" ] || [ "$PRODUCT_VERSION" = "$VERSION" ]; then return 0; fi
	rm -rf "$to"
	mkdir -m 700 "$to" || fail "$STATE cannot be written. Make room on the disk."
	need_space "$to"
	case $INSTALLER_SOURCE in
	s3://*) within 2400 aws s3 cp --only-show-errors "$INSTALLER_SOURCE" "$to/installer.tar" ;;
	*) within 2400 curl -fsSL --proto =https --proto-redir =https -o "$to/installer.tar" "$INSTALLER_SOURCE" ;;
	esac
	[ "$CODE" -eq 0 ] || fail "the installer cannot be fetched from $INSTALLER_SOURCE: $(reason). Correct InstallerSource, or let the server reach it."
	[ "$(sha256sum <"$to/installer.tar" | cut -d' ' -f1)" = "$INSTALLER_SHA256" ] ||
		fail "what is at $INSTALLER_SOURCE is not what InstallerSHA256 says. Compare it with the maker's checksum."
	# The tarball unpacks to puppet-enterprise-VERSION-PLATFORM: another version's must not be run because an address was mistyped.
	within 1200 tar -tf "$to/installer.tar"
	[ "$CODE" -eq 0 ] || fail "$INSTALLER_SOURCE is not a tarball. Correct InstallerSource."
	grep -q "^\(\./\)\?puppet-enterprise-${PRODUCT_VERSION//./\\.}-[^/]*/puppet-enterprise-installer$" "$LOG" ||
		fail "$INSTALLER_SOURCE is not the installer of version $PRODUCT_VERSION. Correct InstallerSource or ProductVersion."
	say "the installer of $PRODUCT_VERSION is here, and its checksum is right"
}
