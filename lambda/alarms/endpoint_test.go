package alarms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"opsworks-maintenance/lambda/alarms"
)

// A Region of each partition, as the SDK's own client resolves it.
func TestEndpoint(t *testing.T) {
	resolver := cloudwatch.NewDefaultEndpointResolverV2()
	for _, region := range []string{"us-east-1", "eu-central-1", "ap-southeast-7", "il-central-1", "mx-central-1", "me-south-1",
		"us-gov-west-1",
		"us-gov-east-1", "cn-north-1", "cn-northwest-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1", "eu-isoe-west-1",
		"us-isof-south-1", "us-isof-east-1", "eusc-de-east-1"} {
		want, err := resolver.ResolveEndpoint(t.Context(), cloudwatch.EndpointParameters{Region: aws.String(region)})
		if got := alarms.Endpoint(region); err != nil || got != want.URI.String() {
			t.Errorf("%s: %s, want %s, %v", region, got, want.URI.String(), err)
		}
	}
}
