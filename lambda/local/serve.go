package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/settings"
)

// introduce says where everything is and how to use it.
func (s *scenario) introduce(m *machine.Machine, document settings.Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		s.tell(step{Step: "serve", Text: m.URL})
		return
	}
	_, _ = fmt.Fprint(s.out, indented(machine.Services+" are at "+m.URL+" until you press Ctrl-C. Any AWS client works that is given this "+
		"endpoint, the Region "+machine.Region+" and some credentials; no signature is checked. What is asked and what comes of it is shown "+
		"below.", 0, s.width))
	for _, fact := range [][2]string{
		{"the fleet", m.URL + "/"},
		{"servers", strings.Join(m.Servers, ", ")},
		{"function", machine.FunctionName + ", for operators " + machine.FunctionName + ":" + settings.OperatorsAlias},
		{"topics", strings.Join(topicARNs(m.Environment), ", ")},
		{"subscriber", m.URL + "/" + machine.Account + "/" + m.Queue},
	} {
		_, _ = fmt.Fprintf(s.out, "  %-10s %s", fact[0], strings.TrimLeft(indented(fact[1], 13, s.width), " "))
	}
	_, _ = fmt.Fprint(s.out, "\n"+indented("Things to try in another terminal, with the AWS CLI 1 or 2. The exports stand in for credentials.",
		0, s.width)+"\n")
	for _, command := range commands(m, document) {
		_, _ = fmt.Fprint(s.out, "  "+command+"\n")
	}
	_, _ = fmt.Fprintln(s.out)
}

// commands run as they are printed, in a shell, one after the other. Long ones go on after a backslash.
func commands(m *machine.Machine, document settings.Settings) []string {
	const next = " \\\n    "
	aws := "aws --endpoint-url " + m.URL + " "
	list := []string{
		"export AWS_DEFAULT_REGION=" + machine.Region,
		"export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local",
		"echo '{\"start\":{\"serverName\":\"" + m.Servers[0] + "\"}}' |" + next + aws + "lambda invoke" + next +
			"--function-name " + machine.FunctionName + ":" + settings.OperatorsAlias + next + "--payload fileb:///dev/stdin /dev/stdout",
	}
	watched := slices.IndexFunc(document.Servers, func(server settings.Server) bool { return len(server.Alarms) > 0 })
	if watched >= 0 {
		alarm := strings.ReplaceAll(fitting(document.Servers[watched].Alarms[0]), "'", `'\''`)
		list = append(list, aws+"cloudwatch set-alarm-state"+next+"--alarm-name '"+alarm+"'"+next+
			"--state-value ALARM --state-reason 'a try'")
	}
	list = append(list, aws+"sqs receive-message"+next+"--queue-url "+m.URL+"/"+machine.Account+"/"+m.Queue)
	if len(m.Nodes) > 0 {
		list = append(list, aws+"ssm describe-automation-executions")
	}
	if len(m.Nodes) < len(m.Servers) { // the AWS CLI has no opsworks-cm since August 2025
		list = append(list, "curl "+m.URL+" -d '{}'"+next+"-H 'X-Amz-Target: OpsWorksCM_V2016_11_01.DescribeServers'"+next+
			"-H 'Content-Type: application/x-amz-json-1.1' --user local:local"+next+"--aws-sigv4 aws:amz:"+machine.Region+":opsworks-cm")
	}
	return list
}

// serve wakes the function by its clock until somebody has had enough.
func (s *scenario) serve(ctx context.Context, m *machine.Machine) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sweepEvery):
		}
		if err := s.sweep(ctx, m); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// request tells of a request to what is served, and what came of it, a line each.
func (s *scenario) request(service, operation string, asked []byte) func(status int, answer []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if service == "Lambda" {
		s.tell(step{Step: "asked", Text: describe(asked)})
		return s.invoked
	}
	return func(status int, answer []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		form, _ := url.ParseQuery(string(asked))
		topic := form.Get("TopicArn")
		if operation == "Publish" && status == http.StatusOK {
			s.tell(step{Step: "message", Text: topic[strings.LastIndexByte(topic, ':')+1:] + ": " + form.Get("Subject")})
			return
		}
		s.tell(step{Step: "asked", Text: fmt.Sprintf("%s %s: answered %d", service, operation, status)})
	}
}

// invoked tells what the function answered to somebody.
func (s *scenario) invoked(status int, answer []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	responses, err := readResponses(answer)
	for _, r := range responses {
		s.latest[r.RunID+" "+r.ServerName] = r
		s.tell(step{Step: "answer", Text: r.line(), Response: &r})
	}
	if err == nil {
		return
	}
	var failure struct{ ErrorMessage, Message string }
	_ = json.Unmarshal(answer, &failure) // what is none has no message
	text := fmt.Sprintf("%d bytes", len(answer))
	switch {
	case failure.ErrorMessage != "":
		text = "the function failed: " + failure.ErrorMessage
	case status != http.StatusOK && failure.Message != "":
		text = fmt.Sprintf("%d %s", status, failure.Message)
	case status == http.StatusAccepted:
		text = "the function is asked"
	}
	s.tell(step{Step: "answer", Text: text})
}

func topicARNs(environment []string) []string {
	var arns []string
	for _, variable := range environment {
		if name, arn, _ := strings.Cut(variable, "="); strings.HasSuffix(name, "TOPIC_ARN") {
			arns = append(arns, arn)
		}
	}
	return arns
}
