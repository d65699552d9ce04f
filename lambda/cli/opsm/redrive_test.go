package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"opsworks-maintenance/events"
)

// An operator's request is known as one whatever else is in it, and however it is written; what is none is not. The samples are read
// by the function's own decoder.
func TestRequest(t *testing.T) {
	samples := map[string]bool{
		"{\n\t\"override\" : [ \"window\" ] ,\r\n \"serverName\"\n: \"automate-06\"}": true,
		`{"stop": {"server`:                   true, // cut off
		`{"start": 1}`:                        true, // of a form that is wrong
		`{"\u0073tart": {"serverName": "a"}}`: true, // JSON's other way to write it
		`{"approve": {"runId": "a"}}`:         true,
		`{"release": {}}`:                     true,
		`{"status": {}}`:                      true,
		`{"plan": {"serverName": "a"}}`:       true,
		`{"schedule": {"name": "start", "time": "2026-11-28T22:00:00Z"}, "serverNames": ["start"]}`:  false,
		`{"source": "stop", "detail": {"start": {"serverName": "a"}, "text": "\"} , \"close\": {"}}`: false,
		`[{"start": {"serverName": "a"}}]`: false,
		`"start": `:                        false,
		`{"starts": {"start": "status"}}`:  false,
		``:                                 false,
		"\x00{\"start\": {}}":              false,
	}
	operators, others := 0, 0
	for _, pattern := range []string{"*.json", "*/*.json"} {
		files, err := filepath.Glob("../../../testdata/events/" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			sample, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			switch event, err := events.Decode(sample); {
			case err == nil && events.FromOperator(event):
				operators, samples[string(sample)] = operators+1, true
			case err == nil:
				others, samples[string(sample)] = others+1, false
			}
		}
	}
	if operators < 8 || others < 40 {
		t.Errorf("%d requests and %d other samples", operators, others)
	}
	for sample, want := range samples {
		if got := request(sample) != ""; got != want {
			t.Errorf("%v for %s", got, sample)
		}
	}
}

// What a request is about is shown, and no value of an engine attribute.
func TestSubject(t *testing.T) {
	got := subject(`{"start": {"serverName": "automate-06", "runId" : "automate-06-20261114T080000-a", ` +
		`"engineAttributes": [{"name": "CHEF_MAJOR_UPGRADE", "value": "secret"}]}}`)
	if want := "serverName:automate-06 runId:automate-06-20261114T080000-a"; got != want || strings.Contains(got, "secret") {
		t.Errorf("%s, want %s", got, want)
	}
}

// What SNS could not deliver to the function is sent as SNS would have sent it, and anything else as it lies there. The samples are AWS's.
func TestSentAgain(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile("../../../testdata/events/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var wrapped, whole struct {
		Records []struct{ Sns map[string]any }
	}
	if err := json.Unmarshal([]byte(read("sns-alarm.json")), &whole); err != nil {
		t.Fatal(err)
	}
	notification, err := json.Marshal(whole.Records[0].Sns)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(sentAgain(string(notification)), &wrapped); err != nil || !reflect.DeepEqual(wrapped, whole) {
		t.Errorf("got %+v, %v", wrapped, err)
	}
	got, err := events.Decode(sentAgain(string(notification)))
	if want, _ := events.Decode([]byte(read("sns-alarm.json"))); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("it is sent as %+v, %v", got, err)
	}
	what, err := events.Decode(sentAgain(read("aws/sns-envelope-non-raw.json")))
	if ignored, ok := what.(events.Ignored); err != nil || !ok || !strings.HasPrefix(ignored.What, "a text from the topic") {
		t.Errorf("AWS's sample is %+v, %v", what, err)
	}
	for _, name := range []string{"alarm.json", "sns-alarm.json", "schedule.json", "field/sns-raw-alarm-body.json"} {
		if letter := read(name); string(sentAgain(letter)) != letter {
			t.Errorf("%s is sent as %s", name, sentAgain(letter))
		}
	}
	if cut := `{"Type": "Notification", "TopicArn": "a", "Mess`; string(sentAgain(cut)) != cut {
		t.Errorf("what is cut off is sent as %s", sentAgain(cut))
	}
}
