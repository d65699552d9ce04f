# https://docs.chef.io/automate/upgrade: a major upgrade needs --major, and asks its checklist's questions on the terminal. MajorUpgrade=yes
# is the answer to them. The command ends with code 0 as well when the checklist says no and when it finds nothing to do: only "Upgrading
# Chef Automate" says that one was asked for (cmd/chef-automate/upgrade.go).
upgrade_product() {
	local now=$1 attempt=1 status
	if [ "${now%%.*}" = "${PRODUCT_VERSION%%.*}" ]; then
		within 3600 chef-automate upgrade run --version "$PRODUCT_VERSION"
	else
		# shellcheck disable=SC2016
		within 3600 bash -c 'yes y 2>/dev/null | head -n 40 | chef-automate upgrade run --major --version "$1"' upgrade "$PRODUCT_VERSION"
	fi
	[ "$CODE" -eq 0 ] || fail "chef-automate upgrade run ended with code $CODE: $(reason). Version $now still runs; see chef-automate upgrade status."
	grep -q 'Upgrading Chef Automate' "$LOG" ||
		fail "chef-automate upgrade run began no upgrade: $(reason). Version $now still runs; see chef-automate upgrade status."

	# The command only asks for the upgrade and returns: 480 times 15 seconds are two hours.
	until [ "$(told_version)" = "$PRODUCT_VERSION" ] && ! upgrading; do
		[ "$attempt" -lt 480 ] || fail "version $PRODUCT_VERSION is not there after two hours. See chef-automate upgrade status; the backup is at $BACKUP_TO."
		attempt=$((attempt + 1))
		sleep 15
	done
	# After 3 to 4 the search data is still to be migrated, and maintenance mode stays on until then: the version proves nothing.
	status=$(upgrade_status)
	if [[ $status == *"Post Upgrade Steps"* ]]; then
		LEFT_TO_DO="NOT FINISHED: the product names steps left to do, $({ grep -oE 'chef-automate [a-z-]+ (migrate|off)[^`]*' < <(printf '%s\n' "$status") || true; } | head -n 2 | tr '\n' ';') see chef-automate upgrade status"
	fi
}
