# look_closer: an upgrade that is not finished is not told as one.
look_closer() {
	if [[ $(upgrade_status) == *"Post Upgrade Steps"* ]]; then say "WARNING: steps of the major upgrade are left to do: chef-automate upgrade status names them"; fi
	if timeout 60 chef-automate maintenance status 2>/dev/null </dev/null | grep -qi 'maintenance mode.*on'; then say "WARNING: maintenance mode is on: nodes cannot report"; fi
}
