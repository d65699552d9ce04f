package ssm_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"

	"opsworks-maintenance/lambda/local/simulator"
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

func TestService_EventFates(t *testing.T) {
	for name, test := range map[string]struct {
		fate ssm.EventFate
		want int
	}{
		"once":  {ssm.Delivered, 1},
		"twice": {ssm.Duplicated, 2},
		"never": {ssm.Lost, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var events []string
			var s *ssm.Service
			s = newService(t, ssm.Config{OnEvent: func(e []byte) {
				s.Calls() // it may call the simulator
				events = append(events, string(e))
			}})
			var asked []string
			s.EventFates(func(id string) ssm.EventFate { s.Started(nodeID); asked = append(asked, id); return test.fate })
			id := begin(t, s, nodeID)
			must(t, s.Complete(nodeID))
			must(t, s.Complete(nodeID)) // ends nothing again
			if len(events) != test.want || !reflect.DeepEqual(asked, []string{id, id}) {
				t.Errorf("%d events, fate asked for %q", len(events), asked)
			}
			if test.want == 2 && events[0] != events[1] {
				t.Error("a duplicate is another event")
			}
		})
	}
	t.Run("SetStatus and Forget send none", func(t *testing.T) {
		s := newService(t, ssm.Config{OnEvent: func(e []byte) { t.Errorf("event %s", e) }})
		must(t, s.SetStatus(begin(t, s, nodeID), "Success"))
		s.Forget(begin(t, s, nodeID))
	})
}

func TestService_EventFates_Early(t *testing.T) {
	early := func(string) ssm.EventFate { return ssm.Early }

	t.Run("the event comes before the answer", func(t *testing.T) {
		var events atomic.Int32
		s := newService(t, ssm.Config{ExecutionTime: time.Hour, OnEvent: func([]byte) { events.Add(1) }})
		s.EventFates(early)
		out, err := newClient(t, s, 1).StartAutomationExecution(t.Context(), startOn(nodeID))
		must(t, err)
		if events.Load() != 1 || look(t, s, *out.AutomationExecutionId).AutomationExecutionStatus != "Success" {
			t.Errorf("%d events when the answer is there", events.Load())
		}
		must(t, s.Complete(nodeID))
		if events.Load() != 1 {
			t.Errorf("%d events", events.Load())
		}
	})
	t.Run("also while another event is being told", func(t *testing.T) {
		var s *ssm.Service
		var order []string
		s = newService(t, ssm.Config{OnEvent: func(e []byte) {
			if bytes.Contains(e, []byte(`"Status":"Failed"`)) { // the first one begins another execution, over HTTP
				_, err := newClient(t, s, 1).StartAutomationExecution(t.Context(), startOn(otherID))
				must(t, err)
				order = append(order, "answer")
				return
			}
			order = append(order, "event")
		}})
		s.EndAs(nodeID, "Failed")
		begin(t, s, nodeID)
		s.EventFates(early)
		must(t, s.Complete(nodeID))
		if !reflect.DeepEqual(order, []string{"event", "answer"}) {
			t.Errorf("order %q", order)
		}
	})
	t.Run("an execution that hangs is not ended", func(t *testing.T) {
		s := newService(t, ssm.Config{OnEvent: func([]byte) { t.Error("an event") }})
		s.EventFates(early)
		s.Hang(nodeID, true)
		begin(t, s, nodeID)
	})
	t.Run("without anybody to tell", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		s.EventFates(early)
		if got := look(t, s, begin(t, s, nodeID)).AutomationExecutionStatus; got != "Success" {
			t.Errorf("status %s", got)
		}
	})
	t.Run("although the answer is lost", func(t *testing.T) {
		var events atomic.Int32
		s := newService(t, ssm.Config{OnEvent: func([]byte) { events.Add(1) }})
		s.EventFates(early)
		s.Inject(simulator.Fault{Kind: simulator.WorkThenDrop, Operation: "StartAutomationExecution"})
		_, err := newClient(t, s, 1).StartAutomationExecution(t.Context(), &sdk.StartAutomationExecutionInput{
			DocumentName: startOn("").DocumentName, Parameters: startOn(nodeID).Parameters})
		if err == nil || events.Load() != 1 || s.Started(nodeID) != 1 {
			t.Errorf("error %v, %d events, %d began", err, events.Load(), s.Started(nodeID))
		}
	})
}
