#!/usr/bin/env bash
# Sends the events in a dead-letter queue to the function again, one by one, and deletes those it handled. The AWS CLI's own
# environment (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL…) says where both are. StartMessageMoveTask cannot do this: it takes
# no queue that Lambda feeds.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 FUNCTION QUEUE" >&2; exit 2; }
function=$1 queue=$2

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
		--query 'Messages[0].[MessageId,ReceiptHandle,Body]' --output text
}

# An event was handled if the invocation came through and the function did not fail.
invoke() {
	local fault
	fault=$(aws lambda invoke --function-name "$function" --payload "fileb://$folder/event" --query FunctionError --output text "$folder/answer") || return 1
	[ "$fault" = None ]
}

handled=0 failed=0 seen=' '
while true; do
	message=$(take && printf .) # the dot keeps the line ends at the end of an event
	message=${message%.} message=${message%$'\n'}
	case $message in '' | None | None$'\t'*) break ;; esac
	id=${message%%$'\t'*}
	case $seen in *" $id "*) echo "$id is back after 15 minutes; the rest is for another run"; break ;; esac
	rest=${message#*$'\t'}
	handle=${rest%%$'\t'*}
	printf '%s' "${rest#*$'\t'}" >"$folder/event" # whatever is in it, tabs and line ends too
	: >"$folder/answer"
	if invoke; then
		sqs delete-message --queue-url "$url" --receipt-handle "$handle"
		handled=$((handled + 1))
		printf '%s handled: %s\n' "$id" "$(cat "$folder/answer")"
	else
		failed=$((failed + 1)) seen="$seen$id "
		printf '%s FAILED, and stays: %s\n' "$id" "$(cat "$folder/answer")"
	fi
done
echo "$handled handled, $failed left in $queue"
[ "$failed" -eq 0 ] || { echo "what is left can be taken again in 15 minutes"; exit 1; }
