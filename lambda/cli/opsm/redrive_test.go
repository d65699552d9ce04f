package main

import (
	"os"
	"path/filepath"
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
