# After a reboot the product's services need minutes.

wait_until_healthy() {
	local begun=$SECONDS
	LOOKS=1
	until healthy; do
		if [ $((LOOKS * 15)) -ge "$START_TIMEOUT_SECONDS" ] || [ $((SECONDS - begun)) -ge $((START_TIMEOUT_SECONDS * 2)) ]; then
			fail "not healthy after $START_TIMEOUT_SECONDS seconds: ${HEALTH:-no details}. Log in and look at its services; the backup is at ${BACKUP_TO:-the place in its own settings}."
		fi
		LOOKS=$((LOOKS + 1))
		sleep 15
	done
}
