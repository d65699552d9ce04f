# Refuses, before anything is changed, whatever would leave the server without a backup or with an upgrade nobody asked for.

# place_off_the_box is where the backup will be copied. Written to once now: to learn that after hours of backup would be late.
place_off_the_box() {
	local place
	if place=$(backs_up_elsewhere); then
		say "backups go straight to $place: nothing to copy"
		return
	fi
	[ -n "$BACKUP_TO" ] || fail "no place off the box for the backup. Set BackupTo to s3://BUCKET/PREFIX."
	command -v aws >/dev/null || fail "the AWS CLI is not installed. Install it on the server: the backup is copied off the box with it."
	printf 'run %s, execution %s\n' "$RUN_ID" "$EXECUTION_ID" >"$WORK/last-run.txt" || fail "$WORK cannot be written. Make room on the disk."
	within 120 aws s3 cp "$WORK/last-run.txt" "$BACKUP_TO/$PRODUCT/$INSTANCE_ID/last-run.txt" --only-show-errors
	[ "$CODE" -eq 0 ] || fail "$BACKUP_TO cannot be written to: $(reason). Give the server's own role s3:PutObject there, or correct BackupTo."
	say "$BACKUP_TO can be written to"
}

need_space() {
	local free
	free=$(free_kib "$1")
	[ -n "$free" ] || fail "the free space of $1 cannot be told. Run df -Pk $1 on the server."
	if [ "$free" -lt $((MINIMUM_FREE_GIB * 1024 * 1024)) ]; then
		fail "$((free / 1024 / 1024)) GiB free for $1, $MINIMUM_FREE_GIB wanted. Delete old backups, enlarge the disk or lower MinimumFreeGiB."
	fi
	say "$((free / 1024 / 1024)) GiB free for $1"
}

# upgrade_rules: by name only, never down, never across a major version unasked.
upgrade_rules() {
	local now=$1
	if [ -z "$PRODUCT_VERSION" ]; then
		say "no product upgrade is asked for"
		return
	fi
	if [ "$PRODUCT_VERSION" = "$now" ]; then
		say "$PRODUCT_VERSION is installed already: nothing to upgrade"
		return
	fi
	! older "$PRODUCT_VERSION" "$now" || fail "$now is installed and $PRODUCT_VERSION is older. Correct ProductVersion: nothing here goes back."
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
	if ! (set -C && printf '%s' "$EXECUTION_ID" >"$STATE/owner") 2>/dev/null; then
		owner=$(cat "$STATE/owner" 2>/dev/null) || true
		if [ "$owner" != "$EXECUTION_ID" ]; then
			if [ -n "$owner" ] && [ -z "$(find "$STATE/owner" -mmin +2880)" ]; then
				fail "execution $owner is at work on this server. Wait for its end; if it is over, remove $STATE/owner."
			fi
			stop_leftovers "${owner:-none}"
		fi
		printf '%s' "$EXECUTION_ID" 2>/dev/null >"$STATE/owner" || fail "$STATE/owner cannot be written. Make room on the disk."
	fi
}

installed || fail "the product is not on this server. Correct InstanceId, or start the other runbook."
work_folder
before_all
busy=$(at_work)
[ -z "$busy" ] || fail "$busy. Wait for its end, then start the maintenance again."
healthy || fail "the server is not healthy: ${HEALTH:-no details}. Mend it first: a backup of a sick server helps nobody."
installed_version
say "healthy, version $VERSION; $(end_of_life "$VERSION")"
product_rules
upgrade_rules "$VERSION"
need_space "$(backup_folder)"
place_off_the_box
claim
printf '%s' "$VERSION" 2>/dev/null >"$STATE/version" || fail "$STATE cannot be written. Make room on the disk."
# What an upgrade needs, before a backup is made for it.
fetch
step_done
