package runtimeapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/runtimeapi"
)

const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:opsworks-maintenance"

// binary is the test's function, built once as the real one is.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "runtimeapi")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binary = filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", binary, "./testdata/function")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	return m.Run()
}

// newFunction closes with the test.
func newFunction(t *testing.T, config runtimeapi.Config, env ...string) *runtimeapi.Function {
	t.Helper()
	config.Binary, config.FunctionARN, config.Env = binary, functionARN, env
	function := runtimeapi.New(config)
	t.Cleanup(func() { must(t, function.Close()) })
	return function
}

func TestFunction_Invoke(t *testing.T) {
	function := newFunction(t, runtimeapi.Config{Timeout: 20 * time.Second}, "GREETING=hello")
	first := invoke(t, function, "echo", "one")
	second := invoke(t, function, "echo", "two")
	for i, result := range []runtimeapi.Result{first, second} {
		if result.Error != nil || result.Cold != (i == 0) || (result.Init > 0) != result.Cold || result.Duration <= 0 {
			t.Errorf("invocation %d: %+v", i+1, result)
		}
	}
	one, two := answer(t, first), answer(t, second)
	if one.Text != "one" || two.Text != "two" || one.Calls != 1 || two.Calls != 2 || one.PID != two.PID {
		t.Errorf("answers %+v, %+v", one, two)
	}
	if one.ID != first.RequestID || one.ID == two.ID || one.ARN != functionARN || !strings.HasPrefix(one.Trace, "Root=1-") {
		t.Errorf("context %+v", one)
	}
	if one.Left < 15_000 || one.Left > 20_000 {
		t.Errorf("%d ms left of 20 s", one.Left)
	}
	if one.Environment != 3 { // what was given, the Runtime API, and the trace id that the SDK sets
		t.Errorf("%d environment variables", one.Environment)
	}
	// Through symbolic links both ways: a temporary folder may be one.
	if got, want := realPath(t, one.Folder), realPath(t, filepath.Dir(binary)); got != want {
		t.Errorf("working directory %s, want %s", got, want)
	}
}

func TestFunction_Invoke_Failures(t *testing.T) {
	for name, test := range map[string]struct {
		mode, text    string
		kind, message string
		again         bool // the process lives on
	}{
		"an error is the result":                {"error", "no tea", "teapotError", "no tea", true},
		"a panic ends the process":              {"panic", "spilled", "string", "spilled", false},
		"an exit ends the process":              {"exit", "", "Runtime.ExitError", "Error: Runtime exited with error: exit status 3", false},
		"too large an answer":                   {"large", "", "Function.ResponseSizeTooLarge", "6291556 bytes", false},
		"at the deadline the process is killed": {"sleep", "1h", "Sandbox.Timedout", "Error: Task timed out after 1.00 seconds", false},
	} {
		t.Run(name, func(t *testing.T) {
			function := newFunction(t, runtimeapi.Config{Timeout: time.Second})
			result := invoke(t, function, test.mode, test.text)
			if result.Error == nil || result.Error.Type != test.kind || !strings.Contains(result.Error.Message, test.message) {
				t.Fatalf("got %+v, want %s with %q", result.Error, test.kind, test.message)
			}
			var document runtimeapi.FunctionError
			must(t, json.Unmarshal(result.Payload, &document))
			if document != *result.Error {
				t.Errorf("payload %s, error %+v", result.Payload, result.Error)
			}
			if strings.HasPrefix(test.message, "Error:") && !strings.HasPrefix(document.Message, "RequestId: "+result.RequestID) {
				t.Errorf("message %q does not name the request", document.Message)
			}
			next := invoke(t, function, "echo", "")
			if next.Error != nil || next.Cold == test.again {
				t.Errorf("the invocation after it: %+v, %s", next, next.Payload)
			}
		})
	}
}

func TestFunction_Invoke_Init(t *testing.T) {
	for init, test := range map[string]struct{ kind, message string }{
		"error":        {"SettingsError", "no settings"},
		"exit":         {"Runtime.ExitError", "Runtime exited with error: exit status 7"},
		"exit-cleanly": {"Runtime.ExitError", "Runtime exited without providing a reason"},
		"hang":         {"Sandbox.Timedout", "Task timed out after 0.50 seconds"},
	} {
		t.Run(init, func(t *testing.T) {
			config := runtimeapi.Config{}
			if init == "hang" {
				config.InitTimeout = 500 * time.Millisecond
			}
			function := newFunction(t, config, "INIT="+init)
			for range 2 { // every invocation tries anew
				result := invoke(t, function, "echo", "")
				if result.Error == nil || result.Error.Type != test.kind || !strings.Contains(result.Error.Message, test.message) {
					t.Errorf("got %+v, want %s with %q", result.Error, test.kind, test.message)
				}
				if !result.Cold || result.Init <= 0 || result.Duration != 0 {
					t.Errorf("result %+v", result)
				}
			}
		})
	}
	t.Run("a binary that is not there", func(t *testing.T) {
		function := runtimeapi.New(runtimeapi.Config{Binary: binary + "-not"})
		for range 2 {
			if _, err := function.Invoke(t.Context(), []byte("{}")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("got %v", err)
			}
		}
		must(t, function.Close())
	})
}

func TestFunction_Invoke_Cancelled(t *testing.T) {
	function := newFunction(t, runtimeapi.Config{Timeout: time.Hour})
	before := answer(t, invoke(t, function, "echo", ""))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := function.Invoke(ctx, payload("sleep", "1h")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	after := invoke(t, function, "echo", "")
	if !after.Cold || answer(t, after).PID == before.PID {
		t.Error("the environment of a cancelled invocation was used again")
	}
}

func TestFunction_Invoke_Concurrency(t *testing.T) {
	for name, test := range map[string]struct{ concurrency, processes int }{
		"one at a time by default":   {0, 1},
		"as many processes as it is": {2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			function := newFunction(t, runtimeapi.Config{Concurrency: test.concurrency, Timeout: 20 * time.Second})
			var callers sync.WaitGroup
			results := make([]runtimeapi.Result, 6)
			for i := range results {
				callers.Go(func() {
					results[i], _ = function.Invoke(context.WithoutCancel(t.Context()), payload("sleep", "50ms"))
				})
			}
			callers.Wait()
			processes := map[int]bool{}
			for _, result := range results {
				processes[answer(t, result).PID] = true
			}
			if len(processes) != test.processes {
				t.Errorf("%d processes, want %d", len(processes), test.processes)
			}
		})
	}
}

func TestFunction_Invoke_ProcessDiesBetween(t *testing.T) {
	function := newFunction(t, runtimeapi.Config{})
	pid := answer(t, invoke(t, function, "echo", "")).PID
	process, err := os.FindProcess(pid)
	must(t, err)
	must(t, process.Kill())
	if next := invoke(t, function, "echo", ""); next.Error != nil && next.Error.Type != "Runtime.ExitError" {
		t.Errorf("got %+v", next)
	}
	if next := invoke(t, function, "echo", ""); next.Error != nil {
		t.Errorf("got %+v", next.Error)
	}
}

func TestFunction_RuntimeAPI_Refusals(t *testing.T) {
	var got map[string]string
	must(t, json.Unmarshal(invoke(t, newFunction(t, runtimeapi.Config{}), "probe", "").Payload, &got))
	for what, want := range map[string]string{
		"response to an unknown id": `400 {"errorType":"InvalidRequestID"`,
		"error of an unknown id":    `400 {"errorType":"InvalidRequestID"`,
		"a second next":             `403 {"errorType":"InvalidStateTransition"`,
		"a late init error":         `403 {"errorType":"InvalidStateTransition"`,
		"another path":              `404`,
		"another method":            `405`,
	} {
		if !strings.HasPrefix(got[what], want) {
			t.Errorf("%s: %s, want %s", what, got[what], want)
		}
	}
}

func TestFunction_Output(t *testing.T) {
	var out bytes.Buffer // read only after Close
	function := newFunction(t, runtimeapi.Config{Output: &out})
	invoke(t, function, "print", "")
	must(t, function.Close())
	if want := "first line\nsecond line\nno end!\n"; out.String() != want {
		t.Errorf("output %q, want %q", out.String(), want)
	}
}

func TestFunction_Close(t *testing.T) {
	function := newFunction(t, runtimeapi.Config{Timeout: time.Hour})
	invoke(t, function, "burn", "")
	ended := make(chan error, 1)
	go func() {
		_, err := function.Invoke(context.WithoutCancel(t.Context()), payload("sleep", "1h"))
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	must(t, function.Close())
	must(t, function.Close())
	if err := <-ended; !errors.Is(err, runtimeapi.ErrClosed) {
		t.Errorf("the invocation under way ended with %v", err)
	}
	if _, err := function.Invoke(t.Context(), []byte("{}")); !errors.Is(err, runtimeapi.ErrClosed) {
		t.Errorf("an invocation after Close ended with %v", err)
	}
	usage := function.Usage()
	if len(usage) != 1 || usage[0].CPU < 10*time.Millisecond || usage[0].PeakRSS < 1<<20 || usage[0].PeakRSS > 1<<28 {
		t.Errorf("usage %+v", usage)
	}
}

// reply is what the test's function answers with.
type reply struct {
	Text, ID, ARN, Trace, Folder string
	Calls, PID, Environment      int
	Left                         int64
}

func answer(t *testing.T, result runtimeapi.Result) reply {
	t.Helper()
	var got reply
	if err := json.Unmarshal(result.Payload, &got); err != nil || result.Error != nil {
		t.Fatalf("no answer: %v, %+v, %q", err, result.Error, result.Payload)
	}
	return got
}

func invoke(t *testing.T, function *runtimeapi.Function, mode, text string) runtimeapi.Result {
	t.Helper()
	result, err := function.Invoke(t.Context(), payload(mode, text))
	must(t, err)
	return result
}

func payload(mode, text string) []byte {
	body, _ := json.Marshal(map[string]string{"mode": mode, "text": text})
	return body
}

func realPath(t *testing.T, path string) string {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(path)
	must(t, err)
	return resolved
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
