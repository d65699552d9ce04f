package machine

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// intercepted lets fate decide what becomes of the function's calls. Calls of the subscriber (SQS) and of the Lambda API pass.
func intercepted(next http.Handler, fate func(call string) Fate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := callName(r)
		if call == "" {
			next.ServeHTTP(w, r)
			return
		}
		switch fate(call) {
		case DeathBefore:
			_, _ = io.Copy(io.Discard, r.Body) // only then net/http notices that the process is gone
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		case DeathAfter:
			next.ServeHTTP(httptest.NewRecorder(), r)
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		case Lost:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case Refused:
			http.Error(w, `{"__type": "InternalServerError"}`, http.StatusInternalServerError)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// callName names a call of the function by service and operation; empty for calls that are not the function's.
func callName(r *http.Request) string {
	target := r.Header.Get("X-Amz-Target")
	service, operation, _ := strings.Cut(target, ".")
	switch {
	case strings.HasPrefix(service, "DynamoDB_"):
		return "DynamoDB " + operation
	case strings.HasPrefix(service, "OpsWorksCM_"):
		return "OpsWorksCM " + operation
	case service == "AmazonSSM":
		return "SSM " + operation
	case target == "" && r.URL.Path == "/" && r.Method == http.MethodPost:
		return "SNS Publish"
	default:
		return ""
	}
}
