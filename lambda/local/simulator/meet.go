package simulator

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// meet answers a call as its fault wants it: by refuse where it is an error, else by what a connection does. Nothing is answered until the
// client leaves, or the calls that hang are released.
func (k Kind) meet(w http.ResponseWriter, r *http.Request, service http.Handler, refuse func(http.ResponseWriter),
	released <-chan struct{}) {
	switch k {
	case 0:
		service.ServeHTTP(w, r)
		return
	case Throttle, InternalFailure, Unavailable, Denied, NotFound:
		refuse(w)
		return
	case Hang:
		hang(r, released)
	case Drop:
		panic(http.ErrAbortHandler) // net/http closes the connection without a word
	case Reset:
		reset(w)
		return
	}
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, r)
	if k == WorkThenInternalFailure {
		refuse(w)
		return
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	body := strings.TrimSpace(answer.Body.String())
	switch k {
	case WorkThenDrop:
		panic(http.ErrAbortHandler)
	case Drip:
		drip(w, r, body)
	case Garble: // the first half of the answer as if it were the whole
		_, _ = io.WriteString(w, body[:len(body)/2])
	case Mistype: // what a proxy puts in the place of the answer
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>")
	}
	if k == WorkThenHang || k == Drip {
		hang(r, released)
	}
}

// hang gives no answer until the client leaves.
func hang(r *http.Request, released <-chan struct{}) {
	_, _ = io.Copy(io.Discard, r.Body) // only then net/http notices that the client is gone
	select {
	case <-r.Context().Done():
	case <-released:
	}
	panic(http.ErrAbortHandler)
}

func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = connection.(*net.TCPConn).SetLinger(0) // a close is a reset then
	_ = connection.Close()
}

// drip gives the answer's headers at once and its body byte by byte, but for the last byte, which never comes.
func drip(w http.ResponseWriter, r *http.Request, body string) {
	flush := http.NewResponseController(w).Flush
	for i := range len(body) - 1 {
		_, _ = w.Write([]byte{body[i]})
		_ = flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// failure is the answer of the kinds that give one: the common errors of AWS services.
func (k Kind) failure() *Error {
	switch k {
	case Throttle:
		return &Error{http.StatusBadRequest, "ThrottlingException", "Rate exceeded"}
	case Unavailable:
		return &Error{http.StatusServiceUnavailable, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."}
	case Denied:
		return &Error{http.StatusBadRequest, "AccessDeniedException", "User is not authorized to perform this operation."}
	case NotFound:
		return &Error{http.StatusBadRequest, "ResourceNotFoundException", "The resource does not exist."}
	default:
		return internalFailure()
	}
}

// queryFailures are the codes, and where they differ the statuses, that SNS has for the common errors (API_Publish).
var queryFailures = map[Kind]Error{
	Throttle: {Status: http.StatusBadRequest, Code: "Throttling"},
	Denied:   {Status: http.StatusForbidden, Code: "AuthorizationError"},
	NotFound: {Status: http.StatusNotFound, Code: "NotFound"},
}

// refuse answers in the protocol that the request is in: AWS JSON, or the query protocol of SNS. The text repeats the request, as
// careless services do.
func (k Kind) refuse(w http.ResponseWriter, r *http.Request) {
	failure := k.failure()
	request, _ := io.ReadAll(r.Body)
	text := failure.Message + " " + string(request)
	var body []byte
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		w.Header().Set("Content-Type", contentType)
		if strings.HasPrefix(target, "DynamoDB_") {
			failure.Code = "com.amazonaws.dynamodb.v20120810#" + failure.Code
		}
		body, _ = json.Marshal(map[string]string{"__type": failure.Code, "message": text}) // strings cannot fail
	} else {
		w.Header().Set("Content-Type", "text/xml")
		if own, ok := queryFailures[k]; ok {
			failure.Status, failure.Code = own.Status, own.Code
		}
		type queryError struct{ Type, Code, Message string }
		body, _ = xml.Marshal(struct {
			XMLName xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
			Error   queryError
		}{Error: queryError{"Sender", failure.Code, text}})
	}
	w.WriteHeader(failure.Status)
	_, _ = w.Write(body)
}
