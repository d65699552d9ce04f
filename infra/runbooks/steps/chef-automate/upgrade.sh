# Upgrades Chef Automate to the version asked for, and does nothing when none is. A step that says so shows more in the execution than a
# branch around it.

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

# https://docs.chef.io/automate/upgrade: a major upgrade needs --major, and asks its checklist's questions on the terminal. MajorUpgrade=yes
# is the answer to them.
work_folder
code=0
if [ "${now%%.*}" = "${PRODUCT_VERSION%%.*}" ]; then
	chef-automate upgrade run --version "$PRODUCT_VERSION" </dev/null >"$WORK/upgrade.log" 2>&1 || code=$?
else
	[ "$MAJOR_UPGRADE" = yes ] || fail "$now to $PRODUCT_VERSION is a major upgrade. Set MajorUpgrade to yes, or correct ProductVersion."
	chef-automate upgrade run --major --version "$PRODUCT_VERSION" < <(printf 'y\n%.0s' {1..40}) >"$WORK/upgrade.log" 2>&1 || code=$?
fi
[ "$code" -eq 0 ] || fail "chef-automate upgrade run ended with code $code: $(last_line "$WORK/upgrade.log"). Version $now still runs; see chef-automate upgrade status."

# The command only asks for the upgrade and returns (cmd/chef-automate/upgrade.go): 480 times 15 seconds are two hours.
attempt=1
until [ "$(told_version)" = "$PRODUCT_VERSION" ] && ! upgrading; do
	[ "$attempt" -lt 480 ] || fail "version $PRODUCT_VERSION is not there after two hours. See chef-automate upgrade status; the backup is at $BACKUP_TO."
	attempt=$((attempt + 1))
	sleep 15
done
say "upgraded from $now to $PRODUCT_VERSION"
step_done
