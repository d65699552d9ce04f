# Also the units that an earlier run stopped and could not start again.
OFF=$STATE/off
switch_on() {
	local unit still=()
	if [ ! -s "$OFF" ]; then
		say "nothing was switched off"
		return
	fi
	while IFS= read -r unit; do
		if timeout 60 systemctl start "$unit" </dev/null >/dev/null 2>&1; then say "switched on again: $unit"; else still+=("$unit"); fi
	done <"$OFF"
	if [ "${#still[@]}" -eq 0 ]; then
		rm -f "$OFF"
		return
	fi
	printf '%s\n' "${still[@]}" >"$OFF" || true
	FAULT="these units do not start: ${still[*]}. Type: systemctl start ${still[*]}"
}
