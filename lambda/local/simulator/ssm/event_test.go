package ssm_test

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// TestService_OnEvent_Shape compares with AWS's own sample: the same members in the same order, values of the same form.
func TestService_OnEvent_Shape(t *testing.T) {
	sample, err := os.ReadFile("../../../../testdata/events/run-finished.json")
	must(t, err)
	var wanted bytes.Buffer
	must(t, json.Compact(&wanted, sample))
	synctest.Test(t, func(t *testing.T) {
		var event []byte
		s := newService(t, ssm.Config{OnEvent: func(e []byte) { event = e }})
		id := begin(t, s, nodeID)
		time.Sleep(30*time.Minute + 500*time.Millisecond)
		must(t, s.Complete(nodeID))

		if got, want := forms(event), forms(wanted.Bytes()); got != want {
			t.Errorf("event %s\nsample %s", got, want)
		}
		for _, part := range []string{
			`"time":"2000-01-01T00:30:00Z"`, `"ExecutionId":"` + id + `"`, `"DefinitionVersion":1.0`, `"Time":1800500.0`,
			`"StartTime":"Jan 1, 2000 12:00:00 AM"`, `"EndTime":"Jan 1, 2000 12:30:00 AM"`, `"Status":"Success"`,
			`"arn:aws:ssm:us-east-1:123456789012:automation-execution/` + id + `"`,
			`"arn:aws:ssm:us-east-1:123456789012:automation-definition/maintain-chef:1"`,
		} {
			if !bytes.Contains(event, []byte(part)) {
				t.Errorf("the event lacks %s: %s", part, event)
			}
		}
	})
}

// forms leaves of an event its members, and of values only whether they are texts or floats.
func forms(event []byte) string {
	text := regexp.MustCompile(`"[^"]*"([,}\]])`).ReplaceAllString(string(event), "T$1")
	return regexp.MustCompile(`[0-9]+\.[0-9]+`).ReplaceAllString(text, "F")
}

func TestService_OnEvent(t *testing.T) {
	var events []string
	var s *ssm.Service
	s = newService(t, ssm.Config{OnEvent: func(e []byte) {
		s.Calls() // it may call the simulator
		events = append(events, string(e))
	}})
	begin(t, s, nodeID)
	must(t, s.Complete(nodeID))
	must(t, s.Complete(nodeID)) // ends nothing again
	if len(events) != 1 {
		t.Errorf("%d events", len(events))
	}
	must(t, s.SetStatus(begin(t, s, otherID), "Success"))
	s.Forget(begin(t, s, otherID))
	if len(events) != 1 {
		t.Errorf("events of executions whose records were changed: %q", events[1:])
	}
}
