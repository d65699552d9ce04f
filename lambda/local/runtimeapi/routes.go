package runtimeapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// responseMax is Lambda's limit for an answer: 6 MB and a little.
const responseMax = 6*1024*1024 + 100

const errorTypeHeader = "Lambda-Runtime-Function-Error-Type"

// invocation is one payload on its way through an environment.
type invocation struct {
	id, arn, trace string
	payload        []byte
	deadline       time.Time
	reply          chan reply // holds the one answer
}

func newInvocation(id, arn string, payload []byte) *invocation {
	return &invocation{id: id, arn: arn, trace: newTrace(), payload: payload, reply: make(chan reply, 1)}
}

// routes is the Runtime API as its OpenAPI document and API page describe it; the runtime interface emulator is the source for
// the bodies of refusals.
func (e *environment) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.initError)
	return mux
}

// next waits until there is work, without a limit of its own.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	busy := e.current != nil
	e.ready = true
	e.mu.Unlock()
	if busy {
		forbid(w, "the invocation before is not answered")
		return
	}
	e.signalArrival()
	select {
	case job := <-e.jobs:
		e.take(job)
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", strconv.Itoa(len(job.payload)))
		header.Set("Lambda-Runtime-Aws-Request-Id", job.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(job.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", job.arn)
		header.Set("Lambda-Runtime-Trace-Id", job.trace)
		_, _ = w.Write(job.payload) // a process that went away shows by its exit
	case <-r.Context().Done():
	}
}

func (e *environment) signalArrival() {
	select {
	case e.arrived <- struct{}{}:
	default: // a request repeated after a broken connection
	}
}

// take makes the job the current one; from here on only a new request for work counts as arrival.
func (e *environment) take(job *invocation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = job
	select {
	case <-e.arrived:
	default:
	}
}

func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, responseMax))
	if over := (*http.MaxBytesError)(nil); errors.As(err, &over) {
		if e.answer(r.PathValue("id"), failed(tooLarge())) {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				"Exceeded maximum allowed payload size ("+strconv.Itoa(responseMax)+" bytes).")
			return
		}
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	e.accept(w, r, err, reply{payload: body})
}

func (e *environment) failure(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, responseMax))
	e.accept(w, r, err, reported(body, r.Header.Get(errorTypeHeader)))
}

func (e *environment) accept(w http.ResponseWriter, r *http.Request, readError error, given reply) {
	switch {
	case readError != nil:
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
	case !e.answer(r.PathValue("id"), given):
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
	default:
		acknowledge(w)
	}
}

// answer settles the current invocation, once, and only under its own id.
func (e *environment) answer(id string, given reply) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil || e.current.id != id {
		return false
	}
	e.current.reply <- given
	e.current = nil
	return true
}

// initError is for a process that cannot begin its work; once it has asked for work it is too late.
func (e *environment) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, responseMax))
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ready {
		forbid(w, "the runtime is initialised")
		return
	}
	select {
	case e.initFailed <- reported(body, r.Header.Get(errorTypeHeader)):
		acknowledge(w)
	default:
		forbid(w, "the init error is reported already")
	}
}

func acknowledge(w http.ResponseWriter) {
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func forbid(w http.ResponseWriter, why string) {
	refuse(w, http.StatusForbidden, "InvalidStateTransition", "Transition is not allowed: "+why+".")
}

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	writeJSON(w, status, FunctionError{Type: errorType, Message: message})
}

func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // the client may have gone
}
