package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// ledger is DynamoDB as one start meets it: nothing but the fleet is known, and what is written of a run is given back as DynamoDB does
// (ReturnValues ALL_NEW). Package table would do, but it evaluates every condition, on the same cores as what is measured. Here all
// hold: each event is a trigger of its own, and finds its server free.
type ledger struct {
	fleet item

	mu  sync.Mutex
	run item // the latest
}

type item map[string]json.RawMessage

// newLedger is of a fleet that has started servers before, by the same concurrency limit; 0 is none.
func newLedger(limit int) *ledger {
	fleet := item{"pk": json.RawMessage(`{"S":"fleet"}`), "wanted": json.RawMessage(`{"N":"-1"}`)}
	if limit > 0 {
		number := json.RawMessage(fmt.Sprintf(`{"N":"%d"}`, limit))
		fleet["wanted"], fleet["limit"] = number, number
	}
	return &ledger{fleet: fleet}
}

// update is an UpdateItem, or one of a transaction.
type update struct {
	TableName                 string
	Key                       item
	UpdateExpression          string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues item
}

var errOther = errors.New("not a call of a start")

func (l *ledger) serve(operation string, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var answer any
	if err == nil {
		answer, err = l.answer(operation, body)
	}
	if err != nil {
		http.Error(w, `{"__type":"ValidationException"}`, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(answer) // only a client that is gone makes this fail
}

func (l *ledger) answer(operation string, body []byte) (any, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch operation {
	case "BatchGetItem":
		found := []item{}
		if strings.Contains(string(body), `{"S":"fleet"}`) {
			found = append(found, l.fleet)
		}
		return map[string]any{"Responses": map[string]any{tableName: found}, "UnprocessedKeys": struct{}{}}, nil
	case "Query":
		return map[string]any{"Items": []item{}, "Count": 0}, nil
	case "TransactWriteItems":
		return l.claim(body)
	case "UpdateItem":
		var u update
		if err := json.Unmarshal(body, &u); err != nil || !u.ofRun() || l.run == nil {
			return nil, errOther
		}
		u.apply(l.run)
		return map[string]any{"Attributes": l.run}, nil
	default:
		return nil, errOther
	}
}

// claim takes the transaction that makes a run, and nothing else.
func (l *ledger) claim(body []byte) (any, error) {
	var in struct {
		TransactItems []struct{ Update update }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	for _, i := range in.TransactItems {
		if i.Update.ofRun() && string(i.Update.ExpressionAttributeValues[":state"]) == `{"S":"starting"}` {
			l.run = item{"pk": i.Update.Key["pk"]}
			i.Update.apply(l.run)
			return struct{}{}, nil
		}
	}
	return nil, errOther
}

func (u update) ofRun() bool {
	return u.TableName == tableName && strings.HasPrefix(string(u.Key["pk"]), `{"S":"run#`)
}

// apply carries out SET #a = :a, … REMOVE #b, ….
func (u update) apply(run item) {
	removing, name := false, ""
	for word := range strings.FieldsFuncSeq(u.UpdateExpression, func(r rune) bool { return strings.ContainsRune(" ,=", r) }) {
		switch {
		case word == "SET", word == "REMOVE":
			removing = word == "REMOVE"
		case word[0] == ':':
			run[name] = u.ExpressionAttributeValues[word]
		case removing:
			delete(run, u.ExpressionAttributeNames[word])
		default:
			name = u.ExpressionAttributeNames[word]
		}
	}
}
