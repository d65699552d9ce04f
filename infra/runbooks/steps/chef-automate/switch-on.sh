# The client may be gone while the server still works on a backup this run began.
switch_on() {
	if [ -e "$STATE/backup-running" ]; then
		timeout 60 chef-automate backup cancel </dev/null >/dev/null 2>&1 || true
		rm -f "$STATE/backup-running"
		say "the unfinished backup is cancelled"
	else
		say "nothing was switched off"
	fi
}
