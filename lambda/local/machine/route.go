package machine

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"

	"opsworks-maintenance/lambda/local/console"
	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
	"opsworks-maintenance/lambda/local/table"
)

// Services are those that a machine has, for people.
const Services = "Lambda, Systems Manager, OpsWorks CM, DynamoDB, SNS, SQS, and of CloudWatch SetAlarmState and DescribeAlarms"

// Hearing hears of a request, and what it returns, once, of the answer; status 0 is none.
type Hearing func(service, operation string, asked []byte) (answered func(status int, answer []byte))

// route tells the services apart at the one address, by what only their own requests have.
func (m *Machine) route(config Config) http.Handler {
	invoke, topics, tables := m.Function.Handler(), snsHandler(), table.New()
	host, page := console.Handler(PageARN), http.NotFoundHandler()
	if m.Page != nil {
		page = m.Page.Handler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		switch {
		case m.Page != nil && r.Method == http.MethodGet && (r.URL.Path == "/" || r.URL.Path == "/fleet"):
			host.ServeHTTP(w, r)
		case m.Page != nil && strings.HasPrefix(r.URL.Path, "/2015-03-31/") && strings.Contains(r.URL.Path, PageName):
			page.ServeHTTP(w, r) // which only looks: nobody hears of it
		case strings.HasPrefix(r.URL.Path, "/2015-03-31/"):
			asked(invoke, "Lambda", config.OnRequest).ServeHTTP(w, r)
		case strings.HasPrefix(target, "OpsWorksCM_"):
			heard(m.OpsWorksCM, "OpsWorks CM", r, config).ServeHTTP(w, r)
		case strings.HasPrefix(target, "AmazonSSM."):
			heard(m.SSM, "Systems Manager", r, config).ServeHTTP(w, r)
		case strings.HasPrefix(target, "DynamoDB_"):
			if r.Close || fromFunction(r) { // the one who looks at the machine keeps no connection
				tables.ServeHTTP(w, r)
				return
			}
			asked(tables, "DynamoDB", config.OnRequest).ServeHTTP(w, r)
		case strings.HasPrefix(target, "AmazonSQS."):
			asked(topics, "SQS", config.OnRequest).ServeHTTP(w, r)
		case cloudwatch.Asks(r, peek(r)):
			asked(m.alarms, "CloudWatch", config.OnRequest).ServeHTTP(w, r)
		case target != "" || strings.HasPrefix(r.URL.Path, "/service/"):
			noService(w, "application/x-amz-json-1.1", json.Marshal)
		default:
			query(topics, config.OnRequest).ServeHTTP(w, r)
		}
	})
}

// queryVersions are those of the services that are asked in the query protocol. The subscriber of the machine itself names none.
var queryVersions = map[string]string{"": "", "2010-03-31": "SNS", "2012-11-05": "SQS"}

// query tells SNS and SQS from the other services of their protocol.
func query(topics http.Handler, onRequest Hearing) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		form, _ := url.ParseQuery(peek(r))
		name, known := queryVersions[form.Get("Version")]
		switch {
		case !known:
			noService(w, "text/xml", xml.Marshal)
		case name == "":
			topics.ServeHTTP(w, r)
		default:
			asked(topics, name, onRequest).ServeHTTP(w, r)
		}
	})
}

// noService answers a request to a service that is not here, so that AWS clients show the sentence.
func noService(w http.ResponseWriter, kind string, marshal func(any) ([]byte, error)) {
	type fault struct {
		XMLName xml.Name `json:"-" xml:"ErrorResponse"`
		Type    string   `json:"__type" xml:"Error>Code"`
		Message string   `json:"message" xml:"Error>Message"`
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusNotFound)
	answer, _ := marshal(fault{Type: "UnknownOperationException", Message: "There is no such service here. There are " + Services + "."})
	_, _ = w.Write(answer) // the client may have gone
}

// peek reads the body of a form or a small document, and leaves it there to be read.
func peek(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}

// asked tells of each request, with what was sent and answered.
func asked(service http.Handler, name string, onRequest Hearing) http.Handler {
	if onRequest == nil {
		return service
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := peek(r)
		recorder := &answerRecorder{statusRecorder: statusRecorder{ResponseWriter: w}}
		answered := onRequest(name, operation(r, body), []byte(body))
		defer func() { answered(recorder.status, recorder.body.Bytes()) }()
		service.ServeHTTP(recorder, r)
	})
}

// operation is the name of what a request asks for.
func operation(r *http.Request, body string) string {
	if strings.HasPrefix(r.URL.Path, "/2015-03-31/") {
		return "Invoke"
	}
	if cloudwatch.Asks(r, body) {
		return cloudwatch.Operation(r, body)
	}
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	form, _ := url.ParseQuery(body)
	return form.Get("Action")
}

// functionKey is the access key of the function, which its requests are known by.
const functionKey = "function"

func fromFunction(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Authorization"), "Credential="+functionKey+"/")
}

// heard tells of a call what was asked and answered: a client's as a request, if somebody hears of those.
func heard(service http.Handler, name string, r *http.Request, config Config) http.Handler {
	onCall := config.OnCall
	if config.OnRequest != nil && !fromFunction(r) {
		return asked(service, name, config.OnRequest)
	}
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

// answerRecorder remembers the answer too.
type answerRecorder struct {
	statusRecorder
	body bytes.Buffer
}

func (r *answerRecorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}
