package opsworkscm_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"opsworks-maintenance/lambda/local/simulator/opsworkscm"
	"opsworks-maintenance/lambda/local/simulator/simulatortest"
)

const (
	prefix  = "OpsWorksCM_V2016_11_01."
	start   = prefix + "StartMaintenance"
	servers = prefix + "DescribeServers"
	events  = prefix + "DescribeEvents"
	secret  = "hunter2"
)

func upgrade(value string) string {
	return `{"ServerName":"automate-06","EngineAttributes":[{"Name":"CHEF_MAJOR_UPGRADE","Value":` + value + `}]}`
}

var long = strings.Repeat("x", 10001)

// request is what is sent, with the usual method, path and authorization if it has none of its own, and what is to be answered.
type request struct {
	method, path, target, authorization, body string
	status                                    int
	has                                       []string
}

var requests = map[string]request{
	"another method":          {method: "GET", target: servers, status: 404, has: []string{`{"__type":"UnknownOperationException"}`}},
	"another path":            {path: "/v1", target: servers, status: 404, has: []string{"UnknownOperationException"}},
	"no target":               {status: 400, has: []string{"UnknownOperationException"}},
	"a target without prefix": {target: "StartMaintenance", status: 400, has: []string{"UnknownOperationException"}},
	"an operation of another service": {
		target: "OpsWorks_20130218.DescribeServers", status: 400, has: []string{"UnknownOperationException"}},
	"an operation we do not have": {target: prefix + "CreateBackup", status: 400, has: []string{"UnknownOperationException"}},

	"no authorization": {target: servers, authorization: "-", status: 400, has: []string{"MissingAuthenticationTokenException"}},
	"a scope of another service": {target: servers, status: 400,
		authorization: strings.Replace(authorization, "opsworks-cm", "opsworks", 1),
		has:           []string{"InvalidSignatureException", "scoped to correct service: 'opsworks-cm'"}},
	"a scope of another Region": {target: servers, status: 400,
		authorization: strings.Replace(authorization, "us-east-1", "eu-west-1", 1),
		has:           []string{"InvalidSignatureException", "valid region, not 'eu-west-1'"}},
	"an authorization of another kind": {target: servers, authorization: "Bearer " + secret, status: 400,
		has: []string{"IncompleteSignatureException"}},

	"an empty body is an empty input": {target: servers, body: "", status: 200, has: []string{`"Servers":[{`}},
	"null members count as absent":    {target: servers, body: `{"ServerName":null,"MaxResults":null,"NextToken":null}`, status: 200},
	"unknown members are ignored":     {target: servers, body: `{"Colour":["blue"]}`, status: 200},
	"member names are case-sensitive": {target: servers, body: `{"serverName":"automate-99"}`, status: 200},
	"no JSON": {target: servers, body: `ServerName=automate-06`, status: 400,
		has: []string{"SerializationException"}},
	"JSON that is no object": {target: servers, body: `["automate-06"]`, status: 400, has: []string{"SerializationException"}},
	"null":                   {target: servers, body: `null`, status: 400, has: []string{"SerializationException"}},
	"two objects":            {target: servers, body: `{} {}`, status: 400, has: []string{"SerializationException"}},
	"a name that is a number": {target: start, body: `{"ServerName":6}`, status: 400, has: []string{"SerializationException",
		"NUMBER_VALUE"}},
	"a size that is a string": {target: events, body: `{"ServerName":"a","MaxResults":"1"}`, status: 400,
		has: []string{"SerializationException", "STRING_VALUE"}},
	"a size that is a fraction": {target: events, body: `{"ServerName":"a","MaxResults":1.5}`, status: 400,
		has: []string{"SerializationException"}},
	"a size beyond an Integer": {target: events, body: `{"ServerName":"a","MaxResults":2147483648}`, status: 400,
		has: []string{"SerializationException"}},
	"a token that is a list": {target: events, body: `{"ServerName":"a","NextToken":[]}`, status: 400,
		has: []string{"SerializationException"}},
	"attributes that are no list": {target: start, body: `{"ServerName":"a","EngineAttributes":"` + secret + `"}`, status: 400,
		has: []string{"SerializationException"}},
	"an attribute value that is a flag": {target: start, body: upgrade("true"), status: 400, has: []string{"SerializationException",
		"BOOLEAN_VALUE"}},
	"a body that is too large": {target: start, body: strings.Repeat(" ", 1<<20+1), status: 413,
		has: []string{"RequestEntityTooLargeException"}},

	"no server name": {target: start, body: `{}`, status: 400,
		has: []string{"ValidationException",
			"1 validation error detected: Value null at 'serverName' failed to satisfy constraint: Member must not be null"}},
	"an empty server name": {target: events, body: `{"ServerName":""}`, status: 400,
		has: []string{"2 validation errors detected", "Member must have length greater than or equal to 1"}},
	"a server name with a space": {target: servers, body: `{"ServerName":"automate 06"}`, status: 400,
		has: []string{`Value 'automate 06' at 'serverName' failed to satisfy constraint: ` +
			`Member must satisfy regular expression pattern: [a-zA-Z][a-zA-Z0-9\\-]*`}},
	"a server name with a line break": {target: servers, body: `{"ServerName":"automate-06\n"}`, status: 400,
		has: []string{"ValidationException"}},
	"a server name that is too long": {target: start, body: `{"ServerName":"` + strings.Repeat("a", 41) + `"}`, status: 400,
		has: []string{"Member must have length less than or equal to 40"}},
	"a size of zero": {target: servers, body: `{"MaxResults":0}`, status: 400,
		has: []string{"Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"}},
	"a token that is too long": {target: servers, body: `{"NextToken":"` + long + `"}`, status: 400, has: []string{"ValidationException"}},
	"an attribute value that is too long": {target: start, body: upgrade(`"` + long + `"`), status: 400,
		has: []string{"Value at 'engineAttributes.1.member.value' failed to satisfy constraint"}},
	"an unknown attribute": {target: start, status: 400, has: []string{"ValidationException", "no other engine attribute"},
		body: `{"ServerName":"automate-06","EngineAttributes":[{"Name":"CHEF_ADMIN_PASSWORD","Value":"` + secret + `"}]}`},
	"an attribute without a name": {target: start, status: 400, has: []string{"ValidationException"},
		body: `{"ServerName":"automate-06","EngineAttributes":[{"Value":"` + secret + `"}]}`},
	"a null attribute": {target: start, body: `{"ServerName":"automate-06","EngineAttributes":[null]}`, status: 400,
		has: []string{"ValidationException"}},
	"an upgrade that is not true": {target: start, body: upgrade(`"` + secret + `"`), status: 400,
		has: []string{"ValidationException", "must be true"}},
	"an upgrade without a value": {target: start, body: upgrade(`null`), status: 400, has: []string{"ValidationException",
		"must be true"}},
	"an upgrade of a Puppet server": {target: start, body: strings.Replace(upgrade(`"true"`), "automate-06", "puppet-01", 1),
		status: 400, has: []string{"ValidationException", "Chef Automate servers only"}},
	"an upgrade":                  {target: start, body: upgrade(`"true"`), status: 200, has: []string{"UNDER_MAINTENANCE"}},
	"an empty list of attributes": {target: start, body: `{"ServerName":"automate-06","EngineAttributes":[]}`, status: 200},
	"an unknown server is not started": {target: start, body: `{"ServerName":"automate-99"}`, status: 400,
		has: []string{"ResourceNotFoundException", "automate-99"}},
	"an unknown server is not described": {target: servers, body: `{"ServerName":"automate-99"}`, status: 400,
		has: []string{"ResourceNotFoundException"}},
	"an unknown server has no events": {target: events, body: `{"ServerName":"automate-99"}`, status: 400,
		has: []string{"ResourceNotFoundException"}},
	"DescribeServers knows no tokens": {target: servers, body: `{"NextToken":"x"}`, status: 400,
		has: []string{"InvalidNextTokenException"}},
	"DescribeServers knows no pages": {target: servers, body: `{"MaxResults":1}`, status: 200, has: []string{"automate-06",
		"puppet-01"}},
	"DescribeEvents refuses other tokens": {target: events, body: `{"ServerName":"automate-06","NextToken":"x"}`, status: 400,
		has: []string{"InvalidNextTokenException"}},
	"a server without events": {target: events, body: `{"ServerName":"automate-06"}`, status: 200,
		has: []string{`{"ServerEvents":[]}`}},
	"the account's limits": {target: prefix + "DescribeAccountAttributes", body: `{}`, status: 200,
		has: []string{`{"Name":"ServerLimit","Maximum":5,"Used":2}`, `{"Name":"ManualBackupLimit","Maximum":10,"Used":0}`}},
}

func TestService_ServeHTTP(t *testing.T) {
	for name, test := range requests {
		t.Run(name, func(t *testing.T) {
			service := newService(t)
			method, path, credentials := "POST", "/", authorization
			if test.method != "" {
				method = test.method
			}
			if test.path != "" {
				path = test.path
			}
			if test.authorization != "" {
				credentials = strings.TrimPrefix(test.authorization, "-")
			}
			got := simulatortest.Send(service, method, path, test.target, credentials, test.body)
			got.Status(t, test.status)
			got.Has(t, test.has...)
			if strings.Contains(got.Body.String(), secret) {
				t.Errorf("the answer repeats a secret: %s", got.Body)
			}
			if got.Header().Get("Content-Type") != "application/x-amz-json-1.1" {
				t.Errorf("content type %q", got.Header().Get("Content-Type"))
			}
			if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(got.Header().Get("x-amzn-RequestId")) {
				t.Errorf("request id %q", got.Header().Get("x-amzn-RequestId"))
			}
			if test.status != 200 && service.Started("automate-06")+service.Started("puppet-01") != 0 {
				t.Error("a refused call began a maintenance")
			}
		})
	}
}

func TestService_ServeHTTP_ContentType(t *testing.T) {
	for given, status := range map[string]int{
		"application/x-amz-json-1.1":                200,
		"application/x-amz-json-1.1; charset=utf-8": 200,
		"application/x-amz-json-1.0":                404,
		"application/json":                          404,
		"":                                          404,
	} {
		t.Run(given, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
			r.Header.Set("Content-Type", given)
			r.Header.Set("X-Amz-Target", "OpsWorksCM_V2016_11_01.DescribeServers")
			r.Header.Set("Authorization", authorization)
			w := httptest.NewRecorder()
			newService(t).ServeHTTP(w, r)
			if w.Code != status {
				t.Errorf("status %d, want %d", w.Code, status)
			}
		})
	}
}

func TestService_DescribeServers_Shape(t *testing.T) {
	service := opsworkscm.New(opsworkscm.Config{Region: "us-east-1", Account: "210987654321"})
	add(t, service, opsworkscm.Server{
		Name: "puppet-01", Engine: "Puppet", CreatedAt: time.UnixMilli(1469799527520),
		EngineAttributes: []opsworkscm.EngineAttribute{{Name: "PUPPET_API_CRL", Value: "x"}},
	})
	var got struct {
		Servers []map[string]any
	}
	must(t, json.Unmarshal(ask(t, service, "DescribeServers", "{}").Body.Bytes(), &got))
	server := got.Servers[0]
	for member, want := range map[string]any{
		"ServerName": "puppet-01", "Engine": "Puppet", "EngineModel": "Monolithic", "EngineVersion": "2019",
		"Status": "HEALTHY", "CreatedAt": 1469799527.52,
	} {
		if server[member] != want {
			t.Errorf("%s is %v, want %v", member, server[member], want)
		}
	}
	if _, has := server["MaintenanceStatus"]; has {
		t.Error("a server that never had maintenance shows its result")
	}
	arn, _ := server["ServerArn"].(string)
	if !regexp.MustCompile(`^arn:aws:opsworks-cm:us-east-1:210987654321:server/puppet-01/[0-9a-f-]{36}$`).MatchString(arn) {
		t.Errorf("ServerArn %q", arn)
	}
}

func TestService_DescribeEvents_Pages(t *testing.T) {
	service := opsworkscm.New(opsworkscm.Config{})
	for _, name := range []string{"automate-06", "automate-07"} {
		add(t, service, opsworkscm.Server{Name: name, MaintenanceStatus: "FAILED"})
	}
	run := func() {
		ask(t, service, "StartMaintenance", `{"ServerName":"automate-06"}`).Status(t, 200)
		must(t, service.Complete("automate-06"))
	}
	run()
	page := func(name, token string) (messages []string, next string) {
		body := `{"ServerName":"` + name + `","MaxResults":3`
		if token != "" {
			body += `,"NextToken":"` + token + `"`
		}
		var got struct {
			ServerEvents []struct{ Message string }
			NextToken    string
		}
		answer := ask(t, service, "DescribeEvents", body+"}")
		answer.Status(t, 200)
		must(t, json.Unmarshal(answer.Body.Bytes(), &got))
		for _, event := range got.ServerEvents {
			messages = append(messages, event.Message)
		}
		return messages, got.NextToken
	}

	first, token := page("automate-06", "")
	if strings.Join(first, "|") != "Maintenance completed successfully|Updates successfully installed.|Maintenance started" || token == "" {
		t.Fatalf("first page %q, token %q", first, token)
	}
	run() // events written between two pages shift nothing
	second, end := page("automate-06", token)
	if strings.Join(second, "|") != "Maintenance failed" || end != "" {
		t.Fatalf("second page %q, token %q", second, end)
	}
	for name, body := range map[string]string{
		"a token of another server": `{"ServerName":"automate-07","NextToken":"` + token + `"}`,
		"a token that was changed":  `{"ServerName":"automate-06","NextToken":"B` + token[1:] + `"}`,
		"an empty token":            `{"ServerName":"automate-06","NextToken":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			ask(t, service, "DescribeEvents", body).Has(t, "InvalidNextTokenException")
		})
	}
}
