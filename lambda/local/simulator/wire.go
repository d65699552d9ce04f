package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

const contentType = "application/x-amz-json-1.1"

// Timestamp is written as AWS JSON wants it: a number, epoch seconds with a fraction.
type Timestamp time.Time

// MarshalJSON keeps milliseconds, the precision of the service's samples.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	seconds := float64(time.Time(t).UnixMilli()) / 1000
	return strconv.AppendFloat(nil, seconds, 'f', -1, 64), nil
}

// Error is an answer that is not the operation's output. Code goes into __type, without a namespace: whether the service
// put one before it is not known, and clients cut it off.
type Error struct {
	Status        int
	Code, Message string
}

// Error is for the one who calls the simulator in Go.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Refused is a client's fault; 400 is the protocol's default for those.
func Refused(code, message string) error { return &Error{http.StatusBadRequest, code, message} }

// Invalid is a request that breaks a constraint.
func Invalid(message string) error { return Refused("ValidationException", message) }

// Malformed is a request that cannot be read.
func Malformed(message string) error { return Refused("SerializationException", message) }

func unknownOperation(status int) error { return &Error{status, "UnknownOperationException", ""} }

// answer writes an operation's output, or its error. The whole body is ready before the first byte leaves, so a length goes with it.
func (f *Front) answer(w http.ResponseWriter, output any, err error) {
	status, body := encode(output, err)
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amzn-Requestid", f.api.Source.UUID())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; there is nobody to tell
}

// encode turns an operation's result into status and body.
func encode(output any, err error) (int, []byte) {
	status := http.StatusOK
	if err != nil {
		var failure *Error
		if !errors.As(err, &failure) {
			failure = internalFailure()
		}
		status = failure.Status
		output = struct {
			Type    string  `json:"__type"`
			Message *string `json:",omitempty"`
		}{failure.Code, nonEmpty(failure.Message)}
	}
	body, err := json.Marshal(output)
	if err != nil {
		return encode(nil, internalFailure())
	}
	return status, body
}

func internalFailure() *Error {
	return &Error{http.StatusInternalServerError, "InternalFailure",
		"The request processing has failed because of an unknown error, exception or failure."}
}

func nonEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
