package machine

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

// Fate is what becomes of a call.
type Fate int

// The fates of a call. The two deaths end the function's process, which the test sees to: the call waits for it.
const (
	Served Fate = iota
	DeathBefore
	DeathAfter
	Throttled
	Refused
	Hanging
	Reset
	Lost
	Dripping
	Garbled
	Mistyped
)

// fates says of each what it is called, whether the call's work is done all the same, and how the call is dealt with.
var fates = [...]struct {
	name string
	done bool
	deal func(w http.ResponseWriter, r *http.Request, service http.Handler)
}{
	Served:      {"served", true, func(w http.ResponseWriter, r *http.Request, service http.Handler) { service.ServeHTTP(w, r) }},
	DeathBefore: {"killed before", false, hang},
	DeathAfter:  {"killed after", true, workThen(hang)},
	Throttled:   {"throttled", false, throttle},
	Refused:     {"500", false, refuse},
	Hanging:     {"hung", false, hang},
	Reset:       {"reset", false, reset},
	Lost:        {"lost answer", true, workThen(drop)},
	Dripping:    {"slow drip", true, answerWith(drip)},
	Garbled:     {"wrong JSON or XML", true, answerWith(cut)},
	Mistyped:    {"wrong Content-Type", true, answerWith(page)},
}

func (f Fate) String() string { return fates[f].name }

// Done reports whether the call's work is done: its caller, who does not hear so, is in doubt.
func (f Fate) Done() bool { return fates[f].done }

// hang gives no answer until the client leaves.
func hang(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body) // only then net/http notices that the client is gone
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

func drop(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

func reset(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = connection.(*net.TCPConn).SetLinger(0) // a close is a reset then
	_ = connection.Close()
}

// workThen lets the service do its work, without its answer.
func workThen(end func(http.ResponseWriter, *http.Request, http.Handler)) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		service.ServeHTTP(httptest.NewRecorder(), r)
		end(w, r, service)
	}
}

// answerWith lets the service do its work and gives its answer in another way.
func answerWith(give func(w http.ResponseWriter, r *http.Request, body string)) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		answer := httptest.NewRecorder()
		service.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		give(w, r, strings.TrimSpace(answer.Body.String()))
	}
}

// drip gives the answer's headers at once and its body byte by byte, but for the last byte, which never comes.
func drip(w http.ResponseWriter, r *http.Request, body string) {
	flush := http.NewResponseController(w).Flush
	for i := range len(body) - 1 {
		_, _ = w.Write([]byte{body[i]})
		_ = flush()
		select {
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-time.After(100 * time.Millisecond):
		}
	}
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// cut gives the first half of the answer as if it were the whole.
func cut(w http.ResponseWriter, _ *http.Request, body string) {
	_, _ = io.WriteString(w, body[:len(body)/2])
}

// page is what a proxy puts in the place of the answer.
func page(w http.ResponseWriter, _ *http.Request, _ string) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!doctype html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>")
}

func throttle(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	code := "ThrottlingException"
	switch service, _, _ := strings.Cut(callName(r), " "); service {
	case "DynamoDB":
		code = "com.amazonaws.dynamodb.v20120810#ThrottlingException"
	case "SNS":
		code = "Throttling"
	}
	fail(w, r, http.StatusBadRequest, code)
}

func refuse(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	fail(w, r, http.StatusInternalServerError, "InternalServerError")
}

// fail answers with an error in the service's own protocol. Its text repeats the request, as careless services do.
func fail(w http.ResponseWriter, r *http.Request, status int, code string) {
	request, _ := io.ReadAll(r.Body)
	text := "cannot serve " + string(request)
	var body []byte
	if r.Header.Get("X-Amz-Target") == "" {
		type queryError struct{ Type, Code, Message string }
		w.Header().Set("Content-Type", "text/xml")
		body, _ = xml.Marshal(struct {
			XMLName xml.Name `xml:"ErrorResponse"`
			Error   queryError
		}{Error: queryError{"Sender", code, text}})
	} else {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		body, _ = json.Marshal(map[string]string{"__type": code, "message": text})
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
