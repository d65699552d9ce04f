package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/maintenance"
	"opsworks-maintenance/lambda/message"
)

const chatting = `{"servers": [{"name": "puppet-01", "backend": "ssm", "runbook": "Maintain"}], "notify": [
	{"slack": {"workspace": "T01AB2CD3", "channel": "C01AB2CD3"}}, {"slack": {"workspace": "T01AB2CD3", "channel": "G0ZZZZZZZ"}}]}`

func TestChat_Slack(t *testing.T) {
	tmpl := synthesize(t, chatting)
	topic := "${" + oneID(t, tmpl, "AWS::SNS::Topic", "TopicName", stackName+"-chat") + "}"
	actions := tmpl.of("AWS::Chatbot::CustomAction")
	channels := map[any]bool{}
	for id, channel := range tmpl.of("AWS::Chatbot::SlackChannelConfiguration") {
		p := channel.Properties
		channels[p["SlackChannelId"]] = p["SlackWorkspaceId"] == "T01AB2CD3"
		if got := texts(p["SnsTopicArns"]); !slices.Equal(got, []string{topic}) {
			t.Errorf("%s gets %v, not %s", id, got, topic)
		}
		if got := texts(p["CustomizationResourceArns"]); len(got) != len(actions) || len(slices.Compact(got)) != len(actions) {
			t.Errorf("%s has the buttons %v", id, got)
		}
		if name := texts(p["ConfigurationName"]); !strings.Contains(name[0], longestPlace.region) {
			t.Errorf("%s is named %s in every Region, and known by it in all of them", id, name)
		}
	}
	if want := map[any]bool{"C01AB2CD3": true, "G0ZZZZZZZ": true}; !reflect.DeepEqual(channels, want) {
		t.Errorf("the channels are %v", channels)
	}
}

// What a channel can do is what its role may, and what its guardrail lets through: both are the one policy.
func TestChat_AChannelMayOperateAndNothingElse(t *testing.T) {
	tmpl := synthesize(t, chatting)
	var policy string
	for id, p := range tmpl.of("AWS::IAM::ManagedPolicy") {
		policy = "${" + id + "}"
		alias := ""
		for id := range tmpl.of("AWS::Lambda::Alias") {
			alias = "${" + id + "}"
		}
		statement := []any{map[string]any{"Sid": "Operate", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": alias}}
		if got := plain(dig(p.Properties, "PolicyDocument", "Statement")); !reflect.DeepEqual(got, statement) {
			t.Errorf("a channel may %v", got)
		}
	}
	roles := 0
	for id, role := range tmpl.of("AWS::IAM::Role") {
		if dig(role.Properties, "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service") != "chatbot.amazonaws.com" {
			continue
		}
		roles++
		if got := texts(role.Properties["ManagedPolicyArns"]); !slices.Equal(got, []string{policy}) || role.Properties["Policies"] != nil {
			t.Errorf("%s has %v and %v", id, got, role.Properties["Policies"])
		}
		for _, p := range tmpl.of("AWS::IAM::Policy") {
			if slices.Contains(texts(p.Properties["Roles"]), "${"+id+"}") {
				t.Errorf("%s has %v", id, p.Properties)
			}
		}
	}
	if roles != 1 {
		t.Errorf("the channels have %d roles", roles)
	}
	for id, channel := range tmpl.of("AWS::Chatbot::SlackChannelConfiguration") {
		if got := texts(channel.Properties["GuardrailPolicies"]); !slices.Equal(got, []string{policy}) {
			t.Errorf("the guardrail of %s is %v", id, got)
		}
	}
}

// A channel that somebody configures outside of the stack gets the buttons by the output, and no role. Without chat there is nothing.
func TestChat_AChannelOfOnesOwn(t *testing.T) {
	const servers = `{"servers": [{"name": "puppet-01", "backend": "ssm", "runbook": "Maintain"}], "notify": [`
	for document, want := range map[string]int{servers + `{"chat": true}]}`: len(message.ChatButtons()), servers + `]}`: 0} {
		tmpl := synthesize(t, document)
		if got := len(tmpl.of("AWS::Chatbot::CustomAction")); got != want {
			t.Errorf("there are %d buttons, not %d", got, want)
		}
		output, _ := plain(tmpl.Outputs["ChatButtons"].Value).(string)
		if got := len(strings.Fields(output)); got != want {
			t.Errorf("the output names %d buttons: %s", got, output)
		}
		if n := len(tmpl.of("AWS::Chatbot::SlackChannelConfiguration")) + len(tmpl.of("AWS::IAM::ManagedPolicy")); n > 0 {
			t.Errorf("%d resources are for channels that nobody asked for", n)
		}
	}
}

// Below each message is what its run or server may be asked for, and a click sends a request that the function takes.
func TestChat_AClickIsARequest(t *testing.T) {
	tmpl := synthesize(t, chatting)
	const run = "puppet-01-20261126T163518-N634X2UMS7"
	report := func(outcome maintenance.Outcome, reason maintenance.Reason, state maintenance.RunState) maintenance.Report {
		return maintenance.Report{Outcome: outcome, Reason: reason, State: state, RunID: run, ServerName: "puppet-01",
			Trigger: maintenance.Trigger{Kind: maintenance.TriggerAlarm, Name: "disk"},
			Server:  maintenance.Server{Name: "puppet-01", Backend: "ssm"}}
	}
	approve, stop := events.Approve{RunID: run, By: "chat"}, events.Stop{RunID: run}
	hold, plan := events.Hold{ServerName: "puppet-01", By: "chat"}, events.Plan{ServerName: "puppet-01"}
	for what, c := range map[string]struct {
		maintenance.Report
		want []events.Event
	}{
		"waits for approval": {report(maintenance.OutcomeWaiting, maintenance.ReasonApprovalNeeded, maintenance.RunWaiting),
			[]events.Event{approve, hold, plan, stop}},
		"waits for its window": {report(maintenance.OutcomeWaiting, maintenance.ReasonOutsideWindow, maintenance.RunWaiting),
			[]events.Event{hold, plan, stop}},
		"has started":   {report(maintenance.OutcomeStarted, "", maintenance.RunRunning), []events.Event{stop}},
		"is overdue":    {report(maintenance.OutcomeOverdue, "", maintenance.RunRunning), []events.Event{stop}},
		"has failed":    {report(maintenance.OutcomeFailed, "", maintenance.RunOver), []events.Event{plan}},
		"has succeeded": {report(maintenance.OutcomeSucceeded, "", maintenance.RunOver), nil},
	} {
		m, err := message.Chat(c.Report, message.Function{Name: stackName, Region: longestPlace.region})
		if err != nil {
			t.Fatal(err)
		}
		var got []events.Event
		for _, payload := range clicks(t, tmpl, m.Body) {
			event, err := events.Decode([]byte(payload))
			if err != nil {
				t.Errorf("what %s: %s: %v", what, payload, err)
			}
			got = append(got, event)
		}
		slices.SortFunc(got, func(a, b events.Event) int { return strings.Compare(a.Kind(), b.Kind()) })
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("what %s has the buttons %+v, want %+v", what, got, c.want)
		}
	}
}

// clicks are the payloads of the buttons below a message, as the documents of custom actions say: an attachment is shown where its criteria
// hold on the variables that it takes from the message, and they stand in the command with a dollar sign.
// https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CustomActionAttachment.html
func clicks(t *testing.T, tmpl template, body string) []string {
	var notification map[string]any
	if err := json.Unmarshal([]byte(body), &notification); err != nil {
		t.Fatal(err)
	}
	alias := oneID(t, tmpl, "AWS::Lambda::Alias", "Name", "operators")
	var payloads []string
	for id, action := range tmpl.of("AWS::Chatbot::CustomAction") {
		command := texts(dig(action.Properties, "Definition", "CommandText"))[0]
		attachment := dig(action.Properties, "Attachments", 0)
		variables, _ := dig(attachment, "Variables").(map[string]any)
		shown := true
		for name, path := range variables {
			steps := strings.Split(path.(string), ".")
			value := any(map[string]any{"event": notification})
			for _, step := range steps {
				value = dig(value, step)
			}
			text, _ := value.(string)
			shown = shown && text != "" && dig(attachment, "Criteria", 0, "Operator") == "HAS_VALUE" &&
				dig(attachment, "Criteria", 0, "VariableName") == name
			command = strings.ReplaceAll(command, "$"+name, text)
		}
		head, payload, ok := strings.Cut(command, " --payload ")
		if want := "lambda invoke --function-name ${" + alias + "} --region " + longestPlace.region; !ok || head != want {
			t.Errorf("%s runs %q, not %q", id, head, want)
		}
		if name := texts(action.Properties["ActionName"])[0]; len(name)-len(stackName)+40 > 64 {
			t.Errorf("%s: %s and the longest name of a stack are too long", id, name)
		}
		if shown {
			payloads = append(payloads, payload)
		}
	}
	return payloads
}

// oneID is the logical id of the resource of a type that has a value.
func oneID(t *testing.T, tmpl template, kind, property, value string) string {
	t.Helper()
	for id, r := range tmpl.of(kind) {
		if r.Properties[property] == value {
			return id
		}
	}
	t.Fatalf("no %s has the %s %s", kind, property, value)
	return ""
}
