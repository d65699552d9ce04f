package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// standIn is an aws command that keeps the queue as files and gives events to nobody: it copies them. Its queue is a folder of
// messages; an event with "fail" in it makes the function fail, one with "broken" the invocation itself; one with "back" is never
// out of sight, and none is without the timeout. Like version 1 of the CLI it minds no endpoint of SQS but the flag.
const standIn = `#!/usr/bin/env bash
if [ "$1" = sqs ] && [[ "$*" != *" --endpoint-url http://the-queue" ]]; then echo "not the queue that was meant" >&2; exit 255; fi
case "$1 $2" in
"sqs get-queue-url")
	[ "$4" = events ] || { echo "An error occurred (AWS.SimpleQueueService.NonExistentQueue)" >&2; exit 254; }
	echo "https://queue" ;;
"sqs receive-message")
	if [ -e "$QUEUE/gone" ]; then echo "An error occurred (AccessDenied)" >&2; exit 254; fi
	for file in "$QUEUE"/*.message; do
		[ -e "$file" ] || { echo None; exit; }
		taken=${file%.message}.taken
		if grep -q back "$file" || [[ "$*" != *"--visibility-timeout 900 "* ]]; then taken=$file; else mv "$file" "$taken"; fi
		printf '%s\t%s\t' "$(basename "${file%.message}")" "$taken"
		cat "$taken"
		echo
		exit
	done ;;
"sqs delete-message")
	rm "$6" ;;
"lambda invoke")
	event=${6#fileb://}
	cp "$event" "$QUEUE/../seen.$(ls "$QUEUE/.." | grep -c seen)"
	answer=${!#}
	if grep -q gone "$event"; then touch "$QUEUE/gone"; fi
	if grep -q broken "$event"; then echo "Could not connect to the endpoint" >&2; exit 255; fi
	if grep -q fail "$event"; then echo '{"errorType":"RetryError"}' >"$answer"; echo Unhandled; exit; fi
	echo '{"outcome":"started"}' >"$answer"; echo None ;;
esac
`

func TestRedrive(t *testing.T) {
	odd := "{\"a\":\t\"b\",\n \"c\": \"it's $HOME `x` \\\\ \\\"q\\\" é\"}\n\n"
	for name, c := range map[string]struct {
		queue  string
		events []string
		left   []string // of the events
		fails  bool
		says   string
	}{
		"everything is handled":        {"events", []string{`{"sweep":true}`, odd}, nil, false, "2 handled, 0 left in events"},
		"nothing is there":             {"events", nil, nil, false, "0 handled, 0 left in events"},
		"what fails stays":             {"events", []string{`{"n":1}`, `{"fail":1}`, `{"n":2}`}, []string{`{"fail":1}`}, true, "2 handled, 1 left in events"},
		"what cannot be invoked stays": {"events", []string{`{"broken":1}`, `{"n":2}`}, []string{`{"broken":1}`}, true, "1 handled, 1 left in events"},
		"the queue does not answer":    {"events", []string{`{"gone":1}`, `{"n":2}`}, []string{`{"n":2}`, ""}, true, "AccessDenied"},
		"what comes back ends the run": {"events", []string{`{"fail":"back"}`, `{"n":2}`}, []string{`{"fail":"back"}`, `{"n":2}`}, true, "0 handled, 1 left in events"},
		"there is no such queue":       {"nowhere", []string{`{"n":1}`}, []string{`{"n":1}`}, true, "NonExistentQueue"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			queue, bin, temporary := filepath.Join(folder, "queue"), filepath.Join(folder, "bin"), filepath.Join(folder, "temporary")
			for _, dir := range []string{queue, bin, temporary} {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			write := func(file, content string, mode os.FileMode) {
				if err := os.WriteFile(file, []byte(content), mode); err != nil {
					t.Fatal(err)
				}
			}
			write(filepath.Join(bin, "aws"), standIn, 0o700)
			for i, event := range c.events {
				write(filepath.Join(queue, fmt.Sprintf("%d.message", i)), event, 0o600)
			}
			command := exec.Command("bash", "redrive.sh", "function", c.queue)
			command.Env = append(os.Environ(), "QUEUE="+queue, "PATH="+bin+":"+os.Getenv("PATH"), "TMPDIR="+temporary,
				"AWS_ENDPOINT_URL_SQS=http://the-queue", "AWS_ENDPOINT_URL=http://all")
			output, err := command.CombinedOutput()
			if (err != nil) != c.fails || !strings.Contains(string(output), c.says) {
				t.Errorf("%v\n%s\nwant %q", err, output, c.says)
			}
			if left := contents(t, filepath.Join(queue, "*")); !slices.Equal(left, c.left) {
				t.Errorf("left in the queue: %q, want %q", left, c.left)
			}
			if remains, err := os.ReadDir(temporary); err != nil || len(remains) != 0 {
				t.Errorf("events remain on the disk: %v, %v", remains, err)
			}
			if seen := contents(t, filepath.Join(folder, "seen.*")); len(seen) > len(c.events) || !slices.Equal(seen, c.events[:len(seen)]) {
				t.Errorf("the function was given %q, want %q", seen, c.events)
			}
		})
	}
}

func contents(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}
