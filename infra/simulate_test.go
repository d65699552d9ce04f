package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// evaluator is a tool that is not ours and evaluates policies, at a version.
const evaluator = "@cloud-copilot/iam-simulate@0.1.173"

// request is a call, and what decides on it.
type request struct {
	Principal string            `json:"principal"`
	Action    string            `json:"action"`
	Resource  string            `json:"resource"`
	Account   string            `json:"account"`
	Context   map[string]string `json:"context,omitempty"`
	Identity  []identity        `json:"identity"`
	Policy    map[string]any    `json:"policy,omitempty"` // of the resource
}

type identity struct {
	Name   string `json:"name"`
	Policy any    `json:"policy"`
}

// permissions are the policies of a template as they may be once deployed.
type permissions struct {
	template
	table, function, queue, key string // ARNs
}

const (
	accountID = "123456789012"
	regional  = ":us-isof-south-1:" + accountID + ":"
	partition = "arn:aws-us-gov:"
	systems   = partition + "ssm" + regional
	owned     = partition + "ssm:us-isof-south-1::"
)

// deployedPermissions fills ARNs in where the template refers to resources.
func deployedPermissions(t *testing.T, tmpl template) permissions {
	t.Helper()
	arns := map[string]string{}
	for id, r := range tmpl.Resources {
		name := fmt.Sprint(r.Properties[identities[r.Type]])
		switch r.Type {
		case "AWS::DynamoDB::Table":
			arns[id] = partition + "dynamodb" + regional + "table/" + id
		case "AWS::SQS::Queue":
			arns[id] = partition + "sqs" + regional + name
		case "AWS::SNS::Topic":
			arns[id] = partition + "sns" + regional + name
		case "AWS::KMS::Key":
			arns[id] = partition + "kms" + regional + "key/" + id
		case "AWS::IAM::Role":
			arns[id] = partition + "iam::" + accountID + ":role/" + id
		case "AWS::Lambda::Function":
			arns[id] = partition + "lambda" + regional + "function:" + name
		case "AWS::Logs::LogGroup":
			arns[id] = partition + "logs" + regional + "log-group:" + name + ":*"
		}
	}
	b, err := json.Marshal(plain(map[string]any{"Resources": resourcesOf(t, tmpl)}))
	if err != nil {
		t.Fatal(err)
	}
	b = regexp.MustCompile(`\$\{(\w+)(\.\w+)?\}`).ReplaceAllFunc(b, func(reference []byte) []byte {
		id, _, _ := strings.Cut(strings.Trim(string(reference), "${}"), ".")
		if arn, found := arns[id]; found {
			return []byte(arn)
		}
		return reference
	})
	p := permissions{}
	if err := json.Unmarshal(b, &p.template); err != nil {
		t.Fatal(err)
	}
	for kind, arn := range map[string]*string{"AWS::DynamoDB::Table": &p.table, "AWS::Lambda::Function": &p.function,
		"AWS::SQS::Queue": &p.queue, "AWS::KMS::Key": &p.key} {
		for id := range tmpl.of(kind) {
			if !strings.HasPrefix(id, ofPage) {
				*arn = arns[id]
			}
		}
	}
	return p
}

func resourcesOf(t *testing.T, tmpl template) any {
	t.Helper()
	var whole struct{ Resources map[string]any }
	if err := json.Unmarshal(tmpl.JSON, &whole); err != nil {
		t.Fatal(err)
	}
	return whole.Resources
}

// by is a request of one of the stack's roles. Only a key's policy has a say in it.
func (p permissions) by(role, action, resource string, context ...string) request {
	r := request{Action: action, Resource: resource, Account: accountID, Context: pairs(context)}
	if resource == p.key {
		r.Policy = p.policyOf(resource)
	}
	for id := range p.of("AWS::IAM::Role") {
		if strings.HasPrefix(id, role) {
			r.Principal = partition + "iam::" + accountID + ":role/" + id
		}
	}
	for id, policy := range p.of("AWS::IAM::Policy") {
		if slices.Contains(texts(policy.Properties["Roles"]), r.Principal) {
			r.Identity = append(r.Identity, identity{id, policy.Properties["PolicyDocument"]})
		}
	}
	return r
}

// service is a request of an AWS service, on a resource whose policy decides.
func (p permissions) service(name, action, resource string, context ...string) request {
	return request{
		Principal: name, Action: action, Resource: resource, Account: accountID, Context: pairs(context), Policy: p.policyOf(resource)}
}

// policyOf is what the template says of who may do what with a resource.
func (p permissions) policyOf(arn string) map[string]any {
	var all []any
	for id, r := range p.Resources {
		key := map[string]string{
			"AWS::SNS::TopicPolicy": "PolicyDocument", "AWS::SQS::QueuePolicy": "PolicyDocument", "AWS::KMS::Key": "KeyPolicy"}[r.Type]
		statements, _ := dig(r.Properties, key, "Statement").([]any)
		for _, s := range statements {
			if slices.Contains(texts(dig(s, "Resource")), arn) || r.Type == "AWS::KMS::Key" && arn == p.key {
				all = append(all, s)
			}
		}
		if r.Type == "AWS::Lambda::Permission" && strings.HasPrefix(arn, p.function) {
			condition := map[string]any{"ArnLike": map[string]any{"AWS:SourceArn": r.Properties["SourceArn"]}}
			if account := r.Properties["SourceAccount"]; account != nil {
				condition["StringEquals"] = map[string]any{"AWS:SourceAccount": account}
			}
			all = append(all, map[string]any{"Sid": id, "Effect": "Allow", "Principal": map[string]any{"Service": r.Properties["Principal"]},
				"Action": r.Properties["Action"], "Resource": p.function, "Condition": condition})
		}
		if r.Type == "AWS::IAM::Role" && strings.HasSuffix(arn, ":role/"+id) {
			return r.Properties["AssumeRolePolicyDocument"].(map[string]any)
		}
	}
	return map[string]any{"Version": "2012-10-17", "Statement": all}
}

func pairs(texts []string) map[string]string {
	context := map[string]string{}
	for i := 0; i < len(texts); i += 2 {
		context[texts[i]] = texts[i+1]
	}
	return context
}

// simulated evaluates requests. The first result that is no decision fails the test.
func simulated(t *testing.T, requests []request) []bool {
	t.Helper()
	folder := t.TempDir()
	install := exec.Command("npm", "install", "--no-audit", "--no-fund", "--prefix", folder, evaluator)
	if output, err := install.CombinedOutput(); err != nil {
		if os.Getenv("NEED_NODE") != "" {
			t.Fatalf("npm install %s: %v\n%s", evaluator, err, output)
		}
		t.Skipf("%s cannot be installed: %v", evaluator, err)
	}
	script, err := filepath.Abs(filepath.Join("testdata", "simulate.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", script, folder)
	command.Stdin = bytes.NewReader(in)
	out, err := command.Output()
	var results []string
	if err == nil {
		err = json.Unmarshal(out, &results)
	}
	if err != nil || len(results) != len(requests) {
		t.Fatalf("%d results of %d requests, %v: %s", len(results), len(requests), err, out)
	}
	var allowed []bool
	for i, result := range results {
		if !slices.Contains([]string{"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}, result) {
			t.Fatalf("%s on %s: %s", requests[i].Action, requests[i].Resource, result)
		}
		allowed = append(allowed, result == "Allowed")
	}
	return allowed
}

// What the code and the runbooks call is allowed, and nothing that must not be, in the eyes of a tool that is not ours.
func TestPermissions_Evaluated(t *testing.T) {
	document := strings.Replace(everything, `"rules": ["nightly-chef"], `, "", 1) // which lets any rule of the account invoke the function
	document = strings.Replace(document, `"servers": [`, `"servers": [
		{"name": "a", "backend": "ssm", "runbook": "AWSConfigRemediation-X", "tagKey": "role"},
		{"name": "b", "backend": "ssm", "runbook": "amazon-Y"},
		{"name": "c", "backend": "ssm", "runbook": "arn:aws-us-gov:ssm:us-gov-west-1:210987654321:document/Shared"},`, 1)
	tmpl := synthesize(t, document)
	p := deployedPermissions(t, tmpl)
	allowed, refused := p.allowedRequests(), p.refusedRequests()
	results := simulated(t, slices.Concat(allowed, refused))
	exercised := map[string]bool{}
	for i, r := range slices.Concat(allowed, refused) {
		if want := i < len(allowed); results[i] != want {
			t.Errorf("%s, %s on %s with %v: allowed %t, want %t", r.Principal, r.Action, r.Resource, r.Context, results[i], want)
		}
		exercised[r.Action] = exercised[r.Action] || i < len(allowed)
	}
	t.Logf("%d calls are allowed, %d are not", len(allowed), len(refused))
	for _, s := range tmpl.statements() {
		for _, action := range s.Actions {
			if s.Effect == "Allow" && action != "kms:*" && action != "sts:AssumeRole" && !exercised[action] {
				t.Errorf("%s %s allows %s, which nobody calls here", s.Resource, s.Sid, action)
			}
		}
	}
	for _, action := range calledActions(t) {
		if !exercised[action] {
			t.Errorf("the code calls %s, which is not among the calls here", action)
		}
	}
}

// calledActions are those that the adapters' sources ask for through their services' clients.
func calledActions(t *testing.T) []string {
	t.Helper()
	called := map[string]bool{}
	for folder, service := range map[string]string{"automation": "ssm", "opsworkscm": "opsworks-cm", "notify": "sns"} {
		files, err := filepath.Glob("../lambda/" + folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(folder, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range regexp.MustCompile(`\.api\.([A-Z]\w+)\(`).FindAllSubmatch(b, -1) {
				called[service+":"+string(call[1])] = true
			}
		}
	}
	delete(called, "ssm:Options")
	delete(called, "opsworks-cm:Options")
	delete(called, "sns:Options")
	if len(called) < 5 {
		t.Errorf("the code calls only %v", called)
	}
	return slices.Sorted(maps.Keys(called))
}
