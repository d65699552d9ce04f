package runtimeapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Limits of the Invoke API for payloads (Lambda quotas).
const (
	payloadMax      = 6 * 1024 * 1024
	asyncPayloadMax = 1024 * 1024
)

const latest = "$LATEST"

// Handler speaks Lambda's Invoke API (2015-03-31), so that clients with an endpoint of their own reach the function. The one who
// can connect may call: signatures are not looked at.
func (f *Function) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.serveInvoke)
	mux.HandleFunc("GET /2015-03-31/functions/{name}/configuration", f.serveConfiguration)
	return mux
}

func (f *Function) serveInvoke(w http.ResponseWriter, r *http.Request) {
	kind := r.Header.Get("X-Amz-Invocation-Type")
	limit := payloadMax
	if kind == "Event" {
		limit = asyncPayloadMax
	}
	alias, ok := f.answersTo(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if !ok {
		apiFailure(w, http.StatusNotFound, "ResourceNotFoundException",
			"Function not found: "+strings.TrimSuffix(r.PathValue("name")+":"+r.URL.Query().Get("Qualifier"), ":"))
		return
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		apiFailure(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "The request payload exceeds the limit of the Invoke API.")
		return
	case err != nil:
		apiFailure(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not read the request body.")
		return
	case len(payload) == 0:
		payload = []byte("{}") // what a function receives from a caller that gives no payload
	case !json.Valid(payload):
		apiFailure(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json.")
		return
	}

	switch kind {
	case "", "RequestResponse":
		f.serveSync(w, alias, payload)
	case "Event":
		id, err := f.invokeAsync(alias, payload)
		if err != nil {
			apiFailure(w, http.StatusInternalServerError, "ServiceException", err.Error())
			return
		}
		w.Header().Set("X-Amzn-Requestid", id)
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.Header().Set("X-Amzn-Requestid", newUUID())
		w.WriteHeader(http.StatusNoContent)
	default:
		apiFailure(w, http.StatusBadRequest, "InvalidParameterValueException",
			"Value at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]")
	}
}

// serveSync answers 200 whether the function failed or not: X-Amz-Function-Error makes the difference. Like Lambda it goes on
// when the caller leaves: a command line that was interrupted must not kill a run.
func (f *Function) serveSync(w http.ResponseWriter, alias string, payload []byte) {
	result, err := f.InvokeAlias(f.ctx, alias, payload)
	if err != nil {
		apiFailure(w, http.StatusInternalServerError, "ServiceException", err.Error())
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Requestid", result.RequestID)
	header.Set("X-Amz-Executed-Version", latest)
	if result.Error != nil {
		header.Set("X-Amz-Function-Error", "Unhandled")
	}
	_, _ = w.Write(result.Payload) // the client may have gone
}

// answersTo knows the forms of FunctionName: name, partial ARN, ARN, each with or without a qualifier, which may be given apart too.
// There is one version; alias is the alias that was named, if one was.
func (f *Function) answersTo(given, qualifier string) (alias string, ok bool) {
	own := f.config.FunctionARN // arn:aws:lambda:region:account:function:name
	name := own[strings.LastIndexByte(own, ':')+1:]
	rest, ok := "", false
	for _, form := range []string{own, strings.Join(strings.Split(own, ":")[min(4, strings.Count(own, ":")):], ":"), name} {
		if rest, ok = strings.CutPrefix(given, form); ok && (rest == "" || rest[0] == ':') {
			break
		}
		ok = false
	}
	inName := strings.TrimPrefix(rest, ":")
	switch {
	case !ok || inName != "" && qualifier != "" && inName != qualifier:
		return "", false
	case inName != "":
		qualifier = inName
	}
	if qualifier == "" || qualifier == latest {
		return "", true
	}
	return qualifier, slices.Contains(f.config.Aliases, qualifier)
}

func apiFailure(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Requestid", newUUID())
	w.Header().Set("X-Amzn-Errortype", code)
	kind := "User"
	if status >= http.StatusInternalServerError {
		kind = "Service"
	}
	writeJSON(w, status, struct{ Type, Message string }{kind, message})
}
