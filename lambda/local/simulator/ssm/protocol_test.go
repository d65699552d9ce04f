package ssm_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"opsworks-maintenance/lambda/local/simulator"
	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

const (
	prefix = "AmazonSSM."
	start  = prefix + "StartAutomationExecution"
	get    = prefix + "GetAutomationExecution"
	list   = prefix + "DescribeAutomationExecutions"
	nodes  = prefix + "DescribeInstanceInformation"
	dates  = prefix + "GetCalendarState"

	serialization, validation = "SerializationException", "ValidationException"
)

// request is what is sent, with the usual method and authorization if it has none of its own, and what is to be answered.
type request struct {
	method, target, authorization, body string
	status                              int
	has                                 string
}

var requests = map[string]request{
	"another method":                {"GET", nodes, "", `{}`, 404, "UnknownOperationException"},
	"an operation we do not have":   {"", prefix + "SendCommand", "", `{}`, 400, "UnknownOperationException"},
	"the target of another service": {"", "OpsWorksCM_V2016_11_01.DescribeServers", "", `{}`, 400, "UnknownOperationException"},
	"no authorization":              {"", nodes, "-", `{}`, 400, "MissingAuthenticationTokenException"},
	"a scope of another service": {"", nodes, strings.Replace(authorization, "/ssm/", "/opsworks-cm/", 1), `{}`, 400,
		"scoped to correct service: 'ssm'"},
	"an empty body": {"", nodes, "", ``, 200, `"InstanceInformationList":[`},
	"null members count as absent": {"", list, "", `{"Filters":null,"MaxResults":null,"NextToken":null}`, 200,
		`"AutomationExecutionMetadataList":[]`},
	"no JSON":                       {"", nodes, "", `a=b`, 400, serialization},
	"filters that are no list":      {"", nodes, "", `{"Filters":{}}`, 400, serialization},
	"a filter that is a text":       {"", nodes, "", `{"Filters":["tag:a"]}`, 400, serialization},
	"a filter that is null":         {"", nodes, "", `{"Filters":[null]}`, 400, validation},
	"a filter key that is a number": {"", nodes, "", `{"Filters":[{"Key":1,"Values":["a"]}]}`, 400, serialization},
	"filter values that are a text": {"", nodes, "", `{"Filters":[{"Key":"tag:a","Values":"a"}]}`, 400, serialization},
	"a filter value that is null":   {"", nodes, "", `{"Filters":[{"Key":"tag:a","Values":[null]}]}`, 400, serialization},
	"a filter without values":       {"", list, "", `{"Filters":[{"Key":"TagKey"}]}`, 400, validation},
	"a size that is a text":         {"", list, "", `{"MaxResults":"1"}`, 400, serialization},
	"a token that is a number":      {"", list, "", `{"NextToken":1}`, 400, serialization},
	"parameters that are a list":    {"", start, "", `{"DocumentName":"maintain-chef","Parameters":[]}`, 400, serialization},
	"a parameter that is a text": {"", start, "", `{"DocumentName":"maintain-chef","Parameters":{"InstanceId":"secret"}}`, 400,
		serialization},
	"a parameter that is null": {"", start, "", `{"DocumentName":"maintain-chef","Parameters":{"InstanceId":null}}`, 400, serialization},
	"a value that is null": {"", start, "", `{"DocumentName":"maintain-chef","Parameters":{"InstanceId":[null]}}`, 400,
		serialization},
	"null parameters": {"", start, "", `{"DocumentName":"maintain-chef","Parameters":null}`, 400,
		"InvalidAutomationExecutionParametersException"},
	"tags that are no list":        {"", start, "", `{"DocumentName":"maintain-chef","Tags":{}}`, 400, serialization},
	"a tag key that is a number":   {"", start, "", `{"DocumentName":"maintain-chef","Tags":[{"Key":1}]}`, 400, serialization},
	"a tag value that is a number": {"", start, "", `{"DocumentName":"maintain-chef","Tags":[{"Key":"a","Value":1}]}`, 400, serialization},
	"a tag without value":          {"", start, "", `{"DocumentName":"maintain-chef","Tags":[{"Key":"a"}]}`, 400, validation},
	"no runbook":                   {"", start, "", `{}`, 400, "Value null at 'documentName'"},
	"several faults together": {"", start, "", `{"DocumentName":"?","DocumentVersion":"x","ClientToken":"y"}`, 400,
		"3 validation errors detected"},
	"no execution id":         {"", get, "", `{}`, 400, "Value null at 'automationExecutionId'"},
	"an id that is too short": {"", get, "", `{"AutomationExecutionId":"x"}`, 400, validation},
	"an id nobody has":        {"", get, "", `{"AutomationExecutionId":"` + token + `"}`, 400, "AutomationExecutionNotFoundException"},
	"an id that is a number":  {"", get, "", `{"AutomationExecutionId":1}`, 400, serialization},
	"a stop that is a number": {"", prefix + "StopAutomationExecution", "", `{"AutomationExecutionId":"` + token + `","Type":1}`, 400,
		serialization},
	"no calendars":              {"", dates, "", `{}`, 400, "Value null at 'calendarNames'"},
	"calendars that are a text": {"", dates, "", `{"CalendarNames":"a"}`, 400, serialization},
	"a time that is a number":   {"", dates, "", `{"CalendarNames":["a"],"AtTime":1}`, 400, serialization},
	"a body that is too large":  {"", nodes, "", strings.Repeat(" ", 1<<20+1), 413, "RequestEntityTooLargeException"},
}

func TestService_ServeHTTP(t *testing.T) {
	for name, test := range requests {
		t.Run(name, func(t *testing.T) {
			s := newService(t, ssm.Config{})
			method, signed := "POST", authorization
			if test.method != "" {
				method = test.method
			}
			if test.authorization != "" {
				signed = strings.TrimPrefix(test.authorization, "-")
			}
			got := simulatortest.Send(s, method, "/", test.target, signed, test.body)
			got.Status(t, test.status)
			got.Has(t, test.has)
			if strings.Contains(got.Body.String(), "secret") {
				t.Errorf("a value is in the answer: %s", got.Body)
			}
			if len(s.Executions("")) != 0 {
				t.Error("a refused call began an execution")
			}
		})
	}
}

func TestService_Inject(t *testing.T) {
	for name, test := range map[string]struct {
		kind    simulator.Kind
		code    string // empty: the connection broke
		started int
	}{
		"throttled":                              {simulator.Throttle, "ThrottlingException", 0},
		"an internal failure":                    {simulator.InternalFailure, "InternalFailure", 0},
		"unavailable":                            {simulator.Unavailable, "ServiceUnavailable", 0},
		"denied":                                 {simulator.Denied, "AccessDeniedException", 0},
		"the connection drops":                   {simulator.Drop, "", 0},
		"no answer":                              {simulator.Hang, "", 0},
		"the work is done and the answer lost":   {simulator.WorkThenDrop, "", 1},
		"the work is done and no answer comes":   {simulator.WorkThenHang, "", 1},
		"the work is done and a failure is told": {simulator.WorkThenInternalFailure, "InternalFailure", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, ssm.Config{})
			client := newClient(t, s, 1)
			s.Inject(simulator.Fault{Operation: "StartAutomationExecution", Kind: test.kind})
			limit := 5 * time.Second
			if test.kind == simulator.Hang || test.kind == simulator.WorkThenHang {
				limit = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			_, err := client.StartAutomationExecution(ctx, startOn(nodeID, withToken(token)))
			if test.code != "" {
				simulatortest.WantCode(t, err, test.code)
			} else if apiErr := smithy.APIError(nil); err == nil || errors.As(err, &apiErr) {
				t.Errorf("got %v, want a broken connection", err)
			}
			if got := s.Started(nodeID); got != test.started {
				t.Errorf("%d executions began, want %d", got, test.started)
			}
			s.ClearFaults()
			out, err := client.StartAutomationExecution(t.Context(), startOn(nodeID, withToken(token)))
			must(t, err)
			if *out.AutomationExecutionId != s.Executions(nodeID)[0].ID || s.Started(nodeID) != 1 {
				t.Errorf("%d executions after the second try", s.Started(nodeID))
			}
		})
	}
	t.Run("the SDK's own retry meets the execution it began itself", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		s.Inject(simulator.Fault{Kind: simulator.WorkThenDrop, Times: 1})
		_, err := newClient(t, s, 3).StartAutomationExecution(t.Context(), startOn(nodeID, withToken(token)))
		if must(t, err); s.Started(nodeID) != 1 {
			t.Errorf("%d executions began", s.Started(nodeID))
		}
	})
}

// FuzzService sends anything to the handler: it answers JSON with a known status, and nothing but a StartAutomationExecution of the
// runbook begins an execution.
func FuzzService(f *testing.F) {
	const prefix = "AmazonSSM."
	for _, operation := range []string{"DescribeInstanceInformation", "StartAutomationExecution", "GetAutomationExecution",
		"DescribeAutomationExecutions", "StopAutomationExecution", "GetCalendarState", "SendCommand"} {
		for _, body := range []string{
			``, `{}`, `null`, `[]`, `{"Filters":[{"Key":"tag:a","Values":["b"]}],"MaxResults":5}`, `{"Filters":[null,{}]}`,
			`{"Filters":[{"Key":"StartTimeAfter","Values":["2026-11-23T00:00:00Z"]}],"NextToken":"AAAAAAAAAAE="}`,
			`{"AutomationExecutionId":"` + token + `","Type":"Cancel"}`, `{"CalendarNames":["open"],"AtTime":"2026-11-23T00:00:00Z"}`,
			`{"DocumentName":"maintain-chef","Parameters":{"InstanceId":["` + nodeID + `"]},"ClientToken":"` + token + `"}`,
			`{"DocumentName":"maintain-chef","Parameters":{"InstanceId":null},"Tags":[{"Key":"a"},null]}`,
			`{"DocumentName":"\ud800"}`, "{\"DocumentName\":\"\xff\"}", `{"a":{"a":[`,
		} {
			f.Add(prefix+operation, body)
		}
	}
	f.Fuzz(func(t *testing.T, target, body string) {
		s := ssm.New(ssm.Config{OnEvent: func([]byte) {}})
		furnish(t, s)
		s.SetCalendar("open", true, time.Time{})
		got := simulatortest.Send(s, "POST", "/", target, authorization, body)
		if !slices.Contains([]int{200, 400, 413}, got.Code) {
			t.Fatalf("status %d", got.Code)
		}
		if !json.Valid(got.Body.Bytes()) {
			t.Fatalf("no JSON: %q", got.Body)
		}
		began := len(s.Executions(""))
		if asked := target == prefix+"StartAutomationExecution" && got.Code == 200; (began == 1) != asked {
			t.Fatalf("%d executions began by %q %q, status %d", began, target, body, got.Code)
		}
	})
}
