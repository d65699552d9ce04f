package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func (tmpl template) pageFunction(t *testing.T) resource {
	t.Helper()
	for id, function := range tmpl.of("AWS::Lambda::Function") {
		if strings.HasPrefix(id, "Page") {
			return function
		}
	}
	t.Fatal("the template has no page function")
	panic("unreachable")
}

// The page's role can read the table of runs, and its two indexes that the page asks, and write its own log. It can start nothing, write
// nothing else, and read no other table. In subnets, Lambda makes network interfaces in its name, which its code is denied.
func TestPage_RoleReadsTheTableAlone(t *testing.T) {
	for name, document := range map[string]string{"cdk.json": inCDKJSON(t), "everything": everything, "strictly": strictly} {
		t.Run(name, func(t *testing.T) {
			tmpl := synthesize(t, document)
			var table string
			for id := range tmpl.of("AWS::DynamoDB::Table") {
				table = "${" + id + ".Arn}"
			}
			want := map[string][]string{
				"dynamodb:GetItem": {table}, "dynamodb:BatchGetItem": {table},
				"dynamodb:Query": {table + "/index/due", table + "/index/server"},
			}
			role := texts(tmpl.pageFunction(t).Properties["Role"])[0]
			got := map[string][]string{}
			for id, policy := range tmpl.of("AWS::IAM::Policy") {
				for _, of := range texts(policy.Properties["Roles"]) {
					if "${"+strings.Trim(of, "${}")+".Arn}" != role {
						continue
					}
					for _, s := range dig(policy.Properties, "PolicyDocument", "Statement").([]any) {
						statement := s.(map[string]any)
						sid := statement["Sid"]
						if name == "strictly" && (sid == "JoinSubnets" || sid == "LeaveSubnetsToLambda") {
							continue
						}
						if statement["Effect"] != "Allow" || statement["NotAction"] != nil || statement["NotResource"] != nil {
							t.Errorf("%s: %v", id, statement)
						}
						for _, action := range texts(statement["Action"]) {
							if strings.HasPrefix(action, "logs:") && sid == "WritePageLog" {
								continue
							}
							got[action] = append(got[action], texts(statement["Resource"])...)
						}
					}
				}
			}
			for _, resources := range got {
				slices.Sort(resources)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("it may %v, want %v", got, want)
			}
			for id, r := range tmpl.of("AWS::IAM::Role") {
				if role == "${"+id+".Arn}" && (r.Properties["ManagedPolicyArns"] != nil || r.Properties["Policies"] != nil) {
					t.Errorf("%s has other policies too", id)
				}
			}
		})
	}
}

// The page has the name that widgets' functions should have, is asked by nobody but the dashboard's viewers, knows whom its buttons call,
// and stands above the metrics.
func TestPage_OnTheDashboard(t *testing.T) {
	tmpl := synthesize(t, inCDKJSON(t))
	page := tmpl.pageFunction(t).Properties
	if page["FunctionName"] != "customWidget-"+stackName {
		t.Errorf("it is named %v", page["FunctionName"])
	}
	got := plain(dig(page, "Environment", "Variables", "OPERATORS_FUNCTION"))
	if want := longestPlace.arn("lambda", "function:"+stackName+":operators"); got != want {
		t.Errorf("buttons call %v, want %s", got, want)
	}
	for id, p := range tmpl.of("AWS::Lambda::Permission") {
		if strings.Contains(texts(p.Properties["FunctionName"])[0], "Page") {
			t.Errorf("%s lets a service invoke it", id)
		}
	}
	body := texts(tmpl.one(t, "AWS::CloudWatch::Dashboard").Properties["DashboardBody"])[0]
	of := func(kind string) int { return strings.Index(body, `"type":"`+kind+`"`) }
	alarms, widget, metrics := of("alarm"), of("custom"), of("metric")
	if alarms < 0 || widget < alarms || metrics < widget {
		t.Errorf("the widget stands at %d, between %d and %d", widget, alarms, metrics)
	}
	if want := `"updateOn":{"refresh":true,"resize":true,"timeRange":false}`; !strings.Contains(body, want) {
		t.Errorf("no %s in %s", want, body)
	}
}
