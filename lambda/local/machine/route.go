package machine

import (
	"net/http"
	"strings"

	"opsworks-maintenance/lambda/local/table"
)

// route tells the services apart at the one address, by what only their own requests have.
func (m *Machine) route(onCall func(service, operation string, status int)) http.Handler {
	invoke, topics, tables := m.Function.Handler(), snsHandler(), table.New()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		switch {
		case strings.HasPrefix(r.URL.Path, "/2015-03-31/"):
			invoke.ServeHTTP(w, r)
		case strings.HasPrefix(target, "OpsWorksCM_"):
			heard(m.OpsWorksCM, "OpsWorks CM", onCall).ServeHTTP(w, r)
		case strings.HasPrefix(target, "AmazonSSM."):
			heard(m.SSM, "Systems Manager", onCall).ServeHTTP(w, r)
		case strings.HasPrefix(target, "DynamoDB_"):
			tables.ServeHTTP(w, r)
		case target != "" && !strings.HasPrefix(target, "AmazonSQS."):
			http.Error(w, "no such service here", http.StatusNotFound)
		default:
			topics.ServeHTTP(w, r)
		}
	})
}

// heard tells of each call what was asked and answered.
func heard(service http.Handler, name string, onCall func(service, operation string, status int)) http.Handler {
	if onCall == nil {
		return service
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		recorder := &statusRecorder{ResponseWriter: w}
		defer func() { onCall(name, operation, recorder.status) }()
		service.ServeHTTP(recorder, r)
	})
}

// statusRecorder remembers the status of an answer; 0 is none.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the simulator reach the connection it is told to drop.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
