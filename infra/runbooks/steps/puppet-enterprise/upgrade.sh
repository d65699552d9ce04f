# Upgrades the primary server to the version asked for with the installer given, and does nothing when none is. A step that says so shows
# more in the execution than a branch around it. Compilers, replicas and agents come after it, by hand (page "Upgrade a standard
# installation"): until then their runs fail.

note Patch "done" # or this step would not run
if [ -z "$PRODUCT_VERSION" ]; then
	say "nothing to upgrade: no ProductVersion is given"
	step_done
	exit 0
fi
wait_until_healthy # the patch may have rebooted the server a moment ago
now=$(installed_version)
if [ "$PRODUCT_VERSION" = "$now" ]; then
	say "nothing to upgrade: version $now is installed, as asked for"
	step_done
	exit 0
fi
[ "${now%%.*}" = "${PRODUCT_VERSION%%.*}" ] || [ "$MAJOR_UPGRADE" = yes ] ||
	fail "$now to $PRODUCT_VERSION is a major upgrade. Set MajorUpgrade to yes, or correct ProductVersion."

work_folder
need_space "$WORK"
case $INSTALLER_SOURCE in
s3://*) aws s3 cp --only-show-errors "$INSTALLER_SOURCE" "$WORK/installer.tar" >"$WORK/fetch.log" 2>&1 ;;
https://*) curl -fsSL --proto =https --proto-redir =https -o "$WORK/installer.tar" "$INSTALLER_SOURCE" >"$WORK/fetch.log" 2>&1 ;;
*) false ;;
esac || fail "the installer cannot be fetched from $INSTALLER_SOURCE. Correct InstallerSource, or let the server reach it."
mkdir "$WORK/installer"
tar -C "$WORK/installer" -xf "$WORK/installer.tar" || fail "$INSTALLER_SOURCE is not a tarball. Correct InstallerSource."
rm -f "$WORK/installer.tar"

# The tarball unpacks to puppet-enterprise-VERSION-PLATFORM: another version's must not be run because an address was mistyped.
installer=$(find "$WORK/installer" -mindepth 2 -maxdepth 2 -path "*/puppet-enterprise-$PRODUCT_VERSION-*/puppet-enterprise-installer" | head -n 1) || true
[ -n "$installer" ] || fail "$INSTALLER_SOURCE is not the installer of version $PRODUCT_VERSION. Correct InstallerSource or ProductVersion."
say "upgrading from $now to $PRODUCT_VERSION"
code=0
(cd "$(dirname "$installer")" && ./puppet-enterprise-installer -y) </dev/null >"$WORK/installer.log" 2>&1 || code=$? # -y: no questions, the pe.conf there is
if [ "$code" -ne 0 ]; then
	fail "the installer ended with code $code: $(last_line "$WORK/installer.log"). See /var/log/puppetlabs/installer; the backup is at $BACKUP_TO."
fi
after=$(installed_version)
[ "$after" = "$PRODUCT_VERSION" ] || fail "the installer ended well, but version $after is installed. See /var/log/puppetlabs/installer."
say "upgraded from $now to $PRODUCT_VERSION; upgrade compilers, replicas and agents now"
step_done
