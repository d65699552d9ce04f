# What Puppet Enterprise and the open-source server have in common. Every path is asked of Puppet itself: Debian's packages have /etc/puppet,
# Perforce's and Vox Pupuli's /etc/puppetlabs.

# setting NAME of the server. Asked once, as each call of puppet costs seconds.
SETTINGS=$(timeout 120 puppet config print --section server confdir codedir environmentpath basemodulepath cadir ssldir cacert localcacert hostcert hostprivkey hostcrl certname serverport reports storeconfigs storeconfigs_backend agent_catalog_run_lockfile agent_disabled_lockfile 2>/dev/null </dev/null) || true
setting() { awk -v key="$1" '$1 == key && $2 == "=" { sub(/^[^=]*= ?/, ""); print; exit }' < <(printf '%s\n' "$SETTINGS"); }

# ask PATH of the server's own status API: without a client certificate, which would be refused where it has expired, and without its name
# having to resolve.
ask() {
	local name
	name=$(setting certname)
	curl -sS --max-time 30 --cacert "$(setting localcacert)" --resolve "$name:$(setting serverport):127.0.0.1" "https://$name:$(setting serverport)$1" 2>&1
}
