package main

import (
	"encoding/json"
	"time"
)

// layouts are the two formats times have in events; see events.Decode.
var layouts = []string{"2006-01-02T15:04:05.000-0700", time.RFC3339}

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

// eachTime replaces every field called time or timestamp, in the format it has.
func eachTime(doc any, change func(time.Time) time.Time) {
	switch doc := doc.(type) {
	case map[string]any:
		for name, value := range doc {
			text, ok := value.(string)
			if !ok || name != "time" && name != "timestamp" {
				eachTime(value, change)
				continue
			}
			for _, layout := range layouts {
				if t, err := time.Parse(layout, text); err == nil {
					doc[name] = change(t.UTC()).Format(layout)
					break
				}
			}
		}
	case []any:
		for _, value := range doc {
			eachTime(value, change)
		}
	}
}
