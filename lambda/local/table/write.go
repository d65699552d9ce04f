package table

import (
	"cmp"
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

func (o outcome) commit() {
	if o.new == nil {
		delete(o.table.items, o.key)
		return
	}
	o.table.items[o.key] = o.new
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
		met, err := matches(interpreter.ExpressionTypeConditional, w.ConditionExpression, o.old,
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
		o.new, err = w.updated(o.old, key)
	case check:
		o.new = o.old
	}
	if err == nil && o.new != nil {
		err = o.table.valid(o.new)
	}
	return o, err
}

func matches(kind interpreter.ExpressionType, expression string, i item, names map[string]string, values item) (bool, error) {
	var language interpreter.Language
	met, err := language.Match(interpreter.MatchInput{
		Expression: expression, ExpressionType: kind, Item: i.minidyns(), Attributes: values.minidyns(), Aliases: names,
	})
	if err != nil {
		return false, invalid("%v", err)
	}
	return met, nil
}

// updated is the item after the update; one that was not there begins with its key.
func (w write) updated(old, key item) (item, error) {
	from := old
	if from == nil {
		from = key
	}
	if w.UpdateExpression == "" {
		return from.clone(), nil
	}
	after := from.minidyns()
	var language interpreter.Language
	err := language.Update(interpreter.UpdateInput{
		Expression: w.UpdateExpression, Item: after, Attributes: w.ExpressionAttributeValues.minidyns(), Aliases: w.ExpressionAttributeNames,
	})
	if err != nil {
		return nil, invalid("%v", err)
	}
	out := fromMinidyn(after)
	for _, name := range removed(w.UpdateExpression) {
		delete(out, cmp.Or(w.ExpressionAttributeNames[name], name))
	}
	return out, nil
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
		o.commit()
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

// transact carries out all or nothing, and names every item whose condition failed (API_TransactWriteItems: "a list of cancellation
// reasons ... ordered according to the order of items"; API_CancellationReason).
func (s *Service) transact(body []byte) (any, error) {
	var in struct {
		TransactItems      []map[kind]write
		ClientRequestToken string
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if known, ok := s.tokens[in.ClientRequestToken]; ok && in.ClientRequestToken != "" && time.Now().Before(known.until) {
		if known.request != string(body) {
			return nil, &fault{Type: "IdempotentParameterMismatchException"}
		}
		return struct{}{}, nil
	}
	if len(in.TransactItems) < 1 || len(in.TransactItems) > 100 || len(in.ClientRequestToken) > 36 {
		return nil, invalid("1 to 100 items, and a token of at most 36 characters")
	}
	outcomes, reasons, err := s.tryAll(in.TransactItems)
	if err != nil {
		return nil, err
	}
	if reasons != nil {
		return nil, &fault{Type: "TransactionCanceledException", CancellationReasons: reasons,
			Message: "Transaction cancelled, please refer cancellation reasons for specific reasons"}
	}
	for _, o := range outcomes {
		o.commit()
	}
	s.tokens[in.ClientRequestToken] = token{string(body), time.Now().Add(tokenLife)}
	return struct{}{}, nil
}

// tryAll gives reasons only if an item's condition failed.
func (s *Service) tryAll(writes []map[kind]write) (outcomes []outcome, reasons []reason, err error) {
	seen, refused := map[string]bool{}, false
	for _, one := range writes {
		if len(one) != 1 {
			return nil, nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		for k, w := range one {
			o, err := s.try(k, w)
			if err != nil {
				return nil, nil, err
			}
			id := w.TableName + "/" + o.key
			if seen[id] {
				return nil, nil, invalid("Transaction request cannot include multiple operations on one item")
			}
			seen[id] = true
			r := reason{Code: "None"}
			if o.refused {
				r, refused = reason{Code: "ConditionalCheckFailed", Message: refusal}, true
				if w.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
					r.Item = o.old
				}
			}
			outcomes, reasons = append(outcomes, o), append(reasons, r)
		}
	}
	if !refused {
		return outcomes, nil, nil
	}
	return nil, reasons, nil
}
