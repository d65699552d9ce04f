package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/local/table"
)

// fault is what happens to a call in place of, or after, its work.
type fault struct {
	work bool   // it is carried out anyway
	then string // "drop" the connection, "hang" until the client gives up, else the body of an answer
	code int
}

const internalError = `{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "no"}`

var (
	drop         = &fault{then: "drop"}
	workThenDrop = &fault{work: true, then: "drop"}
	hang         = &fault{then: "hang"}
	workThenHang = &fault{work: true, then: "hang"}
	internal     = &fault{then: internalError, code: 500}
	workThen500  = &fault{work: true, then: internalError, code: 500}
	throttle     = refuse("ProvisionedThroughputExceededException")
	inProgress   = refuse("TransactionInProgressException")
	mismatch     = refuse("IdempotentParameterMismatchException")
	denied       = refuse("AccessDeniedException")
	workThenHalf = &fault{work: true, then: `{"__type": "TransactionCan`, code: 400}
	half         = &fault{then: `{"__type": "TransactionCan`, code: 400}
)

func refuse(code string) *fault {
	return &fault{then: fmt.Sprintf(`{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "no"}`, code), code: 400}
}

const none, failed, busy = "None", "ConditionalCheckFailed", "TransactionConflict"

// canceled is a transaction that failed for the reasons given, one per item, in order (API_TransactWriteItems).
func canceled(codes ...string) *fault {
	reasons := []map[string]string{}
	for _, code := range codes {
		reasons = append(reasons, map[string]string{"Code": code})
	}
	body, _ := json.Marshal(map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"message": "Transaction cancelled, please refer cancellation reasons for specific reasons", "CancellationReasons": reasons})
	return &fault{then: string(body), code: 400}
}

func times(n int, f *fault) []*fault { return slices.Repeat([]*fault{f}, n) }

// request is one call as it came to the service.
type request struct {
	op   string
	body string
}

// store is a table in memory behind a wire that notes calls and can be told what to do with them.
type store struct {
	*table.Service
	api *dynamodb.Client // past the wire
	// forgetful leaves out the tokens by which DynamoDB recognises a transaction, which it does for ten minutes only.
	forgetful bool

	mu       sync.Mutex
	requests []request
	seen     map[string]int
	before   func(op string)                 // what happens before a call
	fault    func(op string, nth int) *fault // nth call of that operation, from 1; nil is none
}

// wire is an aws.HTTPClient.
type wire struct{ *store }

func (w wire) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), ledger.AttemptTimeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if w.before != nil {
		w.before(op)
	}
	f := w.note(op, string(body))
	if w.forgetful {
		body = requestToken.ReplaceAll(body, nil)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	if f == nil || f.work {
		w.ServeHTTP(answer, r)
	}
	switch {
	case f == nil:
		return answer.Result(), nil
	case f.then == "drop":
		return nil, errors.New("read: connection reset by peer")
	case f.then == "hang":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	answer = httptest.NewRecorder()
	answer.Header().Set("Content-Type", "application/x-amz-json-1.0")
	answer.WriteHeader(f.code)
	_, _ = io.WriteString(answer, f.then)
	return answer.Result(), nil
}

var requestToken = regexp.MustCompile(`"ClientRequestToken":"[^"]*",`)

func (s *store) note(op, body string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request{op, body})
	s.seen[op]++
	if s.fault == nil {
		return nil
	}
	return s.fault(op, s.seen[op])
}

// inject makes the faults happen to the next calls of an operation, one after the other.
func (s *store) inject(op string, faults ...*fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.seen[op]
	s.fault = func(called string, nth int) *fault {
		if nth -= from + 1; called == op && nth < len(faults) {
			return faults[nth]
		}
		return nil
	}
}

// always makes a fault happen to every call of the operations, beside those that were injected.
func (s *store) always(f *fault, ops ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.fault
	s.fault = func(called string, nth int) *fault {
		if slices.Contains(ops, called) {
			return f
		}
		if before == nil {
			return nil
		}
		return before(called, nth)
	}
}

// deafAfter makes all reads fail once an operation was called again.
func (s *store) deafAfter(op string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, from := s.fault, s.seen[op]
	s.fault = func(called string, nth int) *fault {
		if called == "GetItem" && s.seen[op] > from {
			return denied
		}
		return before(called, nth)
	}
}

// since gives the calls since it was last asked, and forgets faults.
func (s *store) since() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests, s.fault = nil, nil
	return requests
}

func count(requests []request, op string) int {
	n := 0
	for _, r := range requests {
		if r.op == op {
			n++
		}
	}
	return n
}

func ops(requests []request) string {
	var list []string
	for _, r := range requests {
		list = append(list, r.op)
	}
	return strings.Join(list, ",")
}
