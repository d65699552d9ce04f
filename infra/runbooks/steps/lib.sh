# Goes before every step. What steps.go writes above it sets STEP and PRODUCT, and reads the parameters.

# The agent gives a command no HOME and no language, and a Region only by a name of its own: without HOME no JVM starts, without a Region
# the AWS CLI asks us-east-1. Its PATH lacks the AWS CLI's folder and Puppet's. Appended, so that the system's commands come first.
export HOME=${HOME:-/root} LANG=C.UTF-8 PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin:/snap/bin:/opt/puppetlabs/bin
export AWS_REGION=${AWS_SSM_REGION_NAME:-} AWS_DEFAULT_REGION=${AWS_SSM_REGION_NAME:-}

# The products keep keys and versions in files of fixed names, which no stand-in on a PATH can replace: only a test sets ROOT.
ROOT=${RUNBOOK_ROOT:-}
STATE=$ROOT/var/lib/opsworks-maintenance/$PRODUCT # not /tmp or /run: it has to outlive the patch's reboot
PROGRESS=$STATE/progress.$EXECUTION_ID
# For a disk that was full from the beginning.
IN_MEMORY=$ROOT/run/opsworks-maintenance.$EXECUTION_ID
WORK='' SAID='' VERDICT='' LINE='' COMMAND=''

# What is said comes out at the end, behind the verdict: of a step's output only the first 2,500 bytes are kept.
say() { SAID+="$*"$'\n'; }

# The notes of a run have their room from the beginning, and are written in place: a disk that fills up later does not lose them.
if [ -e "$IN_MEMORY" ]; then
	PROGRESS=$IN_MEMORY
elif [ ! -s "$PROGRESS" ]; then
	if ! { mkdir -p "$STATE" && printf '%4096s' '' >"$PROGRESS"; } 2>/dev/null; then
		rm -f "$PROGRESS"
		mkdir -p "${IN_MEMORY%/*}"
		PROGRESS=$IN_MEMORY
	fi
fi

# noted STEP: what was noted of it.
noted() { sed -n "s/^$1: //p" "$PROGRESS" 2>/dev/null || true; }

# note STEP TEXT remembers what a step came to, in one line. Nothing here fails: it must not hide why it was called.
note() {
	local line kept='' text=${2//$'\n'/ }
	while IFS= read -r line; do
		case $line in "$1: "*) ;; *) kept+=$line$'\n' ;; esac
	done < <(grep -v '^ *$' "$PROGRESS" 2>/dev/null)
	kept+="$1: ${text:0:600}"
	{ printf '%-4096s' "$kept"$'\n' 1<>"$PROGRESS"; } 2>/dev/null || true
}

# so_far says what this run's steps came to, other than this one: "PreCheck: done, Backup: done, ".
so_far() { { grep -v -e "^$STEP: " -e '^ *$' "$PROGRESS" || true; } 2>/dev/null | awk '{ printf "%s, ", $0 }'; }

# fail WHAT. WHAT TO DO. Exit code 64 tells the trap below that it has been said. Never in a $(…): what was said before would be lost.
fail() {
	VERDICT="FAILED: $*"
	note "$STEP" "$VERDICT"
	exit 64
}

# step_done [MORE]
step_done() {
	VERDICT=done${1:+; $1}
	note "$STEP" "$VERDICT"
	exit 0
}

leave() {
	local code=$1 text
	trap - EXIT ERR
	set +e
	case $code in
	0 | 64) ;;
	*)
		VERDICT="FAILED: line $LINE of the step (${COMMAND:0:120}) ended unexpectedly with code $code. Read what it said, then start the maintenance again."
		note "$STEP" "$VERDICT"
		;;
	esac
	if [ -n "$WORK" ]; then rm -rf "$WORK"; fi
	text=$(so_far)
	text="$STEP: ${VERDICT:-$(noted "$STEP")}"$'\n'${text:+"before it: ${text%, }"$'\n'}$SAID
	LC_ALL=C
	if [ "${#text}" -gt 2400 ]; then text=${text:0:2380}$'…\n'; fi
	printf '%s' "$text"
	[ "$code" -eq 0 ] || exit 1
	exit 0
}
# In a trap on EXIT, bash 5.2 says that every line is the first: a trap on ERR knows which.
set -E
trap 'LINE=$LINENO COMMAND=$BASH_COMMAND' ERR
trap 'leave $?' EXIT
trap 'exit 143' TERM INT HUP

[ "$END" = '# end' ] || fail "a parameter has a line end. Correct the parameters."
# Arithmetic would run a subscript like PATH[$(command)]: the document's pattern lets no such thing through, and neither does this.
case $BACKUP_TIMEOUT_SECONDS$MINIMUM_FREE_GIB$START_TIMEOUT_SECONDS in
*[!0-9]*) fail "BackupTimeoutSeconds, MinimumFreeGiB and StartTimeoutSeconds are numbers. Correct them." ;;
esac
if [ -z "$(noted "$STEP")" ]; then note "$STEP" "NOT DONE (cut off: timed out, cancelled, or the server went down)"; fi
