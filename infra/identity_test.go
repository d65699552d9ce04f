package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// identities are the types whose resources CloudFormation cannot replace without a loss: they hold state, others refer to them, or they
// have a name that their successor would collide with. The value is the property with the name; what has none in the template is named by
// CloudFormation.
var identities = map[string]string{
	"AWS::Chatbot::CustomAction":              "ActionName",
	"AWS::Chatbot::SlackChannelConfiguration": "ConfigurationName",
	"AWS::CloudWatch::Alarm":                  "AlarmName",
	"AWS::CloudWatch::Dashboard":              "DashboardName",
	"AWS::DynamoDB::Table":                    "TableName",
	"AWS::Events::Rule":                       "Name",
	"AWS::IAM::ManagedPolicy":                 "ManagedPolicyName",
	"AWS::IAM::Policy":                        "PolicyName", // two of them beside each other do not fit into a role
	"AWS::IAM::Role":                          "RoleName",
	"AWS::KMS::Key":                           "",
	"AWS::Lambda::Alias":                      "Name",
	"AWS::Lambda::Function":                   "FunctionName",
	"AWS::Logs::LogGroup":                     "LogGroupName",
	"AWS::SNS::Subscription":                  "", // a new one asks for confirmation again
	"AWS::SNS::Topic":                         "TopicName",
	"AWS::SQS::Queue":                         "QueueName",
	"AWS::SSM::Document":                      "Name",
	"AWS::Scheduler::Schedule":                "Name",
	"AWS::Scheduler::ScheduleGroup":           "Name",
}

// replaceable are the types that may get another logical id with the next deployment.
var replaceable = []string{"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Permission", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"}

// Whatever has state or a fixed name keeps its logical id: under another one, an update makes a new resource beside the old, and fails
// where the two have one name. No flag rewrites the file; a line in it is added by hand, and changed never.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
func TestStack_LogicalIDs(t *testing.T) {
	want, err := os.ReadFile("testdata/logical-ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	hash := regexp.MustCompile(`-[0-9a-f]{8}$`) // of a runbook's content: another content is another document
	var got []string
	for _, document := range []string{inCDKJSON(t), everything} {
		for id, r := range synthesize(t, document).Resources {
			key, held := identities[r.Type]
			if held == slices.Contains(replaceable, r.Type) {
				t.Errorf("say whether a %s has state or a fixed name", r.Type)
			}
			if name, _ := r.Properties[key].(string); held {
				got = append(got, strings.TrimSpace(id+" "+r.Type+" "+hash.ReplaceAllString(name, "-HASH")))
			}
		}
	}
	slices.Sort(got)
	if got := strings.Join(slices.Compact(got), "\n") + "\n"; got != string(want) {
		t.Errorf("the stack has\n%s\nwant\n%s", got, want)
	}
}
