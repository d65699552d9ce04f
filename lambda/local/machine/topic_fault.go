package machine

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// TopicFault is what a topic does to whoever publishes to it. Its text is what -fault of the local command calls it.
type TopicFault string

// The faults of a topic. The two that refuse are errors of API_Publish: the topic was deleted, or a policy or a key lets nobody publish.
const (
	TopicWell        TopicFault = ""
	TopicGone        TopicFault = "topic-gone"
	TopicDenied      TopicFault = "topic-denied"
	TopicHangs       TopicFault = "topic-hangs"
	TopicLosesAnswer TopicFault = "topic-loses-answer" // the message is delivered all the same
)

// TopicFaults lists them all.
func TopicFaults() []TopicFault {
	return []TopicFault{TopicGone, TopicDenied, TopicHangs, TopicLosesAnswer}
}

// The topics of a machine, by the plain names that FailTopic takes.
const (
	TopicText    = "maintenance"
	TopicRecords = "maintenance-records"
	TopicChat    = "maintenance-chat"
)

// topicFault is a fault and when it ends; the zero time is never.
type topicFault struct {
	fault TopicFault
	until time.Time
}

// FailTopic lets one of the machine's topics fail from now on, for a while or, if that is 0, for ever. TopicWell ends it.
func (m *Machine) FailTopic(topic string, fault TopicFault, forSoLong time.Duration) error {
	arn, ok := m.topics.arns[topic]
	if !ok {
		return fmt.Errorf("fail topic: the settings ask for no topic %q", topic)
	}
	f := topicFault{fault: fault}
	if forSoLong > 0 {
		f.until = time.Now().Add(forSoLong)
	}
	emulator.Lock()
	defer emulator.Unlock()
	emulator.faults[arn] = f
	return nil
}

func faultOf(topicARN string) TopicFault {
	emulator.RLock()
	defer emulator.RUnlock()
	f := emulator.faults[topicARN]
	if !f.until.IsZero() && !time.Now().Before(f.until) {
		return TopicWell
	}
	return f.fault
}

// failing lets the topics fail that are told to; all else passes.
func failing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		fault := TopicWell
		if form.Get("Action") == "Publish" {
			fault = faultOf(form.Get("TopicArn"))
		}
		switch fault {
		case TopicGone:
			refusePublish(w, http.StatusNotFound, "NotFound", "Topic does not exist")
		case TopicDenied:
			refusePublish(w, http.StatusForbidden, "AuthorizationError", "not authorized to perform: SNS:Publish")
		case TopicHangs:
			hang(w, r, next)
		case TopicLosesAnswer:
			workThen(drop)(w, r, next)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// refusePublish answers as SNS does in the AWS query protocol.
func refusePublish(w http.ResponseWriter, status int, code, message string) {
	type queryError struct{ Type, Code, Message string }
	body, _ := xml.Marshal(struct {
		XMLName xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
		Error   queryError
	}{Error: queryError{"Sender", code, message}})
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
