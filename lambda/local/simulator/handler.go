package simulator

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

const bodyMax = 1 << 20 // far more than any request a caller of these operations has a reason to send

// ServeHTTP answers one call: it is admitted, struck by a fault if one waits for it, and carried out.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, in, err := f.admit(w, r)
	call := f.record(operation, in)
	kind := Kind(0)
	if err == nil {
		kind = f.strike(operation, call.Server)
	}

	var output any
	switch {
	case err != nil:
	case kind.works():
		output, err = f.operations[operation](in)
	}
	switch {
	case kind.hangs():
		select {
		case <-r.Context().Done():
		case <-f.closed:
		}
		panic(http.ErrAbortHandler)
	case kind.drops():
		panic(http.ErrAbortHandler) // net/http closes the connection without a word
	case kind != 0:
		err = kind.failure()
	}

	status, body := encode(output, err)
	f.answered(call, status) // before the client can have it, so that whoever has an answer finds it in Calls
	f.send(w, status, body)
}

// admit is the front door that AWS JSON services share. In what order it checks, and that another content type is an unknown
// operation, is taken from how live services answer.
func (f *front) admit(w http.ResponseWriter, r *http.Request) (string, members, error) {
	target := r.Header.Get("X-Amz-Target")
	operation := target[strings.LastIndexByte(target, '.')+1:]
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || r.URL.Path != "/" || media != contentType {
		return operation, nil, unknownOperation(http.StatusNotFound)
	}
	if _, known := f.operations[operation]; !known || target != f.targetPrefix+operation {
		return operation, nil, unknownOperation(http.StatusBadRequest)
	}
	if err := f.checkCredential(r.Header.Get("Authorization")); err != nil {
		return operation, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return operation, nil, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", ""}
	} else if err != nil {
		return operation, nil, malformed("The request body could not be read.")
	}
	in, err := parse(body)
	return operation, in, err
}

// credential is the part of a Signature Version 4 Authorization header that says who signed for what.
var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256\s.*\bCredential=[^/,\s]+/[0-9]{8}/([^/,\s]+)/([^/,\s]+)/aws4_request\b`)

// checkCredential looks at the credential scope, where misconfigured clients show. Signatures and keys are not verified: every
// key has access.
func (f *front) checkCredential(authorization string) error {
	if authorization == "" {
		return &apiError{http.StatusBadRequest, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	scope := credential.FindStringSubmatch(authorization)
	switch {
	case scope == nil:
		return &apiError{http.StatusBadRequest, "IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter with a credential scope of Signature Version 4."}
	case scope[2] != f.signingName:
		return &apiError{http.StatusBadRequest, "InvalidSignatureException",
			"Credential should be scoped to correct service: '" + f.signingName + "'. "}
	case scope[1] != f.region:
		return &apiError{http.StatusBadRequest, "InvalidSignatureException",
			"Credential should be scoped to a valid region, not '" + scope[1] + "'. "}
	}
	return nil
}
