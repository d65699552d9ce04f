# Runs last whatever happened: switches on what this run switched off, and says how far the run came. After a cancel there are two
# minutes for it, so it waits for nothing.

code=0
owner=$(cat "$STATE/owner" 2>/dev/null || true)
if [ "$owner" = "$EXECUTION_ID" ]; then
	rm -f "$STATE/owner" # first: what fails below is tried again by the next run, which must not be refused
	(switch_on) || code=64
else
	say "nothing to switch on: this run was refused before it changed anything"
fi

for step in PreCheck Backup Patch Upgrade HealthCheck; do
	came=$({ grep "^$step: " "$PROGRESS" || true; } 2>/dev/null)
	say "${came:-$step: NOT DONE (failed, timed out or cancelled: see this step in the execution)}"
	[ "$came" = "$step: done" ] || break
done
rm -rf "$PROGRESS" "$PROGRESS.new" "$STATE"/work.*
find "$STATE" -name 'progress.*' -mtime +2 -delete 2>/dev/null || true
exit "$code"
