package ssm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

const (
	nodeID  = "i-0123456789abcdef0"
	otherID = "mi-0123456789abcdef0"
	token   = "6f1ed002-ab5d-4c3b-9b1d-0a1b2c3d4e5f"

	authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/ssm/aws4_request, " +
		"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=00"
)

// newService has a node on EC2, one on premises, and a runbook of three steps and two versions.
func newService(t *testing.T, config ssm.Config) *ssm.Service {
	t.Helper()
	s := ssm.New(config)
	t.Cleanup(s.Close)
	furnish(t, s)
	return s
}

func furnish(t *testing.T, s *ssm.Service) {
	t.Helper()
	must(t, s.AddNode(ssm.Node{ID: nodeID, Tags: map[string]string{"maintenance-server": "automate-06"}}))
	must(t, s.AddNode(ssm.Node{ID: otherID, Name: "rack 7", Tags: map[string]string{"maintenance-server": "puppet-01"}}))
	must(t, s.AddRunbook("maintain-chef", 2, []ssm.RunbookParameter{
		{Name: "InstanceId", Required: true},
		{Name: "RebootOption", Default: "RebootIfNeeded", AllowedValues: []string{"RebootIfNeeded", "NoReboot"}},
		{Name: "Reason", Required: true, Default: "routine"},
	}, []string{"backup", "patch", "check"}))
}

func newClient(t *testing.T, s *ssm.Service, attempts int) *sdk.Client {
	t.Helper()
	return sdk.NewFromConfig(simulatortest.Config(t, s, attempts))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startOn is a well-formed start, without a token unless one is given.
func startOn(node string, change ...func(*sdk.StartAutomationExecutionInput)) *sdk.StartAutomationExecutionInput {
	in := &sdk.StartAutomationExecutionInput{
		DocumentName: aws.String("maintain-chef"), Parameters: map[string][]string{"InstanceId": {node}},
	}
	for _, f := range change {
		f(in)
	}
	return in
}

func withToken(token string) func(*sdk.StartAutomationExecutionInput) {
	return func(in *sdk.StartAutomationExecutionInput) { in.ClientToken = aws.String(token) }
}

// askSSM sends one well-signed call straight to the handler.
func post(t *testing.T, s *ssm.Service, operation, body string) simulatortest.Answer {
	t.Helper()
	return simulatortest.Send(s, "POST", "/", "AmazonSSM."+operation, authorization, body)
}

// begin starts an execution straight at the handler and returns its id.
func begin(t *testing.T, s *ssm.Service, node string) string {
	t.Helper()
	got := post(t, s, "StartAutomationExecution", `{"DocumentName":"maintain-chef","Parameters":{"InstanceId":["`+node+`"]}}`)
	got.Status(t, 200)
	var out struct {
		ID string `json:"AutomationExecutionId"`
	}
	must(t, json.Unmarshal(got.Body.Bytes(), &out))
	return out.ID
}

// look is GetAutomationExecution straight at the handler.
func look(t *testing.T, s *ssm.Service, id string) (got struct {
	AutomationExecutionStatus, FailureMessage, CurrentStepName string
	ExecutionEndTime                                           float64
	StepExecutions                                             []struct {
		StepName, StepStatus, FailureMessage string
		FailureDetails                       struct{ FailureStage, FailureType string }
	}
}) {
	t.Helper()
	raw := post(t, s, "GetAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`)
	raw.Status(t, 200)
	var out struct{ AutomationExecution any }
	out.AutomationExecution = &got
	must(t, json.Unmarshal(raw.Body.Bytes(), &out))
	return got
}

// steps is "backup=Success patch=InProgress check=Pending".
func steps(t *testing.T, s *ssm.Service, id string) string {
	t.Helper()
	var list []string
	for _, step := range look(t, s, id).StepExecutions {
		list = append(list, step.StepName+"="+step.StepStatus)
	}
	return strings.Join(list, " ")
}

func TestService_SDK_OneRun(t *testing.T) {
	s := newService(t, ssm.Config{})
	client := newClient(t, s, 1)
	ctx := t.Context()

	nodes, err := client.DescribeInstanceInformation(ctx, &sdk.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("tag:maintenance-server"), Values: []string{"puppet-01", "nobody"}}},
	})
	must(t, err)
	if len(nodes.InstanceInformationList) != 1 {
		t.Fatalf("nodes %+v", nodes.InstanceInformationList)
	}
	if n := nodes.InstanceInformationList[0]; *n.InstanceId != otherID || n.PingStatus != types.PingStatusOnline ||
		n.ResourceType != types.ResourceTypeManagedInstance || *n.Name != "rack 7" || n.PlatformType != types.PlatformTypeLinux ||
		time.Since(*n.LastPingDateTime) > time.Minute || *n.AgentVersion == "" || *n.IPAddress == "" || *n.ComputerName == "" {
		t.Errorf("node %+v", n)
	}

	started, err := client.StartAutomationExecution(ctx, startOn(otherID, withToken(token), func(in *sdk.StartAutomationExecutionInput) {
		in.DocumentVersion = aws.String("$LATEST")
		in.Tags = []types.Tag{{Key: aws.String("maintenance-run"), Value: aws.String("r1")}}
	}))
	must(t, err)
	id := started.AutomationExecutionId
	got, err := client.GetAutomationExecution(ctx, &sdk.GetAutomationExecutionInput{AutomationExecutionId: id})
	must(t, err)
	if e := got.AutomationExecution; e.AutomationExecutionStatus != types.AutomationExecutionStatusInprogress || *e.DocumentVersion != "2" ||
		*e.DocumentName != "maintain-chef" || e.ExecutionEndTime != nil || *e.CurrentStepName != "backup" || e.Mode != types.ExecutionModeAuto ||
		e.Parameters["InstanceId"][0] != otherID || len(e.StepExecutions) != 3 || e.StepExecutionsTruncated {
		t.Errorf("execution %+v", e)
	}
	listed, err := client.DescribeAutomationExecutions(ctx, &sdk.DescribeAutomationExecutionsInput{
		Filters: []types.AutomationExecutionFilter{{Key: "ExecutionStatus", Values: []string{"InProgress"}}},
	})
	must(t, err)
	if l := listed.AutomationExecutionMetadataList; len(l) != 1 || *l[0].AutomationExecutionId != *id || l[0].ExecutionEndTime != nil {
		t.Errorf("list %+v", l)
	}

	_, err = client.StopAutomationExecution(ctx, &sdk.StopAutomationExecutionInput{AutomationExecutionId: id, Type: types.StopTypeCancel})
	must(t, err)
	if look(t, s, *id).AutomationExecutionStatus != "Cancelling" {
		t.Error("a stopped execution is not Cancelling")
	}
	must(t, s.Complete(otherID))
	got, err = client.GetAutomationExecution(ctx, &sdk.GetAutomationExecutionInput{AutomationExecutionId: id})
	must(t, err)
	if e := got.AutomationExecution; e.AutomationExecutionStatus != types.AutomationExecutionStatusCancelled || e.ExecutionEndTime == nil {
		t.Errorf("after the stop %+v", e)
	}

	if e := s.Executions(otherID); len(e) != 1 || e[0].Version != "2" || e[0].ClientToken != token || e[0].Tags["maintenance-run"] != "r1" ||
		e[0].Ended.IsZero() || e[0].ByHand || s.Started(otherID) != 1 || s.Started(nodeID) != 0 {
		t.Errorf("executions %+v", e)
	}
}

func TestService_Calls(t *testing.T) {
	s := newService(t, ssm.Config{})
	id := begin(t, s, nodeID)
	post(t, s, "GetAutomationExecution", `{"AutomationExecutionId":"`+id+`"}`)
	post(t, s, "DescribeInstanceInformation", `{"Filters":[{"Key":"tag:maintenance-server","Values":["automate-06"]}]}`)
	post(t, s, "GetAutomationExecution", `{"AutomationExecutionId":7}`)
	post(t, s, "SendCommand", `{}`)
	var got []string
	for _, call := range s.Calls() {
		got = append(got, fmt.Sprint(call.Operation, " ", call.Server, " ", call.Attributes, " ", call.Status))
	}
	want := "StartAutomationExecution " + nodeID + " [InstanceId] 200|GetAutomationExecution " + nodeID + " [] 200|" +
		"DescribeInstanceInformation automate-06 [] 200|GetAutomationExecution  [] 400|SendCommand  [] 400"
	if strings.Join(got, "|") != want {
		t.Errorf("calls %q", got)
	}
}
