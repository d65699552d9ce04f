# After a reboot the product's services need minutes. 120 times 15 seconds are half an hour.

LOOKS=1
wait_until_healthy() {
	until healthy; do
		[ "$LOOKS" -lt 120 ] || fail "not healthy after half an hour: ${HEALTH:-no details}. Log in and look at its services; the backup is at ${BACKUP_TO:-the place in its own settings}."
		LOOKS=$((LOOKS + 1))
		sleep 15
	done
}
