# Which packages an upgrade takes. PreCheck chooses and fetches them; Upgrade installs what was fetched.

# offered PACKAGE VERSION: how the package manager calls it, if a repository has it.
offered() {
	if has_deb; then
		apt-cache madison "$1" 2>/dev/null | awk -F ' *[|] *' -v want="$2" '{ full = $2; split(full, part, /[-+~]/); sub(/^[0-9]+:/, "", part[1]); if (part[1] == want && !found) { print full; found = 1 } }'
	else
		dnf -q list --showduplicates "$1" 2>/dev/null | awk -v want="$2" '{ full = $2; split(full, part, "-"); sub(/^[0-9]+:/, "", part[1]); if (part[1] == want) last = full } END { if (last) print last }'
	fi
}

# add NAME VERSION to what is installed.
add() { if has_deb; then CHOSEN+=("$1=$2"); else CHOSEN+=("$1-${2#*:}"); fi; }

# choose_packages for ProductVersion, in CHOSEN. The database goes to DatabaseVersion, or to ProductVersion where the repositories have that
# (OpenVox numbers both alike); otherwise it stays. Its terminus always goes with it.
choose_packages() {
	local server database terminus full have db_version
	CHOSEN=()
	if has_deb; then
		within 600 apt-get update -q
		[ "$CODE" -eq 0 ] || fail "apt-get update: $(reason). See the server's repositories."
	fi
	server=$(package openvox-server puppetserver)
	full=$(offered "$server" "$PRODUCT_VERSION")
	[ -n "$full" ] || fail "no repository of this server has $server $PRODUCT_VERSION. Correct ProductVersion or the repositories."
	add "$server" "$full"
	choose_java
	database=$(package openvoxdb puppetdb) terminus=$(package openvoxdb-termini puppetdb-termini puppet-terminus-puppetdb)
	db_version=$DATABASE_VERSION
	if [ -z "$db_version" ] && [ -n "$terminus" ] && [ -n "$(offered "$terminus" "$PRODUCT_VERSION")" ]; then db_version=$PRODUCT_VERSION; fi
	if [ -z "$db_version" ]; then
		[ -z "$database$terminus" ] || say "PuppetDB stays as it is: the repositories have no $PRODUCT_VERSION of it, and DatabaseVersion is empty"
		return 0
	fi
	for name in $database $terminus; do
		have=$(version_of "$name")
		! older "$db_version" "$have" || fail "$name $have is installed and $db_version is older. Set DatabaseVersion to $have: nothing here goes back."
		full=$(offered "$name" "$db_version")
		[ -n "$full" ] || fail "no repository of this server has $name $db_version. Correct DatabaseVersion or the repositories."
		[ "${have%%.*}" = "${db_version%%.*}" ] || [ "$MAJOR_UPGRADE" = yes ] ||
			fail "$name $have to $db_version is a major upgrade. Set MajorUpgrade to yes, or correct DatabaseVersion."
		add "$name" "$full"
	done
}

# choose_java: Puppet Server 7 needs Java 8, 8 needs 11, 9 needs 21.
choose_java() {
	local need have java
	case ${PRODUCT_VERSION%%.*} in [1-7]) need=8 ;; 8) need=11 ;; *) need=21 ;; esac
	java=$({ sed -nE 's/^ *JAVA_BIN="?([^" ]+).*/\1/p' "$ROOT/etc/default/puppetserver" "$ROOT/etc/sysconfig/puppetserver" 2>/dev/null || true; } | head -n 1)
	have=$("${java:-java}" -version 2>&1 </dev/null | sed -nE '1s/.*version "(1\.)?([0-9]+).*/\2/p') || true
	if [ "${have:-0}" -ge "$need" ]; then return 0; fi
	say "Puppet Server $PRODUCT_VERSION needs Java $need, ${java:-java} is ${have:-not there}"
	[ -z "$java" ] || fail "$java is Java ${have:-?}, and Puppet Server $PRODUCT_VERSION needs $need. Set JAVA_BIN to one."
	if has_deb; then CHOSEN+=("openjdk-$need-jre-headless"); else CHOSEN+=("java-$need-openjdk-headless"); fi
}
