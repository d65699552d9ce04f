# The run of the server's own agent that is at work: its process id.
agent_run() {
	local pid
	pid=$(cat "$(setting agent_catalog_run_lockfile)" 2>/dev/null) || true
	if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then printf '%s' "$pid"; fi
}

# A run of the agent changes what is being backed up, and starts what is being upgraded.
wait_for_agent() {
	local pid attempt=0
	pid=$(agent_run)
	until [ -z "$pid" ]; do
		[ $((attempt * 5)) -lt "$START_TIMEOUT_SECONDS" ] ||
			fail "a run of this server's own Puppet agent (process $pid) has not ended in $START_TIMEOUT_SECONDS seconds. See what it waits for, then start the maintenance again."
		attempt=$((attempt + 1))
		sleep 5
		pid=$(agent_run)
	done
	if [ "$attempt" -gt 0 ]; then say "waited for a run of this server's own agent"; fi
}
