package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/events"
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
		if grep -q '"back"' "$file" || [[ "$*" != *"--visibility-timeout 900 "* ]]; then taken=$file; else mv "$file" "$taken"; fi
		sent=None; if [[ "$*" == *" --attribute-names SentTimestamp "* ]]; then sent=1795734000123; fi
		printf '%s\t%s\t%s\t' "$(basename "${file%.message}")" "$taken" "$sent"
		cat "$taken"
		echo
		exit
	done ;;
"sqs delete-message")
	rm "$6" ;;
"sqs change-message-visibility")
	[ "$8" = 0 ] && mv "$6" "${6%.taken}.message" ;;
"lambda invoke")
	event=${6#fileb://}
	cp "$event" "$QUEUE/../seen.$(printf %03d "$(ls "$QUEUE/.." | grep -c seen)")"
	answer=${!#}
	if grep -q '"gone"' "$event"; then touch "$QUEUE/gone"; fi
	if grep -q '"broken"' "$event"; then echo "Could not connect to the endpoint" >&2; exit 255; fi
	if grep -q '"fail"' "$event"; then echo '{"errorType":"RetryError"}' >"$answer"; echo Unhandled; exit; fi
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
		"an operator's request stays": {"events", []string{`{"n":1}`, `{"stop": {}}`}, []string{`{"stop": {}}`}, false,
			"1 operators' requests were not sent, and stay"},
		"everything is handled": {"events", []string{`{"sweep":true}`, odd}, nil, false, "2 handled, 0 left in events"},
		"nothing is there":      {"events", nil, nil, false, "0 handled, 0 left in events"},
		"what fails stays": {"events", []string{`{"n":1}`, `{"fail":1}`, `{"n":2}`}, []string{`{"fail":1}`}, true,
			"2 handled, 1 left in events"},
		"what cannot be invoked stays": {"events", []string{`{"broken":1}`, `{"n":2}`}, []string{`{"broken":1}`}, true,
			"1 handled, 1 left in events"},
		"the queue does not answer": {"events", []string{`{"gone":1}`, `{"n":2}`}, []string{`{"n":2}`, ""}, true, "AccessDenied"},
		"what comes back ends the run": {"events", []string{`{"fail":"back"}`, `{"n":2}`}, []string{`{"fail":"back"}`, `{"n":2}`}, true,
			"0 handled, 1 left in events"},
		"there is no such queue": {"nowhere", []string{`{"n":1}`}, []string{`{"n":1}`}, true, "NonExistentQueue"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, c.events...)
			output, err := q.redrive(c.queue)
			if (err != nil) != c.fails || !strings.Contains(output, c.says) {
				t.Errorf("%v\n%s\nwant %q", err, output, c.says)
			}
			if left := contents(t, filepath.Join(q.folder, "queue", "*")); !slices.Equal(left, c.left) {
				t.Errorf("left in the queue: %q, want %q", left, c.left)
			}
			if remains, err := os.ReadDir(filepath.Join(q.folder, "temporary")); err != nil || len(remains) != 0 {
				t.Errorf("events remain on the disk: %v, %v", remains, err)
			}
			if seen := q.seen(); len(seen) > len(c.events) || !slices.Equal(seen, c.events[:len(seen)]) {
				t.Errorf("the function was given %q, want %q", seen, c.events)
			}
		})
	}
}

// queue is a dead-letter queue with the aws command that keeps it.
type queue struct {
	t      *testing.T
	folder string
}

func newQueue(t *testing.T, events ...string) queue {
	t.Helper()
	q := queue{t, t.TempDir()}
	for _, dir := range []string{"queue", "bin", "temporary"} {
		if err := os.Mkdir(filepath.Join(q.folder, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(q.folder, "bin", "aws"), []byte(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	for i, event := range events {
		if err := os.WriteFile(filepath.Join(q.folder, "queue", fmt.Sprintf("%03d.message", i)), []byte(event), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return q
}

// redrive runs the script with a queue's name and more of the environment.
func (q queue) redrive(name string, environment ...string) (output string, err error) {
	command := exec.Command("bash", "redrive.sh", "function", name)
	command.Env = append(os.Environ(), "QUEUE="+filepath.Join(q.folder, "queue"), "TMPDIR="+filepath.Join(q.folder, "temporary"),
		"PATH="+filepath.Join(q.folder, "bin")+":"+os.Getenv("PATH"), "AWS_ENDPOINT_URL_SQS=http://the-queue", "AWS_ENDPOINT_URL=http://all")
	command.Env = append(command.Env, environment...)
	b, err := command.CombinedOutput()
	return string(b), err
}

// seen are the events that the function was given, in their order.
func (q queue) seen() []string { return contents(q.t, filepath.Join(q.folder, "seen.*")) }

// An operator's request is never sent again, whatever else is in it, and however it is written; what is none is. Both are read by the
// function's own decoder.
func TestRedrive_OperatorsRequests(t *testing.T) {
	var requests, others []string
	for _, sample := range samples(t) {
		if event, err := events.Decode(sample); err == nil && events.FromOperator(event) {
			requests = append(requests, string(sample))
		} else if err == nil {
			others = append(others, string(sample))
		}
	}
	if len(requests) < 8 || len(others) < 40 {
		t.Fatalf("%d requests and %d other samples", len(requests), len(others))
	}
	requests = append(requests,
		"{\n\t\"override\" : [ \"window\" ] ,\r\n \"serverName\"\n: \"automate-06\"}",
		`{"stop": {"server`,                   // cut off
		`{"start": 1}`,                        // of a form that is wrong
		`{"\u0073tart": {"serverName": "a"}}`, // JSON's other way to write it
		`{"approve": {"runId": "a"}}`, `{"release": {}}`, `{"status": {}}`, `{"plan": {"serverName": "a"}}`,
	)
	others = append(others,
		`{"schedule": {"name": "start", "time": "2026-11-28T22:00:00Z"}, "serverNames": ["start"]}`,
		`{"source": "stop", "detail": {"start": {"serverName": "a"}, "text": "\"} , \"close\": {"}}`,
		`[{"start": {"serverName": "a"}}]`, `"start": `, `{"starts": {"start": "status"}}`,
	)
	for i, event := range others { // as the AWS CLI prints a message
		others[i] = strings.TrimRight(event, "\n")
	}
	slices.Sort(requests)
	slices.Sort(others)
	q := newQueue(t, append(slices.Clone(requests), others...)...)
	output, err := q.redrive("events")
	if err != nil || !strings.Contains(output, fmt.Sprintf("%d operators' requests were not sent, and stay", len(requests))) {
		t.Errorf("%v\n%s", err, output)
	}
	left, seen := contents(t, filepath.Join(q.folder, "queue", "*")), q.seen()
	for _, request := range requests {
		if !slices.Contains(left, request) || slices.Contains(seen, request) {
			t.Errorf("sent, or gone: %s", request)
		}
	}
	for _, other := range others {
		if slices.Contains(left, other) || !slices.Contains(seen, other) {
			t.Errorf("not sent, or not deleted: %s", other)
		}
	}
}

// Where the form of an event cannot be read, for lack of awk, nothing is sent.
func TestRedrive_FailsClosed(t *testing.T) {
	q := newQueue(t, `{"sweep":true}`)
	if err := os.WriteFile(filepath.Join(q.folder, "bin", "awk"), []byte("#!/bin/sh\nexit 127\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if output, err := q.redrive("events"); err == nil || len(q.seen()) > 0 {
		t.Errorf("%v\n%s\nthe function was given %q", err, output, q.seen())
	}
}

// The list says what a person needs to ask again, and no value of an engine attribute.
func TestRedrive_ListsRequests(t *testing.T) {
	event := `{"start": {"serverName": "automate-06", "runId" : "automate-06-20261114T080000-a", ` +
		`"engineAttributes": [{"name": "CHEF_MAJOR_UPGRADE", "value": "secret"}]}}`
	q := newQueue(t, event)
	for range 2 { // the second time finds it in its place again
		output, err := q.redrive("events")
		want := "000 NOT SENT, an operator's request of 2026-11-26T23:00:00Z: start serverName:automate-06 runId:automate-06-20261114T080000-a\n"
		if err != nil || !strings.Contains(output, want) || strings.Contains(output, "secret") {
			t.Errorf("%v\n%s\nwant %s", err, output, want)
		}
	}
	if output, err := q.redrive("events", "REQUESTS=send"); err == nil || !strings.Contains(output, "usage:") {
		t.Errorf("%v\n%s", err, output)
	}
	output, err := q.redrive("events", "REQUESTS=delete")
	if left := contents(t, filepath.Join(q.folder, "queue", "*")); err != nil || len(left) > 0 ||
		!strings.Contains(output, "1 operators' requests were not sent, and are deleted") {
		t.Errorf("%v\n%s\nleft %q", err, output, left)
	}
	if seen := q.seen(); len(seen) > 0 {
		t.Errorf("the function was given %q", seen)
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
