package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// template is what cdk synth wrote.
type template struct {
	Resources map[string]*resource
	Outputs   map[string]struct{ Value any }
}

type resource struct {
	ID             string `json:"-"` // in the template
	Type           string
	Properties     map[string]any
	DeletionPolicy string
	// Name is what Ref gives: the id that the emulator has made, or empty if it makes nothing of this type.
	Name string `json:"-"`
}

func readTemplate(t *testing.T, file string) template {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tmpl template
	if err := json.Unmarshal(b, &tmpl); err != nil {
		t.Fatal(err)
	}
	for id, r := range tmpl.Resources {
		r.ID = id
	}
	return tmpl
}

// stack is a template as it was deployed: every reference in it is replaced by what it refers to.
type stack struct {
	Resources map[string]*resource
	Outputs   map[string]string
	// parameters are the values of those of the template that it refers to.
	parameters map[string]string
}

// resolve looks up what the emulator has made of the template.
func (d *deployment) resolve(t *testing.T, tmpl template, parameters map[string]string) *stack {
	t.Helper()
	made, err := d.stacks.ListStackResources(t.Context(), &cloudformation.ListStackResourcesInput{StackName: aws.String(stackName)})
	if err != nil {
		t.Fatal(err)
	}
	for _, summary := range made.StackResourceSummaries {
		if r, ok := tmpl.Resources[aws.ToString(summary.LogicalResourceId)]; ok { // it lists what it has not made too, without a name
			r.Name = aws.ToString(summary.PhysicalResourceId)
		}
	}
	s := &stack{Resources: tmpl.Resources, Outputs: map[string]string{}, parameters: parameters}
	plain := make(map[string]any, len(tmpl.Resources))
	for id, r := range tmpl.Resources {
		plain[id] = s.value(t, r.Properties)
	}
	for id, r := range tmpl.Resources {
		r.Properties = plain[id].(map[string]any)
	}
	for name, output := range tmpl.Outputs {
		s.Outputs[name] = fmt.Sprint(s.value(t, output.Value))
	}
	return s
}

// value replaces references, for just the functions that the stack uses.
func (s *stack) value(t *testing.T, value any) any {
	t.Helper()
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = s.value(t, item)
		}
		return list
	case map[string]any:
		if name, ok := value["Ref"].(string); ok {
			return s.ref(t, name)
		}
		if attribute, ok := value["Fn::GetAtt"].([]any); ok {
			return s.attribute(t, attribute[0].(string), attribute[1].(string))
		}
		if text, ok := value["Fn::Sub"].(string); ok {
			return os.Expand(text, func(name string) string { return s.ref(t, name) })
		}
		if join, ok := value["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, fmt.Sprint(s.value(t, part)))
			}
			return strings.Join(parts, join[0].(string))
		}
		object := make(map[string]any, len(value))
		for key, item := range value {
			if strings.HasPrefix(key, "Fn::") {
				t.Fatalf("the template uses %s, which is not known here", key)
			}
			object[key] = s.value(t, item)
		}
		return object
	}
	return value
}

func (s *stack) ref(t *testing.T, name string) string {
	t.Helper()
	switch name {
	case "AWS::AccountId":
		return account
	case "AWS::Region":
		return region
	case "AWS::Partition":
		return "aws"
	case "AWS::URLSuffix":
		return "amazonaws.com"
	}
	if value, ok := s.parameters[name]; ok {
		return value
	}
	r := s.Resources[name]
	if r == nil || r.Name == "" {
		t.Fatalf("the template refers to %s, which was not made", name)
	}
	return r.Name
}

func (s *stack) attribute(t *testing.T, id, attribute string) string {
	t.Helper()
	r := s.Resources[id]
	switch {
	case r == nil:
		t.Fatalf("the template refers to %s, which is not in it", id)
	case r.Name == "":
		t.Fatalf("the template refers to %s, which was not made", id)
	case attribute == "Arn":
		return arn(t, r.Type, r.Name)
	case attribute == "QueueName":
		return path.Base(r.Name)
	}
	t.Fatalf("the template refers to %s of %s, which is not known here", attribute, id)
	return ""
}

// arn is the ARN of a resource, made from its name and not asked of the emulator.
func arn(t *testing.T, kind, name string) string {
	t.Helper()
	switch kind {
	case "AWS::IAM::Role":
		return "arn:aws:iam::" + account + ":role/" + name
	case "AWS::SQS::Queue":
		name = path.Base(name)
	}
	prefix, ok := map[string]string{
		"AWS::SQS::Queue":         "sqs %s",
		"AWS::DynamoDB::Table":    "dynamodb table/%s",
		"AWS::Lambda::Function":   "lambda function:%s",
		"AWS::KMS::Key":           "kms key/%s",
		"AWS::Logs::LogGroup":     "logs log-group:%s", // in AWS :* follows
		"AWS::CloudWatch::Alarm":  "cloudwatch alarm:%s",
		"AWS::Events::Rule":       "events rule/%s",
		"AWS::OpsWorksCM::Server": "opsworks-cm server/%s",
	}[kind]
	if !ok {
		t.Fatalf("the ARN of %s is not known here", kind)
	}
	service, resource, _ := strings.Cut(prefix, " ")
	return fmt.Sprintf("arn:aws:%s:%s:%s:", service, region, account) + fmt.Sprintf(resource, name)
}

// of are the resources of a type, in the order of their ids.
func (s *stack) of(kind string) []*resource {
	var found []*resource
	for _, id := range slices.Sorted(maps.Keys(s.Resources)) {
		if s.Resources[id].Type == kind {
			found = append(found, s.Resources[id])
		}
	}
	return found
}

// one is the only resource of a type, but for the page's.
func (s *stack) one(t *testing.T, kind string) *resource {
	t.Helper()
	found := slices.DeleteFunc(s.of(kind), (*resource).ofPage)
	if len(found) != 1 {
		t.Fatalf("the template has %d of %s, want 1", len(found), kind)
	}
	return found[0]
}

func (r *resource) ofPage() bool { return strings.HasPrefix(r.ID, "Page") }

// page is the page function.
func (s *stack) page(t *testing.T) *resource {
	t.Helper()
	for _, r := range s.of("AWS::Lambda::Function") {
		if r.ofPage() {
			return r
		}
	}
	t.Fatal("the template has no page function")
	return nil
}

// dig follows keys and indexes into a value of the template; nil is where it ends.
func dig(value any, steps ...any) any {
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}
