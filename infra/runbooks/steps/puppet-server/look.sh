# look_closer: a run without changes, and its report where reports are kept.
look_closer() {
	local attempt=1 name
	noop_run
	if ! uses_pdb || [[ $(setting reports) != *puppetdb* ]]; then
		say "the server sends its reports to no PuppetDB"
		return 0
	fi
	name=$(setting certname)
	until [[ $(ask_pdb /pdb/query/v4/nodes -G --data-urlencode "query=[\"and\",[\"=\",\"certname\",\"$name\"],[\">\",\"report_timestamp\",\"$BEGUN\"]]") == *'"certname"'* ]]; do
		[ "$attempt" -lt 12 ] || fail "PuppetDB does not have the report of that run after a minute. Look at its log and at the server's setting reports."
		attempt=$((attempt + 1))
		sleep 5
	done
	say "PuppetDB has the report of that run"
}
