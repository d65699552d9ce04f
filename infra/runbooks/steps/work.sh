# What a step needs that starts the product's commands.

# work_folder for what must not stay: the trap removes it, and Restore what a killed step left. mktemp makes it readable by root only, which
# the secret keys in it need; a umask for the whole step would reach what the product's installer writes.
work_folder() {
	WORK=$(mktemp -d "$STATE/work.$EXECUTION_ID.XXXXXX" 2>/dev/null) || fail "$STATE cannot be written. Make room on the disk."
	LOG=$WORK/log
}

# within SECONDS COMMAND…: its code, in CODE, and all it says, in the file LOG; 124 or 137 after SECONDS. A cancel kills the group of the
# step, and timeout(1) makes its command a group of its own: Restore finds what survives by the variable that it inherits. Nothing is left
# with the step's output open, for whose end the agent would wait.
within() {
	CODE=0
	OPSWORKS_MAINTENANCE=$EXECUTION_ID timeout --kill-after=30 "$1" "${@:2}" </dev/null >"$LOG" 2>&1 || CODE=$?
}

# reason [PATTERN]: the line of the last log that tells why, short: a product's whole output may hold what is nobody's business. The last that
# looks like an error, since what follows is often advice, else the last. A log on a full disk is empty.
reason() {
	local line
	line=$({ grep -aE "${1:-[Ee]rror|ERROR|[Ff]atal|FATAL|[Ff]ail|[Dd]enied|[Cc]annot|No space|^E: }" "$LOG" || grep -av '^[[:space:]]*$' "$LOG"; } 2>/dev/null | tail -n 1 | tr -d '\000-\010\013-\037' | cut -c 1-300) || true
	line=${line%.}
	if [ -n "$line" ]; then
		printf '%s' "${line#"${line%%[![:space:]]*}"}"
	elif [ "$(free_kib "$WORK")" -lt 64 ]; then
		printf 'the disk of %s is full' "$STATE"
	else
		printf 'it said nothing'
	fi
}

# free_kib of the disk a folder is on, or will be on.
free_kib() {
	local folder=$1
	while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
	df -Pk "$folder" | awk 'NR == 2 { print $4 + 0 }'
}
