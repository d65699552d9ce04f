package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"opsworks-maintenance/lambda/maintenance"
)

// fields are the JSON names of maintenance.Run; true for those whose values are objects or lists, which are stored as JSON.
var fields = fieldsOf(reflect.TypeFor[maintenance.Run]())

func fieldsOf(run reflect.Type) map[string]bool {
	composite := map[string]bool{}
	for _, f := range reflect.VisibleFields(run) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch f.Type.Kind() {
		case reflect.Struct, reflect.Slice, reflect.Map, reflect.Pointer:
			composite[name] = f.Type != reflect.TypeFor[time.Time]()
		default:
			composite[name] = false
		}
	}
	return composite
}

// encode makes an item of a run, an attribute for each field that is not empty: DynamoDB has no empty keys of indexes.
func encode(run maintenance.Run) (item, error) {
	object, err := jsonText(run)
	if err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &values); err != nil {
		return nil, err
	}
	i := item{}
	for name, raw := range values {
		if v, err := attribute(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		} else if v != nil {
			i[name] = v
		}
	}
	delete(i, AttrNext)
	if !run.DueAt.IsZero() {
		i[AttrNext] = millis(run.DueAt)
	}
	i[AttrCreatedMs] = millis(run.Created)
	if !run.Open() && run.DueAt.IsZero() {
		from := run.Created
		if run.StandsUntil.After(from) {
			from = run.StandsUntil
		}
		i[attrExpires] = seconds(from.Add(keepRun))
	}
	return i, nil
}

// attribute is a JSON value as an attribute; nil for what is empty.
func attribute(raw json.RawMessage) (types.AttributeValue, error) {
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil || s == "" {
			return nil, err
		}
		return text(s), nil
	case '{', '[':
		return text(string(raw)), nil
	case 't', 'f':
		return &types.AttributeValueMemberBOOL{Value: raw[0] == 't'}, nil
	case 'n':
		return nil, nil
	default:
		return &types.AttributeValueMemberN{Value: string(raw)}, nil
	}
}

// decode reads a run. Attributes that it does not know are those of a later edition.
func decode(i item) (maintenance.Run, error) {
	values := map[string]json.RawMessage{}
	for name, composite := range fields {
		switch v := i[name].(type) {
		case *types.AttributeValueMemberS:
			raw := json.RawMessage(v.Value)
			if !composite {
				raw, _ = json.Marshal(v.Value) // a string always has a form
			}
			values[name] = raw
		case *types.AttributeValueMemberN:
			values[name] = json.RawMessage(v.Value)
		case *types.AttributeValueMemberBOOL:
			values[name] = json.RawMessage(fmt.Sprint(v.Value))
		}
	}
	delete(values, AttrNext)
	object, err := json.Marshal(values)
	var run maintenance.Run
	if err = errors.Join(err, json.Unmarshal(object, &run)); err != nil {
		return maintenance.Run{}, fmt.Errorf("read %s: %w", textOf(i, AttrPK), err)
	}
	run.DueAt = millisOf(i, AttrNext)
	return run, nil
}

// difference updates what differs between two states of a run, and nothing else: what a later edition keeps of it stays.
func difference(from, to maintenance.Run) (*expression, error) {
	var before item // a run that is new was nothing
	after, err := encode(to)
	if err == nil && from.Version > 0 {
		before, err = encode(from)
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", runKey(to.ID), err)
	}
	e := &expression{}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if !reflect.DeepEqual(before[name], after[name]) {
			e.set(name, after[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			e.remove(name)
		}
	}
	return e, nil
}
