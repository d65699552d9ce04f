# The server's packages, by deb or rpm. Server, database and terminus go together, and with them the Java that the version needs
# (https://puppet.com/docs/puppet/8/upgrade: simultaneously, on one major version; docs/puppet/8/upgrade_puppetdb: the database, then the terminus).

# dpkg-query fails where one of two is not known to it.
has_deb() { [[ " $(dpkg-query -W -f '${db:Status-Status} ' puppetserver openvox-server 2>/dev/null || true)" == *" installed "* ]]; }

# package NAMES…: the first that is installed.
package() {
	local name
	for name; do
		if has_deb; then
			[ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || continue
		else
			rpm -q "$name" >/dev/null 2>&1 || continue
		fi
		printf '%s' "$name"
		return
	done
}

# version_of PACKAGE: the product's version, without the packager's part.
version_of() {
	if has_deb; then dpkg-query -W -f '${Version}' "$1"; else rpm -q --qf '%{VERSION}' "$1"; fi 2>/dev/null | sed -E 's/^[0-9]+://; s/[-+~].*//'
}

# install_packages [download]. Nothing is removed for it, and configuration files stay as they are.
install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	if has_deb; then
		within 3600 apt-get install -y -q --no-remove --allow-change-held-packages -o Dpkg::Options::=--force-confdef \
			-o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=600 ${1:+--download-only} "${CHOSEN[@]}"
	else
		within 3600 dnf -y install ${1:+--downloadonly} "${CHOSEN[@]}"
	fi
}
