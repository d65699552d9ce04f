package cloudwatch

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

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
	out, failure := s.call(operation, in)
	answer(w, operation, s.source.UUID(), out, failure)
}

// fromJSON, fromCBOR and fromQuery give the members of a request as the query protocol has them: a number as a text, a list's as
// Name.member.1 and so on. None of another type is needed.
func fromJSON(body []byte) map[string]string {
	var members map[string]any
	_ = json.Unmarshal(body, &members) // what cannot be read is missing, and that is answered
	texts := map[string]string{}
	for name, value := range members {
		put(texts, name, value)
	}
	return texts
}

func put(texts map[string]string, name string, value any) {
	switch value := value.(type) {
	case string:
		texts[name] = value
	case cbor.String:
		texts[name] = string(value)
	case float64:
		texts[name] = strconv.FormatFloat(value, 'f', -1, 64)
	case cbor.Uint:
		texts[name] = strconv.FormatUint(uint64(value), 10)
	case []any:
		for i, one := range value {
			put(texts, name+".member."+strconv.Itoa(i+1), one)
		}
	case cbor.List:
		for i, one := range value {
			put(texts, name+".member."+strconv.Itoa(i+1), one)
		}
	}
}

func fromCBOR(body []byte) map[string]string {
	value, _ := cbor.Decode(body)
	members, _ := value.(cbor.Map)
	texts := map[string]string{}
	for name, value := range members {
		put(texts, name, value)
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

func answerCBOR(w http.ResponseWriter, _, id string, out *page, failure *simulator.Error) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	answer := cbor.Map{}
	if out != nil {
		answer = inCBOR(out.members(func(t time.Time) any {
			return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(t.UnixMilli()) / 1000)}
		})).(cbor.Map)
	}
	if failure != nil {
		w.Header().Set("X-Amzn-Query-Error", failure.Code+";Sender")
		answer = cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#" + failure.Code), "message": cbor.String(failure.Message)}
	}
	write(w, id, failure, cbor.Encode(answer))
}

func inCBOR(value any) cbor.Value {
	switch value := value.(type) {
	case map[string]any:
		out := cbor.Map{}
		for name, one := range value {
			out[name] = inCBOR(one)
		}
		return out
	case []any:
		out := cbor.List{}
		for _, one := range value {
			out = append(out, inCBOR(one))
		}
		return out
	case string:
		return cbor.String(value)
	default:
		return value.(cbor.Value)
	}
}

func answerJSON(w http.ResponseWriter, _, id string, out *page, failure *simulator.Error) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	answer := []byte("{}")
	if out != nil {
		answer, _ = json.Marshal(out.members(func(t time.Time) any { return float64(t.UnixMilli()) / 1000 })) // texts and numbers cannot fail
	}
	if failure != nil {
		w.Header().Set("X-Amzn-Query-Error", failure.Code+";Sender")
		answer, _ = json.Marshal(map[string]string{"__type": failure.Code, "message": failure.Message}) // texts cannot fail
	}
	write(w, id, failure, answer)
}

func answerQuery(w http.ResponseWriter, operation, id string, out *page, failure *simulator.Error) {
	const space = "http://monitoring.amazonaws.com/doc/2010-08-01/"
	type fault struct{ Type, Code, Message string }
	type envelope struct {
		XMLName   xml.Name
		Result    *inXML
		Error     *fault `xml:",omitempty"`
		RequestID string `xml:"RequestId"`
	}
	w.Header().Set("Content-Type", "text/xml")
	answer := envelope{XMLName: xml.Name{Space: space, Local: operation + "Response"}, RequestID: id}
	if out != nil {
		answer.Result = &inXML{operation + "Result", out.members(func(t time.Time) any { return t.UTC().Format(time.RFC3339Nano) })}
	}
	if failure != nil {
		answer.XMLName.Local, answer.Error = "ErrorResponse", &fault{"Sender", failure.Code, failure.Message}
	}
	text, _ := xml.Marshal(answer) // texts cannot fail
	write(w, id, failure, text)
}

// inXML is an element with members in the query protocol's form.
type inXML struct {
	name  string
	value any
}

// MarshalXML implements xml.Marshaler.
func (x inXML) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	start := xml.StartElement{Name: xml.Name{Local: x.name}}
	var inside []inXML
	switch value := x.value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			inside = append(inside, inXML{name, value[name]})
		}
	case []any:
		for _, one := range value {
			inside = append(inside, inXML{"member", one})
		}
	default:
		return e.EncodeElement(value, start)
	}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, one := range inside {
		if err := e.Encode(one); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
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
