# Three things, off the box: what could be rebuilt by hand only with trouble (configuration, code), PuppetDB's database, and apart from both,
# under a prefix that fewer people need to read, the keys. infra/runbooks/README.md says how to restore from them.

work_folder
agent_off
name=$INSTANCE_ID-$(date -u +%Y%m%dT%H%M%SZ)

# paths NAMES…: those that are there, without the leading slash, what a link leads to as well, and none that is below another.
paths() {
	local path
	for path; do
		if [ ! -e "$path" ]; then continue; fi
		printf '%s\n' "${path#/}"
		if [ -L "$path" ]; then realpath "$path" | cut -c 2-; fi
	done | sort -u | awk '{ for (above in kept) if (index($0, above "/") == 1) next; kept[$0]; print }'
}
IFS=: read -r -a more < <(printf '%s:%s\n' "$(setting environmentpath)" "$(setting basemodulepath)")
# hiera.yaml may keep eyaml's keys anywhere.
eyaml_keys() {
	grep -RhoE 'pkcs7_(private|public)_key: *[^ ]+' --include=hiera.yaml "$(setting confdir)" "$(setting codedir)" "${more[@]}" 2>/dev/null | awk '{ gsub(/["'\'']/, "", $2); print $2 }' | sort -u || true
}
conf=$(pdb_conf) || conf=''
# An empty list is unset to bash before 4.4.
mapfile -t eyaml < <(eyaml_keys)
for key in ${eyaml[@]+"${eyaml[@]}"}; do [ -e "$key" ] || say "WARNING: hiera.yaml names $key, which is not there"; done
mapfile -t secret < <(paths "$(setting cadir)" "$(setting ssldir)" "$ROOT"/etc/{eyaml,puppetlabs/puppet/eyaml,puppet/eyaml,puppet/keys} \
	"$ROOT"/etc/puppetlabs/{r10k,puppet/gpg,puppetserver/ssh} ${eyaml[@]+"${eyaml[@]}"} ${conf:+"$conf"/*database.ini "${conf%/conf.d}/ssl"})
# An environment or a module that is a link is packed as one, so what it leads to is too.
mapfile -t linked < <(find "${more[@]}" -maxdepth 2 -type l -exec realpath {} + 2>/dev/null || true)
mapfile -t files < <(paths "$(setting confdir)" "$(setting codedir)" "${more[@]}" ${linked[@]+"${linked[@]}"} "$ROOT"/etc/{puppetlabs,puppetdb} "$ROOT"/etc/{default,sysconfig}/{puppetserver,puppetdb} \
	"$ROOT"/etc/systemd/system/{puppetserver,puppetdb}.service.d "$ROOT"/{var/lib/puppetserver,opt/puppetlabs/server/data/puppetserver}/jruby-gems)
[ $((${#secret[@]} * ${#files[@]})) -gt 0 ] || fail "Puppet names no folders of its own. Run puppet config print on the server."
printf '%s\n' "${secret[@]}" >"$WORK/secret"

# pack ARCHIVE NAMES…, and read it back. tar's code 1 is "file changed as we read it".
pack() {
	count_down
	within "$LEFT" tar -C / --anchored --no-wildcards -czf "$WORK/$1" "${@:2}"
	case $CODE in
	0 | 1) ;;
	124 | 137) fail "the backup was not done after $BACKUP_TIMEOUT_SECONDS seconds. Raise BackupTimeoutSeconds." ;;
	*) fail "packing $1 ended with code $CODE: $(reason). Look at the disk." ;;
	esac
	within 3600 tar -tzf "$WORK/$1"
	[ "$CODE" -eq 0 ] || fail "$1 cannot be read again: $(reason). Look at the disk."
	say "$1: $(grep -vc '/$' "$LOG") files, $(stat -c %s "$WORK/$1") bytes, read back"
}
pack files.tgz --exclude-from="$WORK/secret" "${files[@]}"
pack keys.tgz "${secret[@]}"
ca=$(setting cadir)
if [ -r "$ca/ca_key.pem" ]; then
	tar -xzOf "$WORK/keys.tgz" "${ca#/}/ca_key.pem" | openssl pkey -pubout 2>/dev/null | cmp -s - <(openssl x509 -pubkey -noout -in "$ca/ca_crt.pem") ||
		fail "the CA's key in the archive does not fit its certificate. Look at $ca."
	say "the CA's key is in keys.tgz and fits its certificate"
fi
dump_database
{ dpkg-query -W 2>/dev/null || rpm -qa; } | grep -iE 'puppet|openvox|postgresql-[0-9]' >"$WORK/PACKAGES" || true

(cd "$WORK" && for file in files.tgz keys.tgz puppetdb.dump PACKAGES; do if [ -e "$file" ]; then sha256sum "$file"; fi; done >SHA256SUMS) || fail "$WORK cannot be written. Make room on the disk."
say "made in $SECONDS seconds"
to=$BACKUP_TO/$PRODUCT/$INSTANCE_ID
for file in files.tgz puppetdb.dump PACKAGES SHA256SUMS; do
	[ -e "$WORK/$file" ] || continue
	copy cp "$WORK/$file" "$to/backups/$name/$file"
	verify_copy "$to/backups/$name/$file" 1 "$(stat -c %s "$WORK/$file")"
done
copy cp "$WORK/keys.tgz" "$to/keys/$name/keys.tgz"
verify_copy "$to/keys/$name/keys.tgz" 1 "$(stat -c %s "$WORK/keys.tgz")"
step_done "$name"
