switch_on() {
	if [ ! -e "$STATE/agent-off" ]; then
		say "nothing was switched off"
		return
	fi
	if timeout 60 puppet agent --enable </dev/null >/dev/null 2>&1; then
		rm -f "$STATE/agent-off"
		say "switched on again: this server's own Puppet agent"
	else
		FAULT="the Puppet agent cannot be enabled. Type: puppet agent --enable"
	fi
}
