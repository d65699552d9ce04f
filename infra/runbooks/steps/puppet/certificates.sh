# Certificates are looked at before anything else: with one that has expired, every other look gets an alert of TLS that names nothing.

# remaining DATE WHAT WHY
remaining() {
	local days
	days=$((($(date -d "$1" +%s) - $(date +%s)) / 86400)) || fail "the end of $2 cannot be read. Look at it with openssl."
	[ $(($(date -d "$1" +%s) - $(date +%s))) -gt 86400 ] || fail "$2 ends, or has ended, on $(date -u -d "$1" +'%F %T UTC'). Renew it first: $3, and no maintenance mends that."
	if [ "$days" -lt 60 ]; then say "WARNING: $2 ends in $days days"; else say "$2 is good for $days days"; fi
}

certificates() {
	local ca host crl
	ca=$(setting cacert)
	if [ ! -r "$ca" ]; then ca=$(setting localcacert); fi
	host=$(setting hostcert) crl=$(setting hostcrl)
	for file in "$ca" "$host"; do [ -r "$file" ] || fail "there is no certificate $file. Look at the server's SSL folder."; done
	remaining "$(openssl x509 -noout -enddate -in "$ca" | cut -d= -f2)" "the CA's certificate $ca" "no agent trusts this server"
	remaining "$(openssl x509 -noout -enddate -in "$host" | cut -d= -f2)" "the server's certificate $host" "no agent can run"
	if [ -r "$crl" ]; then remaining "$(openssl crl -noout -nextupdate -in "$crl" | cut -d= -f2)" "the revocation list $crl" "agents refuse this server"; fi
}
