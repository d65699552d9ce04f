package table

import (
	"slices"
	"strings"
	"time"

	"github.com/truora/minidyn/interpreter"
)

// kind is what a write does.
type kind string

const (
	put    kind = "Put"
	update kind = "Update"
	remove kind = "Delete"
	check  kind = "ConditionCheck"
)

// write is one write, alone or in a transaction.
type write struct {
	TableName                           string
	Key, Item                           item
	ConditionExpression                 string
	UpdateExpression                    string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           item
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
}

// outcome is what a write would come to.
type outcome struct {
	table    *table
	key      string
	old, new item // nil is none
	refused  bool // by its condition
}

func (s *Service) commit(o outcome) {
	if s.Behind != nil {
		o.table.remember(o)
	}
	if o.new == nil {
		delete(o.table.items, o.key)
	} else {
		o.table.items[o.key] = o.new
	}
	if s.Changed != nil {
		s.Changed(o.key, o.new.texts())
	}
}

// remember keeps what an item was, as long as an index may show it.
func (t *table) remember(o outcome) {
	now := time.Now()
	past := t.past[o.key]
	if len(past) == 0 {
		past = []state{{item: o.old}}
	}
	past = append(past, state{now, o.new})
	for len(past) > 1 && now.Sub(past[1].from) > MostBehind {
		past = past[1:]
	}
	t.past[o.key] = past
}

// asOf is an item as it was.
func (t *table) asOf(key string, at time.Time) item {
	for _, was := range slices.Backward(t.past[key]) {
		if !was.from.After(at) {
			return was.item
		}
	}
	return nil
}

// try is what a write comes to, without doing it.
func (s *Service) try(k kind, w write) (outcome, error) {
	var o outcome
	var err error
	if o.table, err = s.table(w.TableName); err != nil {
		return o, err
	}
	key := w.Key
	if k == put {
		key = w.Item.project([]string{o.table.key})
	}
	if o.key, err = o.table.keyOf(key); err != nil {
		return o, err
	}
	if err := placeholders(w.ExpressionAttributeNames, w.ExpressionAttributeValues, w.ConditionExpression, w.UpdateExpression); err != nil {
		return o, err
	}
	o.old = o.table.items[o.key]
	if w.ConditionExpression != "" {
		met, err := s.matches(interpreter.ExpressionTypeConditional, w.ConditionExpression, o.old,
			w.ExpressionAttributeNames, w.ExpressionAttributeValues)
		if err != nil || !met {
			o.refused = true
			return o, err
		}
	}
	switch k {
	case put:
		o.new = w.Item.clone()
	case update:
		o.new, err = s.updated(w, o.old, key)
	case check:
		o.new = o.old
	}
	if err == nil && o.new != nil {
		err = o.table.valid(o.new)
	}
	return o, err
}

// removed are the names after REMOVE.
func removed(expression string) []string {
	var names []string
	removing := false
	for _, word := range words(expression) {
		switch strings.ToUpper(word) {
		case "SET", "ADD", "DELETE":
			removing = false
		case "REMOVE":
			removing = true
		default:
			if removing {
				names = append(names, word)
			}
		}
	}
	return names
}

const refusal = "The conditional request failed"

// one is a write that is an operation by itself.
func one(k kind) func(*Service, []byte) (any, error) {
	return func(s *Service, body []byte) (any, error) {
		var w write
		if err := decode(body, &w); err != nil {
			return nil, err
		}
		o, err := s.try(k, w)
		if err != nil {
			return nil, err
		}
		if o.refused {
			f := &fault{Type: "ConditionalCheckFailedException", Message: refusal}
			if w.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
				f.Item = o.old
			}
			return nil, f
		}
		s.commit(o)
		switch w.ReturnValues {
		case "ALL_NEW":
			return map[string]any{"Attributes": o.new}, nil
		case "ALL_OLD":
			return map[string]any{"Attributes": o.old}, nil
		case "", "NONE":
			return struct{}{}, nil
		default:
			return nil, invalid("table: ReturnValues %s is not known", w.ReturnValues)
		}
	}
}
