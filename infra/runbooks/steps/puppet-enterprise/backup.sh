# Makes a backup and copies it, and apart from it the secret keys it leaves out, off the box. The local file is removed once the copy has
# been checked: each is whole in itself, and weekly ones would fill the disk.

work_folder

# pg_repack must not run during the backup (page "Back up your infrastructure"). Remembered before they are stopped: a step that dies
# between the two has switched off nothing that Restore does not know of.
active_timers >"$WORK/timers"
if [ -s "$WORK/timers" ]; then
	{ cat "$TIMERS" 2>/dev/null || true; } | sort -u - "$WORK/timers" >"$TIMERS.new" && mv -f "$TIMERS.new" "$TIMERS"
	mapfile -t stopped <"$WORK/timers"
	systemctl stop "${stopped[@]}" >/dev/null 2>&1 || fail "the timers ${stopped[*]} do not stop. See systemctl status."
	say "stopped until the end of the run: ${stopped[*]}"
fi

folder=$(backup_folder)
name=$INSTANCE_ID-$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p "$folder"
left=$(seconds_left)
code=0
timeout --kill-after=30 "$left" puppet-backup create --dir="$folder" --name="$name.tgz" >"$WORK/backup.log" 2>&1 || code=$?
case $code in
0) ;;
124 | 137)
	rm -f "$folder/$name"*
	fail "the backup was not done after $BACKUP_TIMEOUT_SECONDS seconds and was stopped. Raise BackupTimeoutSeconds."
	;;
*)
	rm -f "$folder/$name"*
	fail "puppet-backup create ended with code $code: $(last_line "$WORK/backup.log"). Run it on the server."
	;;
esac
[ -s "$folder/$name.tgz" ] || fail "puppet-backup left no file $folder/$name.tgz. Run it on the server."
say "backup $name.tgz made in $SECONDS seconds"

# Both services' keys (page "Secret key file installed"). A prefix of their own, so that the bucket's policy can let fewer people at them.
keys=()
for service in orchestration-services console-services; do
	if [ -d "$ROOT/etc/puppetlabs/$service/conf.d/secrets" ]; then keys+=("etc/puppetlabs/$service/conf.d/secrets"); fi
done
[ "${#keys[@]}" -gt 0 ] || fail "no secret keys under /etc/puppetlabs: without them a backup restores no stored credentials. Look for keys.json."
tar -C "$ROOT/" -czf "$WORK/keys.tgz" "${keys[@]}" || fail "the secret keys cannot be packed. Look at /etc/puppetlabs."

to=$BACKUP_TO/$PRODUCT/$INSTANCE_ID
copy cp "$folder/$name.tgz" "$to/backups/$name.tgz"
verify_copy "$to/backups/$name.tgz" 1 "$(stat -c %s "$folder/$name.tgz")"
copy cp "$WORK/keys.tgz" "$to/keys/$name.tgz"
verify_copy "$to/keys/$name.tgz" 1 "$(stat -c %s "$WORK/keys.tgz")"
rm -f "$folder/$name.tgz"
say "the local file is removed; its copy and the keys' are off the box"
step_done
