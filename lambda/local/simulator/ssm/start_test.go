package ssm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

type startChange = func(*sdk.StartAutomationExecutionInput)

func document(name, version string) startChange {
	return func(in *sdk.StartAutomationExecutionInput) {
		in.DocumentName = aws.String(name)
		if version != "" {
			in.DocumentVersion = aws.String(version)
		}
	}
}

func parameter(name string, values ...string) startChange {
	return func(in *sdk.StartAutomationExecutionInput) {
		in.Parameters[name] = append([]string{},
			values...)
	} // the client writes no JSON for a nil list in a map
}

func TestService_StartAutomationExecution_Refusals(t *testing.T) {
	s := newService(t, ssm.Config{})
	client := newClient(t, s, 1)
	for name, test := range map[string]struct {
		change startChange
		code   string
	}{
		"no such runbook": {document("maintain-salt", ""), "AutomationDefinitionNotFoundException"},
		"a runbook of another Region": {document("arn:aws:ssm:eu-west-1:123456789012:document/maintain-chef", ""),
			"AutomationDefinitionNotFoundException"},
		"a name with a space": {document("maintain chef", ""), "ValidationException"},
		"no such version":     {document("maintain-chef", "3"), "AutomationDefinitionVersionNotFoundException"},
		"a version beyond all numbers": {document("maintain-chef", strings.Repeat("9", 30)),
			"AutomationDefinitionVersionNotFoundException"},
		"a version that is none":             {document("maintain-chef", "0"), "ValidationException"},
		"an unknown parameter":               {parameter("Colour", "blue"), "InvalidAutomationExecutionParametersException"},
		"a required parameter without value": {parameter("InstanceId"), "InvalidAutomationExecutionParametersException"},
		"a value that is not allowed":        {parameter("RebootOption", "Perhaps"), "InvalidAutomationExecutionParametersException"},
		"an empty value":                     {parameter("InstanceId", ""), "ValidationException"},
		"a value that is too long":           {parameter("InstanceId", strings.Repeat("x", 513)), "ValidationException"},
		"no parameters": {func(in *sdk.StartAutomationExecutionInput) { in.Parameters = nil },
			"InvalidAutomationExecutionParametersException"},
		"an empty map of parameters": {func(in *sdk.StartAutomationExecutionInput) { in.Parameters = map[string][]string{} },
			"ValidationException"},
		"a token that is no UUID": {withToken("run-1"), "ValidationException"},
		"a token with braces":     {withToken("{" + token[1:35] + "}"), "ValidationException"},
		"a mode that is none":     {func(in *sdk.StartAutomationExecutionInput) { in.Mode = "Manual" }, "ValidationException"},
		"six tags": {func(in *sdk.StartAutomationExecutionInput) {
			for i := range 6 {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")})
			}
		}, "ValidationException"},
		"a tag with a bracket": {func(in *sdk.StartAutomationExecutionInput) {
			in.Tags = []types.Tag{{Key: aws.String("a[1]"), Value: aws.String("b")}}
		}, "ValidationException"},
		"targets, which are not simulated": {func(in *sdk.StartAutomationExecutionInput) {
			in.TargetParameterName, in.Targets = aws.String("InstanceId"), []types.Target{{Key: aws.String("tag:a"), Values: []string{"b"}}}
		}, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client.StartAutomationExecution(t.Context(), startOn(nodeID, test.change))
			simulatortest.WantCode(t, err, test.code)
			if n := len(s.Executions("")); n != 0 {
				t.Errorf("%d executions began", n)
			}
		})
	}
}

func TestService_StartAutomationExecution_Versions(t *testing.T) {
	s := newService(t, ssm.Config{})
	client := newClient(t, s, 1)
	for asked, want := range map[string]string{"": "1", "$DEFAULT": "1", "$LATEST": "2", "2": "2", "arn": "1"} {
		change := document("maintain-chef", asked)
		if asked == "arn" {
			change = document("arn:aws:ssm:us-east-1:123456789012:document/maintain-chef", "")
		}
		_, err := client.StartAutomationExecution(t.Context(), startOn(nodeID, change))
		must(t, err)
		all := s.Executions("")
		if got := all[len(all)-1]; got.Version != want || got.Runbook != "maintain-chef" {
			t.Errorf("asked for %q: %+v", asked, got)
		}
	}
}

func TestService_StartAutomationExecution_Tokens(t *testing.T) {
	start := func(t *testing.T, s *ssm.Service, change ...startChange) (string, error) {
		out, err := newClient(t, s, 1).StartAutomationExecution(t.Context(), startOn(nodeID, change...))
		if err != nil {
			return "", err
		}
		return *out.AutomationExecutionId, nil
	}
	t.Run("the same token and input answers the same execution", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		first, err := start(t, s, withToken(token))
		must(t, err)
		s.LimitExecutions(1)
		again, err := start(t, s, withToken(strings.ToUpper(token)))
		must(t, err)
		if first != again || s.Started(nodeID) != 1 {
			t.Errorf("%s and %s, %d began", first, again, s.Started(nodeID))
		}
	})
	t.Run("other input is a mismatch", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		_, err := start(t, s, withToken(token))
		must(t, err)
		for _, change := range []startChange{parameter("Reason", "x"), parameter("InstanceId", otherID), document("maintain-chef", "2")} {
			_, err = start(t, s, withToken(token), change)
			simulatortest.WantType[*types.IdempotentParameterMismatch](t, err)
		}
		if n := len(s.Executions("")); n != 1 {
			t.Errorf("%d executions", n)
		}
	})
	t.Run("a service that refuses every reuse", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		s.RefuseReuse(true)
		_, err := start(t, s, withToken(token))
		must(t, err)
		_, err = start(t, s, withToken(token))
		simulatortest.WantType[*types.IdempotentParameterMismatch](t, err)
		if s.Started(nodeID) != 1 {
			t.Errorf("%d began", s.Started(nodeID))
		}
	})
	t.Run("no token, no memory", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		for range 2 {
			_, err := start(t, s)
			must(t, err)
		}
		if s.Started(nodeID) != 2 {
			t.Errorf("%d began", s.Started(nodeID))
		}
	})
	t.Run("a start that was refused does not use the token up", func(t *testing.T) {
		s := newService(t, ssm.Config{})
		s.LimitExecutions(0)
		_, err := start(t, s, withToken(token))
		simulatortest.WantType[*types.AutomationExecutionLimitExceededException](t, err)
		s.LimitExecutions(1)
		_, err = start(t, s, withToken(token))
		must(t, err)
	})
}

func TestService_LimitExecutions(t *testing.T) {
	s := newService(t, ssm.Config{})
	for range 99 {
		begin(t, s, nodeID)
	}
	_, err := s.StartByHand("maintain-chef", map[string][]string{"InstanceId": {otherID}})
	must(t, err)
	full := post(t, s, "StartAutomationExecution", `{"DocumentName":"maintain-chef","Parameters":{"InstanceId":["x"]}}`)
	full.Status(t, 400)
	full.Has(t, "AutomationExecutionLimitExceededException")
	must(t, s.Complete(otherID))
	begin(t, s, nodeID)
}

func TestService_AddRunbook(t *testing.T) {
	s := newService(t, ssm.Config{})
	for name, err := range map[string]error{
		"a bad name":           s.AddRunbook("a b", 1, nil, []string{"x"}),
		"no version":           s.AddRunbook("abc", 0, nil, []string{"x"}),
		"no step":              s.AddRunbook("abc", 1, nil, nil),
		"a step without name":  s.AddRunbook("abc", 1, nil, []string{""}),
		"a runbook that is it": s.AddRunbook("maintain-chef", 1, nil, []string{"x"}),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := s.StartByHand("abc", nil); err == nil {
		t.Error("a runbook that is not there was begun by hand")
	}
}
