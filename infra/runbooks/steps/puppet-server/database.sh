# here NAME: whether it is an address of this server.
here() {
	local address
	for address in $(getent ahosts "$1" | awk '{ print $1 }'); do
		case " $(hostname -I) 127.0.0.1 127.0.1.1 ::1 " in *" $address "*) return 0 ;; esac
	done
	return 1
}

# dump_database of a PuppetDB on this server. Where its PostgreSQL is elsewhere, so is its backup.
dump_database() {
	local conf host port db tables
	conf=$(pdb_conf) || return 0
	IFS='|' read -r host port db < <(sed -nE 's,^ *subname *= *"?//([^/:]*):?([0-9]*)/([A-Za-z0-9_-]+).*,\1|\2|\3,p' "$conf/database.ini" | head -n 1) || true
	[ -n "$host" ] || fail "$conf/database.ini does not tell where PuppetDB's database is. Write its subname as //HOST:PORT/DATABASE."
	if ! here "$host"; then
		say "PuppetDB's database is on $host: its backup is made there"
		return 0
	fi
	count_down
	# shellcheck disable=SC2016
	within "$LEFT" bash -c 'exec runuser -u postgres -- pg_dump -Fc -p "$1" -- "$2" >"$3"' dump "${port:-5432}" "$db" "$WORK/puppetdb.dump"
	case $CODE in
	0) ;;
	124 | 137) fail "the dump of PuppetDB was not done after $BACKUP_TIMEOUT_SECONDS seconds. Raise BackupTimeoutSeconds." ;;
	*) fail "pg_dump ended with code $CODE: $(reason). See that PostgreSQL is well." ;;
	esac
	within 3600 pg_restore --list "$WORK/puppetdb.dump"
	tables=$(grep -c 'TABLE DATA' "$LOG") || true
	[ "$CODE" -eq 0 ] || tables=0
	[ "$tables" -gt 20 ] || fail "the dump of PuppetDB has $tables tables: $(reason). Look at the database $db."
	say "puppetdb.dump: $tables tables, $(stat -c %s "$WORK/puppetdb.dump") bytes, read back"
}
