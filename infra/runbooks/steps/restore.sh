# Runs last whatever happened: ends what a killed step left behind, switches on what this run switched off, and says how far the run came.
# After a cancel there are two minutes for it, so it waits for little. An upgrade is never ended: half of it is no version.

FAULT=''
if [[ $(noted Upgrade) == NOT* ]]; then
	LEFT=$(leftovers "$EXECUTION_ID" | tr '\n' ' ')
	advice="Let the upgrade end, remove $STATE/owner and start the maintenance again"
else
	stop_leftovers "$EXECUTION_ID"
	advice='Look at them'
fi
if [ -n "$LEFT" ]; then
	FAULT="these processes of an earlier step do not end: ${LEFT% }. $advice; nothing was switched on beside them."
elif [ "$(cat "$STATE/owner" 2>/dev/null)" = "$EXECUTION_ID" ]; then
	# First: what fails below is tried again by the next run, which must not be refused.
	rm -f "$STATE/owner"
	if [ -s "$STATE/half" ]; then
		rm -rf "$(cat "$STATE/half")"
		rm -f "$STATE/half"
		say "removed: the unfinished backup"
	fi
	# Sets FAULT.
	switch_on
	rm -rf "$STATE/fetched" "$STATE/version"
else
	say "nothing to switch on: this run was refused before it changed anything"
fi

summary='' ended=''
for step in PreCheck Backup Patch Upgrade HealthCheck; do
	came=$(noted "$step")
	summary+="$step: ${came:-NOT DONE (failed, timed out or cancelled: see this step in the execution)}"$'\n'
	case $came in done*) ended="is done" ;; *) ended="ended at $step"; break ;; esac
done
SAID=$summary$SAID
rm -rf "$PROGRESS"
# What goes on may use it.
[ -n "$LEFT" ] || rm -rf "$STATE/work.$EXECUTION_ID".*
find "$STATE" -maxdepth 1 \( -name 'progress.*' -o -name 'work.*' \) -mmin +2880 -exec rm -rf {} + 2>/dev/null || true
VERDICT=${FAULT:+FAILED: $FAULT }"the run $ended"
[ -z "$FAULT" ] || exit 64
exit 0
