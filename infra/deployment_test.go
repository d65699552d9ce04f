package main

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// strictly are settings that ask for all that a company may ask of the deployment.
const strictly = `{"name": "night-shift", "servers": [
		{"name": "puppet-01", "backend": "ssm", "runbook": "puppet-enterprise", "parameters": {"BackupTo": ["s3://backups/puppet-01"]},
		 "alarms": ["puppet-01-*"], "schedules": [{"name": "weekly", "expression": "rate(7 days)"}]}],
	"notify": [{"slack": {"workspace": "T01AB2CD3", "channel": "C01AB2CD3"}}, {"records": true}],
	"deployment": {
		"memory": 256, "logGroup": "/company/maintenance", "rolePath": "/service/", "terminationProtection": true,
		"key": "arn:aws:kms:eu-central-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
		"subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], "securityGroups": ["sg-0123456789abcdef0"],
		"proxy": "http://proxy.example.com:3128", "noProxy": [".amazonaws.com", "10.0.0.0/8"]
	}}`

// What is asked for is in the template, and nothing else changes.
func TestDeployment_Strict(t *testing.T) {
	tmpl := synthesize(t, strictly)
	function := tmpl.one(t, "AWS::Lambda::Function").Properties
	variables := dig(function, "Environment", "Variables")
	for what, c := range map[string][2]any{
		"memory":         {function["MemorySize"], 256.0},
		"log group":      {dig(function, "LoggingConfig", "LogGroup"), "/company/maintenance"},
		"log groups":     {len(tmpl.of("AWS::Logs::LogGroup")), 0},
		"keys":           {len(tmpl.of("AWS::KMS::Key")), 0},
		"subnets":        {texts(dig(function, "VpcConfig", "SubnetIds")), []string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}},
		"security group": {texts(dig(function, "VpcConfig", "SecurityGroupIds")), []string{"sg-0123456789abcdef0"}},
		"proxy":          {dig(variables, envProxy), "http://proxy.example.com:3128"},
		"no proxy":       {dig(variables, envNoProxy), ".amazonaws.com,10.0.0.0/8"},
	} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("%s: %v, want %v", what, c[0], c[1])
		}
	}
	for id, topic := range tmpl.of("AWS::SNS::Topic") {
		if key := topic.Properties["KmsMasterKeyId"]; key != "arn:aws:kms:eu-central-1:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0" {
			t.Errorf("%s is encrypted with %v", id, key)
		}
	}
	for id, role := range tmpl.of("AWS::IAM::Role") {
		if role.Properties["Path"] != "/service/" {
			t.Errorf("%s has the path %v", id, role.Properties["Path"])
		}
	}
	if len(tmpl.of("AWS::IAM::Role")) != 5 {
		t.Error("a role is not looked at")
	}
	_, stack, _ := build(t, strictly)
	if !*stack.TerminationProtection() {
		t.Error("the stack is not protected")
	}
	wildcardsHaveReasons(t, tmpl)
	aliasIsForOperators(t, tmpl)
	targetsAreSafe(t, tmpl)
	alarmsSpeak(t, tmpl)
	days := synthesize(t, inCDKJSON(t)[:len(inCDKJSON(t))-1]+`, "deployment": {"logRetentionDays": 30}}`)
	if got := days.one(t, "AWS::Logs::LogGroup").Properties["RetentionInDays"]; got != 30.0 {
		t.Errorf("the log is kept for %v days", got)
	}
}

// Two stacks of two names share no name, and no resource of the one speaks of the other.
func TestDeployment_Names(t *testing.T) {
	first, second := synthesize(t, everything), synthesize(t, `{"name": "night-shift", `+everything[1:])
	for id, r := range second.Resources {
		name, _ := r.Properties[identities[r.Type]].(string)
		other, _ := first.Resources[id].Properties[identities[r.Type]].(string)
		// A policy is its role's; an alias the function's; a schedule its group's.
		inside := slices.Contains([]string{"AWS::IAM::Policy", "AWS::Lambda::Alias"}, r.Type) ||
			r.Type == "AWS::Scheduler::Schedule" && r.Properties["GroupName"] == "night-shift"
		if name != "" && name == other && !inside {
			t.Errorf("%s is named %s in both", id, name)
		}
		delete(r.Properties, "Content") // a runbook's folder on the server is named by the product
		if text := fmt.Sprint(r.Properties); strings.Contains(text, stackName) {
			t.Errorf("%s names the other stack: %s", id, text)
		}
	}
	ids := func(tmpl template) []string { return slices.Sorted(maps.Keys(tmpl.Resources)) }
	if !slices.Equal(ids(first), ids(second)) {
		t.Error("a name changes logical ids")
	}
}

// What CDK has for a strict account works here too: in cdk.json. A boundary given by -c is a text to CDK, and is not heard.
func TestDeployment_CDK(t *testing.T) {
	const boundary, qualifier = "@aws-cdk/core:permissionsBoundary", "@aws-cdk/core:bootstrapQualifier"
	tmpl := synthesizeIn(t, map[string]any{boundary: map[string]any{"name": "company"}, qualifier: "company1"}, everything)
	for id, role := range tmpl.of("AWS::IAM::Role") {
		got := texts(role.Properties["PermissionsBoundary"])
		if want := "arn:aws-us-gov:iam::123456789012:policy/company"; !slices.Equal(got, []string{want}) {
			t.Errorf("%s has the boundary %q, want %s", id, got, want)
		}
	}
	code := dig(tmpl.one(t, "AWS::Lambda::Function").Properties, "Code")
	if bucket := fmt.Sprint(dig(code, "S3Bucket")); !strings.Contains(bucket, "cdk-company1-assets") {
		t.Errorf("the code is in %s", bucket)
	}
	for id, role := range synthesizeIn(t, map[string]any{boundary: `{"name": "company"}`}, everything).of("AWS::IAM::Role") {
		if role.Properties["PermissionsBoundary"] != nil {
			t.Errorf("%s: a boundary by -c is heard now: README.md says it is not", id)
		}
	}
}

// Each partition has ARNs and addresses of its own. What names AWS's first one is an error in the others; but services are named
// alike in all of them where they are principals.
func TestDeployment_Partitions(t *testing.T) {
	tmpl := synthesize(t, everything)
	principal := regexp.MustCompile(`^[a-z.]+\.amazonaws\.com$`)
	for _, place := range []struct{ region, partition, suffix string }{
		{"us-gov-west-1", "aws-us-gov", "amazonaws.com"}, {"cn-north-1", "aws-cn", "amazonaws.com.cn"},
		{"eusc-de-east-1", "aws-eusc", "amazonaws.eu"},
	} {
		t.Run(place.region, func(t *testing.T) {
			known := map[string]string{"AWS::Region": place.region, "AWS::Partition": place.partition, "AWS::URLSuffix": place.suffix,
				"AWS::AccountId": "123456789012"}
			texts := 0
			var look func(path string, value any)
			look = func(path string, value any) {
				switch value := value.(type) {
				case string:
					texts++
					foreign := strings.Contains(strings.ReplaceAll(value, place.suffix, ""), "amazonaws.com")
					if strings.Contains(value, "arn:aws:") || foreign && !principal.MatchString(value) {
						t.Errorf("%s: %s", path, value)
					}
				case []any:
					for i, item := range value {
						look(fmt.Sprint(path, "[", i, "]"), item)
					}
				case map[string]any:
					for key, item := range value {
						look(path+"."+key, item)
					}
				}
			}
			for id, r := range tmpl.Resources {
				look(id, filled(r.Properties, known))
			}
			if texts < 500 {
				t.Errorf("looked at %d texts", texts)
			}
		})
	}
}

// The keys of the deployment in the README are those that there are.
func TestREADME_Deployment(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"permissionsBoundary", "bootstrapQualifier", "--tags", envProxy, envNoProxy} {
		if !strings.Contains(string(b), said) {
			t.Errorf("README.md does not speak of %s", said)
		}
	}
	var got []string
	for _, row := range rows(t, "| key of `deployment` | default | meaning |") {
		got = append(got, inCode(row[0])...)
	}
	_, err = newPlan(`{"servers": [{"name": "a", "backend": "opsworks-cm"}], "deployment": {"?": 0}}`, now)
	_, list, _ := strings.Cut(err.Error(), "known are ")
	want := strings.Split(list, ", ")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("README.md has %q\nsettings  %q", got, want)
	}
}
