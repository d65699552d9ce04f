# noop_run: a run of the server's own agent that changes nothing. Past its disabled lock, which may be ours. 0 and 2 are good ("puppet agent
# --help", --detailed-exitcodes). Of the errors the first may be Facter's noise and the last says only that there are some.
noop_run() {
	wait_for_agent
	BEGUN=$(date -u +%Y-%m-%dT%H:%M:%S)
	within 1800 puppet agent --test --noop --no-show_diff --color=false --agent_disabled_lockfile="$WORK/none" --server "$(setting certname)"
	case $CODE in
	0 | 2) say "an agent run without changes ended with code $CODE" ;;
	*)
		grep -avE '^Error: Facter|skipping run$|Could not send report' "$LOG" >"$WORK/errors" || true
		LOG=$WORK/errors
		fail "an agent run without changes ended with code $CODE: $(reason '^Error:|already in progress|administratively disabled'). Run puppet agent --test --noop on the server."
		;;
	esac
}
