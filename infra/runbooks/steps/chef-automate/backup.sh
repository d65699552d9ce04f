# Makes a backup and copies it off the box. The local one stays: it is the fastest to restore from, and its search data is shared with
# older backups, so that deleting is chef-automate's own business ("chef-automate backup delete").

completed() { { timeout 120 chef-automate backup list 2>/dev/null </dev/null || true; } | awk '$2 == "completed" { print $1 }' | sort; }

work_folder
completed >"$WORK/before"
count_down
: 2>/dev/null >"$STATE/backup-running" || fail "$STATE cannot be written. Make room on the disk."
within "$LEFT" chef-automate backup create --wait-timeout "$LEFT" --result-json "$WORK/result.json"
code=$CODE
case $code in
124 | 137)
	# The server goes on without its client (cmd/chef-automate/backup.go: "backup cancel").
	within 60 chef-automate backup cancel
	rm -f "$STATE/backup-running"
	fail "the backup was not done after $BACKUP_TIMEOUT_SECONDS seconds and was cancelled. Raise BackupTimeoutSeconds."
	;;
esac
rm -f "$STATE/backup-running"
[ "$code" -eq 0 ] || fail "chef-automate backup create ended with code $code: $(reason). See journalctl -u chef-automate."

# The result can be an empty file although all went well: what is listed as completed now and was not before is this backup.
id=$({ sed -nE 's/.*"backup_id": *"([0-9]{14})".*/\1/p' "$WORK/result.json" 2>/dev/null || true; } | head -n 1)
completed >"$WORK/after"
id=${id:-$(comm -13 "$WORK/before" "$WORK/after" | tail -n 1)}
grep -qx "${id:-none}" "$WORK/after" || fail "backup ${id:-of this run} is not listed as completed. Run chef-automate backup list on the server."
say "backup $id made in $SECONDS seconds, and listed as completed"

if place=$(backs_up_elsewhere); then
	say "backup $id is in $place, the place in the server's own settings"
	step_done "$id"
fi

# A restore needs the folder named after the id and the search data beside it (https://docs.chef.io/automate/restore). Each copy has
# both under a prefix of its own, so that it stays whole whatever later becomes of the others.
folder=$(backup_folder)
to=$BACKUP_TO/$PRODUCT/$INSTANCE_ID/$id/
[ -d "$folder/$id" ] || fail "$folder has no folder $id. Run chef-automate backup list on the server."
find "$folder" -type f \( -path "$folder/$id/*" -o ! -path "$folder/20[0-9]*/*" ! -path "$folder/.tmp/*" \) -printf '%s\n' >"$WORK/sizes"
copy sync "$folder" "$to" --exclude '20[0-9]*/*' --exclude '.tmp/*' --include "$id/*"
verify_copy "$to" "$(awk 'END { print NR }' "$WORK/sizes")" "$(awk '{ s += $1 } END { printf "%.0f", s }' "$WORK/sizes")"
say "the local backup $id stays; delete old ones with chef-automate backup delete"
step_done "$id"
