package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// What follows reads a resource back from its own service, in the words of the template.

func (e *emulator) readFunction(ctx context.Context, r *resource) (map[string]any, error) {
	f, err := e.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(r.Name)})
	if err != nil {
		return nil, err
	}
	code, err := e.code(ctx, r)
	if err != nil {
		return nil, err
	}
	deployed := r.Properties["Code"]
	if sum := sha256.Sum256(code); base64.StdEncoding.EncodeToString(sum[:]) != *f.Configuration.CodeSha256 {
		deployed = "code of SHA-256 " + *f.Configuration.CodeSha256
	}
	c := f.Configuration
	return plain(map[string]any{
		"FunctionName": c.FunctionName, "Description": c.Description, "Runtime": c.Runtime, "Handler": c.Handler, "MemorySize": c.MemorySize,
		"Timeout": c.Timeout, "Role": c.Role, "Environment": map[string]any{"Variables": c.Environment.Variables}, "Code": deployed,
	}), nil
}

// code is the zip that the template names.
func (e *emulator) code(ctx context.Context, r *resource) ([]byte, error) {
	bucket, key := dig(r.Properties, "Code", "S3Bucket"), dig(r.Properties, "Code", "S3Key")
	return e.object(ctx, fmt.Sprint(bucket), fmt.Sprint(key))
}

// readPermission finds the statement in the function's policy: the emulator has no other way to tell them apart.
func (e *emulator) readPermission(ctx context.Context, r *resource) (map[string]any, error) {
	policy, err := e.lambda.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String(fmt.Sprint(r.Properties["FunctionName"]))})
	if err != nil {
		return nil, err
	}
	var document struct{ Statement []any }
	if err := json.Unmarshal([]byte(*policy.Policy), &document); err != nil {
		return nil, err
	}
	var read map[string]any
	for _, s := range document.Statement {
		read = plain(map[string]any{
			"Action": dig(s, "Action"), "FunctionName": dig(s, "FunctionName"), "Principal": dig(s, "Principal", "Service"),
			"SourceAccount": dig(s, "Condition", "StringEquals", "AWS:SourceAccount"), "SourceArn": dig(s, "Condition", "ArnLike", "AWS:SourceArn"),
		})
		if reflect.DeepEqual(read, r.Properties) {
			break
		}
	}
	return read, nil
}

func (e *emulator) readRule(ctx context.Context, r *resource) (map[string]any, error) {
	rule, err := e.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String(r.Name)})
	if err != nil {
		return nil, err
	}
	targets, err := e.events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: aws.String(r.Name)})
	if err != nil {
		return nil, err
	}
	return plain(map[string]any{
		"Name": rule.Name, "Description": rule.Description, "EventPattern": json.RawMessage(*rule.EventPattern), "Targets": targets.Targets,
	}), nil
}

func (e *emulator) readTopic(ctx context.Context, r *resource) (map[string]any, error) {
	topic, err := e.topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(r.Name)})
	if err != nil {
		return nil, err
	}
	return map[string]any{"TopicName": nameIn(topic.Attributes["TopicArn"]), "KmsMasterKeyId": topic.Attributes["KmsMasterKeyId"]}, nil
}

func (e *emulator) readKey(ctx context.Context, r *resource) (map[string]any, error) {
	read, key := map[string]any{}, map[string]any{"KeyId": r.Name, "PolicyName": "default"}
	var policy struct{ Policy any }
	if err := e.raw(ctx, "kms", "TrentService.GetKeyPolicy", key, &policy); err != nil {
		return nil, err
	}
	var rotation struct{ KeyRotationEnabled bool }
	if err := e.raw(ctx, "kms", "TrentService.GetKeyRotationStatus", key, &rotation); err != nil {
		return nil, err
	}
	read["KeyPolicy"], read["EnableKeyRotation"] = policy.Policy, rotation.KeyRotationEnabled
	return read, nil
}

func (e *emulator) readTable(ctx context.Context, r *resource) (map[string]any, error) {
	out, err := e.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(r.Name)})
	if err != nil {
		return nil, err
	}
	var indexes []any
	for _, index := range out.Table.GlobalSecondaryIndexes {
		indexes = append(indexes, map[string]any{"IndexName": index.IndexName, "KeySchema": index.KeySchema, "Projection": index.Projection})
	}
	return plain(map[string]any{
		"AttributeDefinitions": out.Table.AttributeDefinitions, "KeySchema": out.Table.KeySchema, "GlobalSecondaryIndexes": indexes,
		"BillingMode": out.Table.BillingModeSummary.BillingMode,
	}), nil
}

func (e *emulator) readQueue(ctx context.Context, r *resource) (map[string]any, error) {
	queue, err := e.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(r.Name), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	retention, err := strconv.ParseFloat(queue.Attributes["MessageRetentionPeriod"], 64)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"QueueName": nameIn(queue.Attributes["QueueArn"]), "MessageRetentionPeriod": retention,
		"SqsManagedSseEnabled": queue.Attributes["SqsManagedSseEnabled"] == "true",
	}, nil
}

func (e *emulator) readRole(ctx context.Context, r *resource) (map[string]any, error) {
	role, err := e.roles.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.Name)})
	if err != nil {
		return nil, err
	}
	document, err := policyDocument(role.Role.AssumeRolePolicyDocument)
	return map[string]any{"Description": aws.ToString(role.Role.Description), "AssumeRolePolicyDocument": document}, err
}

// readPolicy reads an inline policy as its roles have it.
func (e *emulator) readPolicy(ctx context.Context, r *resource) (map[string]any, error) {
	read := map[string]any{"Roles": r.Properties["Roles"]}
	for _, role := range r.Properties["Roles"].([]any) {
		policy, err := e.roles.GetRolePolicy(ctx, &iam.GetRolePolicyInput{
			RoleName: aws.String(role.(string)), PolicyName: aws.String(r.Properties["PolicyName"].(string)),
		})
		if err != nil {
			return nil, err
		}
		read["PolicyName"] = aws.ToString(policy.PolicyName)
		if read["PolicyDocument"], err = policyDocument(policy.PolicyDocument); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// policyDocument reads a document as IAM writes it into an answer.
func policyDocument(escaped *string) (document any, err error) {
	text, err := url.QueryUnescape(aws.ToString(escaped))
	if err == nil {
		err = json.Unmarshal([]byte(text), &document)
	}
	return document, err
}

func (e *emulator) readLogGroup(ctx context.Context, r *resource) (map[string]any, error) {
	var out struct {
		LogGroups []struct {
			LogGroupName    string
			RetentionInDays float64
		}
	}
	if err := e.raw(ctx, "logs", "Logs_20140328.DescribeLogGroups", map[string]any{"logGroupNamePrefix": r.Name}, &out); err != nil {
		return nil, err
	}
	for _, group := range out.LogGroups {
		if group.LogGroupName == r.Name {
			return map[string]any{"LogGroupName": group.LogGroupName, "RetentionInDays": group.RetentionInDays}, nil
		}
	}
	return nil, notThere
}

func (e *emulator) readDashboard(ctx context.Context, r *resource) (map[string]any, error) {
	var read struct{ DashboardArn, DashboardBody string }
	err := e.raw(ctx, "monitoring", "GraniteServiceVersion20100801.GetDashboard", map[string]any{"DashboardName": r.Name}, &read)
	return map[string]any{"DashboardName": nameIn(read.DashboardArn), "DashboardBody": read.DashboardBody}, err
}

func (e *emulator) readDocument(ctx context.Context, r *resource) (map[string]any, error) {
	var read struct {
		Name, DocumentType, DocumentFormat string
		Content                            any // AWS answers with a text, the emulator with what the template had
	}
	err := e.raw(ctx, "ssm", "AmazonSSM.GetDocument", map[string]any{"Name": r.Name, "DocumentFormat": "JSON"}, &read)
	return map[string]any{"Name": read.Name, "DocumentType": read.DocumentType, "DocumentFormat": read.DocumentFormat,
		"Content": read.Content}, err
}

// nameIn is the last part of an ARN.
func nameIn(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }

// plain is a value as it looks in a template: JSON without what is not set.
func plain(value any) map[string]any {
	b, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil {
		panic(err)
	}
	return withoutNulls(object).(map[string]any)
}

func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, item := range value {
			if item != nil {
				object[key] = withoutNulls(item)
			}
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = withoutNulls(item)
		}
		return list
	}
	return value
}
