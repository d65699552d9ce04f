#!/usr/bin/env bash
# Sends the events in a dead-letter queue to the function again, one by one, and deletes those it handled. Operators' requests it lists
# and never sends: what an operator asked for days ago may do harm today. They stay in the queue; REQUESTS=delete deletes them. The AWS
# CLI's own environment (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL…) says where both are. StartMessageMoveTask cannot do this: it takes
# no queue that Lambda feeds.
set -euo pipefail
usage() { echo "usage: [REQUESTS=delete] $0 FUNCTION QUEUE" >&2; exit 2; }
[ $# -eq 2 ] || usage
case ${REQUESTS:=list} in list | delete) ;; *) usage ;; esac
function=$1 queue=$2

# The fields by which the function knows an operator's request (events.FromOperator). The dead letters of Lambda, of EventBridge and of
# Scheduler are the payload as it was sent, with nothing around it.
requests=' start serverName stop close approve hold release plan history status '

# Version 1 of the CLI asks AWS's own SQS whatever the environment says, unless the endpoint is a flag: the account's dead letters
# would go to a function on this machine.
sqs() {
	local endpoint=${AWS_ENDPOINT_URL_SQS:-${AWS_ENDPOINT_URL:-}}
	aws sqs "$@" ${endpoint:+--endpoint-url "$endpoint"}
}

url=$(sqs get-queue-url --queue-name "$queue" --query QueueUrl --output text)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A message that was taken stays out of sight for fifteen minutes; those that fail come back by themselves.
take() {
	sqs receive-message --queue-url "$url" --max-number-of-messages 1 --visibility-timeout 900 --wait-time-seconds 1 \
		--attribute-names SentTimestamp --query 'Messages[0].[MessageId,ReceiptHandle,Attributes.SentTimestamp,Body]' --output text
}

# The names of the outermost fields of a JSON object, a line each; "?" for one that is written with an escape. It reads no further than
# that, and so reads what is cut off or no JSON too.
fields() {
	LC_ALL=C awk '
		{ text = text $0 "\n" }
		END {
			for (i = 1; i <= length(text); i++) {
				c = substr(text, i, 1)
				if (quoted && c == "\\") { name = "?"; escaped = 1; i++ }
				else if (c == "\"") { quoted = !quoted; if (quoted) { name = ""; escaped = 0 } }
				else if (quoted) { if (!escaped) name = name c }
				else if (c == "{" || c == "[") depth++
				else if (c == "}" || c == "]") depth--
				else if (c == ":" && depth == 1) print name
			}
		}' "$folder/event" >"$folder/fields"
}

# The field that makes an event an operator's request, if it is one. A name that hides behind an escape is none of AWS's.
request() {
	local field
	while IFS= read -r field; do
		case $requests in *" $field "*) echo "$field"; return ;; esac
		if [ "$field" = '?' ]; then echo unreadable; return; fi
	done <"$folder/fields"
}

# The server and the run that a request is about. The rest may hold secrets: the values of engine attributes.
about() {
	grep -aoE '"(serverName|runId)"[[:space:]]*:[[:space:]]*"[A-Za-z0-9-]*"' "$folder/event" | tr -d '" \t\r' | sed 's/^/ /' | tr -d '\n'
}

# When a message was sent, from milliseconds; GNU's date takes the seconds in another way than BSD's.
sent() {
	case $1 in '' | *[!0-9]*) echo "at a time not known"; return ;; esac
	date -u -d "@${1%???}" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "${1%???}" +%Y-%m-%dT%H:%M:%SZ
}

# An event was handled if the invocation came through and the function did not fail.
invoke() {
	local fault
	fault=$(aws lambda invoke --function-name "$function" --payload "fileb://$folder/event" \
		--query FunctionError --output text "$folder/answer") || return 1
	[ "$fault" = None ]
}

handled=0 failed=0 listed=0 seen=' ' handles=()
while true; do
	message=$(take && printf .) # the dot keeps the line ends at the end of an event
	message=${message%.} message=${message%$'\n'}
	case $message in '' | None | None$'\t'*) break ;; esac
	id=${message%%$'\t'*}
	case $seen in *" $id "*) echo "$id is back after 15 minutes; the rest is for another run"; break ;; esac
	rest=${message#*$'\t'}
	handle=${rest%%$'\t'*} rest=${rest#*$'\t'}
	printf '%s' "${rest#*$'\t'}" >"$folder/event" # whatever is in it, tabs and line ends too
	: >"$folder/answer"
	fields # without knowing them nothing is sent: a fault here ends the run
	form=$(request)
	if [ -n "$form" ]; then
		listed=$((listed + 1)) seen="$seen$id "
		printf "%s NOT SENT, an operator's request of %s: %s%s\n" "$id" "$(sent "${rest%%$'\t'*}")" "$form" "$(about || true)"
		if [ "$REQUESTS" = delete ]; then sqs delete-message --queue-url "$url" --receipt-handle "$handle"; else handles+=("$handle"); fi
	elif invoke; then
		sqs delete-message --queue-url "$url" --receipt-handle "$handle"
		handled=$((handled + 1))
		printf '%s handled: %s\n' "$id" "$(cat "$folder/answer")"
	else
		failed=$((failed + 1)) seen="$seen$id "
		printf '%s FAILED, and stays: %s\n' "$id" "$(cat "$folder/answer")"
	fi
done
for handle in ${handles[@]+"${handles[@]}"}; do # back in sight at once: who asks again sees the same list
	sqs change-message-visibility --queue-url "$url" --receipt-handle "$handle" --visibility-timeout 0
done
echo "$handled handled, $failed left in $queue"
if [ "$listed" -gt 0 ] && [ "$REQUESTS" = delete ]; then
	echo "$listed operators' requests were not sent, and are deleted"
elif [ "$listed" -gt 0 ]; then
	echo "$listed operators' requests were not sent, and stay: ask again if it is still wanted; REQUESTS=delete make redrive deletes them"
fi
[ "$failed" -eq 0 ] || { echo "what is left can be taken again in 15 minutes"; exit 1; }
