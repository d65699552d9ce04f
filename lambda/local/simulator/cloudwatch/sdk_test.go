package cloudwatch_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"opsworks-maintenance/lambda/local/simulator/cloudwatch"
)

// The SDK's own client, page after page, reads what was put.
func TestService_TheSDKReadsDescribeAlarms(t *testing.T) {
	at := time.Date(2026, 11, 28, 22, 40, 0, 123e6, time.UTC)
	s := cloudwatch.New(cloudwatch.Config{Region: "eu-west-1", Account: "123456789012", Most: 2})
	for name, value := range map[string]string{"db-1": "ALARM", "db-2": "OK", "db-3": "ALARM", "db-4": "ALARM", "lag": "ALARM"} {
		s.Put(name, cloudwatch.State{Value: value, Reason: "a try", At: at})
	}
	server := httptest.NewServer(s)
	defer server.Close()
	client := sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, nil
		})})
	in := &sdk.DescribeAlarmsInput{AlarmNamePrefix: aws.String("db-"), StateValue: types.StateValueAlarm, MaxRecords: aws.Int32(100),
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}}
	var names string
	pages := sdk.NewDescribeAlarmsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.MetricAlarms {
			names += " " + *a.AlarmName
			if a.StateValue != types.StateValueAlarm || *a.StateReason != "a try" || !a.StateTransitionedTimestamp.Equal(at) ||
				*a.AlarmArn != "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"+*a.AlarmName {
				t.Errorf("got %+v", a)
			}
		}
		names += " |"
	}
	if names != " db-1 db-3 | db-4 |" {
		t.Errorf("got%s", names)
	}
	in.AlarmTypes = []types.AlarmType{types.AlarmTypeCompositeAlarm}
	if out, err := client.DescribeAlarms(t.Context(), in); err != nil || len(out.MetricAlarms)+len(out.CompositeAlarms) != 0 {
		t.Errorf("of composite alarms there are %+v, %v", out, err)
	}
	in.MaxRecords = aws.Int32(101)
	if out, err := client.DescribeAlarms(t.Context(), in); err == nil {
		t.Errorf("more than may be asked for are %+v", out)
	}
}
