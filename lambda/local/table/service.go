// Package table is DynamoDB in memory, as far as package ledger uses it: for tests, the local machine, the benchmark and the simulation.
// Expressions are parsed and evaluated by minidyn, which knows their grammar and reserved words. The rest is here, since minidyn's
// own tables (v0.8.2) differ from what DynamoDB documents:
//
//   - REMOVE of an attribute leaves it where it was;
//   - an index is wrong for items that come into it, or leave it, by an update, and sorts numbers as text;
//   - a Delete or Put in a transaction does not give back the item that failed its condition;
//   - a transaction stops at the first condition that fails, has no idempotency token, and copies the whole table;
//   - a placeholder without a value is no error.
//
// What DynamoDB does not promise is not promised here either: BatchGetItem answers in no useful order.
package table

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Service answers DynamoDB's HTTP API, one request after the other: it never finds two transactions in conflict by itself.
type Service struct {
	// PageSize is how many items a page of a Query or Scan has at most; 0 is as many as there are. DynamoDB's are bounded by 1 MB.
	PageSize int
	// Behind says how far behind an index, and a read that is not consistent, is for an item that changed at a time; nil is up to date.
	// "Eventually consistent" is all that is promised, of each item by itself (Developer Guide, Using Global Secondary Indexes, Data
	// synchronization). What is more than MostBehind ago is forgotten.
	Behind func(key string, changed time.Time) time.Duration
	// Changed hears of every item that a write leaves, nil for one that is deleted: the items of a transaction one after the other. It
	// is called while the service is locked.
	Changed func(key string, attributes map[string]string)

	mu          sync.Mutex
	tables      map[string]*table
	tokens      map[string]token
	expressions expressions
}

// New makes a service without tables.
func New() *Service {
	return &Service{tables: map[string]*table{}, tokens: map[string]token{}, expressions: expressions{}}
}

// operations are those that are known.
var operations = map[string]func(*Service, []byte) (any, error){
	"CreateTable":        (*Service).createTable,
	"GetItem":            (*Service).getItem,
	"BatchGetItem":       (*Service).batchGetItem,
	"Query":              (*Service).query,
	"Scan":               (*Service).scan,
	"PutItem":            one(put),
	"UpdateItem":         one(update),
	"DeleteItem":         one(remove),
	"TransactWriteItems": (*Service).transact,
}

func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	out, err := s.answer(name, body)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		out = err
	}
	_ = json.NewEncoder(w).Encode(out) // only a client that is gone makes this fail
}

func (s *Service) answer(name string, body []byte) (any, error) {
	do, ok := operations[name]
	if !ok {
		return nil, &fault{Type: "UnknownOperationException"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(s, body)
}

// decode reads a request. What this package does not know of it, it cannot do.
func decode(body []byte, in any) error {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil {
		return invalid("table: %v", err)
	}
	return nil
}

// token is what was answered to a transaction with an idempotency token: "changes to the parameters within ten minutes are an
// IdempotentParameterMismatchException, the same ones are a success" (API_TransactWriteItems, ClientRequestToken).
type token struct {
	request string
	until   time.Time
}

const tokenLife = 10 * time.Minute

// MostBehind is how far behind an index can be.
const MostBehind = 10 * time.Minute
