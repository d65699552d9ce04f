# The units this run stopped.
OFF=$STATE/off

# From Backup until Restore, and once more before the upgrade: the patch's reboot starts them again. Remembered before they are stopped: a step
# that dies between the two has switched off nothing that Restore does not know of.
units_off() {
	local stopped
	active_units >"$WORK/units"
	if [ -s "$WORK/units" ]; then
		{ { cat "$OFF" 2>/dev/null || true; } | sort -u - "$WORK/units" >"$OFF.new" && mv -f "$OFF.new" "$OFF"; } || fail "$STATE cannot be written. Make room on the disk."
		mapfile -t stopped <"$WORK/units"
		within 300 systemctl stop "${stopped[@]}"
		[ "$CODE" -eq 0 ] || fail "the units ${stopped[*]} do not stop: $(reason). See systemctl status."
		say "stopped until the end of the run: ${stopped[*]}"
	fi
	wait_for_agent
}
