package machine

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
)

// The topics of a machine, by the plain names that FailTopic takes.
const (
	TopicText    = "maintenance"
	TopicRecords = "maintenance-records"
	TopicChat    = "maintenance-chat"
)

// publish is what callName calls a Publish.
const publish = "SNS Publish"

// FailTopic lets one of the machine's topics fail from now on, for a while or, if that is 0, for ever.
func (m *Machine) FailTopic(topic string, kind simulator.Kind, forSoLong time.Duration) error {
	arn, ok := m.topics.arns[topic]
	if !ok {
		return fmt.Errorf("fail topic: the settings ask for no topic %q", topic)
	}
	m.Faults.Inject(simulator.Fault{Operation: publish, Server: arn, Kind: kind, For: forSoLong})
	return nil
}

// functionsCall names a call of the function and, of a Publish, its topic. Calls of the subscriber (SQS), of the Lambda API, and of
// the one who looks at the machine and therefore keeps no connection, have no name.
func functionsCall(r *http.Request) (call, topicARN string) {
	if r.Close {
		return "", ""
	}
	call = callName(r)
	if call == "SNS" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		if cloudwatch.Asks(r, string(body)) {
			return "CloudWatch " + form.Get("Action"), ""
		}
		return "SNS " + form.Get("Action"), form.Get("TopicArn")
	}
	return call, ""
}

// callName names a call by service and, where the header has it, operation; empty for calls of no service that the function uses.
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
		return "SNS"
	default:
		return ""
	}
}
