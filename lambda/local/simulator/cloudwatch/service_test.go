package cloudwatch_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
)

const (
	path   = "/service/GraniteServiceVersion20100801/operation/"
	target = "GraniteServiceVersion20100801."
)

// service has the one alarm "puppet-01 disk".
func service(t *testing.T) (*cloudwatch.Service, func() events.Event) {
	t.Helper()
	heard := make(chan []byte, 1)
	s := cloudwatch.New(cloudwatch.Config{Region: "eu-west-1", Account: "123456789012",
		Exists: func(name string) bool { return name == "puppet-01 disk" }, OnEvent: func(event []byte) { heard <- event }})
	return s, func() events.Event {
		select {
		case payload := <-heard:
			event, err := events.Decode(payload)
			if err != nil {
				t.Fatal(err)
			}
			return event
		case <-time.After(100 * time.Millisecond):
			return nil
		}
	}
}

// asks are the protocols, each with a request as a client sends it.
var asks = map[string]func(operation string, in map[string]string) *http.Request{
	"CBOR, of newer clients": func(operation string, in map[string]string) *http.Request {
		members := cbor.Map{}
		for name, value := range in {
			members[name] = cbor.String(value)
		}
		r := httptest.NewRequest(http.MethodPost, path+operation, strings.NewReader(string(cbor.Encode(members))))
		r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
		return r
	},
	"AWS JSON": func(operation string, in map[string]string) *http.Request {
		var members []string
		for name, value := range in {
			members = append(members, `"`+name+`": "`+value+`"`)
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{"+strings.Join(members, ", ")+"}"))
		r.Header.Set("X-Amz-Target", target+operation)
		return r
	},
	"the query protocol, of older clients": func(operation string, in map[string]string) *http.Request {
		form := "Action=" + operation + "&Version=2010-08-01"
		for name, value := range in {
			form += "&" + name + "=" + strings.ReplaceAll(value, " ", "+")
		}
		return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	},
}

func set(name, state string) map[string]string {
	return map[string]string{"AlarmName": name, "StateValue": state, "StateReason": "a try"}
}

func TestService_SetAlarmState(t *testing.T) {
	for protocol, ask := range asks {
		t.Run(protocol, func(t *testing.T) {
			s, heard := service(t)
			send := func(state string) {
				t.Helper()
				w := httptest.NewRecorder()
				if s.ServeHTTP(w, ask("SetAlarmState", set("puppet-01 disk", state))); w.Code != http.StatusOK {
					t.Fatalf("got %d %s", w.Code, w.Body)
				}
			}
			send("ALARM")
			alarm, ok := heard().(events.Alarm)
			if !ok || alarm.Name != "puppet-01 disk" || alarm.Reason != "a try" || alarm.New || time.Since(alarm.At) > time.Minute ||
				alarm.ID != "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:puppet-01 disk" ||
				alarm.Origin != (events.Origin{Account: "123456789012", Region: "eu-west-1"}) {
				t.Errorf("got %+v", alarm)
			}
			send("ALARM")
			if event := heard(); event != nil {
				t.Errorf("no change has the event %+v", event)
			}
			send("OK")
			if _, ok := heard().(events.Cleared); !ok {
				t.Error("the return to OK has no event")
			}
		})
	}
}

func TestService_Refusals(t *testing.T) {
	for sentence, test := range map[string]struct {
		operation string
		in        map[string]string
		status    int
		has       string
	}{
		"an alarm that is none":       {"SetAlarmState", set("mail-01 disk", "ALARM"), 404, "ResourceNotFound"},
		"a state that is none":        {"SetAlarmState", set("puppet-01 disk", "PANIC"), 400, "stateValue"},
		"a member that is missing":    {"SetAlarmState", map[string]string{"StateValue": "OK", "StateReason": "x"}, 400, "alarmName"},
		"an operation that is not it": {"PutMetricData", nil, 400, "PutMetricData is not simulated"},
	} {
		for protocol, ask := range asks {
			t.Run(sentence+" in "+protocol, func(t *testing.T) {
				s, heard := service(t)
				w := httptest.NewRecorder()
				if s.ServeHTTP(w, ask(test.operation, test.in)); w.Code != test.status || !strings.Contains(w.Body.String(), test.has) {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
				if event := heard(); event != nil {
					t.Errorf("it has the event %+v", event)
				}
			})
		}
	}
}

func TestAsks(t *testing.T) {
	for protocol, ask := range asks {
		r := ask("SetAlarmState", nil)
		body := "Action=SetAlarmState&Version=2010-08-01"
		if !cloudwatch.Asks(r, body) || cloudwatch.Operation(r, body) != "SetAlarmState" {
			t.Errorf("%s: not known as CloudWatch's", protocol)
		}
	}
	if cloudwatch.Asks(httptest.NewRequest(http.MethodPost, "/", nil), "Action=Publish&Version=2010-03-31") {
		t.Error("a request of SNS is taken for CloudWatch's")
	}
}
