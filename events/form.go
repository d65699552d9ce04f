package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// form is a payload of our own: strict, because a misspelt field in it would be a wish that nobody hears.
type form struct {
	name   string
	fields map[string]json.RawMessage
}

func (f form) invalid(format string, args ...any) error {
	return &InvalidError{Form: f.name, Ours: true, Problem: fmt.Sprintf(format, args...)}
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

// read decodes a field if it is there. null is not a value: whoever writes the field means something by it.
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

func startForm(f form) (Event, error) {
	inner, err := f.object()
	if err != nil {
		return nil, err
	}
	return inner.start()
}

// start is the object of startForm, or the whole payload where a person wrote the short {"serverName": …}.
func (f form) start() (Event, error) {
	if err := f.only("serverName", "engineAttributes", "key", "override"); err != nil {
		return nil, err
	}
	name, err := f.text("serverName")
	if err != nil {
		return nil, err
	}
	start := Start{ServerName: name}
	if start.EngineAttributes, err = f.engineAttributes(); err != nil {
		return nil, err
	}
	if _, ok := f.fields["key"]; ok {
		if start.Key, err = f.text("key"); err != nil {
			return nil, err
		}
	}
	if err := f.read("override", &start.Override); err != nil {
		return nil, err
	}
	if len(start.Override) > 4 {
		return nil, f.invalid("override names %d gates; there are four", len(start.Override))
	}
	for _, gate := range start.Override {
		if !slices.Contains([]string{OverrideCooldown, OverrideWindow, OverrideDailyLimit, OverrideCalendar}, gate) {
			return nil, f.invalid("override %s is not %s, %s, %s or %s", quote(gate), OverrideCooldown, OverrideWindow, OverrideDailyLimit, OverrideCalendar)
		}
	}
	return start, nil
}

func (f form) engineAttributes() ([]EngineAttribute, error) {
	var list []map[string]json.RawMessage
	if err := f.read("engineAttributes", &list); err != nil {
		return nil, err
	}
	if len(list) > 10 {
		return nil, f.invalid("engineAttributes holds %d; StartMaintenance knows one", len(list))
	}
	var attributes []EngineAttribute
	for i, fields := range list {
		item := form{name: fmt.Sprintf("%s: engineAttributes[%d]", f.name, i), fields: fields}
		if err := item.only("name", "value"); err != nil {
			return nil, err
		}
		name, err := item.text("name")
		if err != nil {
			return nil, err
		}
		value, err := item.text("value")
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, EngineAttribute{Name: name, Value: value})
	}
	return attributes, nil
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
	// The name twice would be the cause twice.
	slices.Sort(names)
	return Schedule{Name: name, At: at, ServerNames: slices.Compact(names)}, nil
}

func planForm(f form) (Event, error) {
	name, err := f.about("serverName")
	return Plan{ServerName: name}, err
}

func historyForm(f form) (Event, error) {
	name, err := f.about("serverName")
	return History{ServerName: name}, err
}

func stopForm(f form) (Event, error) {
	name, err := f.about("serverName")
	return Stop{ServerName: name}, err
}

func closeForm(f form) (Event, error) {
	id, err := f.about("runId")
	return Close{RunID: id}, err
}

// about reads a form whose object has one field.
func (f form) about(field string) (string, error) {
	inner, err := f.object()
	if err != nil {
		return "", err
	}
	if err := inner.only(field); err != nil {
		return "", err
	}
	return inner.text(field)
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
