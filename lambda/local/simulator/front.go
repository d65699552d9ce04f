// Package simulator is what the stand-ins for AWS services share: the AWS JSON 1.1 protocol, ids and page tokens, checks of what a request
// holds, and the faults that a call can meet.
//
// Package opsworkscm answers the OpsWorks CM API (version 2016-11-01), which AWS closed in spring 2024; package ssm answers the
// operations of AWS Systems Manager (version 2014-11-06) that run and watch a runbook. Both have the service's shapes, errors and life
// cycle, so that stock AWS clients work against them. What no document states is marked "own words" or "our choice" where it occurs.
package simulator

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// The Region and the account of a service whose caller names none; the number is the one AWS documents use.
const (
	Region  = "us-east-1"
	Account = "123456789012"
)

// bodyMax is far more than any request a caller of these operations has a reason to send.
const bodyMax = 1 << 20

// Operation carries out one call that was admitted: its members give the output or an error, as a rule an *Error.
type Operation func(Members) (any, error)

// API is what tells one service from another at its front.
type API struct {
	TargetPrefix, SigningName, Region string
	// Operations are those the simulator has. The others of the service get the protocol's answer for an unknown one.
	Operations map[string]Operation
	// Subject says for Calls whom a request is about, and the names of what it carries. It gets anything, also nil.
	Subject func(Members) (server string, attributes []string)
	// Source is where the ids of requests come from.
	Source *Source
}

// Front is an http.Handler that admits the calls of one service, lets them meet their faults, and lists them. Its locks are its own, so
// that it never waits for a service's state.
type Front struct {
	Injector
	api API

	closing sync.Once
	closed  chan struct{} // ends the calls that hang

	guard sync.Mutex
	calls []*Call
}

// NewFront is the front of a service.
func NewFront(api API) *Front { return &Front{api: api, closed: make(chan struct{})} }

// Release ends the calls that hang. It may be called twice.
func (f *Front) Release() { f.closing.Do(func() { close(f.closed) }) }

// ServeHTTP answers one call: it is admitted, meets the fault that waits for it, if one does, and is carried out.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, in, err := f.admit(w, r)
	call := f.record(operation, in)
	noted := &noting{w, func(status int) { f.answered(call, status) }}
	if err != nil {
		f.answer(noted, nil, err)
		return
	}
	kind := f.next(operation, call.Server)
	work := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		output, err := f.api.Operations[operation](in)
		f.answer(w, output, err)
	})
	kind.meet(noted, r, work, func(w http.ResponseWriter) { f.answer(w, nil, kind.failure()) }, f.closed)
}

// noting tells the status of an answer before the client can have it, so that the one who has an answer finds it in Calls.
type noting struct {
	http.ResponseWriter
	note func(status int)
}

func (n *noting) WriteHeader(status int) {
	n.note(status)
	n.ResponseWriter.WriteHeader(status)
}

// Unwrap lets a fault reach the connection.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// admit is the front door that AWS JSON services share. In what order it checks, and that another content type is an unknown
// operation, is taken from how live services answer.
func (f *Front) admit(w http.ResponseWriter, r *http.Request) (string, Members, error) {
	target := r.Header.Get("X-Amz-Target")
	operation := target[strings.LastIndexByte(target, '.')+1:]
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || r.URL.Path != "/" || media != contentType {
		return operation, nil, unknownOperation(http.StatusNotFound)
	}
	if _, known := f.api.Operations[operation]; !known || target != f.api.TargetPrefix+operation {
		return operation, nil, unknownOperation(http.StatusBadRequest)
	}
	if err := f.checkCredential(r.Header.Get("Authorization")); err != nil {
		return operation, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return operation, nil, &Error{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", ""}
	} else if err != nil {
		return operation, nil, Malformed("The request body could not be read.")
	}
	in, err := parse(body)
	return operation, in, err
}

// credential is the part of a Signature Version 4 Authorization header that says who signed for what.
var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256\s.*\bCredential=[^/,\s]+/[0-9]{8}/([^/,\s]+)/([^/,\s]+)/aws4_request\b`)

// checkCredential looks at the credential scope, where misconfigured clients show. Signatures and keys are not verified: every
// key has access.
func (f *Front) checkCredential(authorization string) error {
	if authorization == "" {
		return Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	scope := credential.FindStringSubmatch(authorization)
	switch {
	case scope == nil:
		return Refused("IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter with a credential scope of Signature Version 4.")
	case scope[2] != f.api.SigningName:
		return Refused("InvalidSignatureException", "Credential should be scoped to correct service: '"+f.api.SigningName+"'. ")
	case scope[1] != f.api.Region:
		return Refused("InvalidSignatureException", "Credential should be scoped to a valid region, not '"+scope[1]+"'. ")
	}
	return nil
}
