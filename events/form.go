package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// form is a payload of our own: strict, because a misspelt field in it would be a request that is not heard.
type form struct {
	name   string
	fields map[string]json.RawMessage
}

func (f form) invalid(format string, args ...any) error {
	return &InvalidError{Form: f.name, Ours: true, Problem: fmt.Sprintf(format, args...)}
}

// source is the form with the name it is about, if that can be read: "schedule weekly".
func (f form) source() string {
	inner := f.fields
	var object map[string]json.RawMessage
	if json.Unmarshal(f.fields[f.name], &object) == nil && object != nil {
		inner = object
	}
	for _, field := range []string{"name", "serverName", "runId"} {
		var about string
		if json.Unmarshal(inner[field], &about) == nil && about != "" {
			return f.name + " " + short(about)
		}
	}
	return f.name
}

// only refuses every field that is not one of those allowed.
func (f form) only(allowed ...string) error {
	for name := range f.fields {
		if !slices.Contains(allowed, name) {
			return f.invalid("unknown field %s; known here: %s", quote(name), strings.Join(allowed, ", "))
		}
	}
	return nil
}

// object is the form's own object, {"start": {…}}, with nothing beside it but what is named.
func (f form) object(beside ...string) (form, error) {
	if err := f.only(append([]string{f.name}, beside...)...); err != nil {
		return form{}, err
	}
	inner := form{name: f.name}
	if err := json.Unmarshal(f.fields[f.name], &inner.fields); err != nil || inner.fields == nil {
		return form{}, f.invalid("%s is not an object", f.name)
	}
	return inner, nil
}

// read decodes a field if it is there. null is not a value: the one who writes the field means something by it.
func (f form) read(field string, into any) error {
	raw, ok := f.fields[field]
	if !ok {
		return nil
	}
	if string(raw) == "null" {
		return f.invalid("%s is null", field)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return f.invalid("%s has a wrong type", field)
	}
	return nil
}

// text reads a string that must be there and not be empty.
func (f form) text(field string) (string, error) {
	var value string
	if err := f.read(field, &value); err != nil {
		return "", err
	}
	if value == "" {
		return "", f.invalid("%s is missing or empty", field)
	}
	return value, nil
}

// optional reads a string that may be missing, but not be empty: what is written there means something.
func (f form) optional(field string) (string, error) {
	if _, ok := f.fields[field]; !ok {
		return "", nil
	}
	return f.text(field)
}

// mostServers is as many as one invocation can record and answer for.
const mostServers = 1000

// scheduleForm is the input that our own EventBridge Scheduler schedules have. name and time are filled in by Scheduler's
// context attributes: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func scheduleForm(f form) (Event, error) {
	inner, err := f.object("serverNames")
	if err != nil {
		return nil, err
	}
	if err := inner.only("name", "time"); err != nil {
		return nil, err
	}
	name, err := inner.text("name")
	if err != nil {
		return nil, err
	}
	text, err := inner.text("time")
	if err != nil {
		return nil, err
	}
	at, err := parseTime("time", text)
	if err != nil {
		return nil, f.invalid("%s", err)
	}
	var names []string
	if err := f.read("serverNames", &names); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, f.invalid("serverNames is missing or empty")
	}
	if len(names) > mostServers {
		return nil, f.invalid("serverNames holds %d names; at most %d fit one invocation", len(names), mostServers)
	}
	// The name twice would be the trigger twice.
	slices.Sort(names)
	return Schedule{Name: name, At: at, ServerNames: slices.Compact(names)}, nil
}

func sweepForm(f form) (Event, error) {
	if err := f.only("sweep"); err != nil {
		return nil, err
	}
	var sweep bool
	if err := f.read("sweep", &sweep); err != nil {
		return nil, err
	}
	if !sweep {
		return nil, f.invalid("sweep is not true")
	}
	return Sweep{}, nil
}

// alarmForm is an alarm of any other monitoring. Where id is left out, its name tells it from others.
func alarmForm(f form) (Event, error) {
	inner, err := f.object()
	if err != nil {
		return nil, err
	}
	if err := inner.only("name", "id", "time", "state", "reason", "serverName"); err != nil {
		return nil, err
	}
	alarm := Alarm{Shared: true}
	if alarm.Name, err = inner.text("name"); err != nil {
		return nil, err
	}
	if alarm.ID, err = inner.optional("id"); err != nil {
		return nil, err
	}
	if alarm.ServerName, err = inner.optional("serverName"); err != nil {
		return nil, err
	}
	if err := inner.read("reason", &alarm.Reason); err != nil { // it may be empty, as nothing rests on it
		return nil, err
	}
	since, err := inner.text("time")
	if err != nil {
		return nil, err
	}
	state, err := inner.text("state")
	if err != nil {
		return nil, err
	}
	if alarm.ID == "" {
		alarm.ID = alarm.Name
	}
	if alarm, err = alarm.in(state, since); err != nil {
		return nil, f.invalid("%s", err)
	}
	return alarm.acts(f.name, state), nil
}
