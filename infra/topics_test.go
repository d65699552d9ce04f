package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func topicsAreSafe(t *testing.T, tmpl template) {
	for id, topic := range tmpl.of("AWS::SNS::Topic") {
		if got := texts(topic.Properties["KmsMasterKeyId"]); len(got) != 1 || !strings.HasPrefix(got[0], "${TopicsKey") {
			t.Errorf("%s is encrypted with %v", id, got)
		}
	}
	if tmpl.one(t, "AWS::KMS::Key").Properties["EnableKeyRotation"] != true {
		t.Error("the key is not rotated")
	}
	allowed := map[string]bool{}
	for _, s := range tmpl.statements() {
		if s.Effect == "Allow" && slices.Contains(s.Principals, "Service:cloudwatch.amazonaws.com") {
			for _, action := range s.Actions {
				allowed[strings.TrimRight(s.Resource, "0123456789ABCDEF")+" "+action] = true
			}
		}
	}
	for _, want := range []string{"TopicsKey kms:GenerateDataKey", "TopicsKey kms:Decrypt", "TopicsTextPolicy sns:Publish"} {
		if !allowed[want] {
			t.Errorf("CloudWatch lacks %s: its alarms would be lost without a word (has %v)", want, allowed)
		}
	}
	// CloudWatch's messages have no attributes.
	for id, s := range tmpl.of("AWS::SNS::Subscription") {
		policy, filtered := s.Properties["FilterPolicy"]
		if !filtered {
			continue
		}
		for attribute, values := range policy.(map[string]any) {
			list := values.([]any)
			if last := list[len(list)-1]; !reflect.DeepEqual(last, map[string]any{"exists": false}) {
				t.Errorf("%s: the function's own alarms do not pass %s: %v", id, attribute, values)
			}
		}
	}
}

func TestTopics_AMailboxIsLimitedToServersAndOutcomes(t *testing.T) {
	tmpl := synthesize(t, `{"servers": [{"name": "puppet-01", "backend": "ssm", "runbook": "Maintain"}], "notify": [
		{"email": "a@example.com"}, {"email": "b@example.com", "servers": ["puppet-01"], "only": ["failed", "overdue"]}]}`)
	topicsAreSafe(t, tmpl)
	exists := map[string]any{"exists": false}
	got := map[any]any{}
	for _, s := range tmpl.of("AWS::SNS::Subscription") {
		got[s.Properties["Endpoint"]] = s.Properties["FilterPolicy"]
	}
	if want := map[any]any{"a@example.com": nil, "b@example.com": map[string]any{
		"server": []any{"puppet-01", exists}, "outcome": []any{"failed", "overdue", exists}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("the mailboxes' filters are %v", got)
	}
}
