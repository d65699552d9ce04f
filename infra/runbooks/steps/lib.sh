# Goes before every step. The lines above it, written by steps.go, set STEP, PRODUCT and the parameters.

# The agent's own PATH has neither the AWS CLI's nor Puppet's folder. Appended, so that the system's commands come first.
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin:/snap/bin:/opt/puppetlabs/bin
exec 3>&1 # what fail says inside a command substitution is for people too

# The products keep keys and versions in files of fixed names, which no stand-in on a PATH can replace: only a test sets ROOT.
ROOT=${RUNBOOK_ROOT:-}
STATE=$ROOT/var/lib/opsworks-maintenance/$PRODUCT # not /tmp or /run: it has to outlive the patch's reboot
PROGRESS=$STATE/progress.$EXECUTION_ID
WORK=

say() { printf '%s\n' "$*"; }

# so_far says what this run's steps came to, other than this one: "PreCheck: done, Backup: done, ".
so_far() { { grep -v "^$STEP: " "$PROGRESS" || true; } 2>/dev/null | awk '{ printf "%s, ", $0 }'; }

# note remembers what a step came to. A full disk must not hide the failure it caused, so nothing here fails.
note() {
	{
		mkdir -p "$STATE" && { grep -v "^$1: " "$PROGRESS" >"$PROGRESS.new" || true; } &&
			printf '%s: %s\n' "$1" "$2" >>"$PROGRESS.new" && mv -f "$PROGRESS.new" "$PROGRESS"
	} 2>/dev/null || true
}

# fail WHAT. WHAT TO DO. Exit code 64 tells the trap below that it has been said.
fail() {
	note "$STEP" "FAILED: $*"
	printf '%s%s: FAILED: %s\n' "$(so_far)" "$STEP" "$*" >&3
	exit 64
}

# Arithmetic would run a subscript like PATH[$(command)]: the document's pattern lets no such thing through, and neither does this.
case $BACKUP_TIMEOUT_SECONDS$MINIMUM_FREE_GIB in
*[!0-9]*) fail "BackupTimeoutSeconds and MinimumFreeGiB are numbers. Correct them." ;;
esac

step_done() {
	note "$STEP" "done"
	say "$(so_far)$STEP: done"
}

leave() {
	local code=$1 line=$2
	trap - EXIT
	if [ -n "$WORK" ]; then rm -rf "$WORK"; fi
	case $code in
	0) exit 0 ;;
	64) exit 1 ;;
	esac
	(fail "it ended unexpectedly with code $code near line $line. Read the lines above, then start the maintenance again.") || true
	exit 1
}
trap 'leave $? $LINENO' EXIT
trap 'exit 143' TERM INT HUP

# last_line of a command's log, short: a product's whole output may hold what is nobody's business.
last_line() { { grep -v '^[[:space:]]*$' "$1" || true; } | tail -n 1 | cut -c 1-200; }

# free_kib of the disk a folder is on, or will be on.
free_kib() {
	local folder=$1
	while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
	df -Pk "$folder" | awk 'NR == 2 { print $4 }'
}

need_space() {
	local free
	free=$(free_kib "$1")
	case $free in '' | *[!0-9]*) fail "the free space of $1 cannot be told. Run df -Pk $1 on the server." ;; esac
	if [ "$free" -lt $((MINIMUM_FREE_GIB * 1024 * 1024)) ]; then
		fail "$((free / 1024 / 1024)) GiB free for $1, $MINIMUM_FREE_GIB wanted. Delete old backups, enlarge the disk or lower MinimumFreeGiB."
	fi
	say "$((free / 1024 / 1024)) GiB free for $1"
}

# work_folder for what must not stay: the trap removes it. mktemp makes it readable by root only, which the secret keys in it need; a umask
# for the whole step would reach what the product's installer writes.
work_folder() {
	mkdir -p "$STATE" || fail "$STATE cannot be written. Make room on the disk."
	WORK=$(mktemp -d "$STATE/work.XXXXXX") || fail "$STATE cannot be written. Make room on the disk."
}
