package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/truora/minidyn/server"

	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/maintenance"
)

const tableName = "runs"

var now = time.Date(2026, 11, 28, 23, 0, 1, 250e6, time.UTC)

// fault is what happens to a call in place of, or after, its work.
type fault struct {
	work bool // it is carried out all the same
	// then is the answer: "drop" the connection, "hang" until the client gives up, or an HTTP status with a body.
	then   string
	status int
	body   string
}

var (
	drop          = &fault{then: "drop"}
	workThenDrop  = &fault{work: true, then: "drop"}
	hang          = &fault{then: "hang"}
	workThenHang  = &fault{work: true, then: "hang"}
	internal      = &fault{status: 500, body: `{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "no"}`}
	workThen500   = &fault{work: true, status: 500, body: internal.body}
	throttle      = refuse("ProvisionedThroughputExceededException")
	limitExceeded = refuse("RequestLimitExceeded")
	inProgress    = refuse("TransactionInProgressException")
	denied        = refuse("AccessDeniedException")
	mismatch      = refuse("IdempotentParameterMismatchException")
	noTable       = refuse("ResourceNotFoundException")
)

func refuse(code string) *fault {
	return &fault{status: 400, body: fmt.Sprintf(`{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "no"}`, code)}
}

// canceled is a transaction that failed for the reasons given, one per item.
func canceled(codes ...string) *fault {
	var reasons []map[string]string
	for _, code := range codes {
		reasons = append(reasons, map[string]string{"Code": code})
	}
	body, _ := json.Marshal(map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"message": "Transaction cancelled, please refer cancellation reasons for specific reasons", "CancellationReasons": reasons})
	return &fault{status: 400, body: string(body)}
}

// store is minidyn behind a proxy that counts calls and can be told what to do with them.
type store struct {
	minidyn http.Handler
	api     *dynamodb.Client // past the proxy
	mu      sync.Mutex
	calls   []string
	tokens  []string
	fault   func(op string, nth int) *fault // nth call of that operation, from 1; nil is none
	seen    map[string]int
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var in struct{ ClientRequestToken string }
	_ = json.Unmarshal(body, &in)

	s.mu.Lock()
	s.calls = append(s.calls, op)
	s.seen[op]++
	if in.ClientRequestToken != "" {
		s.tokens = append(s.tokens, in.ClientRequestToken)
	}
	var f *fault
	if s.fault != nil {
		f = s.fault(op, s.seen[op])
	}
	s.mu.Unlock()

	switch {
	case f == nil:
		s.minidyn.ServeHTTP(w, r)
		return
	case f.work:
		s.minidyn.ServeHTTP(httptest.NewRecorder(), r)
	}
	switch f.then {
	case "drop":
		panic(http.ErrAbortHandler)
	case "hang":
		<-r.Context().Done()
	default:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, f.body)
	}
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

// always makes a fault happen to every call of the operations.
func (s *store) always(f *fault, ops ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = func(called string, _ int) *fault {
		for _, op := range ops {
			if called == op {
				return f
			}
		}
		return nil
	}
}

// since gives the calls since it was last asked, and forgets faults.
func (s *store) since() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := strings.Join(s.calls, ",")
	s.calls, s.fault = nil, nil
	return calls
}

// item is an item of the table in one line, without the record; empty if there is none.
func (s *store) item(t *testing.T, pk string) string {
	t.Helper()
	out, err := s.api.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(tableName), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}}})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for name, value := range out.Item {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			values[name] = v.Value
		case *types.AttributeValueMemberN:
			values[name] = v.Value
		}
	}
	delete(values, "pk")
	delete(values, "record")
	if len(values) == 0 {
		return ""
	}
	return strings.TrimPrefix(fmt.Sprint(values), "map")
}

func open(t *testing.T) (*store, *ledger.Ledger) {
	t.Helper()
	s := &store{minidyn: server.NewServer(), seen: map[string]int{}}
	past, proxied := httptest.NewServer(s.minidyn), httptest.NewUnstartedServer(s)
	proxied.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	proxied.Start()
	t.Cleanup(past.Close)
	t.Cleanup(func() { proxied.CloseClientConnections(); proxied.Close() })
	if err := ledger.CreateTable(t.Context(), config(past.URL), tableName); err != nil {
		t.Fatal(err)
	}
	s.api = dynamodb.NewFromConfig(config(past.URL))
	l := ledger.New(config(proxied.URL), tableName)
	l.Now = func() time.Time { return now }
	return s, l
}

func config(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url), HTTPClient: &http.Client{Timeout: 400 * time.Millisecond},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
	}
}

// newRun is a run about to be claimed, for a cause of its own.
func newRun(id, serverName string) maintenance.Run {
	return maintenance.Run{
		ID: id, ServerName: serverName, State: maintenance.RunStarting, Key: "key-of-" + id, Created: now, Backend: "opsworks-cm",
		Cause:      maintenance.Cause{Kind: maintenance.CauseAlarm, Name: "health", Time: now, ID: "arn"},
		Attributes: []string{"CHEF_MAJOR_UPGRADE"}, Attempt: "attempt-" + id, AttemptEnds: now.Add(time.Minute), Claimed: now,
	}
}

func waiting(id, serverName string) maintenance.Run {
	run := newRun(id, serverName)
	run.State, run.Attempt, run.AttemptEnds, run.Claimed = maintenance.RunWaiting, "", time.Time{}, time.Time{}
	return run
}

// starting is a stored, waiting run as the sweep claims it.
func starting(run maintenance.Run, attempt string) maintenance.Run {
	run.State, run.Attempt, run.AttemptEnds = maintenance.RunStarting, attempt, now.Add(time.Minute)
	return run
}

func in(run maintenance.Run, state maintenance.RunState) maintenance.Run {
	run.State = state
	return run
}

// closed is the run as it is closed after maintenance.
func closed(run maintenance.Run, outcome maintenance.Outcome, ended time.Time) maintenance.Run {
	run.State, run.Accepted, run.Began, run.Outcome, run.Ended = maintenance.RunClosed, true, true, outcome, ended
	return run
}

func limits() maintenance.Limits { return maintenance.Limits{Now: now} }

// must is for steps that only prepare a test.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantReason(t *testing.T, err error, want maintenance.Reason) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || maintenance.ReasonOf(err) != want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func wantItem(t *testing.T, s *store, pk, want string) {
	t.Helper()
	if got := s.item(t, pk); got != want {
		t.Errorf("%s is %q, want %q", pk, got, want)
	}
}
