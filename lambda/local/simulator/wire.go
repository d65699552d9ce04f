package simulator

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const contentType = "application/x-amz-json-1.1"

// timestamp is written as AWS JSON wants it: a number, epoch seconds with a fraction.
type timestamp time.Time

// MarshalJSON keeps milliseconds, the precision of the service's samples.
func (t timestamp) MarshalJSON() ([]byte, error) {
	seconds := float64(time.Time(t).UnixMilli()) / 1000
	return strconv.AppendFloat(nil, seconds, 'f', -1, 64), nil
}

// apiError is an answer that is not the operation's output. code goes into __type, without a namespace: whether the service
// put one before it is not known, and clients cut it off.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// The exceptions of the service model; 400 is the protocol's default for client faults. Their real texts are not documented,
// except that of validation errors: own words.

func invalid(message string) error {
	return &apiError{http.StatusBadRequest, "ValidationException", message}
}

func notFound(name string) error {
	return &apiError{http.StatusBadRequest, "ResourceNotFoundException", "Server " + name + " does not exist, or access was denied."}
}

func invalidState(name, status string) error {
	return &apiError{http.StatusBadRequest, "InvalidStateException",
		"Server " + name + " is in state " + status + ". Maintenance can be started in the states HEALTHY and UNHEALTHY only."}
}

func invalidToken() error {
	return &apiError{http.StatusBadRequest, "InvalidNextTokenException", "The next token is not valid."}
}

// The errors all AWS JSON services share.

func malformed(message string) error {
	return &apiError{http.StatusBadRequest, "SerializationException", message}
}

func unknownOperation(status int) error {
	return &apiError{status, "UnknownOperationException", ""}
}

// send writes one answer. The whole body is ready before the first byte leaves, so a length goes with it.
func (f *front) send(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amzn-Requestid", f.uuid())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; there is nobody to tell
}

// encode turns an operation's result into status and body.
func encode(output any, err error) (int, []byte) {
	status := http.StatusOK
	if err != nil {
		var failure *apiError
		if !errors.As(err, &failure) {
			failure = internalFailure()
		}
		status = failure.status
		output = struct {
			Type    string  `json:"__type"`
			Message *string `json:",omitempty"`
		}{failure.code, nonEmpty(failure.message)}
	}
	body, err := json.Marshal(output)
	if err != nil {
		return encode(nil, internalFailure())
	}
	return status, body
}

func internalFailure() *apiError {
	return &apiError{http.StatusInternalServerError, "InternalFailure",
		"The request processing has failed because of an unknown error, exception or failure."}
}

func nonEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// newUUID makes a random (version 4) UUID: request ids and the last part of ARNs have that form.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never returns an error, by its documentation
	return uuid(b)
}

func uuid(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
