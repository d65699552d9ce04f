package runtimeapi

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// FunctionError is a failure of the function, in the names Lambda gives: the function's own errorType, or Runtime.ExitError,
// Sandbox.Timedout, Function.ResponseSizeTooLarge.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *FunctionError) String() string { return e.Type + ": " + e.Message }

// reply is an answer to an invocation: the document the caller gets, and what failed, if something did.
type reply struct {
	payload []byte
	failure *FunctionError
}

// failed is the answer Lambda gives in place of a function that cannot.
func failed(failure FunctionError) reply {
	payload, err := json.Marshal(failure)
	if err != nil {
		payload = []byte(`{}`) // two strings always marshal
	}
	return reply{payload: payload, failure: &failure}
}

// reported is a failure the function told of itself. Its whole document goes on to the caller, stack trace included; the type
// may stand in the header alone (Lambda-Runtime-Function-Error-Type).
func reported(body []byte, headerType string) reply {
	var failure FunctionError
	if json.Unmarshal(body, &failure) != nil || !json.Valid(body) {
		failure = FunctionError{}
	}
	if failure.Type == "" {
		failure.Type = headerType
	}
	if failure.Type == "" {
		failure.Type = "Runtime.Unknown"
	}
	if !json.Valid(body) {
		return failed(failure)
	}
	return reply{payload: body, failure: &failure}
}

func (r Result) with(answer reply) Result {
	r.Payload, r.Error = answer.payload, answer.failure
	return r
}

// The texts of exitError, timedOut and tooLarge are Lambda's.

func exitError(id string, state *os.ProcessState) FunctionError {
	how := "Runtime exited without providing a reason"
	if state != nil && !state.Success() {
		how = "Runtime exited with error: " + state.String()
	}
	return FunctionError{Type: "Runtime.ExitError", Message: fmt.Sprintf("RequestId: %s Error: %s", id, how)}
}

func timedOut(id string, limit time.Duration) FunctionError {
	return FunctionError{
		Type:    "Sandbox.Timedout",
		Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, limit.Seconds()),
	}
}

func tooLarge() FunctionError {
	return FunctionError{
		Type:    "Function.ResponseSizeTooLarge",
		Message: fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", responseMax),
	}
}
