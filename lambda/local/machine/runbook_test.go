package machine_test

import (
	"reflect"
	"strings"
	"testing"

	"opsworks-maintenance/lambda/local/machine"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

// The steps are the document's, of any actions; those that the simulator cannot follow go on as the service's defaults say.
func TestReadRunbook(t *testing.T) {
	got, err := machine.ReadRunbook([]byte(`{"schemaVersion": "0.3",
		"parameters": {"InstanceId": {"type": "String"}, "Depth": {"type": "Integer", "default": 3, "allowedValues": [3, 4]},
			"Mode": {"type": "String", "default": "soft", "allowedValues": ["soft", "hard"]}},
		"mainSteps": [
			{"name": "Drain", "action": "aws:executeAwsApi", "onFailure": "step:Fill", "onCancel": "step:Fill", "inputs": {"Api": "Deregister"}},
			{"name": "Note", "action": "aws:executeScript", "onFailure": "Continue", "isCritical": false, "inputs": {"Runtime": "python3.11"}},
			{"name": "Again", "action": "aws:branch", "onFailure": "step:Drain", "isCritical": "false", "inputs": {"Choices": []}},
			{"name": "Fill", "action": "aws:sleep", "isEnd": "true", "inputs": {"Duration": "PT1M"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := machine.Runbook{
		Steps: []ssm.Step{{Name: "Drain", OnFailure: "step:Fill", OnCancel: "step:Fill"}, {Name: "Note", OnFailure: "Continue", Optional: true},
			{Name: "Again", Optional: true}, {Name: "Fill", End: true}},
		Parameters: []ssm.RunbookParameter{{Name: "Depth", Default: "3", AllowedValues: []string{"3", "4"}},
			{Name: "InstanceId", Required: true}, {Name: "Mode", Default: "soft", AllowedValues: []string{"soft", "hard"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for document, fault := range map[string]string{
		"schemaVersion: '0.3'":                       "--document-format JSON",
		`{"schemaVersion": "0.3"}`:                   "it has no mainSteps",
		`{"schemaVersion": "2.2", "mainSteps": "x"}`: "it is no JSON of a runbook",
	} {
		if _, err := machine.ReadRunbook([]byte(document)); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", document, err)
		}
	}
}
