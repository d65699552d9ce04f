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
		outcomes, _ := dig(policy, "outcome").([]any)
		if last := outcomes[len(outcomes)-1]; !reflect.DeepEqual(last, map[string]any{"exists": false}) {
			t.Errorf("%s: the function's own alarms do not pass %v", id, policy)
		}
	}
}
