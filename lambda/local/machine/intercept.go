package machine

import (
	"net/http"
	"strings"
)

// intercepted lets fate decide what becomes of the function's calls. Calls of the subscriber (SQS), of the Lambda API, and of whoever
// looks at the machine and therefore keeps no connection, pass.
func intercepted(next http.Handler, fate func(call string) Fate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if call := callName(r); call != "" && !r.Close {
			fates[fate(call)].deal(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
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
