# What a backup and its copy off the box need of each other: the time they share, and the proof that the copy is whole.

# far says how many objects and bytes are under an S3 prefix. "aws s3 ls" fails when there are none
# (AWS CLI reference, s3 ls: --recursive, --summarize).
far() { { timeout 600 aws s3 ls --recursive --summarize "$1" 2>/dev/null || true; } | awk '/Total Objects:/ { n = $3 } /Total Size:/ { s = $3 } END { print n ? n : 0, s ? s : 0 }'; }

# verify_copy DESTINATION OBJECTS BYTES
verify_copy() {
	local got
	got=$(far "$1")
	[ "$got" = "$2 $3" ] || fail "the copy at $1 has (objects, bytes) $got and not $2 $3. See that the disk and the bucket are well, then start the maintenance again."
	say "copied off the box and checked: $2 file(s), $3 bytes at $1"
}

# count_down: the seconds that are left of the backup's time, its copying included, in LEFT. SECONDS counts since this script began.
count_down() {
	LEFT=$((BACKUP_TIMEOUT_SECONDS - SECONDS))
	[ "$LEFT" -gt 0 ] || fail "the backup and its copy took longer than $BACKUP_TIMEOUT_SECONDS seconds. Raise BackupTimeoutSeconds."
}

# copy ARGUMENTS of "aws s3", with what is left of the backup's time.
copy() {
	count_down
	within "$LEFT" aws s3 "$@" --only-show-errors
	case $CODE in
	0) ;;
	124 | 137) fail "the copy to $BACKUP_TO took longer than the $BACKUP_TIMEOUT_SECONDS seconds the backup has. Raise BackupTimeoutSeconds." ;;
	*) fail "the copy to $BACKUP_TO failed: $(reason). The server's own role needs s3:PutObject there; nothing was patched or upgraded." ;;
	esac
}
