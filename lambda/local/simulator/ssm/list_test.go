package ssm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

func TestService_DescribeAutomationExecutions_Filters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins at 2000-01-01T00:00:00Z
		s := newService(t, ssm.Config{})
		must(t, s.AddRunbook("repair", 1, nil, []string{"only"}))
		first := begin(t, s, nodeID)
		must(t, s.Complete(nodeID))
		time.Sleep(time.Hour)
		post(t, s, "StartAutomationExecution", `{"DocumentName":"maintain-chef","Parameters":{"InstanceId":["`+otherID+`"]},`+
			`"Tags":[{"Key":"run-r2","Value":""}]}`).Status(t, 200)
		time.Sleep(time.Hour)
		_, err := s.StartByHand("repair", nil)
		must(t, err)
		names := map[string]string{}
		for i, e := range s.Executions("") {
			names[e.ID] = fmt.Sprint(i + 1)
		}

		for name, test := range map[string]struct{ filters, want string }{
			"none, newest first":  {`null`, "3 2 1"},
			"a prefix":            {`[{"Key":"DocumentNamePrefix","Values":["maintain-"]}]`, "2 1"},
			"any of two prefixes": {`[{"Key":"DocumentNamePrefix","Values":["rep","x"]}]`, "3"},
			"a status":            {`[{"Key":"ExecutionStatus","Values":["Success"]}]`, "1"},
			"two statuses":        {`[{"Key":"ExecutionStatus","Values":["Success","InProgress"]}]`, "3 2 1"},
			"an id":               {`[{"Key":"ExecutionId","Values":["` + first + `"]}]`, "1"},
			"a tag key":           {`[{"Key":"TagKey","Values":["run-r2"]}]`, "2"},
			"after a time":        {`[{"Key":"StartTimeAfter","Values":["2000-01-01T01:00:00Z"]}]`, "3"},
			"before a time":       {`[{"Key":"StartTimeBefore","Values":["2000-01-01T01:00Z"]}]`, "1"},
			"a time with an offset and a prefix": {
				`[{"Key":"StartTimeAfter","Values":["2000-01-01T01:59:59+01:00"]},{"Key":"DocumentNamePrefix","Values":["m"]}]`, "2"},
		} {
			got := post(t, s, "DescribeAutomationExecutions", `{"Filters":`+test.filters+`}`)
			got.Status(t, 200)
			var order []string
			for _, part := range strings.Split(got.Body.String(), `"AutomationExecutionId":"`)[1:] {
				order = append(order, names[part[:36]])
			}
			if strings.Join(order, " ") != test.want {
				t.Errorf("%s: got %q, want %q", name, order, test.want)
			}
			if strings.Contains(got.Body.String(), "Parameters") {
				t.Errorf("%s: the list shows parameters, which the service's does not", name)
			}
		}
	})
}

func TestService_DescribeAutomationExecutions_Errors(t *testing.T) {
	client := newClient(t, newService(t, ssm.Config{}), 1)
	ask := func(key string, values ...string) error {
		_, err := client.DescribeAutomationExecutions(t.Context(), &sdk.DescribeAutomationExecutionsInput{
			Filters: []types.AutomationExecutionFilter{{Key: types.AutomationExecutionFilterKey(key), Values: values}},
		})
		return err
	}
	simulatortest.WantType[*types.InvalidFilterKey](t, ask("OpsItemId", "x"))
	simulatortest.WantType[*types.InvalidFilterKey](t, ask("Colour", "x"))
	simulatortest.WantType[*types.InvalidFilterValue](t, ask("ExecutionStatus", "Done"))
	simulatortest.WantType[*types.InvalidFilterValue](t, ask("StartTimeAfter", "yesterday"))
	simulatortest.WantCode(t, ask("TagKey", ""), "ValidationException")
	simulatortest.WantCode(t, ask("TagKey", make([]string, 11)...), "ValidationException")
	for _, in := range []*sdk.DescribeAutomationExecutionsInput{
		{MaxResults: aws.Int32(0)}, {MaxResults: aws.Int32(51)}, {Filters: []types.AutomationExecutionFilter{}},
	} {
		_, err := client.DescribeAutomationExecutions(t.Context(), in)
		simulatortest.WantCode(t, err, "ValidationException")
	}
	_, err := client.DescribeAutomationExecutions(t.Context(), &sdk.DescribeAutomationExecutionsInput{NextToken: aws.String("AAAAAAAAAAE=")})
	simulatortest.WantType[*types.InvalidNextToken](t, err)
}

func TestService_DescribeAutomationExecutions_Pages(t *testing.T) {
	s := newService(t, ssm.Config{})
	var want []string
	for range 23 {
		want = append(want, begin(t, s, nodeID))
	}
	slices.Reverse(want)
	client := newClient(t, s, 1)
	var got []string
	pages := 0
	for p := sdk.NewDescribeAutomationExecutionsPaginator(client, &sdk.DescribeAutomationExecutionsInput{}); p.HasMorePages(); pages++ {
		page, err := p.NextPage(t.Context())
		must(t, err)
		for _, e := range page.AutomationExecutionMetadataList {
			got = append(got, *e.AutomationExecutionId)
		}
		begin(t, s, nodeID) // executions begun between two pages shift nothing
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d pages: %q", pages, got)
	}
}
