package cloudwatch

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"

	"opsworks-maintenance/lambda/local/simulator"
)

// How the three protocols name the service.
const (
	target   = "GraniteServiceVersion20100801"
	cborPath = "/service/" + target + "/operation/"
	version  = "2010-08-01"
)

// bodyMax is far more than a state and its reason need.
const bodyMax = 1 << 20

// Asks says whether a request is for CloudWatch. body is the request's.
func Asks(r *http.Request, body string) bool {
	if strings.HasPrefix(r.URL.Path, cborPath) || strings.HasPrefix(r.Header.Get("X-Amz-Target"), target+".") {
		return true
	}
	form, err := url.ParseQuery(body)
	return err == nil && form.Get("Version") == version
}

// Operation is the name of the operation that a request of CloudWatch asks for.
func Operation(r *http.Request, body string) string {
	if name, ok := strings.CutPrefix(r.URL.Path, cborPath); ok {
		return name
	}
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	form, _ := url.ParseQuery(body)
	return form.Get("Action")
}

// ServeHTTP answers in the protocol that it is asked in: Smithy RPC v2 CBOR by the newer clients, AWS JSON 1.0, the query protocol by the
// older ones.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
		return
	}
	answer := answerQuery
	var in map[string]string
	switch {
	case strings.HasPrefix(r.URL.Path, cborPath):
		answer, in = answerCBOR, fromCBOR(body)
	case r.Header.Get("X-Amz-Target") != "":
		answer, in = answerJSON, fromJSON(body)
	default:
		in = fromQuery(body)
	}
	operation := Operation(r, string(body))
	answer(w, operation, s.source.UUID(), s.call(operation, in))
}

// fromJSON, fromCBOR and fromQuery give the members of a request that are texts; none of another type is needed.
func fromJSON(body []byte) map[string]string {
	var members map[string]any
	_ = json.Unmarshal(body, &members) // what cannot be read is missing, and that is answered
	texts := map[string]string{}
	for name, value := range members {
		if text, ok := value.(string); ok {
			texts[name] = text
		}
	}
	return texts
}

func fromCBOR(body []byte) map[string]string {
	value, _ := cbor.Decode(body)
	members, _ := value.(cbor.Map)
	texts := map[string]string{}
	for name, value := range members {
		if text, ok := value.(cbor.String); ok {
			texts[name] = string(text)
		}
	}
	return texts
}

func fromQuery(body []byte) map[string]string {
	form, _ := url.ParseQuery(string(body))
	texts := map[string]string{}
	for name := range form {
		texts[name] = form.Get(name)
	}
	return texts
}

func answerCBOR(w http.ResponseWriter, _, id string, failure *simulator.Error) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	answer := cbor.Map{}
	if failure != nil {
		w.Header().Set("X-Amzn-Query-Error", failure.Code+";Sender")
		answer = cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#" + failure.Code), "message": cbor.String(failure.Message)}
	}
	write(w, id, failure, cbor.Encode(answer))
}

func answerJSON(w http.ResponseWriter, _, id string, failure *simulator.Error) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	answer := []byte("{}")
	if failure != nil {
		w.Header().Set("X-Amzn-Query-Error", failure.Code+";Sender")
		answer, _ = json.Marshal(map[string]string{"__type": failure.Code, "message": failure.Message}) // texts cannot fail
	}
	write(w, id, failure, answer)
}

func answerQuery(w http.ResponseWriter, operation, id string, failure *simulator.Error) {
	const space = "http://monitoring.amazonaws.com/doc/2010-08-01/"
	type fault struct{ Type, Code, Message string }
	type envelope struct {
		XMLName   xml.Name
		Error     *fault `xml:",omitempty"`
		RequestID string `xml:"RequestId"`
	}
	w.Header().Set("Content-Type", "text/xml")
	answer := envelope{xml.Name{Space: space, Local: operation + "Response"}, nil, id}
	if failure != nil {
		answer.XMLName.Local, answer.Error = "ErrorResponse", &fault{"Sender", failure.Code, failure.Message}
	}
	text, _ := xml.Marshal(answer) // texts cannot fail
	write(w, id, failure, text)
}

func write(w http.ResponseWriter, id string, failure *simulator.Error, body []byte) {
	w.Header().Set("X-Amzn-Requestid", id)
	status := http.StatusOK
	if failure != nil {
		status = failure.Status
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
