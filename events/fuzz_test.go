package events_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/events"
)

// FuzzDecode holds FromWidget and Decode to three promises, whatever bytes arrive: it does not panic, what it gives can be recorded, and
// nothing asks for maintenance that does not, read by other means, say so. The other means is a plain map, field names compared as
// encoding/json compares them.
func FuzzDecode(f *testing.F) {
	for _, payload := range sampleFiles(f) {
		f.Add(payload)
	}
	f.Add([]byte(`{"alarm": {"name": "a", "time": "9999-12-31T23:59:59-12:00", "state": "ALARM", "serverName": "a"}}`))
	f.Add([]byte(`{"hold": {"until": "9999-12-31T23:59:59-12:00"}}`))
	for _, request := range []string{`"hold": {}`, `"stop": {"runId": "a-1"}`, `"start": {"serverName": "a"}`} {
		f.Add([]byte("{" + request + ", " + widgetContext(`{"until": "2026-11-28T01:14:00Z", "reason": "a", "by": "b", "runId": "c"}`) + "}"))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		inner, _ := events.FromWidget(payload)
		event, err := events.Decode(inner)
		if _, err := json.Marshal(event); err != nil {
			t.Fatalf("%#v cannot be recorded: %v", event, err)
		}
		var invalid *events.InvalidError
		switch {
		case err != nil && !errors.As(err, &invalid):
			t.Fatalf("an error of another type: %v", err)
		case (err == nil) == (event == nil):
			t.Fatalf("event %#v and error %v", event, err)
		case strings.HasPrefix(strings.TrimSpace(string(payload)), "{") && err == nil && events.Repeated(payload) == "":
			// Of a field given twice a map has the last alone.
			if problem := unasked(event, payload); problem != "" {
				t.Fatalf("%#v: %s\n%s", event, problem, payload)
			}
		}
	})
}

// unasked says what an event claims that its payload does not say.
func unasked(event events.Event, payload []byte) string {
	var doc map[string]any
	switch event := event.(type) {
	case events.Alarm:
		return unaskedAlarm(event, "ALARM", payload)
	case events.Cleared:
		return unaskedAlarm(events.Alarm(event), "OK", payload)
	case events.Alarms:
		for _, one := range event {
			if problem := unasked(one, payload); problem != "" {
				return problem
			}
		}
	case events.Schedule:
		if err := json.Unmarshal(payload, &doc); err != nil {
			return err.Error()
		}
		if event.Name == "" || event.At.IsZero() || (event.ARN == "") == (len(event.ServerNames) == 0) {
			return "no name, no time, or neither an ARN nor servers"
		}
		if event.ARN == "" && within([]map[string]any{doc}, "schedule") == nil {
			return "nothing says that a schedule asks"
		}
	case events.Start:
		if err := json.Unmarshal(payload, &doc); err != nil {
			return err.Error()
		}
		if start := within([]map[string]any{doc}, "start"); start != nil {
			doc = start[0]
		}
		if event.ServerName == "" && event.RunID == "" || !gives(doc, "serverName", event.ServerName) || !gives(doc, "runId",
			event.RunID) {
			return "it names another server or run"
		}
	case events.Stop:
		return unaskedRun("stop", event.ServerName, event.RunID, payload)
	case events.Close:
		return unaskedRun("close", event.ServerName, event.RunID, payload)
	}
	return ""
}

// unaskedAlarm is unasked for an alarm that is in a state.
func unaskedAlarm(event events.Alarm, state string, payload []byte) string {
	var doc map[string]any
	if err := json.Unmarshal(payload, &doc); err != nil {
		return err.Error()
	}
	if event.Name == "" || event.ID == "" || event.At.IsZero() {
		return "no name, id or time identifies the change"
	}
	if event.Shared {
		return unaskedShared(event, state, doc)
	}
	docs := []map[string]any{doc}
	detail := within(docs, "detail")
	if _, direct := doc["alarmData"]; direct && doc["detail-type"] == nil {
		detail = within(docs, "alarmData")
	}
	switch {
	case !says(docs, "source", "aws.cloudwatch"):
		return "the source is not CloudWatch"
	case !says(within(detail, "state"), "value", state):
		return "the state is not " + state
	case !says(detail, "alarmName", event.Name):
		return "the alarm has another name"
	case !strings.HasPrefix(event.ID, "arn:") || event.Origin == events.Origin{}:
		return "no ARN says whose it is"
	}
	return ""
}

// unaskedShared is unaskedAlarm for one that came by SNS or in our own form: somewhere in what was sent is an object with that name and
// state.
func unaskedShared(event events.Alarm, state string, doc map[string]any) string {
	sent := []map[string]any{doc}
	if records, ok := doc["Records"].([]any); ok && len(records) == 1 {
		record, _ := records[0].(map[string]any)
		if !says([]map[string]any{record}, "EventSource", "aws:sns") {
			return "it is not of SNS"
		}
		sent = nil
		for _, n := range within([]map[string]any{record}, "Sns") {
			for field, text := range n {
				var message map[string]any
				if text, ok := text.(string); ok && strings.EqualFold(field, "Message") && json.Unmarshal([]byte(text), &message) == nil {
					sent = append(sent, message)
				}
			}
		}
	}
	alerts := map[string]string{"ALARM": "firing", "OK": "resolved"}
	for _, message := range sent {
		own := within([]map[string]any{message}, "alarm")
		cloudWatch := []map[string]any{message}
		switch {
		case says(own, "state", state) && says(own, "name", event.Name):
			return ""
		case says(cloudWatch, "NewStateValue", state) && says(cloudWatch, "AlarmName", event.Name) && strings.HasPrefix(event.ID, "arn:"):
			return ""
		}
		for field, list := range message {
			all, _ := list.([]any)
			for _, one := range all {
				alert, _ := one.(map[string]any)
				if strings.EqualFold(field, "alerts") && says([]map[string]any{alert}, "status", alerts[state]) &&
					strings.HasPrefix(event.ID, "alertmanager/") {
					return ""
				}
			}
		}
	}
	return "nothing that was sent says so"
}

// unaskedRun is unasked for a form that is about a run.
func unaskedRun(form, serverName, runID string, payload []byte) string {
	var doc map[string]any
	if err := json.Unmarshal(payload, &doc); err != nil {
		return err.Error()
	}
	inner, _ := doc[form].(map[string]any)
	if serverName == "" && runID == "" || !gives(inner, "serverName", serverName) || !gives(inner, "runId", runID) {
		return "it names another server or run"
	}
	return ""
}

// gives reports whether an object gives a field this value, where the empty one is that the field is not there.
func gives(doc map[string]any, field, value string) bool {
	got, there := doc[field]
	return there == (value != "") && (!there || got == value)
}

// within are the objects that a field has, under any of the spellings that encoding/json accepts for it: it reads all of them into one.
func within(docs []map[string]any, field string) (inner []map[string]any) {
	for _, doc := range docs {
		for name, value := range doc {
			if object, ok := value.(map[string]any); ok && strings.EqualFold(name, field) {
				inner = append(inner, object)
			}
		}
	}
	return inner
}

// says reports whether a field, under any of those spellings, has a value.
func says(docs []map[string]any, field, value string) bool {
	for _, doc := range docs {
		for name, v := range doc {
			if strings.EqualFold(name, field) && v == value {
				return true
			}
		}
	}
	return false
}

func TestUnasked_CatchesWhatNobodyAsked(t *testing.T) {
	ok := []byte(`{"source": "aws.cloudwatch", "detail": {"alarmName": "a", "state": {"value": "OK"}}}`)
	at := time.Unix(1, 0)
	if unasked(events.Alarm{Name: "a", ID: "arn:a", At: at, Origin: origin}, ok) == "" {
		t.Error("an alarm in OK passes")
	}
	if unasked(events.Cleared{Name: "a", ID: "arn:a", At: at, Origin: origin}, ok) != "" {
		t.Error("a return to OK does not pass")
	}
	if unasked(events.Alarm{Name: "a", ID: "a", At: at, Shared: true}, []byte(`{"alarm": {"name": "a", "state": "OK"}}`)) == "" {
		t.Error("an alarm of other monitoring in OK passes")
	}
	if unasked(events.Cleared{Name: "a", ID: "arn:a", At: at, Origin: origin},
		[]byte(`{"source": "aws.cloudwatch", "detail": {"alarmName": "a", "state": {"value": "ALARM"}}}`)) == "" {
		t.Error("a return to OK in ALARM passes")
	}
	if unasked(events.Stop{RunID: "b"}, []byte(`{"stop": {"runId": "a"}}`)) == "" {
		t.Error("a stop of another run passes")
	}
	if unasked(events.Start{ServerName: "b"}, []byte(`{"start": {"serverName": "a"}}`)) == "" {
		t.Error("a start of another server passes")
	}
	if unasked(events.Schedule{Name: "w"}, ok) == "" {
		t.Error("a schedule without time and servers passes")
	}
}

func BenchmarkDecode(b *testing.B) {
	files := sampleFiles(b)
	names := []string{"alarm.json", "schedule.json", "start.json", "aws/eb-alarm-state-composite-suppressed.json",
		"aws/sns-lambda-generic.json"}
	slices.Sort(names)
	for _, name := range names {
		b.Run(strings.TrimSuffix(name, ".json"), func(b *testing.B) {
			payload := files[name]
			b.ReportAllocs()
			for b.Loop() {
				if _, err := events.Decode(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
