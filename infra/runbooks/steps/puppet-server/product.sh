# Open-source Puppet Server and OpenVox Server, with PuppetDB or OpenVoxDB here or elsewhere, from deb or rpm packages. The fork keeps the
# commands, units and folders of what it forked.

installed() { command -v puppetserver >/dev/null && [ ! -e "$ROOT/opt/puppetlabs/server/pe_version" ]; }

installed_version() {
	VERSION=$(timeout 60 puppetserver --version 2>/dev/null </dev/null | sed -nE 's/.*version: *([0-9][^ ]*).*/\1/p') || true
	[ -n "$VERSION" ] || fail "puppetserver --version does not tell the version. Run it on the server."
}

backup_folder() { printf '%s' "$STATE"; }
backs_up_elsewhere() { return 1; }

# The folder of PuppetDB's configuration, if it is on this server.
pdb_conf() {
	local folder
	for folder in "$ROOT/etc/puppetlabs/puppetdb/conf.d" "$ROOT/etc/puppetdb/conf.d"; do
		if [ -d "$folder" ] && command -v puppetdb >/dev/null; then
			printf '%s' "$folder"
			return
		fi
	done
	return 1
}

# Whether the server keeps anything in a PuppetDB, here or elsewhere.
uses_pdb() { [ "$(setting storeconfigs_backend)" = puppetdb ] && { [ "$(setting storeconfigs)" = true ] || [[ $(setting reports) == *puppetdb* ]]; }; }

# ask_pdb PATH [ARGUMENTS of curl]: over plain HTTP on this server, else as the server itself, which PuppetDB knows by its certificate.
ask_pdb() {
	local conf at
	if conf=$(pdb_conf); then
		at=http://127.0.0.1:$(sed -nE 's/^ *port *= *([0-9]+).*/\1/p' "$conf/jetty.ini" | head -n 1)
	else
		at=$(sed -nE 's/^ *server_urls *= *([^, ]+).*/\1/p' "$(setting confdir)/puppetdb.conf" | head -n 1)
	fi
	curl -sS --max-time 30 --cacert "$(setting localcacert)" --cert "$(setting hostcert)" --key "$(setting hostprivkey)" "${@:2}" "$at$1" 2>&1
}

healthy() {
	local answer
	answer=$(ask /status/v1/simple) || true
	HEALTH="Puppet Server: ${answer:0:200}"
	[ "$answer" = running ] || return 1
	if uses_pdb; then
		answer=$(ask_pdb /status/v1/simple) || true
		if [ "$answer" != running ]; then
			HEALTH="PuppetDB: ${answer:0:200} $(ask_pdb /status/v1/services | grep -oE '"(read|write)_db_up\?":(true|false)' | tr -d '"' | tr '\n' ' ' || true)"
			return 1
		fi
	fi
}
