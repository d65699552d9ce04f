package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/settings"
)

const anyTopic = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:"

// withTopics is a document of these servers, whose alarms come by topics.
func withTopics(topics []string, servers ...string) string {
	list, err := json.Marshal(topics)
	if err != nil {
		panic(err)
	}
	return `{"alarmTriggers": [{"sns": ` + string(list) + `}], ` + documentOf(servers...)[1:]
}

const bareServer = `{"name": "a", "backend": "opsworks-cm"}`

// SNS hands the function all messages of each topic as they are, once it may, and what it cannot deliver to the dead-letter queue, which
// lets it.
func TestStack_AlarmTopics(t *testing.T) {
	topics := []string{anyTopic + "alarms", "arn:aws-us-gov:sns:us-gov-west-1:210987654321:alarms", anyTopic + "Ops_2"}
	tmpl := synthesize(t, withTopics(topics, bareServer))
	permitted := map[string]string{}
	for id, p := range tmpl.of("AWS::Lambda::Permission") {
		if p.Properties["Principal"] == "sns.amazonaws.com" {
			permitted[id] = p.Properties["SourceArn"].(string)
		}
	}
	var got []string
	for id, s := range tmpl.of("AWS::SNS::Subscription") {
		p := s.Properties
		if topic, _ := p["TopicArn"].(string); len(s.DependsOn) != 1 || permitted[s.DependsOn[0]] != topic {
			t.Errorf("%s waits for %q, want the permission of %s", id, s.DependsOn, topic)
		}
		got = append(got, p["TopicArn"].(string))
		for key, want := range map[string]string{"Protocol": "lambda", "Endpoint": "${Function", "RedrivePolicy": "${FunctionDeadLetters"} {
			value := p[key]
			if key == "RedrivePolicy" {
				value = dig(value, "deadLetterTargetArn")
			}
			if text := texts(value); len(text) != 1 || !strings.HasPrefix(text[0], want) {
				t.Errorf("%s: %s is %v", id, key, text)
			}
		}
		if more := slices.Sorted(maps.Keys(p)); !slices.Equal(more, []string{"Endpoint", "Protocol", "RedrivePolicy", "TopicArn"}) {
			t.Errorf("%s says %q: a filter or another form of a message would keep alarms from the function", id, more)
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(topics)); !slices.Equal(got, want) || len(permitted) != len(topics) {
		t.Errorf("subscribed to %q, permitted for %q, want %q", got, permitted, want)
	}
	for _, s := range tmpl.statements() {
		if s.Sid != "SendUndeliveredMessages" {
			continue
		}
		want := map[string]any{"ArnLike": map[string]any{"aws:SourceArn": []any{topics[0], topics[1], topics[2]}}}
		if !slices.Equal(s.Principals, []string{"Service:sns.amazonaws.com"}) || !slices.Equal(s.Actions, []string{"sqs:SendMessage"}) ||
			!reflect.DeepEqual(s.Condition, want) {
			t.Errorf("the queue's policy has %+v", s)
		}
		return
	}
	t.Error("SNS may put nothing into the dead-letter queue")
}

// A topic more, one less, or another order leaves the others' subscriptions alone: made anew under another id, one would be deleted
// right after.
func TestStack_AlarmTopicsKeepTheirIDs(t *testing.T) {
	ids := func(topics ...string) map[string]string {
		all := map[string]string{}
		for id, s := range synthesize(t, withTopics(topics, bareServer)).of("AWS::SNS::Subscription") {
			all[s.Properties["TopicArn"].(string)] = id
		}
		return all
	}
	first := ids(anyTopic+"a-b", anyTopic+"ab", anyTopic+"c")
	second := ids(anyTopic+"new", anyTopic+"c", anyTopic+"ab")
	for _, topic := range []string{anyTopic + "ab", anyTopic + "c"} {
		if first[topic] == "" || first[topic] != second[topic] {
			t.Errorf("%s is %s, then %s", topic, first[topic], second[topic])
		}
	}
	if len(first) != 3 || len(second) != 3 {
		t.Errorf("%v, %v", first, second)
	}
}

// As many topics as there may be, of the longest names, fit into the policies beside any number of rules, also twice over in the
// function's, where an update has old permissions beside new ones. One more is a fault.
func TestStack_MostAlarmTopics(t *testing.T) {
	alarms := strings.Join(repeat(2000, `"alarm-of-a-long-name-%[1]d"`), ",")
	named := strings.Repeat("n", 40)
	for name, c := range map[string]struct{ topics, alarms int }{
		"topics alone": {maxAlarmTopics, 0}, "topics and many rules": {maxAlarmTopics, 2000}, "rules of their own ARNs": {5, 350},
	} {
		t.Run(name, func(t *testing.T) {
			list := strings.Join(strings.Split(alarms, ",")[:c.alarms], ",")
			server := `{"name": "a", "backend": "opsworks-cm", "alarms": [` + list + `]}`
			topics := repeat(c.topics, anyTopic+strings.Repeat("t", 254)+"%02[1]d")
			document := withTopics(topics, server)
			document = `{"name": "` + named + `", ` + strings.Replace(document[1:], `[{"sns"`, `["action", {"sns"`, 1)
			tmpl := synthesize(t, document)
			function := 0
			for _, p := range tmpl.of("AWS::Lambda::Permission") {
				const frame, sid, arn = 190, 100, 120 // of a statement, what Lambda and CloudFormation write into it
				function += frame + sid + arn + len(texts(p.Properties["SourceArn"])[0])
			}
			queue := size(tmpl.one(t, "AWS::SQS::QueuePolicy").Properties["PolicyDocument"])
			t.Logf("%d rules: %d bytes of the function's policy, %d of the queue's", len(tmpl.of("AWS::Events::Rule")), function, queue)
			if 2*function > 20<<10 || queue > 8<<10 || function == 0 {
				t.Errorf("twice %d bytes of 20 KB, %d of 8 KB", function, queue)
			}
		})
	}
	_, err := newPlan(withTopics(repeat(maxAlarmTopics+1, anyTopic+"%[1]d"), bareServer), now)
	want := fmt.Sprintf("alarmTriggers.sns: names %d topics", maxAlarmTopics+1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("one topic more: %v", err)
	}
	elsewhere := withTopics([]string{anyTopic + "a", "arn:aws-us-gov:sns:us-gov-east-1:123456789012:a"}, bareServer)
	want = "alarmTriggers.sns[1]: leads to the Region us-gov-east-1"
	if _, err := newPlan(elsewhere, now); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a topic of another Region: %v", err)
	}
}

// The topics that settings may not name are those that the stack has.
func TestStack_OwnTopics(t *testing.T) {
	var got []string
	for _, topic := range synthesize(t, everything).of("AWS::SNS::Topic") {
		got = append(got, topic.Properties["TopicName"].(string))
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(settings.OwnTopics(stackName))); !slices.Equal(got, want) {
		t.Errorf("the stack has %q, settings know %q", got, want)
	}
}
