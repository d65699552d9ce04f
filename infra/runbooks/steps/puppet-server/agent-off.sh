# What keeps the server's own agent off, from Backup until Restore.

AGENT_OFF=$STATE/agent-off

# Until Restore. One that somebody else has disabled stays so.
agent_off() {
	if [ ! -e "$(setting agent_disabled_lockfile)" ]; then
		# First: what dies in between has switched off nothing.
		: 2>/dev/null >"$AGENT_OFF" || fail "$STATE cannot be written. Make room on the disk."
		within 120 puppet agent --disable "opsworks-maintenance $EXECUTION_ID"
		[ "$CODE" -eq 0 ] || fail "the Puppet agent cannot be disabled: $(reason). Run puppet agent --disable on the server."
		say "off until the end of the run: this server's own Puppet agent"
	fi
	wait_for_agent
}
