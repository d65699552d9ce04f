# What PreCheck asks of this product alone.

before_all() {
	certificates
	wait_for_agent
}

# The CA's command is a Ruby script under …/cli/apps. Beside unattended-upgrade, unattended-upgrade-shutdown waits all day.
at_work() {
	if pgrep -f 'puppetserver/cli/apps/ca|puppetserver ca ' >/dev/null; then
		printf 'a command of the CA (puppetserver ca) is at work'
	elif pgrep -f 'r10k deploy|g10k |code-manager' >/dev/null; then
		printf 'code is being deployed'
	elif grep -qE '^[^Z].* (apt|apt-get|dpkg|dnf|yum)$' < <(ps -e -o stat=,comm=) || pgrep -f 'bin/unattended-upgrade( |$)' >/dev/null; then
		printf 'packages are being installed'
	fi
}

product_rules() {
	local jrubies compiles half
	[ -r "$(setting cadir)/ca_key.pem" ] || say "this server has no CA key: its CA is elsewhere"
	half=$(has_deb && dpkg --audit | head -n 1) || true
	[ -z "$half" ] || fail "the package manager was interrupted once: $half Run dpkg --configure -a."
	jrubies=$(ask '/status/v1/services/jruby-metrics?level=debug') || true
	compiles=$(grep -oE '"borrowed-instances":\[[^]]*\]' < <(printf '%s' "$jrubies") | grep -o '"time"' | wc -l) || true
	say "compiles at work now: $compiles of $(grep -oE '"num-jrubies":[0-9]+' < <(printf '%s' "$jrubies") | grep -oE '[0-9]+' || echo '?')"
	# A server whose own catalog does not compile is sick, whatever its status says.
	noop_run
	if ! uses_pdb; then say "no PuppetDB is used"; fi
}

# What the upgrade will install, brought here before the backup: a repository that lacks it ends the run while nothing has changed.
fetch() {
	if [ -z "$PRODUCT_VERSION" ] || [ "$PRODUCT_VERSION" = "$VERSION" ]; then return; fi
	choose_packages
	say "to be installed: ${CHOSEN[*]}"
	install_packages download
	printf '%s\n' "${CHOSEN[@]}" >"$STATE/fetched" || fail "$STATE cannot be written. Make room on the disk."
	[ "$CODE" -eq 0 ] || fail "the packages for $PRODUCT_VERSION cannot be fetched: $(reason). See the server's repositories."
}
