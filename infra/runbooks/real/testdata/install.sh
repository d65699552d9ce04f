#!/usr/bin/env bash
# An open-source Puppet Server with PuppetDB and PostgreSQL on this machine, from its package manager's repositories: installed, configured
# and started by the commands of testdata/bin. What an earlier run of this test left goes first, however that one ended; a Puppet Server that
# this test has not made is left alone.
set -euo pipefail
cd "$(dirname "$0")"
PATH=$PWD/bin:$PATH
name=${CERTNAME:-puppet.test}

mark=/etc/opsworks-maintenance-real
fresh() {
	local pid
	for pid in /run/opsworks-real/*; do # one that is another's by now must not be stopped
		[[ $(stat -c %U "/proc/$(cat "$pid" 2>/dev/null || echo none)" 2>/dev/null) == puppet* ]] || rm -f "$pid"
	done
	systemctl stop puppetserver puppetdb || true
	while read -r place; do umount "$place"; done < <(findmnt -rno TARGET | grep '^/var/lib/opsworks-maintenance' || true)
	rm -f /etc/apt/sources.list.d/opsworks-real.list
	if pg_ctlcluster 15 main status >/dev/null || systemctl start postgresql@15-main; then
		runuser -u postgres -- psql -qc 'DROP DATABASE IF EXISTS puppetdb WITH (FORCE)' -c 'DROP ROLE IF EXISTS puppetdb' || true
	fi
	apt-get purge -y -q puppetserver puppetdb puppet-agent puppet-terminus-puppetdb hiera-eyaml </dev/null
	rm -rf /etc/puppet /etc/puppetdb /var/lib/puppet /var/lib/puppetserver /var/lib/puppetdb /var/cache/puppet /var/log/puppet* /run/puppet* \
		/var/lib/opsworks-maintenance /run/opsworks-maintenance*
}
if [ -e "$mark" ]; then
	fresh
elif dpkg-query -W -f '${db:Status-Status}' puppetserver 2>/dev/null | grep -qx installed; then
	echo "there is a Puppet Server here that this test has not made, and that would be lost; $mark says that it may"
	exit 1
fi
touch "$mark"

# The packages must not start what they install: there is no systemd to do it by.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive
install_packages() {
	# shellcheck disable=SC2086
	apt-get install -y -q --no-install-recommends $PACKAGES </dev/null
}
install_packages || { apt-get update -q && install_packages; }

getent hosts "$name" >/dev/null || echo "127.0.0.1 $name" >>/etc/hosts
pg_ctlcluster 15 main status >/dev/null || systemctl start postgresql@15-main
sql() { runuser -u postgres -- psql -v ON_ERROR_STOP=1 -qAt "$@"; }
password=$(awk '$1 == "password" { print $3 }' /etc/puppetdb/conf.d/database.ini)
[ -n "$(sql -c "SELECT 1 FROM pg_roles WHERE rolname = 'puppetdb'")" ] || sql -c "CREATE ROLE puppetdb LOGIN PASSWORD '$password'"
[ -n "$(sql -c "SELECT 1 FROM pg_database WHERE datname = 'puppetdb'")" ] || sql -c 'CREATE DATABASE puppetdb OWNER puppetdb'
sql -d puppetdb -c 'CREATE EXTENSION IF NOT EXISTS pg_trgm'

cat >/etc/puppet/puppet.conf <<END
[main]
server = $name
certname = $name
dns_alt_names = $name,puppet
[server]
storeconfigs = true
storeconfigs_backend = puppetdb
reports = store,puppetdb
END
printf '[main]\nserver_urls = https://%s:8081\nsoft_write_failure = false\n' "$name" >/etc/puppet/puppetdb.conf
printf 'server:\n  facts:\n    terminus: puppetdb\n    cache: yaml\n' >/etc/puppet/routes.yaml

# Code that looks up a value which only the eyaml key opens: what a restore has to bring back.
keys=/etc/puppet/eyaml environment=/etc/puppet/code/environments/production
mkdir -p "$keys" "$environment/manifests" "$environment/data"
if [ ! -e "$keys/private_key.pkcs7.pem" ]; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj / -keyout "$keys/private_key.pkcs7.pem" -out "$keys/public_key.pkcs7.pem" 2>/dev/null
	chown -R puppet: "$keys"
	chmod 400 "$keys/private_key.pkcs7.pem"
fi
cat >"$environment/hiera.yaml" <<END
version: 5
hierarchy:
  - name: secrets
    lookup_key: eyaml_lookup_key
    path: secrets.eyaml
    options:
      pkcs7_private_key: $keys/private_key.pkcs7.pem
      pkcs7_public_key: $keys/public_key.pkcs7.pem
END
printf 'secret: ENC[PKCS7,%s]\n' "$(printf 'opened' | openssl smime -encrypt -outform der "$keys/public_key.pkcs7.pem" | base64 -w 0)" >"$environment/data/secrets.eyaml"
# shellcheck disable=SC2016
echo 'notify { "the secret is ${lookup("secret")}": }' >"$environment/manifests/site.pp"

# Debian's hiera-eyaml is a gem of the system's Ruby: Puppet Server's own is told where it is.
eyaml=$(dpkg -L hiera-eyaml | awk '/\/gems\/hiera-eyaml-[^\/]*\/lib$/')
sed -i "s,^\( *ruby-load-path: \[/usr/lib/puppetserver/ruby/vendor_ruby\)],\1\, $eyaml]," /etc/puppet/puppetserver/conf.d/puppetserver.conf

systemctl start puppetserver # makes the CA, at the first start
grep -q '^ssl-port' /etc/puppetdb/conf.d/jetty.ini || puppetdb ssl-setup
systemctl start puppetdb
code=0
puppet agent --test --color=false || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 2 ]
