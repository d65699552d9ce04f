package main

import (
	"encoding/json"
	"slices"
	"time"
)

// layouts are the formats times have in events; see events.Decode.
var layouts = []string{"2006-01-02T15:04:05.000-0700", time.RFC3339, "2006-01-02 15:04:05.999 -0700 MST"}

// times are the names of the fields that hold one.
var times = []string{"time", "timestamp", "Timestamp", "StateChangeTime", "startsAt"}

// moveToNow shifts all times of an event by as much as makes the latest of them now: a sample is old, and an old alarm starts
// nothing. It returns false, and the payload as it is, where there is nothing to shift.
func moveToNow(payload []byte, now time.Time) ([]byte, bool) {
	var doc any
	if json.Unmarshal(payload, &doc) != nil {
		return payload, false
	}
	var latest time.Time
	eachTime(doc, func(t time.Time) time.Time {
		if t.After(latest) {
			latest = t
		}
		return t
	})
	if latest.IsZero() {
		return payload, false
	}
	delta := now.Sub(latest)
	eachTime(doc, func(t time.Time) time.Time { return t.Add(delta) })
	moved, err := json.Marshal(doc)
	if err != nil {
		return payload, false
	}
	return moved, true
}

// eachTime replaces every time, in the format it has, also in the message of a topic, which is JSON in a text.
func eachTime(doc any, change func(time.Time) time.Time) {
	switch doc := doc.(type) {
	case map[string]any:
		for name, value := range doc {
			text, isText := value.(string)
			switch {
			case isText && name == "Message":
				doc[name] = eachTimeIn(text, change)
			case isText && slices.Contains(times, name):
				doc[name] = changed(text, change)
			default:
				eachTime(value, change)
			}
		}
	case []any:
		for _, value := range doc {
			eachTime(value, change)
		}
	}
}

func eachTimeIn(message string, change func(time.Time) time.Time) string {
	var doc map[string]any
	if json.Unmarshal([]byte(message), &doc) != nil {
		return message
	}
	eachTime(doc, change)
	moved, err := json.Marshal(doc)
	if err != nil {
		return message
	}
	return string(moved)
}

func changed(text string, change func(time.Time) time.Time) string {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return change(t.UTC()).Format(layout)
		}
	}
	return text
}
