# Refuses, before anything is changed, whatever would leave the server without a backup or with an upgrade nobody asked for.

# place_off_the_box is where the backup will be copied. Written to once now: to learn that after hours of backup would be late.
place_off_the_box() {
	if backs_up_elsewhere >/dev/null; then
		say "backups go straight to $(backs_up_elsewhere): nothing to copy"
		return
	fi
	[ -n "$BACKUP_TO" ] || fail "no place off the box for the backup. Set BackupTo to s3://BUCKET/PREFIX."
	command -v aws >/dev/null || fail "the AWS CLI is not installed. Install it on the server: the backup is copied off the box with it."
	say "run $EXECUTION_ID" | aws s3 cp - "$BACKUP_TO/$PRODUCT/$INSTANCE_ID/last-run.txt" >/dev/null 2>&1 ||
		fail "$BACKUP_TO cannot be written to. Give the server's own role s3:PutObject there, or correct BackupTo."
	say "$BACKUP_TO can be written to"
}

# upgrade_rules: by name only, never down, never across a major version unasked.
upgrade_rules() {
	local now=$1 lower
	if [ -z "$PRODUCT_VERSION" ]; then
		say "no product upgrade is asked for"
		return
	fi
	if [ "$PRODUCT_VERSION" = "$now" ]; then
		say "$PRODUCT_VERSION is installed already: nothing to upgrade"
		return
	fi
	# Chef Automate's versions were times of building (20220329091442) before they had dots: those are no yardstick.
	lower=$(printf '%s\n' "$now" "$PRODUCT_VERSION" | sort -V | head -n 1)
	case $now in
	*.*) [ "$lower" = "$now" ] || fail "$now is installed and $PRODUCT_VERSION is older. Correct ProductVersion: nothing here goes back." ;;
	esac
	if [ "${now%%.*}" = "${PRODUCT_VERSION%%.*}" ]; then
		say "minor upgrade from $now to $PRODUCT_VERSION"
	elif [ "$MAJOR_UPGRADE" = yes ]; then
		say "MAJOR upgrade from $now to $PRODUCT_VERSION, asked for by name"
	else
		fail "$now to $PRODUCT_VERSION is a major upgrade. Read the product's own upgrade path, then set MajorUpgrade to yes, or correct ProductVersion."
	fi
}

# claim keeps two runs off one server. A run whose Restore never reached the server leaves its claim behind: after two days, longer
# than all the steps' timeouts together, it is taken over, and so is what that run switched off.
claim() {
	local owner
	mkdir -p "$STATE" || fail "$STATE cannot be written. Make room on the disk."
	if ! (set -C && printf '%s' "$EXECUTION_ID" >"$STATE/owner") 2>/dev/null; then
		owner=$(cat "$STATE/owner")
		if [ "$owner" != "$EXECUTION_ID" ] && [ -z "$(find "$STATE/owner" -mmin +2880)" ]; then
			fail "run $owner is at work on this server. Wait for its end; if it is over, remove $STATE/owner."
		fi
		printf '%s' "$EXECUTION_ID" >"$STATE/owner"
	fi
}

installed || fail "the product is not on this server. Correct InstanceId, or start the other runbook."
busy=$(at_work)
[ -z "$busy" ] || fail "$busy. Wait for its end, then start the maintenance again."
healthy || fail "the server is not healthy: ${HEALTH:-no details}. Mend it first: a backup of a sick server helps nobody."
version=$(installed_version)
say "healthy, version $version"
product_rules
upgrade_rules "$version"
need_space "$(backup_folder)"
place_off_the_box
claim
step_done
