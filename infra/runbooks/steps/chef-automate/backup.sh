# Makes a backup and copies it off the box. The local one stays: it is the fastest to restore from, and its search data is shared with
# older backups, so that deleting is chef-automate's own business ("chef-automate backup delete").

work_folder
left=$(seconds_left)
: >"$STATE/backup-running"
code=0
timeout --kill-after=30 "$left" chef-automate backup create --wait-timeout "$left" --result-json "$WORK/result.json" >"$WORK/backup.log" 2>&1 || code=$?
case $code in
0) rm -f "$STATE/backup-running" ;;
124 | 137)
	# The server goes on without its client (cmd/chef-automate/backup.go: "backup cancel").
	chef-automate backup cancel >/dev/null 2>&1 || true
	rm -f "$STATE/backup-running"
	fail "the backup was not done after $BACKUP_TIMEOUT_SECONDS seconds and was cancelled. Raise BackupTimeoutSeconds."
	;;
*)
	rm -f "$STATE/backup-running"
	fail "chef-automate backup create ended with code $code: $(last_line "$WORK/backup.log"). See journalctl -u chef-automate."
	;;
esac
id=$(sed -nE 's/.*"backup_id": *"([0-9]{14})".*/\1/p' "$WORK/result.json" 2>/dev/null | head -n 1) || true
[ -n "$id" ] || fail "the backup's id is not in chef-automate's result. Run chef-automate backup list on the server."
say "backup $id made in $SECONDS seconds"

if backs_up_elsewhere >/dev/null; then
	[[ $(chef-automate backup list 2>/dev/null) =~ $id\ +completed ]] || fail "backup $id is not listed as completed. Run chef-automate backup list on the server."
	say "backup $id is in $(backs_up_elsewhere), the place in the server's own settings"
	step_done
	exit 0
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
step_done
