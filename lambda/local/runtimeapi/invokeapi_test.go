package runtimeapi_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/runtimeapi"
)

func TestFunction_Handler(t *testing.T) {
	const invocations = "/2015-03-31/functions/opsworks-maintenance/invocations"
	named := func(name string) string { return strings.Replace(invocations, "opsworks-maintenance", name, 1) }
	handler := newFunction(t, runtimeapi.Config{Timeout: 10 * time.Second}).Handler()

	for name, test := range map[string]struct {
		method, path, kind, body string
		status                   int
		failed                   bool
		has                      string
	}{
		"a synchronous call": {path: invocations, body: string(payload("echo", "hi")), status: 200, has: `"text":"hi"`},
		"said in words":      {path: invocations, kind: "RequestResponse", body: `{}`, status: 200, has: `"calls"`},
		"no payload":         {path: invocations, status: 200, has: `"calls"`},
		"a whole ARN":        {path: named("arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance"), status: 200},
		"an ARN with escapes": {path: named("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aopsworks-maintenance"),
			status: 200},
		"a partial ARN with a qualifier": {path: named("123456789012:function:opsworks-maintenance:$LATEST"), status: 200},
		"a qualifier":                    {path: invocations + "?Qualifier=$LATEST", status: 200},
		"a function error": {path: invocations, body: string(payload("error", "no tea")), status: 200, failed: true,
			has: `"errorType":"teapotError"`},
		"a dry run":                   {path: invocations, kind: "DryRun", status: 204},
		"an event":                    {path: invocations, kind: "Event", status: 202},
		"another function":            {path: named("other"), status: 404, has: "ResourceNotFoundException"},
		"another version":             {path: invocations + "?Qualifier=7", status: 404, has: "ResourceNotFoundException"},
		"a payload that is no JSON":   {path: invocations, body: `{"a"`, status: 400, has: "InvalidRequestContentException"},
		"a payload that is too large": {path: invocations, body: strings.Repeat(" ", 6<<20+1), status: 413, has: "RequestTooLargeException"},
		"an event that is too large": {path: invocations, kind: "Event", body: strings.Repeat(" ", 1<<20+1), status: 413,
			has: "RequestTooLargeException"},
		"an unknown invocation type": {path: invocations, kind: "Maybe", status: 400, has: "InvalidParameterValueException"},
		"another method":             {method: "GET", path: invocations, status: 405},
		"another path":               {path: "/2015-03-31/functions/", status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			method := http.MethodPost
			if test.method != "" {
				method = test.method
			}
			r := httptest.NewRequest(method, test.path, strings.NewReader(test.body))
			if test.kind != "" {
				r.Header.Set("X-Amz-Invocation-Type", test.kind)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			text := w.Header().Get("X-Amzn-ErrorType") + " " + w.Body.String()
			if w.Code != test.status || !strings.Contains(text, test.has) {
				t.Fatalf("got %d %s, want %d with %s", w.Code, text, test.status, test.has)
			}
			if got := w.Header().Get("X-Amz-Function-Error"); (got == "Unhandled") != test.failed {
				t.Errorf("X-Amz-Function-Error %q", got)
			}
			if test.status == 200 && (w.Header().Get("X-Amz-Executed-Version") != "$LATEST" || w.Header().Get("X-Amzn-RequestId") == "") {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}

func TestFunction_InvokeAsync(t *testing.T) {
	for name, test := range map[string]struct {
		mode     string
		attempts int
	}{
		"what succeeds is done once":         {"print", 1},
		"what fails is tried twice more":     {"error", 3},
		"what exits is tried twice more too": {"exit", 3},
	} {
		t.Run(name, func(t *testing.T) {
			out := &lockedBuffer{}
			function := newFunction(t, runtimeapi.Config{RetryDelay: 10 * time.Millisecond, Output: out}, "LOG_EACH=1")
			if id, err := function.InvokeAsync(payload(test.mode, "")); err != nil || id == "" {
				t.Fatalf("got %q, %v", id, err)
			}
			for end := time.Now().Add(5 * time.Second); out.count() < test.attempts && time.Now().Before(end); {
				time.Sleep(5 * time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond) // would there be more?
			if got := out.count(); got != test.attempts {
				t.Errorf("%d attempts, want %d", got, test.attempts)
			}
			if got := out.requestIDs(); got != 1 {
				t.Errorf("%d request ids over all attempts, want 1", got)
			}
		})
	}
	t.Run("Close gives up what waits for its retry", func(t *testing.T) {
		function := newFunction(t, runtimeapi.Config{RetryDelay: time.Hour})
		_, err := function.InvokeAsync(payload("error", ""))
		must(t, err)
		time.Sleep(50 * time.Millisecond)
		must(t, function.Close())
		if _, err := function.InvokeAsync(nil); err == nil {
			t.Error("an event was taken after Close")
		}
	})
}

// lockedBuffer collects output while the function runs.
type lockedBuffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

// invocations are the lines "invocation <id>" that the function prints with LOG_EACH.
func (b *lockedBuffer) invocations() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for line := range strings.Lines(b.out.String()) {
		if id, ok := strings.CutPrefix(line, "invocation "); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (b *lockedBuffer) count() int { return len(b.invocations()) }

func (b *lockedBuffer) requestIDs() int {
	distinct := map[string]bool{}
	for _, id := range b.invocations() {
		distinct[id] = true
	}
	return len(distinct)
}
