# Makes a backup and copies it, and apart from it the secret keys it leaves out, off the box. The local file is removed once the copy has
# been checked: each is whole in itself, and weekly ones would fill the disk.

work_folder
units_off

folder=$(backup_folder)
name=$INSTANCE_ID-$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p "$folder"
# Restore removes it, if a killed step leaves it; what a Restore that never came has left goes now.
if [ -s "$STATE/half" ]; then rm -rf "$(cat "$STATE/half")"; fi
printf '%s' "$folder/$name.tgz" >"$STATE/half"
count_down
within "$LEFT" puppet-backup create --dir="$folder" --name="$name.tgz"
case $CODE in
0) ;;
*)
	code=$CODE
	rm -f "$folder/$name"*
	case $code in 124 | 137) fail "the backup was not done after $BACKUP_TIMEOUT_SECONDS seconds and was stopped. Raise BackupTimeoutSeconds." ;; esac
	fail "puppet-backup create ended with code $code: $(reason). Run it on the server."
	;;
esac
[ -s "$folder/$name.tgz" ] || fail "puppet-backup left no file $folder/$name.tgz. Run it on the server."
within 3600 tar -tzf "$folder/$name.tgz"
[ "$CODE" -eq 0 ] || fail "$name.tgz cannot be read again: $(reason). Look at the disk."
say "backup $name.tgz made and read back in $SECONDS seconds"

# Both services' keys (page "Secret key file installed"). A prefix of their own, so that the bucket's policy can let fewer people at them.
keys=()
for service in orchestration-services console-services; do
	if [ -d "$ROOT/etc/puppetlabs/$service/conf.d/secrets" ]; then keys+=("etc/puppetlabs/$service/conf.d/secrets"); fi
done
[ "${#keys[@]}" -gt 0 ] || fail "no secret keys under /etc/puppetlabs: without them a backup restores no stored credentials. Look for keys.json."
within 600 tar -C "$ROOT/" -czf "$WORK/keys.tgz" "${keys[@]}"
[ "$CODE" -eq 0 ] || fail "the secret keys cannot be packed: $(reason). Look at /etc/puppetlabs."

to=$BACKUP_TO/$PRODUCT/$INSTANCE_ID
copy cp "$folder/$name.tgz" "$to/backups/$name.tgz"
verify_copy "$to/backups/$name.tgz" 1 "$(stat -c %s "$folder/$name.tgz")"
copy cp "$WORK/keys.tgz" "$to/keys/$name.tgz"
verify_copy "$to/keys/$name.tgz" 1 "$(stat -c %s "$WORK/keys.tgz")"
rm -f "$folder/$name.tgz" "$STATE/half"
say "the local file is removed; its copy and the keys' are off the box"
step_done "$name"
