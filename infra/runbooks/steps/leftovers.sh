# What a cancel or a time limit leaves behind.

# leftovers RUN: the processes that run's steps started within, and theirs: some clear the environment.
leftovers() {
	local marked
	marked=$(grep -lzxs "OPSWORKS_MAINTENANCE=$1" /proc/[0-9]*/environ | tr -dc '0-9\n') || true
	[ -n "$marked" ] || return 0
	ps -e -o pid=,ppid= | awk -v marked="$marked" '
		BEGIN { for (n = split(marked, pids, "\n"); n > 0; n--) ours[pids[n]] = 1 }
		{ parent[$1] = $2 }
		END {
			do { more = 0; for (pid in parent) if (!(pid in ours) && parent[pid] in ours) more = ours[pid] = 1 } while (more)
			for (pid in ours) if (pid in parent) print pid
		}'
}

# stop_leftovers RUN: asks them to end, and ends them after ten seconds. What is there still is in LEFT.
stop_leftovers() {
	local attempt signal=TERM pids
	for attempt in {1..24}; do
		mapfile -t pids < <(leftovers "$1")
		# An empty list is unset to bash before 4.4.
		LEFT=${pids[*]-}
		[ -n "$LEFT" ] || return 0
		if [ "$attempt" -gt 20 ]; then signal=KILL; fi
		kill "-$signal" "${pids[@]}" 2>/dev/null || true
		sleep 0.5
	done
}
