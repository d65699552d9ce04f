package e2e_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"opsworks-maintenance/events"
	"opsworks-maintenance/lambda/ledger"
	"opsworks-maintenance/lambda/settings"
)

// What follows checks resources of the template. Their references are resolved, so each is checked to lead to what was deployed.

// is compares one property, found by the path to it.
func is(t *testing.T, r *resource, want any, path ...any) {
	t.Helper()
	if got := dig(r.Properties, path...); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v is %v, want %v", r.ID, path, got, want)
	}
}

func (d *deployment) arnOf(t *testing.T, kind string) string {
	t.Helper()
	return arn(t, kind, d.stack.one(t, kind).Name)
}

// topic is the topic for an audience: "" is people.
func (d *deployment) topic(audience string) string {
	for _, topic := range d.stack.of("AWS::SNS::Topic") {
		if nameIn(topic.Name) == stackName+audience {
			return topic.Name
		}
	}
	return ""
}

func functionMust(t *testing.T, d *deployment, r *resource) {
	if r.ofPage() {
		pageMust(t, d, r)
		return
	}
	is(t, r, stackName, "FunctionName")
	is(t, r, "provided.al2023", "Runtime")
	is(t, r, "bootstrap", "Handler")
	is(t, r, 128.0, "MemorySize")
	is(t, r, 30.0, "Timeout")
	is(t, r, d.arnOf(t, "AWS::SQS::Queue"), "DeadLetterConfig", "TargetArn")
	is(t, r, d.stack.one(t, "AWS::Logs::LogGroup").Name, "LoggingConfig", "LogGroup")
	environment := map[string]any{settings.EnvMaxProcs: settings.MaxProcs, settings.EnvRunsTable: d.stack.one(t, "AWS::DynamoDB::Table").Name}
	for audience, name := range map[string]string{"": settings.EnvTopicARN, "-records": settings.EnvRecordsTopicARN,
		"-chat": settings.EnvChatTopicARN} {
		if topic := d.topic(audience); topic != "" || audience == "" {
			environment[name] = topic
		}
	}
	for name, variable := range settings.Runbooks() {
		for _, document := range d.stack.of("AWS::SSM::Document") {
			if strings.HasPrefix(document.Name, stackName+"-"+name+"-") {
				environment[variable] = document.Name
			}
		}
	}
	is(t, r, environment, "Environment", "Variables")
	d.roleMust(t, r, "lambda.amazonaws.com", "Role")
	for output, want := range map[string]string{
		"FunctionName": r.Name, "OperatorsFunction": r.Name + ":" + settings.OperatorsAlias,
		"RunsTable":      d.stack.one(t, "AWS::DynamoDB::Table").Name,
		"DeadLettersUrl": d.stack.one(t, "AWS::SQS::Queue").Name, "TopicArn": d.topic(""),
	} {
		if got := d.stack.Outputs[output]; got != want {
			t.Errorf("output %s is %s, want %s", output, got, want)
		}
	}
}

// roleMust checks that a resource has a role of the stack, one that its service may take.
func (d *deployment) roleMust(t *testing.T, r *resource, service string, path ...any) {
	t.Helper()
	for _, role := range d.stack.of("AWS::IAM::Role") {
		if arn(t, role.Type, role.Name) == dig(r.Properties, path...) {
			is(t, role, service, "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service")
			return
		}
	}
	t.Errorf("%s: its role is %v, which is not of the stack", r.ID, dig(r.Properties, path...))
}

// aliasMust: operators ask the same code as AWS does.
func aliasMust(t *testing.T, d *deployment, r *resource) {
	is(t, r, stackName, "FunctionName")
	is(t, r, "$LATEST", "FunctionVersion")
	is(t, r, settings.OperatorsAlias, "Name")
}

// invokeMust: an event is tried again for an hour, an operator's request never.
func invokeMust(t *testing.T, d *deployment, r *resource) {
	retries, age := 2.0, 3600.0
	if r.Properties["Qualifier"] != "$LATEST" {
		is(t, r, settings.OperatorsAlias, "Qualifier")
		retries, age = 0, 60
	}
	is(t, r, stackName, "FunctionName")
	is(t, r, retries, "MaximumRetryAttempts")
	is(t, r, age, "MaximumEventAgeInSeconds")
}

// targetMust checks the target of a rule or schedule: the function, with a dead-letter queue and an end to all retries.
func targetMust(t *testing.T, d *deployment, r *resource, path ...any) {
	t.Helper()
	is(t, r, d.arnOf(t, "AWS::Lambda::Function"), append(path, "Arn")...)
	is(t, r, d.arnOf(t, "AWS::SQS::Queue"), append(path, "DeadLetterConfig", "Arn")...)
	attempts, limited := dig(r.Properties, append(path, "RetryPolicy", "MaximumRetryAttempts")...).(float64)
	age, bounded := dig(r.Properties, append(path, "RetryPolicy", "MaximumEventAgeInSeconds")...).(float64)
	if !limited || !bounded || attempts > 185 || age < 60 || age > 86400 {
		t.Errorf("%s: retries are not bounded, or not as the service allows: %v times, %v s", r.ID, attempts, age)
	}
}

func ruleMust(t *testing.T, d *deployment, r *resource) {
	targetMust(t, d, r, "Targets", 0)
	if targets, _ := r.Properties["Targets"].([]any); len(targets) != 1 {
		t.Errorf("%s has %d targets", r.ID, len(targets))
	}
}

func scheduleMust(t *testing.T, d *deployment, r *resource) {
	targetMust(t, d, r, "Target")
	is(t, r, "ENABLED", "State")
	d.roleMust(t, r, "scheduler.amazonaws.com", "Target", "RoleArn")
	if zone, _ := r.Properties["ScheduleExpressionTimezone"].(string); zone == "" {
		t.Errorf("%s has no time zone", r.ID)
	}
	// What Scheduler will send, with a time where it writes one.
	input := strings.ReplaceAll(fmt.Sprint(dig(r.Properties, "Target", "Input")), "<aws.scheduler.scheduled-time>", "2026-11-24T22:00:00Z")
	event, err := events.Decode([]byte(input))
	switch event := event.(type) {
	case events.Sweep:
		is(t, r, "rate(1 minute)", "ScheduleExpression")
	case events.Schedule:
		is(t, r, event.Name, "Name")
		is(t, r, d.stack.one(t, "AWS::Scheduler::ScheduleGroup").Properties["Name"], "GroupName")
	default:
		t.Errorf("%s sends %s, which the function reads as %T, %v", r.ID, input, event, err)
	}
}

func scheduleGroupMust(t *testing.T, _ *deployment, r *resource) { is(t, r, stackName, "Name") }

func alarmMust(t *testing.T, d *deployment, r *resource) {
	is(t, r, []any{d.topic("")}, "AlarmActions")
	is(t, r, []any{d.topic("")}, "OKActions")
	if name, _ := r.Properties["AlarmName"].(string); !slices.Contains(settings.OwnAlarms(stackName), name) {
		t.Errorf("%s is named %q: the function would not know it for its own", r.ID, name)
	}
}

func topicMust(t *testing.T, d *deployment, r *resource) {
	is(t, r, d.arnOf(t, "AWS::KMS::Key"), "KmsMasterKeyId")
}

func keyMust(t *testing.T, _ *deployment, r *resource) { is(t, r, true, "EnableKeyRotation") }

func subscriptionMust(t *testing.T, d *deployment, r *resource) {
	if slices.Contains(d.settings.AlarmTopics, fmt.Sprint(r.Properties["TopicArn"])) {
		is(t, r, "lambda", "Protocol")
		is(t, r, d.arnOf(t, "AWS::Lambda::Function"), "Endpoint")
		is(t, r, d.arnOf(t, "AWS::SQS::Queue"), "RedrivePolicy", "deadLetterTargetArn")
		return
	}
	is(t, r, d.topic(""), "TopicArn")
	is(t, r, "email", "Protocol")
	if !slices.ContainsFunc(d.settings.Notify, func(s settings.Subscription) bool { return s.Email == r.Properties["Endpoint"] }) {
		t.Errorf("%s: the settings have no mailbox %v", r.ID, r.Properties["Endpoint"])
	}
}

func topicPolicyMust(t *testing.T, d *deployment, r *resource) {
	topics, _ := r.Properties["Topics"].([]any)
	if len(topics) != 1 {
		t.Fatalf("%s is for %v", r.ID, topics)
	}
	want := []string{"Deny * sns:Publish"}
	if topics[0] == d.topic("") { // the function's own alarms speak there
		want = append(want, "Allow cloudwatch.amazonaws.com sns:Publish")
	}
	statementsMust(t, r, topics[0], want)
}

func queuePolicyMust(t *testing.T, d *deployment, r *resource) {
	is(t, r, []any{d.stack.one(t, "AWS::SQS::Queue").Name}, "Queues")
	want := []string{"Deny * sqs:*", "Allow events.amazonaws.com sqs:SendMessage"}
	if len(d.settings.AlarmTopics) > 0 {
		want = append(want, "Allow sns.amazonaws.com sqs:SendMessage")
	}
	statementsMust(t, r, d.arnOf(t, "AWS::SQS::Queue"), want)
}

// statementsMust checks who may, or may not, do what by a resource's policy, and that all of it is about this resource.
func statementsMust(t *testing.T, r *resource, about any, want []string) {
	t.Helper()
	var got []string
	statements, _ := dig(r.Properties, "PolicyDocument", "Statement").([]any)
	for _, s := range statements {
		who := dig(s, "Principal")
		if object, ok := who.(map[string]any); ok { // {"Service": "…"}, {"AWS": "*"}
			who = slices.Collect(maps.Values(object))[0]
		}
		got = append(got, fmt.Sprint(dig(s, "Effect"), " ", who, " ", dig(s, "Action")))
		if dig(s, "Resource") != about || dig(s, "Condition") == nil {
			t.Errorf("%s: a statement without a condition, or not about %v: %v", r.ID, about, s)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s says %v, want %v", r.ID, got, want)
	}
}

// policyMust wants every statement to say what it is for.
func policyMust(t *testing.T, _ *deployment, r *resource) {
	statements, _ := dig(r.Properties, "PolicyDocument", "Statement").([]any)
	var names []string
	for _, s := range statements {
		sid, _ := dig(s, "Sid").(string)
		if sid == "" || dig(s, "Effect") != "Allow" {
			t.Errorf("%s: a statement without a name, or that allows nothing: %v", r.ID, s)
		}
		names = append(names, sid)
	}
	t.Logf("%s allows %s", r.ID, strings.Join(names, ", "))
}

// documentMust holds a runbook to what an automation needs.
func documentMust(t *testing.T, d *deployment, r *resource) {
	is(t, r, "Automation", "DocumentType")
	is(t, r, "JSON", "DocumentFormat")
	is(t, r, "0.3", "Content", "schemaVersion")
	is(t, r, r.Name, "Name")
	d.roleMust(t, r, "ssm.amazonaws.com", "Content", "assumeRole")
}

func queueMust(t *testing.T, _ *deployment, r *resource) { is(t, r, true, "SqsManagedSseEnabled") }

// tableMust holds the table to what the ledger needs.
func tableMust(t *testing.T, _ *deployment, r *resource) {
	schema := plain(ledger.Schema(r.Name))
	for _, name := range []string{"KeySchema", "GlobalSecondaryIndexes", "BillingMode"} {
		is(t, r, schema[name], name)
	}
	types := func(definitions any) map[any]any {
		all := map[any]any{}
		list, _ := definitions.([]any)
		for _, a := range list {
			all[dig(a, "AttributeName")] = dig(a, "AttributeType")
		}
		return all
	}
	if got, want := types(r.Properties["AttributeDefinitions"]), types(schema["AttributeDefinitions"]); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: attributes are %v, in the ledger %v", r.ID, got, want)
	}
	is(t, r, map[string]any{"AttributeName": ledger.TTLAttribute, "Enabled": true}, "TimeToLiveSpecification")
	is(t, r, true, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
	if r.DeletionPolicy != "Retain" {
		t.Errorf("%s goes with the stack: %q", r.ID, r.DeletionPolicy)
	}
}
