package simulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/simulator"
)

func TestKindNamed(t *testing.T) {
	for _, kind := range simulator.Kinds() {
		if got, ok := simulator.KindNamed(kind.String()); !ok || got != kind {
			t.Errorf("%d, %q: found %d, %v", kind, kind, got, ok)
		}
	}
	for _, name := range []string{"", "no-such-fault"} {
		if kind, ok := simulator.KindNamed(name); ok {
			t.Errorf("%q is %d", name, kind)
		}
	}
}

// In front of any service, a fault is in the service's own protocol, and is met by the calls it is meant for.
func TestInjector_Handler(t *testing.T) {
	var injector simulator.Injector
	worked := 0
	service := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		worked++
		_, _ = io.WriteString(w, `{"all": "well"}`)
	})
	handler := injector.Handler(service, func(r *http.Request) (string, string) { return r.Header.Get("X-Call"), r.Header.Get("X-About") })
	ask := func(target, call, about string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("the request"))
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("X-Call", call)
		r.Header.Set("X-About", about)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for _, tt := range []struct {
		kind   simulator.Kind
		target string
		status int
		has    string
		works  bool
	}{
		{simulator.Throttle, "AmazonSSM.GetIt", 400, `"__type":"ThrottlingException","message":"Rate exceeded the request"`, false},
		{simulator.Throttle, "DynamoDB_20120810.GetIt", 400, `"com.amazonaws.dynamodb.v20120810#ThrottlingException"`, false},
		{simulator.Throttle, "", 400, "<Code>Throttling</Code>", false},
		{simulator.Denied, "", 403, "<Code>AuthorizationError</Code>", false},
		{simulator.NotFound, "", 404, "<Code>NotFound</Code>", false},
		{simulator.Unavailable, "", 503, "<Code>ServiceUnavailable</Code>", false},
		{simulator.WorkThenInternalFailure, "AmazonSSM.GetIt", 500, "InternalFailure", true},
		{simulator.Garble, "AmazonSSM.GetIt", 200, `{"all":`, true},
		{simulator.Mistype, "AmazonSSM.GetIt", 200, "Please sign in", true},
	} {
		t.Run(tt.kind.String()+" "+tt.target, func(t *testing.T) {
			worked = 0
			injector.Inject(simulator.Fault{Operation: "GetIt", Server: "automate-06", Kind: tt.kind, Times: 1})
			if got := ask(tt.target, "GetIt", "puppet-01"); got.Body.String() != `{"all": "well"}` {
				t.Errorf("a call about another server got %s", got.Body)
			}
			got := ask(tt.target, "GetIt", "automate-06")
			if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.has) || (worked == 2) != tt.works || tt.works != tt.kind.Works() {
				t.Errorf("status %d, %s; the service worked %d times", got.Code, got.Body, worked)
			}
		})
	}
	injector.Decide = func(call string) simulator.Kind { return map[string]simulator.Kind{"GetIt": simulator.Denied}[call] }
	if got, other := ask("AmazonSSM.GetIt", "GetIt", ""), ask("", "", ""); got.Code != 400 || other.Code != 200 {
		t.Errorf("status %d where it is decided, %d of a call without a name", got.Code, other.Code)
	}
}
